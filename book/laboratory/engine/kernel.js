// The innermost loops of a product of matrices, as WebAssembly and as JavaScript.
//
// Both add the same numbers in the same order in float64, so that they agree to the last bit. The
// first holds two numbers in a register; the second is for browsers that refuse the first.

import { assemble, CODE } from "./assembler.js";

export const TILE = 4;
const BYTES = 8; // of a float64
const PAGE = 65536; // bytes of a unit of WebAssembly's memory

/**
 * A place for numbers, and the product of what lies there.
 *
 * {vectors, reserve(count), run(a, b, c, rows, columns, k)}: `vectors` says whether it is the one in
 * WebAssembly; reserve returns a Float64Array of at least `count` numbers, the place until the next
 * reserve. The factors are panels of four rows: entry (i, p) of the one that starts at `a` is at
 * a + floor(i / 4) 4 k + 4 p + i mod 4. From `rows` panels at `a` and `columns` at `b`, each row of
 * k >= 1 numbers, run puts the sums over p of a[i, p] b[j, p] at `c`, in rows of 4 `columns` numbers.
 */
export function createKernel() {
  return compiled() ?? interpreted();
}

function compiled() {
  const bytes = program();
  if (!globalThis.WebAssembly?.validate(bytes)) return null;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(bytes);
  const { run } = new WebAssembly.Instance(module, { page: { memory } }).exports;
  let numbers = new Float64Array(memory.buffer);
  return {
    vectors: true,
    reserve: (count) => {
      const missing = count - numbers.length;
      if (missing > 0) {
        memory.grow(Math.ceil(missing * BYTES / PAGE));
        numbers = new Float64Array(memory.buffer);
      }
      return numbers;
    },
    run: (a, b, c, rows, columns, k) => run(BYTES * a, BYTES * b, BYTES * c, rows, columns, k),
  };
}

/** The loops below in the words of the assembler; addresses and sizes are in bytes. */
function program() {
  const { get, set, tee, whole, plus, minus, times, below } = CODE;
  const { load, spread, store, zeros, addVectors, multiplyVectors, repeat } = CODE;
  const [a, b, c, rows, columns, k, atA, atB, end, left, x] = Array(11).keys();
  const ys = [x + 1, x + 2];
  const sums = Array.from({ length: 2 * TILE }, (_, i) => x + 3 + i);
  const step = (local, sign, by) => [...get(local), ...by, ...sign, ...set(local)];
  const line = TILE * BYTES; // bytes of a row of a tile
  const add = sums.flatMap((sum, i) => [
    ...(i % 2 ? [] : [...get(atA), ...spread(BYTES * (i >> 1)), ...set(x)]),
    ...[...get(sum), ...get(x), ...get(ys[i % 2]), ...multiplyVectors, ...addVectors, ...set(sum)],
  ]);
  const inner = [
    ...ys.flatMap((y, i) => [...get(atB), ...load(2 * BYTES * i), ...set(y)]),
    ...add,
    ...step(atB, plus, whole(line)),
  ];
  const next = [...get(atA), ...whole(line), ...plus, ...tee(atA), ...get(end), ...below];
  const stride = [...get(columns), ...whole(line), ...times];
  const written = sums.flatMap((sum, i) => [
    ...[...get(end), ...get(sum), ...store(2 * BYTES * (i % 2))],
    ...(i % 2 ? step(end, plus, stride) : []),
  ]);
  const tile = [
    ...sums.flatMap((sum) => [...zeros, ...set(sum)]),
    ...[...get(a), ...set(atA)],
    ...[...get(a), ...get(k), ...whole(line), ...times, ...plus, ...set(end)],
    ...repeat(inner, next),
    ...[...get(c), ...set(end)], // from here on the place of a row of the result
    ...written,
    ...step(c, plus, whole(line)),
  ];
  const counted = (local) => [...get(local), ...whole(1), ...minus, ...tee(local)];
  const panel = [
    ...[...get(b), ...set(atB), ...get(columns), ...set(left)],
    ...repeat(tile, counted(left)),
    ...[...get(atA), ...set(a)],
    ...step(c, plus, [...stride, ...whole(TILE - 1), ...times]),
  ];
  return assemble(6, [4, 3 + sums.length], repeat(panel, counted(rows)));
}

function interpreted() {
  let numbers = new Float64Array(0);
  return {
    vectors: false,
    reserve: (count) => {
      if (numbers.length < count) numbers = new Float64Array(count);
      return numbers;
    },
    run: (a, b, c, rows, columns, k) => {
      const [line, stride] = [TILE * k, TILE * columns];
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const place = c + TILE * (i * stride + j);
          fillTile(numbers, a + i * line, b + j * line, k, place, stride);
        }
      }
    },
  };
}

/** The tile of the panels that start at `a` and `b`, at `o`, in rows that are `n` long. */
function fillTile(numbers, a, b, k, o, n) {
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
    const x0 = numbers[a];
    const x1 = numbers[a + 1];
    const x2 = numbers[a + 2];
    const x3 = numbers[a + 3];
    const y0 = numbers[b];
    const y1 = numbers[b + 1];
    const y2 = numbers[b + 2];
    const y3 = numbers[b + 3];
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
  numbers[o] = s00;
  numbers[o + 1] = s01;
  numbers[o + 2] = s02;
  numbers[o + 3] = s03;
  o += n;
  numbers[o] = s10;
  numbers[o + 1] = s11;
  numbers[o + 2] = s12;
  numbers[o + 3] = s13;
  o += n;
  numbers[o] = s20;
  numbers[o + 1] = s21;
  numbers[o + 2] = s22;
  numbers[o + 3] = s23;
  o += n;
  numbers[o] = s30;
  numbers[o + 1] = s31;
  numbers[o + 2] = s32;
  numbers[o + 3] = s33;
}
