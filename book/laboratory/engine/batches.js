// Which examples each update sees.

import { createStream } from "./random.js";

/**
 * A function of the batch size that gives the rows of the next batch. Each pass over the data takes
 * the examples in a new random order; a batch may straddle two passes.
 */
export function drawnBatches(seed, examples) {
  const stream = createStream(seed, "batches");
  let order = [];
  let place = 0;
  let rows = new Int32Array(0);
  return (size) => {
    if (rows.length !== size) rows = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      if (place === order.length) [order, place] = [stream.permutation(examples), 0];
      rows[i] = order[place++];
    }
    return rows;
  };
}

/** The same for a list of batches; undefined after the last. */
export function listedBatches(batches) {
  let next = 0;
  return () => batches[next++];
}
