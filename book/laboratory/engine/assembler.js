// The few words of WebAssembly that the engine's kernel needs, as bytes.
//
// The numbers are those of the specification, version 2.0, sections 5.3 to 5.5 (types, instructions,
// modules). A module made here holds one function and imports one memory.

const NOTHING = 0x40; // the type of a block without a result
const VECTOR = 0xfd; // comes before each instruction on vectors
const AT_EIGHT = 3; // numbers lie at multiples of 2^3 bytes

/** A whole number from 0, seven bits a byte; the last byte's sixth bit is that of a sign. */
function number(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

const list = (items) => [...number(items.length), ...items.flat()];
const word = (letters) => list([...letters].map((letter) => letter.charCodeAt(0)));

function section(id, items) {
  const content = list(items);
  return [id, ...number(content.length), ...content];
}

export const TYPES = { i32: 0x7f, v128: 0x7b };

/** Instructions: each is a list of bytes, or a function that returns one. */
export const CODE = {
  get: (local) => [0x20, local],
  set: (local) => [0x21, local],
  tee: (local) => [0x22, local],
  whole: (value) => [0x41, ...number(value)],
  plus: [0x6a],
  minus: [0x6b],
  times: [0x6c],
  below: [0x49],
  /** Two float64 from an address. */
  load: (offset) => [VECTOR, 0, AT_EIGHT, ...number(offset)],
  /** One float64 from an address, twice. */
  spread: (offset) => [VECTOR, 10, AT_EIGHT, ...number(offset)],
  store: (offset) => [VECTOR, 11, AT_EIGHT, ...number(offset)],
  zeros: [VECTOR, 12, ...new Array(16).fill(0)],
  addVectors: [VECTOR, 0xf0, 1],
  multiplyVectors: [VECTOR, 0xf2, 1],
  /** Do it once, and again as long as `condition` leaves another number than 0. */
  repeat: (body, condition) => [0x03, NOTHING, ...body, ...condition, 0x0d, 0, 0x0b],
};

/**
 * The bytes of a module that imports {page: {memory}} and exports the function `run`.
 *
 * @param {number} parameters how many numbers of type i32 it takes
 * @param {number[]} counts how many locals of type i32 and v128 follow them, in this order
 * @param {number[]} body its instructions
 */
export function assemble(parameters, [wholes, vectors], body) {
  const locals = list([[...number(wholes), TYPES.i32], [...number(vectors), TYPES.v128]]);
  const code = [...locals, ...body, 0x0b];
  return new Uint8Array([
    ...[0, ...word("asm").slice(1), 1, 0, 0, 0], // magic, version
    ...section(1, [[0x60, ...list(new Array(parameters).fill(TYPES.i32)), 0]]),
    ...section(2, [[...word("page"), ...word("memory"), 2, 0, 1]]),
    ...section(3, [[0]]),
    ...section(7, [[...word("run"), 0, 0]]),
    ...section(10, [[...number(code.length), ...code]]),
  ]);
}
