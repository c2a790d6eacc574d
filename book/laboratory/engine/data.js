// The data sets, drawn from a stream of the experiment's seed as netinit.datasets draws them.

import { createStream } from "./random.js";

const EXAMPLES = 400; // to train on, and as many to test on
const PIXELS = 64;
const DIGITS_TRAIN = 1400; // of 1797

const PLANE = {
  spirals: {
    classes: 2,
    noise: 0.05,
    // The square root spreads the points evenly along the arm, which lengthens outwards.
    point: (label, u) => {
      const radius = Math.sqrt(u);
      const angle = 3 * Math.PI * radius + Math.PI * label;
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    },
  },
  moons: {
    classes: 2,
    noise: 0.1,
    point: (label, u) => {
      const side = 1 - 2 * label;
      return [side * (Math.cos(Math.PI * u) - 0.5), side * (Math.sin(Math.PI * u) - 0.25)];
    },
  },
  clusters: {
    classes: 5,
    noise: 0.2,
    point: (label) => {
      const angle = (2 * Math.PI * label) / 5;
      return [Math.cos(angle), Math.sin(angle)];
    },
  },
};

/**
 * The data of an experiment.
 *
 * @param {string} name of FIELDS.data
 * @param {number} seed
 * @param {{pixels: string, labels: string}} [packed] of the digits: letters "a" (0) to "q" (16) for
 *   1797 images of 64 pixels, and a digit for each; the first 1400 are to train on
 * @returns {{name, inputs, outputs, classes, loss, xTrain, yTrain, xTest, yTest}}
 */
export function createData(name, seed, packed) {
  if (name === "digits") return digits(packed);
  const stream = createStream(seed, `data ${name}`);
  return name === "regression" ? regression(stream) : plane(name, stream);
}

function plane(name, stream) {
  const { classes, noise, point } = PLANE[name];
  const half = () => {
    const y = stream.permutation(EXAMPLES).map((i) => i % classes);
    const x = new Float32Array(2 * EXAMPLES);
    for (let i = 0; i < EXAMPLES; i++) {
      const [across, up] = point(y[i], stream.uniform());
      x[2 * i] = across + noise * stream.normal();
      x[2 * i + 1] = up + noise * stream.normal();
    }
    return { x, y };
  };
  return classified(name, 2, classes, half(), half());
}

function classified(name, inputs, classes, train, test) {
  const loss = "softmax_cross_entropy";
  const halves = { xTrain: train.x, yTrain: train.y, xTest: test.x, yTest: test.y };
  return { name, inputs, outputs: classes, classes, loss, ...halves };
}

/** The curve that the regression follows, without its noise. */
export function curve(x) {
  return Math.sin(Math.PI * x) * (1 - x / 4);
}

/** A noisy curve over [-2, 2]. */
function regression(stream) {
  const half = () => {
    const x = Float32Array.from({ length: EXAMPLES }, () => 4 * stream.uniform() - 2);
    return { x, y: x.map((value) => curve(value) + 0.1 * stream.normal()) };
  };
  const [train, test] = [half(), half()];
  const halves = { xTrain: train.x, yTrain: train.y, xTest: test.x, yTest: test.y };
  return { name: "regression", inputs: 1, outputs: 1, classes: 0, loss: "squared", ...halves };
}

/**
 * The digits as netinit.datasets.digits gives them: the mean of each training pixel subtracted, and
 * the mean square of all training inputs made 1.
 */
function digits(packed) {
  if (!packed) throw new Error("data “digits” needs options.digits, the packed images");
  const { pixels, labels } = packed;
  if (pixels.length !== PIXELS * labels.length || labels.length <= DIGITS_TRAIN) {
    throw new Error(
      `the packed digits are incomplete: ${pixels.length} pixels of ${labels.length}`,
    );
  }
  const grey = Float64Array.from(pixels, (letter) => letter.charCodeAt(0) - "a".charCodeAt(0));
  standardize(grey, DIGITS_TRAIN);
  const x = Float32Array.from(grey);
  const y = Int32Array.from(labels, Number);
  const train = { x: x.slice(0, PIXELS * DIGITS_TRAIN), y: y.slice(0, DIGITS_TRAIN) };
  const test = { x: x.slice(PIXELS * DIGITS_TRAIN), y: y.slice(DIGITS_TRAIN) };
  return classified("digits", PIXELS, 10, train, test);
}

/** Center each column on its mean over the first `count` rows, and scale all by one factor. */
function standardize(x, count) {
  for (let column = 0; column < PIXELS; column++) {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += x[row * PIXELS + column];
    for (let i = column; i < x.length; i += PIXELS) x[i] -= sum / count;
  }
  let square = 0;
  for (let i = 0; i < count * PIXELS; i++) square += x[i] * x[i];
  const size = Math.sqrt(square / (count * PIXELS));
  for (let i = 0; i < x.length; i++) x[i] /= size;
}

/** The data with x and the targets as typed arrays of one precision, class numbers as integers. */
export function typed(data, Values) {
  const classified = data.loss !== "squared";
  const target = (y) => classified ? Int32Array.from(y) : Values.from(y);
  return {
    ...data,
    classes: classified ? data.outputs : 0,
    targets: classified ? 1 : data.outputs,
    examples: data.xTrain.length / data.inputs,
    xTrain: Values.from(data.xTrain),
    yTrain: target(data.yTrain),
    xTest: Values.from(data.xTest),
    yTest: target(data.yTest),
  };
}
