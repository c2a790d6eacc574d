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
// run.data         {inputs, outputs, loss, classes, xTrain, yTrain, xTest, yTest}: x are row-major
//                  typed arrays (examples x inputs); y are class numbers (Int32Array), or numbers
//                  where loss is "squared" (regression: inputs 1, outputs 1, classes 0)
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

/** Start an experiment. */
export function createRun(_experiment, _options = {}) {
  throw new Error("the engine is being written");
}
