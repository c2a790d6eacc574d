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

/** Mean of the squares of the first `count` values. */
export function meanSquare(values, count = values.length) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i] * values[i];
  return sum / count;
}

/** Standard deviation of a unit across the inputs, root mean square over units. */
function spread(values, rows, units) {
  let total = 0;
  for (let unit = 0; unit < units; unit++) {
    let sum = 0;
    let squares = 0;
    for (let i = unit; i < rows * units; i += units) sum += values[i];
    const mean = sum / rows;
    for (let i = unit; i < rows * units; i += units) squares += (values[i] - mean) ** 2;
    total += squares / rows;
  }
  return Math.sqrt(total / units);
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
