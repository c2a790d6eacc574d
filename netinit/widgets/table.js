// The table of an Explorer, as netinit/widgets/table.py packs it.

const NAN_WORD = 0;
const BELOW = 1; // the highest word is for values above
const FIRST = 2;
const TOP = 254;
const NAN_BYTE = 255;

/** Columns of a table: name -> {axes, grid, log, values, start(cell), shape(cell)}. */
export function decode(view) {
  const buffer = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  const size = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  const columns = {};
  for (const [key, entry] of Object.entries(header)) columns[key] = column(entry, buffer, 4 + size);
  return columns;
}

function column(entry, buffer, base) {
  const cells = entry.grid.reduce((a, b) => a * b, 1);
  const shapes = Array.from({ length: cells }, (_, cell) => {
    const shape = [...entry.shape];
    if (entry.lengths) shape[entry.ragged] = entry.lengths[cell];
    return shape;
  });
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  const starts = [0];
  for (const length of sizes) starts.push(starts.at(-1) + length);
  const offsets = entry.offsets.map((offset) => base + offset);
  if (!Object.hasOwn(unpack, entry.kind)) throw new Error(`no packing is called "${entry.kind}"`);
  const values = unpack[entry.kind](entry, buffer, offsets, starts[cells]);
  return { ...entry, shapes, starts, values };
}

const unpack = {
  /** Values on the axis's own scale (log10 on a log axis); infinite beyond its limits. */
  curve(entry, buffer, [offset], count) {
    const small = entry.bits === 8;
    const above = small ? 255 : 65535;
    const bytes = new Uint8Array(buffer, offset, small ? count : 2 * count);
    const values = new Float64Array(count);
    for (let i = 0, word = 0; i < count; i++) {
      word = small ? bytes[i] : (word + 256 * bytes[i] + bytes[count + i]) & 65535;
      if (word === NAN_WORD) values[i] = NaN;
      else if (word === BELOW) values[i] = -Infinity;
      else if (word === above) values[i] = Infinity;
      else values[i] = entry.low + entry.step * (word - FIRST);
    }
    return values;
  },

  histogram(entry, buffer, [peakOffset, offset], count) {
    const bins = entry.shape.at(-1);
    const peaks = new Float32Array(buffer, peakOffset, count / bins);
    const bytes = new Uint8Array(buffer, offset, count);
    return Float64Array.from(
      bytes,
      (byte, i) => byte === NAN_BYTE ? NaN : (byte * peaks[Math.floor(i / bins)]) / TOP,
    );
  },

  exact(entry, buffer, [offset], count) {
    return new (entry.dtype === "<f8" ? Float64Array : Float32Array)(buffer, offset, count);
  },

  text(entry, buffer, [start, offset], count) {
    entry.texts = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, start, entry.size)));
    return Array.from(new Uint16Array(buffer, offset, count), (place) => entry.texts[place]);
  },
};

/**
 * Array of a selection: {values, shape, log}. `indices` are those of the controls the function
 * takes; `time` is the index of the played control where it plays this array. With `since`, all
 * frames from there to `time`.
 */
export function lookup(column, indices, time, since) {
  let cell = 0;
  column.axes.forEach((axis, i) => {
    cell = cell * column.grid[i] + indices[axis];
  });
  const values = part(column.values, column.starts[cell], column.starts[cell + 1]);
  const shape = column.shapes[cell];
  if (time === undefined) return { values, shape, log: column.log };
  const size = values.length / shape[0];
  return {
    values: part(values, (since ?? time) * size, (time + 1) * size),
    shape: shape.slice(1),
    log: column.log,
  };
}

function part(values, start, end) {
  return Array.isArray(values) ? values.slice(start, end) : values.subarray(start, end);
}
