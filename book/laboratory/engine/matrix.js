// The three products of matrices that a dense layer needs, all in one kernel.
//
// Both factors are copied into panels of four rows, in float64, so that the kernel's innermost loop
// reads two contiguous arrays; rows that the last panel lacks make numbers that nobody copies. Sums
// are rounded once, when they are copied to where they belong.

import { createKernel, TILE } from "./kernel.js";

const kernel = createKernel();

/** h = x wT: x is (rows, fanIn), w is (units, fanIn), h is (rows, units). */
export function timesTransposed(x, w, h, rows, units, fanIn) {
  multiply(x, fanIn, 1, w, fanIn, 1, h, rows, units, fanIn);
}

/** up = delta w: delta is (rows, units), w is (units, fanIn), up is (rows, fanIn). */
export function times(delta, w, up, rows, fanIn, units) {
  multiply(delta, units, 1, w, 1, fanIn, up, rows, fanIn, units);
}

/** g = deltaT x: delta is (rows, units), x is (rows, fanIn), g is (units, fanIn). */
export function transposedTimes(delta, x, g, units, fanIn, rows) {
  multiply(delta, 1, units, x, 1, fanIn, g, units, fanIn, rows);
}

/** c[i, j] = sum over p < k of a[i aRow + p aStep] b[j bRow + p bStep], for i < m and j < n. */
function multiply(a, aRow, aStep, b, bRow, bStep, c, m, n, k) {
  const [rows, columns] = [Math.ceil(m / TILE), Math.ceil(n / TILE)];
  const atB = TILE * rows * k;
  const atC = atB + TILE * columns * k;
  const numbers = kernel.reserve(atC + TILE * TILE * rows * columns);
  pack(numbers, 0, a, aRow, aStep, m, k);
  pack(numbers, atB, b, bRow, bStep, n, k);
  kernel.run(0, atB, atC, rows, columns, k);
  for (let i = 0; i < m; i++) {
    const from = atC + i * TILE * columns;
    for (let j = 0; j < n; j++) c[i * n + j] = numbers[from + j];
  }
}

/** Copy the rows of a matrix into the panels of kernel.js that begin at `start`. */
function pack(numbers, start, a, aRow, aStep, rows, k) {
  const last = (rows - 1) * aRow; // stands for the rows that the last panel lacks
  let to = start;
  for (let i = 0; i < rows; i += TILE) {
    let from0 = i * aRow;
    let from1 = Math.min(from0 + aRow, last);
    let from2 = Math.min(from0 + 2 * aRow, last);
    let from3 = Math.min(from0 + 3 * aRow, last);
    for (const end = to + TILE * k; to < end; to += TILE) {
      numbers[to] = a[from0];
      numbers[to + 1] = a[from1];
      numbers[to + 2] = a[from2];
      numbers[to + 3] = a[from3];
      from0 += aStep;
      from1 += aStep;
      from2 += aStep;
      from3 += aStep;
    }
  }
}
