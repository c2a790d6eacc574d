// The parameters of a network at its start: drawn, or given.

import { createStream } from "./random.js";
import { drawWeights } from "./schemes.js";

/**
 * The first values of a parameter. Each has random numbers of its own, so that another depth or
 * normalization leaves those of the layers in common as they were.
 *
 * @param {{name, shape}} wanted one of network.js's parameterShapes
 * @param {object} experiment
 * @param Values Float32Array or Float64Array
 * @returns {{name, shape, values}}
 */
export function drawParameter({ name, shape }, experiment, Values) {
  const { scheme, scale, bias, seed } = experiment;
  const [, kind] = name.split(".");
  const values = new Values(shape.reduce((a, b) => a * b));
  const stream = createStream(seed, name);
  if (kind === "weight") drawWeights(scheme, scale, stream, values, ...shape);
  else if (kind === "gain") values.fill(1);
  else if (kind === "bias" && bias) fillWith(values, () => bias * stream.normal());
  return { name, shape, values };
}

function fillWith(values, next) {
  for (let i = 0; i < values.length; i++) values[i] = next();
}

/** Given arrays, or records with `values`, as parameters of those shapes. */
export function givenParameters(shapes, given, Values) {
  return shapes.map(({ name, shape }, i) => {
    const start = Object.hasOwn(given[i] ?? {}, "values") ? given[i].values : given[i];
    const size = shape.reduce((a, b) => a * b);
    if (start?.length !== size) {
      throw new Error(`parameter ${name} needs ${size} values, not ${start?.length}`);
    }
    return { name, shape, values: Values.from(start) };
  });
}
