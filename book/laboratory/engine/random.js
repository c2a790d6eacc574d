// Random numbers from a seed: one independent stream for each purpose.
//
// xoshiro128** (Blackman and Vigna, 2021), a generator of 32 bits with a period of 2^128 - 1. Its
// state is a hash of the seed and of what the numbers are for ("weights 3", "batches"), so that
// a change of one part of an experiment leaves the numbers of all others as they were.

const GOLDEN = 0x9e3779b9;

/**
 * A stream of random numbers.
 *
 * @param {number} seed whole number from 0 to 2^32 - 1
 * @param {string} purpose what the numbers are for
 * @returns {{bits: function, uniform: function, normal: function, permutation: function}}
 */
export function createStream(seed, purpose) {
  const bits = generator(`${seed} ${purpose}`);
  const uniform = () => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992;
  return { bits, uniform, normal: normals(uniform), permutation: (n) => shuffled(n, uniform) };
}

/** A function that returns the next 32 bits as a whole number from 0 to 2^32 - 1. */
function generator(text) {
  let [a, b, c, d] = [0, 1, 2, 3].map((word) => hashed(text, word));
  if ((a | b | c | d) === 0) a = GOLDEN; // the one state that the generator never leaves
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}

/** FNV-1a with a different start for each word, and the finalizer of MurmurHash3. */
function hashed(text, word) {
  let h = 0x811c9dc5 ^ Math.imul(word, GOLDEN);
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Standard normal numbers by the polar method of Marsaglia: two at a time, one kept for later. */
function normals(uniform) {
  let spare = null;
  return () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    let x;
    let y;
    let square;
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    spare = y * factor;
    return x * factor;
  };
}

/** 0 to n - 1 in random order (Fisher and Yates). */
function shuffled(n, uniform) {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
