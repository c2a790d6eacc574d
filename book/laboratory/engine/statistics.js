// What a batch does in a network, as netinit.propagation.measure defines it.

const BINS = 32;
const LIMIT = 4;
const EDGES = Array.from({ length: BINS + 1 }, (_, i) => -LIMIT + (2 * LIMIT * i) / BINS);

/**
 * Statistics of every hidden layer, after a forward and a backward pass of `rows` inputs.
 *
 * @returns {object[]} records as run.js describes them, without `update`
 */
export function layerStatistics(network, workspace, rows) {
  return network.layers.map((layer, i) => {
    const { h, z, phi, out, delta } = workspace.layers[i];
    const count = rows * layer.units;
    return {
      name: layer.name,
      skip: layer.skip,
      secondMoment: meanSquare(h, count),
      activationMoment: meanSquare(phi, count),
      outputMoment: meanSquare(out, count),
      spread: spread(h, rows, layer.units),
      gradient: meanSquare(delta, count),
      dead: deadShare(phi, rows, layer.units),
      saturated: saturatedShare(network.phi, z, count),
      histogram: histogram(z, count),
    };
  });
}

/** Statistics of the head's output. */
export function outputStatistics(network, workspace, rows) {
  const { units } = network.head;
  return {
    secondMoment: meanSquare(workspace.output, rows * units),
    spread: spread(workspace.output, rows, units),
    gradient: meanSquare(workspace.outputGradient, rows * units),
  };
}

/** Mean of the squares of the first `count` values: four sums, since one would wait for itself. */
export function meanSquare(values, count = values.length) {
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const whole = count - (count % 4);
  for (let i = 0; i < whole; i += 4) {
    sum0 += values[i] * values[i];
    sum1 += values[i + 1] * values[i + 1];
    sum2 += values[i + 2] * values[i + 2];
    sum3 += values[i + 3] * values[i + 3];
  }
  for (let i = whole; i < count; i++) sum0 += values[i] * values[i];
  return (sum0 + sum1 + sum2 + sum3) / count;
}

/** Standard deviation of a unit across the inputs, root mean square over units. */
function spread(values, rows, units) {
  const sums = new Float64Array(units);
  const squares = new Float64Array(units);
  for (let start = 0; start < rows * units; start += units) {
    for (let unit = 0; unit < units; unit++) sums[unit] += values[start + unit];
  }
  for (let start = 0; start < rows * units; start += units) {
    for (let unit = 0; unit < units; unit++) {
      const away = values[start + unit] - sums[unit] / rows;
      squares[unit] += away * away;
    }
  }
  return Math.sqrt(squares.reduce((total, square) => total + square / rows, 0) / units);
}

/** Share of the units whose activation is 0 for every input. */
function deadShare(phi, rows, units) {
  let dead = 0;
  for (let unit = 0; unit < units; unit++) {
    let i = unit;
    while (i < rows * units && phi[i] === 0) i += units;
    dead += Number(i >= rows * units);
  }
  return dead / units;
}

function saturatedShare(phi, z, count) {
  let flat = 0;
  for (let i = 0; i < count; i++) flat += Number(phi.saturated(z[i]));
  return flat / count;
}

/** Shares of the values in equal cells from -4 to 4, and below and above; NaN is in none. */
function histogram(values, count) {
  const counts = new Array(BINS).fill(0);
  let below = 0;
  let above = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (value < -LIMIT) below += 1 / count;
    else if (value > LIMIT) above += 1 / count;
    else if (value === value) {
      counts[Math.min(Math.floor(((value + LIMIT) * BINS) / (2 * LIMIT)), BINS - 1)] += 1 / count;
    }
  }
  return { edges: EDGES, counts, below, above };
}
