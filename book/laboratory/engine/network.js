// The network: hidden layers x -> phi(norm(W x + b)), each with or without its input added, and a
// linear head. Its buffers are allocated once; a step allocates nothing.

import { activation } from "./activations.js";
import { times, timesTransposed, transposedTimes } from "./matrix.js";
import { affine, backward as normBackward, standardize, standardizeWith } from "./normalization.js";

/**
 * Names and shapes of the parameters, in their order.
 *
 * @param {{inputs, outputs, depth, width, normalization}} shape
 */
export function parameterShapes({ inputs, outputs, depth, width, normalization }) {
  const norm = normalization === "none" ? [] : ["gain", "shift"];
  const hidden = Array.from({ length: depth }, (_, i) => [
    { name: `${i + 1}.weight`, shape: [width, i ? width : inputs] },
    { name: `${i + 1}.bias`, shape: [width] },
    ...norm.map((kind) => ({ name: `${i + 1}.${kind}`, shape: [width] })),
  ]);
  const head = [{ name: "head.weight", shape: [outputs, width] }, {
    name: "head.bias",
    shape: [outputs],
  }];
  return [...hidden.flat(), ...head];
}

/**
 * A network on given parameters, which it uses without copying them.
 *
 * @param {object} shape as for parameterShapes, with activation and skip
 * @param {{name, shape, values}[]} parameters
 * @returns {{layers, head, phi, normalization, parameters, gradients}} gradients: one array for each
 *   parameter, which `backward` fills
 */
export function createNetwork(shape, parameters) {
  const { inputs, depth, width, normalization, skip } = shape;
  const gradients = parameters.map(({ values }) => new values.constructor(values.length));
  const named = (name) => {
    const place = parameters.findIndex((p) => p.name === name);
    return { values: parameters[place]?.values, gradient: gradients[place] };
  };
  const layers = Array.from({ length: depth + 1 }, (_, i) => {
    const name = i < depth ? `${i + 1}` : "head";
    const fanIn = i ? width : inputs;
    const units = i < depth ? width : shape.outputs;
    const kinds = ["weight", "bias", "gain", "shift"].map((
      kind,
    ) => [kind, named(`${name}.${kind}`)]);
    const pick = (part) => Object.fromEntries(kinds.map(([kind, both]) => [kind, both[part]]));
    return {
      name,
      fanIn,
      units,
      skip: skip && fanIn === units,
      ...pick("values"),
      gradients: pick("gradient"),
    };
  });
  const head = layers.pop();
  return { layers, head, phi: activation(shape.activation), normalization, parameters, gradients };
}

/** Buffers for up to `rows` inputs of a network. */
export function createWorkspace(network, rows) {
  const { layers, head, normalization } = network;
  const Values = head.weight.constructor;
  const normed = normalization !== "none";
  const buffers = layers.map(({ units, skip }) => {
    const array = () => new Values(rows * units);
    const [h, phi] = [array(), array()];
    const lines = normalization === "batch" ? units : rows;
    const [means, roots] = normed ? [new Float64Array(lines), new Float64Array(lines)] : [];
    const z = normed ? array() : h;
    return {
      h,
      z,
      phi,
      n: normed ? array() : h,
      out: skip ? array() : phi,
      delta: array(),
      means,
      roots,
    };
  });
  const most = rows * Math.max(head.fanIn, 1);
  const [output, outputGradient] = [new Values(rows * head.units), new Values(rows * head.units)];
  return {
    rows,
    layers: buffers,
    output,
    outputGradient,
    up: new Values(most),
    lower: new Values(most),
  };
}

/**
 * Send inputs forward; the workspace then holds every signal.
 *
 * @param x typed array (rows, inputs)
 * @param {{means, roots}[]} [frozen] what batch norm uses instead of the batch's own statistics
 */
export function forward(network, workspace, x, rows, frozen) {
  let signal = x;
  network.layers.forEach((layer, i) => {
    const buffer = workspace.layers[i];
    dense(layer, signal, buffer.h, rows);
    normalize(network.normalization, layer, buffer, rows, frozen?.[i]);
    network.phi.apply(buffer.z, buffer.phi, rows * layer.units);
    if (layer.skip) add(signal, buffer.phi, buffer.out, rows * layer.units);
    signal = buffer.out;
  });
  dense(network.head, signal, workspace.output, rows);
  return workspace.output;
}

function dense({ weight, bias, units, fanIn }, x, h, rows) {
  timesTransposed(x, weight, h, rows, units, fanIn);
  let i = 0;
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++, i++) h[i] += bias[unit];
  }
}

function normalize(kind, layer, buffer, rows, frozen) {
  if (kind === "none") return;
  const { h, n, z, means, roots } = buffer;
  if (frozen) standardizeWith(frozen.means, frozen.roots, h, n, rows, layer.units);
  else standardize(kind, h, n, means, roots, rows, layer.units);
  affine(n, layer.gain, layer.shift, z, rows, layer.units);
}

/**
 * Send `workspace.outputGradient` backward, after `forward` of the same inputs: fills the gradients
 * of the parameters, if wanted, and each layer's `delta`, the gradient at h.
 */
export function backward(network, workspace, x, rows, wanted = true) {
  const { layers, head, normalization, phi } = network;
  const last = layers.length - 1;
  if (wanted) denseGradients(head, workspace.outputGradient, workspace.layers[last].out, rows);
  let [up, lower] = [workspace.up, workspace.lower];
  times(workspace.outputGradient, head.weight, up, rows, head.fanIn, head.units);
  for (let i = last; i >= 0; i--) {
    const [layer, buffer] = [layers[i], workspace.layers[i]];
    const count = rows * layer.units;
    copy(up, buffer.delta, count);
    phi.applySlope(buffer.z, buffer.phi, buffer.delta, count);
    if (normalization !== "none") {
      const { n, roots, delta } = buffer;
      normBackward(normalization, delta, n, roots, layer, layer.gradients, rows, layer.units);
    }
    if (wanted) denseGradients(layer, buffer.delta, i ? workspace.layers[i - 1].out : x, rows);
    if (i === 0) return;
    times(buffer.delta, layer.weight, lower, rows, layer.fanIn, layer.units);
    if (layer.skip) add(up, lower, lower, count);
    [up, lower] = [lower, up];
  }
}

function denseGradients({ gradients, units, fanIn }, delta, x, rows) {
  transposedTimes(delta, x, gradients.weight, units, fanIn, rows);
  columnSums(delta, gradients.bias, rows, units);
}

let sums = new Float64Array(0);

/** The sum over rows, rounded once; it goes through memory in order. */
function columnSums(values, out, rows, units) {
  if (sums.length < units) sums = new Float64Array(units);
  sums.fill(0);
  for (let start = 0; start < rows * units; start += units) {
    for (let unit = 0; unit < units; unit++) sums[unit] += values[start + unit];
  }
  for (let unit = 0; unit < units; unit++) out[unit] = sums[unit];
}

function add(a, b, out, count) {
  for (let i = 0; i < count; i++) out[i] = a[i] + b[i];
}

function copy(from, to, count) {
  for (let i = 0; i < count; i++) to[i] = from[i];
}
