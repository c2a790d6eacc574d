// Layer norm and batch norm with their gradients, as netinit.network.layers defines them.
//
// z = gain n + shift with n = (h - mean) / sqrt(variance + eps). Layer norm takes mean and variance
// of each row (an input) over its units; batch norm those of each column (a unit) over the batch.

export const EPS = 1e-5;

/** The lines that are standardized: how many, how far apart, how long, and the step along one. */
const LINES = {
  layer: (rows, units) => ({ count: rows, apart: units, length: units, step: 1 }),
  batch: (rows, units) => ({ count: units, apart: 1, length: rows, step: units }),
};

/**
 * Fill `n` with standardized h, and `means` and `roots` with the mean and 1 / sqrt(variance + eps)
 * of each line.
 */
export function standardize(kind, h, n, means, roots, rows, units) {
  const { count, apart, length, step } = LINES[kind](rows, units);
  for (let line = 0; line < count; line++) {
    const [start, end] = [line * apart, line * apart + length * step];
    let sum = 0;
    let squares = 0;
    for (let i = start; i < end; i += step) sum += h[i];
    const mean = sum / length;
    for (let i = start; i < end; i += step) squares += (h[i] - mean) ** 2;
    const root = 1 / Math.sqrt(squares / length + EPS);
    for (let i = start; i < end; i += step) n[i] = (h[i] - mean) * root;
    means[line] = mean;
    roots[line] = root;
  }
}

/** Batch norm with the means and roots of another batch. */
export function standardizeWith(means, roots, h, n, rows, units) {
  let i = 0;
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++, i++) n[i] = (h[i] - means[unit]) * roots[unit];
  }
}

/** z = gain n + shift. */
export function affine(n, gain, shift, z, rows, units) {
  let i = 0;
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++, i++) z[i] = gain[unit] * n[i] + shift[unit];
  }
}

/**
 * Turn the gradient at z into that at h, in place, and fill those of the gain and the shift.
 *
 * With d = gain times the gradient at z, that at h is root (d - mean d - n mean(d n)).
 */
export function backward(kind, delta, n, roots, layer, gradients, rows, units) {
  const { gain, shift } = gradients;
  gain.fill(0);
  shift.fill(0);
  let i = 0;
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++, i++) {
      gain[unit] += delta[i] * n[i];
      shift[unit] += delta[i];
      delta[i] *= layer.gain[unit];
    }
  }
  const { count, apart, length, step } = LINES[kind](rows, units);
  for (let line = 0; line < count; line++) {
    const [start, end] = [line * apart, line * apart + length * step];
    let sum = 0;
    let product = 0;
    for (let i = start; i < end; i += step) {
      sum += delta[i];
      product += delta[i] * n[i];
    }
    const root = roots[line];
    for (let i = start; i < end; i += step) {
      delta[i] = root * (delta[i] - sum / length - (n[i] * product) / length);
    }
  }
}
