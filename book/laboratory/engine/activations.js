// The activations and their slopes, as netinit.activations defines them.
//
// At a kink the slope is the one on its left.

import { scaledTail } from "./errorfunction.js";

const SELU_ALPHA = 1.6732632423543772848;
const SELU_SCALE = 1.0507009873554804934;
const LEAK = 0.01;
const HALF_ROOT = Math.SQRT1_2;
const NORMAL_PEAK = 1 / Math.sqrt(2 * Math.PI);

const sigmoid = (x) => {
  const decay = Math.exp(-Math.abs(x)); // of a negative number only: nothing overflows
  return (x < 0 ? decay : 1) / (1 + decay);
};

const sigmoidSlope = (x) => {
  const decay = Math.exp(-Math.abs(x));
  return decay / (1 + decay) ** 2;
};

const tanhSlope = (x) => {
  const decay = Math.exp(-2 * Math.abs(x)); // 1 - tanh^2 would cancel
  return (4 * decay) / (1 + decay) ** 2;
};

/** x P(z < x) for standard normal z. */
const gelu = (x) => {
  const size = Math.min(Math.abs(x), 40); // beyond 40 there is no tail in float64
  const tail = (Math.exp((-size * size) / 2) * scaledTail(size * HALF_ROOT)) / 2;
  return Math.max(x, 0) - size * tail;
};

/** P(z < x) + x p(x), of which the first is the value over x. */
const geluSlope = (x, value = gelu(x)) => {
  const size = Math.min(Math.abs(x), 40);
  const below = x === 0 ? 0.5 : Math.abs(x) === Infinity ? Number(x > 0) : value / x;
  return below + Math.sign(x) * size * NORMAL_PEAK * Math.exp((-size * size) / 2);
};

const largest = (x) => Math.max(Math.min(x, Number.MAX_VALUE), -Number.MAX_VALUE);

/** An exponential linear unit (Clevert et al., 2016) and its slope. */
const elu = (alpha, scale) => ({
  value: (x) => scale * (Math.max(x, 0) + alpha * Math.expm1(Math.min(x, 0))),
  slope: (x) => (x > 0 ? scale : scale * alpha * Math.exp(x)),
});

const FORMULAS = {
  linear: { value: (x) => x, slope: () => 1 },
  relu: { value: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0) },
  leaky_relu: { value: (x) => (x > 0 ? x : LEAK * x), slope: (x) => (x > 0 ? 1 : LEAK) },
  elu: elu(1, 1),
  selu: elu(SELU_ALPHA, SELU_SCALE),
  tanh: { value: Math.tanh, slope: tanhSlope },
  sigmoid: { value: sigmoid, slope: sigmoidSlope },
  gelu: { value: gelu, slope: geluSlope },
  silu: {
    value: (x) => Math.max(x, -Number.MAX_VALUE) * sigmoid(x),
    slope: (x) => sigmoid(x) * (1 + largest(x) * sigmoid(-x)),
  },
};

/**
 * An activation by its name.
 *
 * @returns {{name, value, slope, apply, applySlope, saturated}} value and slope take a number;
 *   apply(x, out, count) and applySlope(x, out, delta, count), which multiplies delta by the slope,
 *   take arrays; saturated(x) tells whether the slope is below a twentieth of the steepest, and
 *   stays so from there outward
 */
export function activation(name) {
  if (!RECORDS.has(name)) RECORDS.set(name, record(name));
  return RECORDS.get(name);
}

const RECORDS = new Map();

function record(name) {
  const { value, slope } = FORMULAS[name];
  const apply = (x, out, count) => {
    for (let i = 0; i < count; i++) out[i] = value(x[i]);
  };
  const applySlope = (x, out, delta, count) => {
    for (let i = 0; i < count; i++) delta[i] *= slope(x[i], out[i]);
  };
  return { name, value, slope, apply, applySlope, saturated: flatness(slope) };
}

const FLAT = 0.05;

/** The rule of netinit.activations.Activation.saturated. */
function flatness(slope) {
  const near = Array.from({ length: 40001 }, (_, i) => (i - 20000) / 1000);
  const far = Array.from({ length: 2000 }, (_, i) => 20 * 50000 ** ((i + 1) / 2000)); // to 1e6
  const steepest = near.reduce((most, x) => Math.max(most, Math.abs(slope(x))), 0);
  const flat = (x) => Math.abs(slope(x)) < FLAT * steepest;
  const steep = [...far.toReversed().map((x) => -x), ...near, ...far].filter((x) => !flat(x));
  const [low, high] = [steep[0], steep[steep.length - 1]];
  return (x) => (x < low || x > high) && flat(x);
}
