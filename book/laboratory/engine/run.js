// One run of an experiment: the interface of the engine.
//
// const run = createRun(experiment, options)
//   experiment  a valid experiment (experiment.js: `validate(anything).experiment`)
//   options     all optional:
//     precision   "float32" (default) or "float64"
//     digits      {pixels, labels}, needed for data "digits": strings of 1797 x 64 letters, "a" for
//                 pixel value 0 to "q" for 16, and of 1797 characters "0" to "9", already in the
//                 order of netinit.datasets.digits (1400 to train first). See data.js.
//     parameters  list of arrays (or of {values}) to start from instead of drawing them, in the
//                 order of run.parameters
//     batches     list of lists of row numbers, one for each step, instead of drawing them
//     data        {xTrain, yTrain, xTest, yTest, inputs, outputs, loss} instead of drawing it
//
// run.experiment   what runs now (adjust changes it)
// run.data         {inputs, outputs, loss, classes, examples, targets, xTrain, yTrain, xTest, yTest}:
//                  x are row-major typed arrays (examples x inputs); y are class numbers
//                  (Int32Array), or (examples x targets) numbers where loss is "squared", which has
//                  no classes (regression: inputs 1, outputs 1, targets 1, classes 0)
// run.parameters   [{name, shape, values}]: "1.weight" (fan_out x fan_in), "1.bias", with a
//                  normalization "1.gain" and "1.shift", ..., "head.weight", "head.bias".
//                  `values` are the live typed arrays
// run.steps        updates made
// run.batchLoss    loss of the last batch, before its update (NaN at first)
// run.diverged     true once a batch's loss was not finite: step then does nothing
// run.theory       array of `depth` numbers: predicted secondMoment of each hidden layer at step 0,
//                  on the probe batch; null where there is no simple theory (batch norm, constant,
//                  identity)
// run.gradientTheory  array of `depth` numbers, predicted gradient at step 0, or null (as theory,
//                  and with normalization or skip)
// run.step(count)  makes up to `count` updates; returns how many were made
// run.adjust(changes)  changes `live` fields (FIELDS) without a restart: the weights stay. Optimizer
//                  memory starts anew when the optimizer or the list of parameters changes. Returns
//                  {experiment, problems} as validate does; a field that is not live is a problem
//                  and is not changed
// run.statistics() -> {step, loss, accuracy, testLoss, testAccuracy, diverged, layers, output}
//   loss and accuracy are those of the probe (the first 128 training examples), testLoss and
//   testAccuracy those of the first 128 test examples; accuracies are null for regression.
//   layers: one record for each hidden layer, from the input to the output, with
//     name              "1", "2", ...
//     secondMoment      of the preactivation h = W x + b (before any normalization)
//     activationMoment  of the activation phi(h), or phi(norm(h))
//     outputMoment      of what the layer passes on: x + phi where there is a skip, else phi
//     spread            standard deviation of h across the inputs, root mean square over units
//     gradient          second moment of the gradient of the loss with respect to h
//     update            |change of W in the last step| / |W|: 0 before the first step, null if W = 0
//     dead              share of units whose activation is 0 for every input
//     saturated         share of activation inputs where the slope is nearly flat (netinit)
//     skip              whether the layer has a skip connection (the first has one only where the
//                       data has as many inputs as the layer has units)
//     histogram         {edges: 33 numbers from -4 to 4, counts: 32, below, above} of the
//                       activation inputs, as shares of all of them (NaN in none)
//   output: {secondMoment, spread, gradient, update} of the head
// run.predict(points, count) -> new typed array (count x outputs): class probabilities (softmax), or
//   the value where loss is "squared". Batch norm uses the mean and variance of the probe batch.
// run.examples() -> {inputs, targets, count}: the first 128 test examples
// The same experiment and precision give the same run, whatever the page does in between.

import { drawnBatches, listedBatches } from "./batches.js";
import { createData, typed } from "./data.js";
import { FIELDS, validate } from "./experiment.js";
import { accuracy, LOSSES, softmax } from "./losses.js";
import { backward, createNetwork, createWorkspace, forward, parameterShapes } from "./network.js";
import { createOptimizer } from "./optimizers.js";
import { drawParameter, givenParameters } from "./parameters.js";
import { layerStatistics, meanSquare, outputStatistics } from "./statistics.js";
import { predict } from "./theory.js";

const PROBE = 128;
const PRECISIONS = { float32: Float32Array, float64: Float64Array };

/** Start an experiment. */
export function createRun(experiment, options = {}) {
  return new Run(experiment, options);
}

class Run {
  #Values;
  #network;
  #optimizer;
  #training; // buffers of a batch
  #probing; // buffers of the probe
  #batches;
  #norms = null; // of the last change of each parameter
  #start; // the experiment at step 0, and the gradient at the output then
  #prediction;

  constructor(experiment, options) {
    this.#Values = PRECISIONS[options.precision ?? "float32"];
    this.experiment = { ...experiment };
    this.steps = 0;
    this.batchLoss = NaN;
    this.diverged = false;
    const { data: name, seed } = experiment;
    const data = options.data ?? createData(name, seed, options.digits);
    this.data = typed(data, this.#Values);
    const { batches, parameters } = options;
    this.#batches = batches ? listedBatches(batches) : drawnBatches(seed, this.data.examples);
    const shapes = parameterShapes(this.#shape());
    this.parameters = parameters
      ? givenParameters(shapes, parameters, this.#Values)
      : shapes.map((wanted) => this.#drawn(wanted));
    this.#rebuild();
    this.#optimizer = createOptimizer(experiment.optimizer, this.parameters);
    this.#compare(this.#probing, this.#probe("Train"));
    const { rows } = this.#probe("Train");
    const square = meanSquare(this.#probing.outputGradient, rows * this.data.outputs);
    this.#start = { experiment: { ...experiment }, square };
  }

  step(count = 1) {
    let made = 0;
    while (made < count && !this.diverged && this.#update()) made += 1;
    return made;
  }

  adjust(changes) {
    const { experiment, problems } = validate({ ...this.experiment, ...changes });
    for (const [name, field] of Object.entries(FIELDS)) {
      if (field.live || experiment[name] === this.experiment[name]) continue;
      problems.push(`${field.label} cannot change during a run; start a new one.`);
      experiment[name] = this.experiment[name];
    }
    const before = this.experiment;
    this.experiment = experiment;
    const changed = (...names) => names.some((name) => experiment[name] !== before[name]);
    if (changed("normalization")) this.parameters = this.#renormalized();
    if (changed("normalization", "optimizer")) {
      this.#optimizer = createOptimizer(experiment.optimizer, this.parameters);
      this.#norms = null;
    }
    if (changed("normalization", "activation", "skip", "batch")) this.#rebuild();
    return { experiment: { ...experiment }, problems };
  }

  statistics() {
    const train = this.#probe("Train");
    const probing = this.#probing;
    const loss = this.#compare(probing, train);
    backward(this.#network, probing, train.x, train.rows, false);
    const scored = { loss, accuracy: this.#accuracy(train) };
    const layers = layerStatistics(this.#network, probing, train.rows);
    for (const layer of layers) layer.update = this.#updateOf(layer.name);
    const output = outputStatistics(this.#network, probing, train.rows);
    output.update = this.#updateOf("head");
    const test = this.#probe("Test");
    const tested = { testLoss: this.#compare(probing, test), testAccuracy: this.#accuracy(test) };
    return { step: this.steps, ...scored, ...tested, diverged: this.diverged, layers, output };
  }

  predict(points, count) {
    const { inputs, outputs, loss } = this.data;
    const values = this.#Values.from(points.subarray(0, count * inputs));
    const frozen = this.#frozenNorms();
    const found = new this.#Values(count * outputs);
    for (let first = 0; first < count; first += PROBE) {
      const rows = Math.min(PROBE, count - first);
      const x = values.subarray(first * inputs, (first + rows) * inputs);
      const output = forward(this.#network, this.#probing, x, rows, frozen);
      found.set(output.subarray(0, rows * outputs), first * outputs);
    }
    if (loss === "softmax_cross_entropy") softmax(found, count, outputs);
    return found;
  }

  examples() {
    const { x, y, rows } = this.#probe("Test");
    return { inputs: x, targets: y, count: rows };
  }

  get theory() {
    return this.#predicted()?.forward ?? null;
  }

  get gradientTheory() {
    return this.#predicted()?.backward?.map((factor) => factor * this.#start.square) ?? null;
  }

  #predicted() {
    if (this.#prediction === undefined) {
      const { x, rows } = this.#probe("Train");
      this.#prediction = predict(this.#start.experiment, this.data, x, rows);
    }
    return this.#prediction;
  }

  #update() {
    const batch = this.#batches(this.#training.rows);
    if (!batch) return false;
    const training = this.#training;
    const { x, y } = training;
    const { inputs, targets, xTrain, yTrain } = this.data;
    for (let row = 0; row < batch.length; row++) {
      for (let i = 0; i < targets; i++) y[row * targets + i] = yTrain[batch[row] * targets + i];
      for (let i = 0; i < inputs; i++) x[row * inputs + i] = xTrain[batch[row] * inputs + i];
    }
    this.batchLoss = this.#compare(training, { x, y, rows: batch.length });
    this.diverged = !Number.isFinite(this.batchLoss);
    if (this.diverged) return false;
    backward(this.#network, training, x, batch.length);
    this.#norms = this.#optimizer.step(this.#network.gradients, this.experiment.rate);
    this.steps += 1;
    return true;
  }

  /** The loss of some inputs; the workspace then holds its gradient at the output. */
  #compare(workspace, { x, y, rows }) {
    const { loss, outputs } = this.data;
    const output = forward(this.#network, workspace, x, rows);
    return LOSSES[loss](output, y, workspace.outputGradient, rows, outputs);
  }

  #accuracy({ y, rows }) {
    const { classes } = this.data;
    return classes ? accuracy(this.#probing.output, y, rows, classes) : null;
  }

  #updateOf(layer) {
    const place = this.parameters.findIndex(({ name }) => name === `${layer}.weight`);
    if (!this.#norms) return 0;
    const { values } = this.parameters[place];
    const size = Math.sqrt(meanSquare(values) * values.length);
    return size > 0 ? this.#norms[place] / size : null;
  }

  /** The first training or test examples. */
  #probe(half) {
    const { inputs, targets, [`x${half}`]: x, [`y${half}`]: y } = this.data;
    const rows = Math.min(PROBE, y.length / targets);
    return { x: x.subarray(0, rows * inputs), y: y.subarray(0, rows * targets), rows };
  }

  /** Means and roots of the probe batch, which batch norm uses to predict. */
  #frozenNorms() {
    if (this.experiment.normalization !== "batch") return undefined;
    const { x, rows } = this.#probe("Train");
    forward(this.#network, this.#probing, x, rows);
    return this.#probing.layers.map(({ means, roots }) => {
      return { means: means.slice(), roots: roots.slice() };
    });
  }

  #shape() {
    const { depth, width, normalization, activation, skip } = this.experiment;
    const { inputs, outputs } = this.data;
    return { inputs, outputs, depth, width, normalization, activation, skip };
  }

  #rebuild() {
    const { inputs, targets, examples, yTrain } = this.data;
    const batch = Math.min(this.experiment.batch, examples);
    this.#network = createNetwork(this.#shape(), this.parameters);
    this.#training = createWorkspace(this.#network, batch);
    this.#training.x = new this.#Values(batch * inputs);
    this.#training.y = new yTrain.constructor(batch * targets);
    this.#probing = createWorkspace(this.#network, PROBE);
  }

  #drawn(wanted) {
    return drawParameter(wanted, this.experiment, this.#Values);
  }

  /** The parameters for another normalization: those that stay are the same arrays. */
  #renormalized() {
    return parameterShapes(this.#shape()).map((wanted) => {
      return this.parameters.find(({ name }) => name === wanted.name) ?? this.#drawn(wanted);
    });
  }
}
