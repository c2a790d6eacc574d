// One sentence on what is happening, by rules; the first that has something to say is heard.

import { number } from "../../netinit/widgets/formatting.js";

/** Where a rule begins to speak. */
export const LIMITS = {
  dead: 0.995, // share of a layer's units that are 0 for every input
  many: 0.5, // the same, where it is only many
  vanished: 1e-4, // mean square at the last layer over that at the first
  exploded: 1e4,
  merged: 1e-4, // share of the mean square that differs between inputs
  lost: 1e-6, // the gradient at the first layer over that at the last
  burst: 1e6,
  saturated: 0.7, // share of a layer's values where the activation is nearly flat
  learned: 0.95, // test accuracy
  fitted: 0.02, // test loss of a regression
  far: 0.1, // update over weights
  stuck: 150, // steps without a tenth more or less loss
  level: 2, // most by which the mean square of a level signal differs from that at the first layer
};

const percent = (share) => `${Math.round(100 * share)} %`;
const last = (values) => values[values.length - 1];
const finite = (value) => Number.isFinite(value) && value > 0;

/** "layer 3", "layers 2 to 5" of the layers whose numbers pass a test. */
function places(layers, test) {
  const found = layers.flatMap((layer, i) => test(layer) ? [i + 1] : []);
  if (!found.length) return null;
  const whole = last(found) - found[0] + 1 === found.length;
  if (found.length === 1) return { words: `layer ${found[0]}`, one: true, count: 1 };
  const words = whole
    ? `layers ${found[0]} to ${last(found)}`
    : `${found.length} layers, the first of them layer ${found[0]},`;
  return { words, one: false, count: found.length };
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);

/** Rules by name; each is given {layers, statistics, step, diverged, history, experiment}. */
export const RULES = {
  diverged: ({ diverged, step }) =>
    diverged &&
    `The loss overflowed after step ${step}: this run has diverged. Take a smaller learning rate ` +
      "or smaller weights, and restart.",
  overflow: ({ layers }) => {
    const found = places(layers, ({ secondMoment }) => !Number.isFinite(secondMoment));
    return found && `${capital(found.words)} overflow${found.one ? "s" : ""}: the numbers there ` +
        "are too large for 32-bit floating point.";
  },
  learned: ({ statistics, step }) =>
    step > 0 && statistics.testAccuracy >= LIMITS.learned &&
    `The network has learned: after ${step} steps it is right on ` +
      `${percent(statistics.testAccuracy)} of the examples it has not seen.`,
  fitted: ({ statistics, step }) =>
    statistics.testAccuracy === null && step > 0 && statistics.testLoss <= LIMITS.fitted &&
    `The network fits the curve: after ${step} steps its loss on points it has not seen is ` +
      `${number(statistics.testLoss, ".2g")}.`,
  dead: ({ layers }) => {
    const found = places(layers, ({ dead }) => dead >= LIMITS.dead);
    if (!found) return false;
    const [one, many] = layers.some(({ skip }) => skip)
      ? ["adds nothing to the stream", "add nothing to the stream"]
      : ["passes nothing on", "pass nothing on"];
    return `${capital(found.words)} ${found.one ? one : many}: all of ` +
      `${found.one ? "its" : "their"} units are dead.`;
  },
  equal: ({ statistics, experiment }) => {
    const alike = statistics.distinct?.every((count) => count === 1) && experiment.width > 1;
    return alike &&
      "All units within a layer are equal, and equal units get equal gradients: the " +
        "network is no better than one of width 1.";
  },
  exploded: ({ layers }) => {
    const ratio = last(layers).secondMoment / layers[0].secondMoment;
    return ratio > LIMITS.exploded &&
      `The signal explodes: its mean square grows ${number(ratio, ".1g")}-fold from layer 1 to ` +
        `layer ${layers.length}.`;
  },
  vanished: ({ layers }) => {
    const ratio = last(layers).secondMoment / layers[0].secondMoment;
    return ratio < LIMITS.vanished &&
      `The signal dies out: of its mean square at layer 1, only ${number(ratio, ".0e")} is left ` +
        `at layer ${layers.length}.`;
  },
  lost: ({ layers }) => {
    const ratio = layers[0].gradient / last(layers).gradient;
    return finite(last(layers).gradient) && ratio < LIMITS.lost &&
      `The gradient dies on its way back: layer 1 gets ${number(ratio, ".0e")} of what layer ` +
        `${layers.length} gets, in mean square.`;
  },
  burst: ({ layers }) => {
    const ratio = layers[0].gradient / last(layers).gradient;
    return ratio > LIMITS.burst &&
      `The gradient explodes on its way back: from layer ${layers.length} to layer 1 it grows ` +
        `${number(ratio, ".0e")}-fold, in mean square.`;
  },
  merged: ({ layers }) => {
    const found = places(
      layers,
      (layer) =>
        finite(layer.secondMoment) && layer.spread ** 2 / layer.secondMoment < LIMITS.merged,
    );
    return found && `In ${found.words} all inputs look alike: less than one part in ten thousand ` +
        "of the mean square differs between them.";
  },
  saturated: ({ layers, experiment }) => {
    if (!["tanh", "sigmoid"].includes(experiment.activation)) return false;
    const found = places(layers, ({ saturated }) => saturated >= LIMITS.saturated);
    return found && `${capital(found.words)} ${found.one ? "is" : "are"} saturated: most values ` +
        "are where the activation is nearly flat and lets hardly any gradient through.";
  },
  far: ({ layers }) => {
    const found = places(layers, ({ update }) => update > LIMITS.far);
    return found && `A step changes the weights of ${found.words} by more than ` +
        `${percent(LIMITS.far)}: the learning rate is large for these weights.`;
  },
  stuck: ({ history, step }) => {
    const then = history.step.findLastIndex((other) => other <= step - LIMITS.stuck);
    const ratio = last(history.loss) / history.loss[then];
    return ratio > 0.9 && ratio < 1.1 &&
      `The loss has hardly moved for ${LIMITS.stuck} steps: ${number(last(history.loss), ".2g")}.`;
  },
  learning: ({ history, statistics }) =>
    last(history.loss) < 0.97 * history.loss[0] &&
    `It learns: the loss fell from ${number(history.loss[0], ".2g")} to ` +
      `${number(statistics.loss, ".2g")}.`,
  risen: ({ history }) =>
    last(history.loss) > 1.1 * history.loss[0] &&
    `The loss has risen, from ${number(history.loss[0], ".2g")} to ` +
      `${number(last(history.loss), ".2g")}. The steps may be too long.`,
  many: ({ layers }) => {
    const most = layers.reduce((best, { dead }, i) => dead > layers[best].dead ? i : best, 0);
    const { dead } = layers[most];
    return dead >= LIMITS.many && `In layer ${most + 1}, ${percent(dead)} of the units are dead.`;
  },
  ready: ({ layers, step }) => {
    if (step > 0) return false;
    if (layers.length === 1) {
      return "Before the first step of a network with one hidden layer. Press play.";
    }
    const ratios = layers.map(({ secondMoment }) => secondMoment / layers[0].secondMoment);
    const level = ratios.every((ratio) => ratio >= 1 / LIMITS.level && ratio <= LIMITS.level);
    return level
      ? `Before the first step: the signal keeps its size through ${layers.length} layers, within ` +
        "a factor of two. Press play."
      : `Before the first step: the mean square of the signal at layer ${layers.length} is ` +
        `${number(last(ratios), ".2g")} times that at layer 1. Press play.`;
  },
  started: () => "The loss has hardly changed so far.",
};

/** {rule, sentence} for what is known of a run. */
export function narrate({ frame, history, experiment }) {
  const { statistics, step, diverged } = frame;
  const view = { statistics, layers: statistics.layers, step, diverged, history, experiment };
  for (const [rule, says] of Object.entries(RULES)) {
    const sentence = says(view);
    if (sentence) return { rule, sentence };
  }
  throw new Error("the last rule always speaks");
}
