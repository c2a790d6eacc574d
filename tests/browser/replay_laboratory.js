// Runs of the laboratory's engine on what tests/golden/laboratory.json gives it.

const LOSSES = { classes: "softmax_cross_entropy", squared: "squared" };
const OUTPUTS = { classes: 3, squared: 2 };

/**
 * What the engine finds at the steps of the golden file, one list of records for each case.
 *
 * @param {object} golden the file
 * @param {{createRun: function, DEFAULT: object}} engine
 * @param {"float32"|"float64"} precision
 */
export function replay(golden, { createRun, DEFAULT }, precision) {
  return golden.cases.map(({ case: wanted, parameters, results }) => {
    const { loss, ...fields } = wanted;
    const data = {
      ...golden.data[loss],
      inputs: golden.inputs,
      outputs: OUTPUTS[loss],
      loss: LOSSES[loss],
    };
    const experiment = { ...DEFAULT, ...fields, batch: golden.batch };
    const run = createRun(experiment, { precision, parameters, batches: golden.batches, data });
    return results[precision].map(({ step }) => {
      run.step(step - run.steps);
      return record(run);
    });
  });
}

function record(run) {
  const { layers, output, diverged: _, ...found } = run.statistics();
  const sum = (values, power) => values.reduce((total, value) => total + value ** power, 0);
  return {
    ...found,
    layers,
    updates: [...layers, output].map(({ update }) => update),
    sums: run.parameters.map(({ values }) => sum(values, 1)),
    squares: run.parameters.map(({ values }) => sum(values, 2)),
  };
}
