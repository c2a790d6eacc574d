// What the variance recursion predicts for a network at its start.
//
// For one input, x has the mean square q and the mean m over its entries. A layer makes
// v = n Var W q + Var b of it (n inputs; Poole et al., 2016), layer norm v / (v + eps), and the
// activation passes on E phi(sqrt(v) z)^2. A skip adds x, whose entries do not depend on the fresh
// weights: q + 2 m E phi + E phi^2, and the mean m + E phi.

import { activation } from "./activations.js";
import { EPS } from "./normalization.js";
import { expectation } from "./quadrature.js";
import { weightVariance } from "./schemes.js";

/**
 * Predicted second moments of the preactivations, averaged over the inputs.
 *
 * @param {object} experiment
 * @param {{inputs, outputs}} data
 * @param x typed array (rows, inputs)
 * @returns {{forward: number[], backward: number[]|null}|null} forward for each hidden layer;
 *   backward: second moment of the gradient at each hidden h where that at the output is 1, null
 *   with normalization or skips; null where no simple theory holds
 */
export function predict(experiment, data, x, rows) {
  const { scheme, scale, depth, width, normalization, skip } = experiment;
  if (normalization === "batch") return null;
  if (weightVariance(scheme, scale, 1, 1) === null) return null;
  const fans = Array.from({ length: depth }, (_, i) => (i ? width : data.inputs));
  const variances = fans.map((fanIn) => weightVariance(scheme, scale, width, fanIn));
  const moments = momentsOf(activation(experiment.activation));
  const setting = { fans, variances, moments, experiment };
  const inputs = Array.from({ length: rows }, (_, row) => {
    return recursion(setting, x.subarray(row * data.inputs, (row + 1) * data.inputs));
  });
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / rows;
  const average = (kind) => fans.map((_, layer) => mean(inputs.map((one) => one[kind][layer])));
  if (normalization !== "none" || skip) return { forward: average("lengths"), backward: null };
  const head = data.outputs * weightVariance(scheme, scale, data.outputs, width);
  for (const one of inputs) one.back = backwards(one.slopes, variances, width, head);
  return { forward: average("lengths"), backward: average("back") };
}

/** The variance v of each layer's h for one input, and E phi'^2 there. */
function recursion({ fans, variances, moments, experiment }, x) {
  const { width, bias, normalization, skip } = experiment;
  let q = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  let m = x.reduce((sum, value) => sum + value, 0) / x.length;
  const [lengths, slopes] = [[], []];
  fans.forEach((fanIn, layer) => {
    const v = fanIn * variances[layer] * q + bias * bias;
    const normed = normalization === "layer" ? v / (v + EPS) : v;
    const { mean, square, slope } = moments(normed);
    const kept = skip && fanIn === width;
    q = (kept ? q + 2 * m * mean : 0) + square;
    m = (kept ? m : 0) + mean;
    lengths.push(v);
    slopes.push(slope);
  });
  return { lengths, slopes };
}

/** E delta^2 of each hidden layer, where that of the head is 1 (Schoenholz et al., 2017). */
function backwards(slopes, variances, width, head) {
  const depth = slopes.length;
  const found = new Array(depth);
  found[depth - 1] = head * slopes[depth - 1];
  for (let layer = depth - 2; layer >= 0; layer--) {
    found[layer] = found[layer + 1] * width * variances[layer + 1] * slopes[layer];
  }
  return found;
}

// The moments are analytic in ln v around the real line, so a few Chebyshev points on each interval
// of length 1 interpolate them to rounding.
const POINTS = Array.from({ length: 16 }, (_, i) => Math.cos((Math.PI * i) / 15));
const WEIGHTS = POINTS.map((_, i) => (i % 2 ? -1 : 1) * (i % 15 ? 1 : 0.5));

const TABLES = new Map(); // the intervals of each activation that were met

/** E phi, E phi^2 and E phi'^2 at sqrt(v) z, as a function of v. */
function momentsOf({ name, value, slope }) {
  if (!TABLES.has(name)) TABLES.set(name, new Map());
  const cells = TABLES.get(name);
  const exact = (v) => {
    const s = Math.sqrt(v);
    return {
      mean: expectation((z) => value(s * z)),
      square: expectation((z) => value(s * z) ** 2),
      slope: expectation((z) => slope(s * z) ** 2),
    };
  };
  return (v) => {
    if (!(v < 1e300)) return { mean: Infinity, square: Infinity, slope: NaN };
    if (v < 1e-300) return { mean: value(0), square: value(0) ** 2, slope: slope(0) ** 2 };
    const place = Math.log(v);
    const cell = Math.floor(place);
    if (!cells.has(cell)) cells.set(cell, POINTS.map((p) => exact(Math.exp(cell + (1 + p) / 2))));
    return interpolated(cells.get(cell), 2 * (place - cell) - 1);
  };
}

/** The barycentric formula, at a place from -1 to 1. */
function interpolated(table, place) {
  const hit = POINTS.indexOf(place);
  if (hit >= 0) return table[hit];
  let below = 0;
  const sums = { mean: 0, square: 0, slope: 0 };
  table.forEach((entry, i) => {
    const weight = WEIGHTS[i] / (place - POINTS[i]);
    below += weight;
    for (const kind of Object.keys(sums)) sums[kind] += weight * entry[kind];
  });
  for (const kind of Object.keys(sums)) sums[kind] /= below;
  return sums;
}
