// Losses with their gradients, and accuracy, as netinit.losses defines them.

/**
 * Mean over the batch of -ln softmax(logits)[label].
 *
 * @param {Float32Array|Float64Array} logits (rows, classes)
 * @param {Int32Array} labels (rows,)
 * @param gradient (rows, classes), filled with the gradient at the logits
 */
function softmaxCrossEntropy(logits, labels, gradient, rows, classes) {
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const total = exponentials(logits, gradient, start, classes);
    const label = start + labels[row];
    loss += Math.log(total.sum) - (logits[label] - total.largest);
    for (let i = start; i < start + classes; i++) gradient[i] /= total.sum;
    gradient[label] -= 1;
    for (let i = start; i < start + classes; i++) gradient[i] /= rows;
  }
  return loss / rows;
}

/** exp(logits - largest) of one row, with their sum. */
function exponentials(logits, out, start, classes) {
  let largest = -Infinity;
  let sum = 0;
  for (let i = start; i < start + classes; i++) {
    largest = logits[i] > largest || Number.isNaN(logits[i]) ? logits[i] : largest;
  }
  for (let i = start; i < start + classes; i++) {
    out[i] = Math.exp(logits[i] - largest);
    sum += out[i];
  }
  return { largest, sum };
}

/** Mean over the batch of half the squared distance to the targets (rows, outputs). */
function squaredLoss(output, targets, gradient, rows, outputs) {
  let loss = 0;
  for (let i = 0; i < rows * outputs; i++) {
    const difference = output[i] - targets[i];
    loss += (difference * difference) / 2;
    gradient[i] = difference / rows;
  }
  return loss / rows;
}

/** By the name that `netinit.training.train` takes. */
export const LOSSES = { softmax_cross_entropy: softmaxCrossEntropy, squared: squaredLoss };

/** Softmax of each row, in place. */
export function softmax(logits, rows, classes) {
  for (let start = 0; start < rows * classes; start += classes) {
    const { sum } = exponentials(logits, logits, start, classes);
    for (let i = start; i < start + classes; i++) logits[i] /= sum;
  }
}

/** Share of rows whose largest logit is the label's; the first of equal ones counts, NaN is wrong. */
export function accuracy(logits, labels, rows, classes) {
  let right = 0;
  for (let row = 0; row < rows; row++) right += Number(best(logits, row, classes) === labels[row]);
  return right / rows;
}

function best(logits, row, classes) {
  let place = 0;
  for (let i = 0; i < classes; i++) {
    const logit = logits[row * classes + i];
    if (Number.isNaN(logit)) return -1;
    if (logit > logits[row * classes + place]) place = i;
  }
  return place;
}
