// The three products of matrices that a dense layer needs, all in one kernel.
//
// Both factors are copied into panels of four rows, in float64, so that the innermost loop reads
// two contiguous arrays; rows that the last panel lacks make numbers that nobody copies. A tile of
// the result, four by four, stays in sixteen local variables until its sums are complete: they are
// rounded once, when they are stored.

const TILE = 4;
let panelsOfA = new Float64Array(0);
let panelsOfB = new Float64Array(0);
const edges = { Float32Array: new Float32Array(16), Float64Array: new Float64Array(16) };

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
  panelsOfA = packed(panelsOfA, a, aRow, aStep, m, k);
  panelsOfB = packed(panelsOfB, b, bRow, bStep, n, k);
  const edge = edges[c.constructor.name];
  for (let i = 0; i < m; i += TILE) {
    for (let j = 0; j < n; j += TILE) {
      if (i + TILE <= m && j + TILE <= n) {
        fillTile(panelsOfA, i * k, panelsOfB, j * k, k, c, i * n + j, n);
      } else {
        fillTile(panelsOfA, i * k, panelsOfB, j * k, k, edge, 0, TILE);
        copyCorner(edge, c, i * n + j, n, Math.min(TILE, m - i), Math.min(TILE, n - j));
      }
    }
  }
}

/** The part of a tile that lies within the result. */
function copyCorner(edge, c, start, n, height, width) {
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      c[start + row * n + column] = edge[row * TILE + column];
    }
  }
}

/** Rows of a matrix as panels: entry (i, p) is at floor(i / 4) 4 k + 4 p + i mod 4. */
function packed(panels, a, aRow, aStep, rows, k) {
  const size = Math.ceil(rows / TILE) * TILE * k;
  const target = panels.length < size ? new Float64Array(size) : panels;
  for (let i = 0; i < rows; i++) {
    const start = (i - (i % TILE)) * k + (i % TILE);
    let from = i * aRow;
    for (let to = start; to < start + TILE * k; to += TILE) {
      target[to] = a[from];
      from += aStep;
    }
  }
  return target;
}

/** The tile of the panels that start at `a` and `b`, at place `o` of `c`, whose rows are `n` long. */
function fillTile(panelA, a, panelB, b, k, c, o, n) {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (const end = a + TILE * k; a < end; a += TILE, b += TILE) {
    const x0 = panelA[a];
    const x1 = panelA[a + 1];
    const x2 = panelA[a + 2];
    const x3 = panelA[a + 3];
    const y0 = panelB[b];
    const y1 = panelB[b + 1];
    const y2 = panelB[b + 2];
    const y3 = panelB[b + 3];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  c[o] = s00;
  c[o + 1] = s01;
  c[o + 2] = s02;
  c[o + 3] = s03;
  o += n;
  c[o] = s10;
  c[o + 1] = s11;
  c[o + 2] = s12;
  c[o + 3] = s13;
  o += n;
  c[o] = s20;
  c[o + 1] = s21;
  c[o + 2] = s22;
  c[o + 3] = s23;
  o += n;
  c[o] = s30;
  c[o + 1] = s31;
  c[o + 2] = s32;
  c[o + 3] = s33;
}
