// Initial weights, by the laws of netinit's initializers of the same names.

/** Variance of one weight as (fanOut, fanIn) => number; null where weights are not random. */
const VARIANCES = {
  zeros: () => 0,
  constant: null,
  normal: () => 1,
  uniform: () => 1,
  lecun_normal: (_, fanIn) => 1 / fanIn,
  lecun_uniform: (_, fanIn) => 1 / fanIn,
  xavier_normal: (fanOut, fanIn) => 2 / (fanIn + fanOut),
  xavier_uniform: (fanOut, fanIn) => 2 / (fanIn + fanOut),
  he_normal: (_, fanIn) => 2 / fanIn,
  he_uniform: (_, fanIn) => 2 / fanIn,
  orthogonal: (fanOut, fanIn) => 1 / Math.max(fanOut, fanIn),
  identity: null,
};

/** Variance of one weight that `drawWeights` draws; null for constant and identity. */
export function weightVariance(scheme, scale, fanOut, fanIn) {
  const law = VARIANCES[scheme];
  return law ? scale * scale * law(fanOut, fanIn) : null;
}

/**
 * Fill `values` (fanOut, fanIn) with initial weights.
 *
 * @param {string} scheme a name of VARIANCES
 * @param {number} scale what every weight is multiplied by
 * @param {{uniform, normal}} stream random numbers of this layer's own
 */
export function drawWeights(scheme, scale, stream, values, fanOut, fanIn) {
  if (scheme === "constant") {
    values.fill(scale);
  } else if (scheme === "identity") {
    for (let i = 0; i < Math.min(fanOut, fanIn); i++) values[i * fanIn + i] = scale;
  } else if (scheme === "orthogonal") {
    drawOrthogonal(scale, stream, values, fanOut, fanIn);
  } else {
    const std = Math.sqrt(weightVariance(scheme, scale, fanOut, fanIn));
    const draw = scheme.endsWith("uniform") ? uniformOf(stream) : stream.normal;
    for (let i = 0; i < values.length; i++) values[i] = std * draw();
  }
}

/** Uniform numbers of mean 0 and variance 1. */
const uniformOf = (stream) => () => Math.sqrt(3) * (2 * stream.uniform() - 1);

/**
 * Scale times a Haar orthogonal matrix: its columns are orthonormal, or its rows if it is wide.
 *
 * Gram and Schmidt's process turns normal vectors into orthonormal ones; no sign has to be fixed
 * (Mezzadri, 2007), because the lengths that it divides by, R's diagonal, are positive. Each vector
 * goes through it twice, which makes up for the digits that the first time loses.
 */
function drawOrthogonal(scale, stream, values, fanOut, fanIn) {
  const [count, length] = [Math.min(fanOut, fanIn), Math.max(fanOut, fanIn)];
  const wide = fanOut < fanIn;
  const vectors = [];
  for (let i = 0; i < count; i++) {
    const vector = Float64Array.from({ length }, stream.normal);
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) subtractProjection(vector, other);
      normalize(vector);
    }
    vectors.push(vector);
    for (let j = 0; j < length; j++) {
      values[wide ? i * fanIn + j : j * fanIn + i] = scale * vector[j];
    }
  }
}

function subtractProjection(vector, unit) {
  const along = inner(vector, unit);
  for (let j = 0; j < vector.length; j++) vector[j] -= along * unit[j];
}

function normalize(vector) {
  const length = Math.sqrt(inner(vector, vector));
  for (let j = 0; j < vector.length; j++) vector[j] /= length;
}

function inner(a, b) {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}
