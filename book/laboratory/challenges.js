// Six challenges: what to do, how the page knows that it is done, a hint, and a guess before.
//
// `experiment` is where a challenge starts, `changes` are made by hand at once, and `kept` names
// the fields that the reader must leave as they are. `predict.answer` says which of the options was
// right, once the run has shown it. `check` gets the same view and tells how far the reader is:
//   view   {experiment, frame, initial, byHand, adjusted}: the newest frame, the one at step 0,
//          and the names of what was changed by hand, and of the fields changed, since the start
//   check  {done, words}; the words name the numbers that prove it

import { number } from "../../netinit/widgets/formatting.js";

const percent = (share) => `${Math.round(100 * share)} %`;
const most = (values) => Math.max(...values);
const moments = ({ statistics }) => statistics.layers.map((layer) => layer.secondMoment);
const score = ({ frame }) => frame.statistics.testAccuracy ?? 0;
const deadest = ({ statistics }) => most(statistics.layers.map((layer) => layer.dead ?? 0));

const said = ({ frame }) =>
  `${percent(frame.statistics.testAccuracy ?? 0)} right on unseen examples at step ${frame.step}`;

export const SYMMETRY = 0.95;
const symmetry = {
  name: "symmetry",
  title: "Break the tie",
  chapter: ["chapters/02_symmetry", "Chapter 2"],
  task: "All units of this network start equal, so they stay equal. Get it to 95 % on unseen " +
    "points by changing a single weight, once.",
  hint: "Under “By hand” there is a button that changes one weight. Press it, then play.",
  experiment: {
    data: "clusters",
    depth: 1,
    width: 16,
    activation: "tanh",
    scheme: "constant",
    scale: 0.3,
    optimizer: "momentum",
    rate: 0.1,
  },
  changes: [],
  kept: ["data", "scheme", "depth", "width", "activation", "normalization", "bias"],
  predict: {
    question: "How many different units will the hidden layer have after 50 steps?",
    options: ["One: they stay equal", "A few", "All sixteen: training separates them"],
    answer: ({ frame, byHand }) => {
      if (frame.step < 50 || byHand.length) return null;
      const count = frame.statistics.distinct[0];
      return count === 1 ? 0 : count < 16 ? 1 : 2;
    },
    because: "Equal units get equal gradients, at every step.",
  },
  check: (view) => {
    const { byHand, frame } = view;
    const one = byHand.length === 1 && byHand[0] === "one";
    return {
      done: one && score(view) >= SYMMETRY,
      words: byHand.length > 1 || (byHand.length && !one)
        ? "more than one weight was changed; restart, and change just one"
        : `different units in the hidden layer: ${frame.statistics.distinct[0]}; ${said(view)}`,
    };
  },
};

export const DEEP = 20;
const deep = {
  name: "deep",
  title: "As deep as tanh can",
  chapter: ["chapters/07_training_dynamics", "Chapter 7"],
  task: "Find the deepest tanh network that is right on 90 % of unseen points within 300 steps, " +
    `without normalization or skip connections. ${DEEP} hidden layers solve it; 32 is the maximum.`,
  hint:
    "The gradient must reach the first layers. Find a scheme and a scale that keep the signal " +
    "level, then a learning rate that is small enough for this depth. Orthogonal weights help.",
  experiment: {
    data: "clusters",
    depth: DEEP,
    width: 32,
    activation: "tanh",
    scheme: "lecun_normal",
    scale: 0.7,
    optimizer: "sgd",
    rate: 0.05,
  },
  changes: [],
  kept: ["data", "activation", "normalization", "skip"],
  predict: {
    question: "With the start as it is, what will the loss do in the first 100 steps?",
    options: ["Fall steadily", "Hardly move", "Overflow"],
    answer: ({ frame, initial }) => {
      if (frame.diverged) return 2;
      if (frame.step < 100) return null;
      return frame.statistics.loss > 0.9 * initial.statistics.loss ? 1 : 0;
    },
    because:
      "At this scale each layer passes on about half of the mean square, so almost none of " +
      "the signal reaches the output.",
  },
  check: (view) => {
    const { experiment, frame } = view;
    const inTime = frame.step <= 300;
    return {
      done: experiment.depth >= DEEP && inTime && score(view) >= 0.9,
      words: `${experiment.depth} layers; ${said(view)}${inTime ? "" : ", which is too late"}`,
    };
  },
};

const rescue = {
  name: "rescue",
  title: "Raise the dead",
  chapter: ["chapters/06_he", "Chapter 6"],
  task: "The biases of this ReLU network were lowered by 4, so hardly any unit responds to any " +
    "input. Get it to 90 % on unseen points without changing the scheme, the scale or the size.",
  hint: "A unit that is 0 for every input has no gradient, so waiting does not help. Move the " +
    "biases back by hand, or let a normalization center the values before the activation.",
  experiment: {
    data: "moons",
    depth: 4,
    width: 32,
    activation: "relu",
    scheme: "he_normal",
    scale: 1,
    optimizer: "adam",
    rate: 0.003,
  },
  changes: Array(8).fill("lower"),
  kept: ["data", "depth", "width", "scheme", "scale"],
  predict: {
    question: "If you only press play, what will the hidden weights do?",
    options: ["Change slowly until units wake up", "Nothing at all", "Overflow"],
    answer: ({ frame, byHand, adjusted }) => {
      if (frame.step < 30 || byHand.length || adjusted.length) return null;
      return deadest(frame) === 1 && frame.statistics.layers.every(({ update }) => !update) ? 1 : 0;
    },
    because:
      "Wherever the output of ReLU is 0, its slope is 0 as well, so no gradient reaches the " +
      "hidden weights.",
  },
  check: (view) => {
    const was = deadest(view.initial) >= 0.99;
    return {
      done: was && score(view) >= 0.9 && view.frame.step > 0,
      words: `${percent(deadest(view.frame))} of the units are dead in the worst layer; ` +
        said(view),
    };
  },
};

const alive = {
  name: "alive",
  title: "Thirty-two layers alive",
  chapter: ["chapters/04_vanishing_exploding", "Chapter 4"],
  task:
    "Before the first step, keep the mean square of the signal in all 32 ReLU layers within a " +
    "factor of two of that in layer 1, without normalization or skip connections.",
  hint:
    "First find the scale that keeps the mean square level on average. Then reduce the scatter " +
    "around it: wide layers scatter less than narrow ones, and orthogonal weights (times √2 for " +
    "ReLU) less than normal ones.",
  experiment: { depth: 32, width: 32, activation: "relu", scheme: "lecun_normal", scale: 1 },
  changes: [],
  kept: ["depth", "activation", "normalization", "skip"],
  predict: {
    question: "LeCun's weights keep the signal of a linear network level. How much of its mean " +
      "square will be left after 32 ReLU layers?",
    options: ["Nearly all", "About a thirty-second", "Less than a millionth"],
    answer: ({ initial }) => {
      const values = moments(initial);
      const left = values.at(-1) / values[0];
      return left > 0.3 ? 0 : left > 1e-6 ? 1 : 2;
    },
    because:
      "On average, ReLU halves the mean square in every layer: a factor of 2⁻³¹ from layer 1 " +
      "to layer 32.",
  },
  check: ({ initial }) => {
    const values = moments(initial);
    const low = Math.min(...values) / values[0];
    const high = most(values) / values[0];
    return {
      done: low >= 0.5 && high <= 2,
      words: `between ${number(low, ".2g")} and ${number(high, ".2g")} times the mean square of ` +
        "layer 1",
    };
  },
};

const plain = {
  name: "plain",
  title: "Too fast for He initialization",
  chapter: ["chapters/07_training_dynamics", "Chapter 7"],
  task:
    "At this learning rate, plain gradient descent fails with He initialization and this seed. " +
    "Keep the rate, the optimizer and the seed, and find initial weights from which it reaches " +
    "90 % within 500 steps.",
  hint:
    "Steps are too long where gradients are large. What makes the gradients of the first steps " +
    "smaller without killing the signal?",
  experiment: {
    data: "digits",
    depth: 4,
    width: 64,
    activation: "relu",
    scheme: "he_normal",
    scale: 1,
    optimizer: "sgd",
    rate: 0.7,
  },
  changes: [],
  kept: ["data", "depth", "width", "optimizer", "rate", "batch", "normalization", "skip", "seed"],
  predict: {
    question: "What will the loss do with He initialization?",
    options: ["Fall, even if slowly", "Jump up, and overflow or stay high", "Stay where it is"],
    answer: ({ frame, initial }) => {
      if (frame.step < 40 && !frame.diverged) return null;
      const now = frame.statistics.loss;
      if (frame.diverged || !(now < 0.95 * initial.statistics.loss)) return 1;
      return 0;
    },
    because: "The step is longer than the curvature of the loss allows.",
  },
  check: (view) => {
    const inTime = view.frame.step <= 500;
    return {
      done: inTime && !view.frame.diverged && score(view) >= 0.9,
      words: view.frame.diverged
        ? `diverged after ${view.frame.step} steps`
        : said(view) + (inTime ? "" : ", which is too late"),
    };
  },
};

const stream = {
  name: "stream",
  title: "A stream that does not flood",
  chapter: ["chapters/11_residual", "Chapter 11"],
  task:
    "With skip connections each layer adds to a stream. Keep the skips, use no normalization, " +
    "and choose weights so that the signal grows less than tenfold over 32 layers and the network " +
    "still reaches 90 % within 300 steps.",
  hint: "The stream passes through untouched, so the branches may be small. Chapter 11 " +
    "multiplies them by one over the square root of the depth, here 0.18. Go a little lower: the " +
    "outputs of ReLU are never negative, so all branches push the stream the same way.",
  experiment: {
    data: "moons",
    depth: 32,
    width: 32,
    activation: "relu",
    scheme: "he_normal",
    scale: 1,
    skip: true,
    optimizer: "momentum",
    rate: 0.01,
  },
  changes: [],
  kept: ["data", "depth", "activation", "normalization", "skip"],
  predict: {
    question: "By what factor does the mean square grow from layer to layer at this start?",
    options: ["It stays about level", "It about doubles or more", "It grows by about ten percent"],
    answer: ({ initial }) => {
      const values = moments(initial);
      const factor = (values.at(-1) / values[0]) ** (1 / (values.length - 1));
      return factor < 1.05 ? 0 : factor > 1.6 ? 1 : 2;
    },
    because:
      "A branch with He weights has about the mean square of its input, and ReLU makes all " +
      "branches push the stream the same way, which adds more.",
  },
  check: (view) => {
    const values = moments(view.initial);
    const growth = most(values) / values[0];
    const inTime = view.frame.step <= 300;
    return {
      done: growth < 10 && inTime && score(view) >= 0.9,
      words: `growth by a factor of ${number(growth, ".2g")} at the start; ${said(view)}` +
        (inTime ? "" : ", which is too late"),
    };
  },
};

export const CHALLENGES = [symmetry, deep, rescue, alive, plain, stream];

export const challengeNamed = (name) => CHALLENGES.find((one) => one.name === name) ?? null;

/** The first field that a challenge keeps and the reader has changed, or null. */
export function broken(challenge, experiment, start) {
  return challenge.kept.find((name) => experiment[name] !== start[name]) ?? null;
}
