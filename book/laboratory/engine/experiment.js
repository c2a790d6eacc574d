// What the laboratory can run: the fields of an experiment, their limits, and the nearest valid one.

/** Of the fields and what they mean; an address or a link carries it. */
export const VERSION = 1;

const DATA = ["spirals", "clusters", "moons", "digits", "regression"];
const ACTIVATIONS = [
  "relu",
  "leaky_relu",
  "elu",
  "selu",
  "tanh",
  "sigmoid",
  "gelu",
  "silu",
  "linear",
];
const SCHEMES = [
  "zeros",
  "constant",
  "normal",
  "uniform",
  "lecun_normal",
  "lecun_uniform",
  "xavier_normal",
  "xavier_uniform",
  "he_normal",
  "he_uniform",
  "orthogonal",
  "identity",
];

const choice = (label, values, initial) => ({ kind: "choice", label, values, initial });
const whole = (label, least, most, initial) => ({ kind: "whole", label, least, most, initial });
const number = (label, least, most, initial) => ({ kind: "number", label, least, most, initial });

/**
 * The fields by name, in the order of the page. `kind` is one of
 * choice: a name of `values`; whole: an integer from `least` to `most`; number: a real number from
 * `least` to `most` (`log` where a slider should be logarithmic); switch: true or false.
 * `live` fields can change while a run goes on (`run.adjust`); all others start a new run.
 *
 * scale multiplies the weights, those of the head too. "normal" and "uniform" have the standard
 * deviation 1 before it and "constant" the value 1, so that there the scale is std or value.
 * bias is the standard deviation of the biases, which are normal (0: they are zeros).
 */
export const FIELDS = {
  data: choice("Data", DATA, "spirals"),
  depth: whole("Hidden layers", 1, 32, 8),
  width: whole("Units per layer", 1, 128, 32),
  activation: { ...choice("Activation", ACTIVATIONS, "relu"), live: true },
  scheme: choice("Scheme", SCHEMES, "he_normal"),
  scale: { ...number("Scale of weights", 0.01, 10, 1), log: true },
  bias: number("Std of biases", 0, 3, 0),
  normalization: { ...choice("Normalization", ["none", "layer", "batch"], "none"), live: true },
  skip: { kind: "switch", label: "Skip connections", initial: false, live: true },
  optimizer: { ...choice("Optimizer", ["sgd", "momentum", "adam"], "sgd"), live: true },
  rate: { ...number("Learning rate", 1e-5, 10, 0.05), log: true, live: true },
  batch: { ...whole("Batch size", 1, 256, 32), live: true },
  seed: whole("Seed", 0, 4294967295, 1),
};

/** The experiment that a reader meets first. */
export const DEFAULT = Object.fromEntries(
  Object.entries(FIELDS).map(([name, field]) => [name, field.initial]),
);

/**
 * The nearest valid experiment, with a sentence for everything that had to change.
 *
 * A value may be written as text, as in an address: "16", "true". Fields that are missing take
 * their initial values, without a word.
 *
 * @param {object} wanted anything at all
 * @returns {{experiment: object, problems: string[]}}
 */
export function validate(wanted) {
  const problems = [];
  const given = isRecord(wanted) ? wanted : {};
  if (!isRecord(wanted)) {
    problems.push("An experiment is a record of fields; the first experiment is shown.");
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(FIELDS, name)) {
      problems.push(`There is no field “${shown(name)}”; it is ignored.`);
    }
  }
  const experiment = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    experiment[name] = value === undefined
      ? field.initial
      : NEAREST[field.kind](value, field, problems);
  }
  if (experiment.normalization === "batch" && experiment.batch < 2) {
    experiment.batch = 2;
    problems.push("Batch normalization needs a batch size of at least 2; 2 is used.");
  }
  return { experiment, problems };
}

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const NEAREST = {
  choice: nearestChoice,
  whole: nearestNumber,
  number: nearestNumber,
  switch: nearestSwitch,
};

function nearestChoice(value, field, problems) {
  const name = String(value).toLowerCase();
  if (field.values.includes(name)) return name;
  problems.push(
    `${field.label} “${shown(value)}” is unknown; ${field.initial} is used. ` +
      `It can be ${field.values.join(", ")}.`,
  );
  return field.initial;
}

function nearestNumber(value, field, problems) {
  const text = typeof value === "string" ? value.trim() : value;
  const found = typeof text === "string" && text !== "" ? Number(text) : text;
  if (typeof found !== "number" || Number.isNaN(found)) {
    problems.push(
      `${field.label} must be a number, not “${shown(value)}”; ${field.initial} is used.`,
    );
    return field.initial;
  }
  const inside = Math.min(Math.max(found, field.least), field.most);
  const nearest = field.kind === "whole" ? Math.round(inside) : inside;
  if (nearest !== found) {
    const kind = field.kind === "whole" ? "a whole number" : "a number";
    problems.push(
      `${field.label} must be ${kind} from ${field.least} to ${field.most}, not ` +
        `${shown(value)}; ${nearest} is used.`,
    );
  }
  return nearest;
}

function nearestSwitch(value, field, problems) {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  problems.push(
    `${field.label} must be true or false, not “${shown(value)}”; ${field.initial} is used.`,
  );
  return field.initial;
}

/** A value as a sentence can show it, cut short. */
function shown(value) {
  const text = isRecord(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
