// The controls of an experiment: one record for each of its fields.

import { FIELDS } from "./engine/experiment.js";
import { number } from "../../netinit/widgets/formatting.js";

const RATES = [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
// With 1.41, the square root of 2 that ReLU asks of a scheme made for linear layers.
const SCALES = [1, 1.1, 1.2, 1.3, 1.41, 1.5, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 8.5, 9, 9.5];

/** Round numbers from low to high, both powers of ten. */
function decades(steps, low, high) {
  const values = [];
  for (let power = Math.log10(low); power < Math.log10(high); power++) {
    for (const step of steps) values.push(Number(`${step}e${power}`));
  }
  return [...values, high];
}

const counted = (low, high) => Array.from({ length: high - low + 1 }, (_, i) => low + i);

export const NAMES = {
  spirals: "two spirals",
  clusters: "five clusters",
  moons: "two moons",
  digits: "digits, 8 × 8",
  regression: "a curve (regression)",
  relu: "ReLU",
  leaky_relu: "leaky ReLU",
  tanh: "tanh",
  sigmoid: "sigmoid",
  gelu: "GELU",
  silu: "SiLU",
  elu: "ELU",
  selu: "SELU",
  linear: "linear",
  zeros: "zeros",
  constant: "constant",
  normal: "normal of std 1",
  uniform: "uniform of std 1",
  lecun_normal: "LeCun, normal",
  lecun_uniform: "LeCun, uniform",
  xavier_normal: "Xavier, normal",
  xavier_uniform: "Xavier, uniform",
  he_normal: "He, normal",
  he_uniform: "He, uniform",
  orthogonal: "orthogonal",
  identity: "identity",
  none: "none",
  layer: "layer norm",
  batch: "batch norm",
  sgd: "gradient descent",
  momentum: "momentum 0.9",
  adam: "Adam",
};

export const nameOf = (value) =>
  NAMES[value] ?? (typeof value === "boolean" ? value ? "on" : "off" : String(value));

/** Values of the sliders, in order: the round ones of a field's range. */
export const STEPS = {
  depth: counted(FIELDS.depth.least, FIELDS.depth.most),
  width: counted(FIELDS.width.least, FIELDS.width.most),
  scale: decades(SCALES, FIELDS.scale.least, FIELDS.scale.most),
  bias: [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3],
  rate: decades(RATES, FIELDS.rate.least, FIELDS.rate.most),
  batch: [1, 2, 4, 8, 16, 32, 64, 128, 256],
};

/** The controls as the page groups them, with the words of a beginner before them. */
export const GROUPS = [
  ["Task", ["data", "seed"]],
  ["Network", ["depth", "width", "activation", "normalization", "skip"]],
  ["Start", ["scheme", "scale", "bias"]],
  ["Training", ["optimizer", "rate", "batch"]],
];

/** Index of the value that is nearest, by ratio (0 counts as a hundredth of the next). */
export function nearest(values, value) {
  const log = (number) => Math.log(number || values[1] / 100);
  const distance = (other) => Math.abs(log(other) - log(value));
  return values.reduce((best, other, i) => distance(other) < distance(values[best]) ? i : best, 0);
}

/** An experiment in one line. */
export function summary({ data, depth, width, activation, scheme, scale, bias, ...rest }) {
  const parts = [
    nameOf(data),
    `${depth} × ${width} ${nameOf(activation)}`,
    `${nameOf(scheme)}${scale === 1 ? "" : ` × ${number(scale)}`}`,
    bias ? `biases ${number(bias)}` : null,
    rest.normalization === "none" ? null : nameOf(rest.normalization),
    rest.skip ? "skips" : null,
    `${nameOf(rest.optimizer)} at ${number(rest.rate)}`,
    `seed ${rest.seed}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

/** What a session measures to show the predictions that fit the data. */
export const predictionOf = (data) =>
  data === "digits" ? "digits" : data === "regression" ? "line" : "plane";
