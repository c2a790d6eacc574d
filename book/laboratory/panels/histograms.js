import { heading, line, text } from "../chart.js";

const COLUMNS = 8; // layers in one row of small histograms
const CELL = 74;

const columns = (width) => Math.max(2, Math.min(COLUMNS, Math.floor(width / 100)));

function one(context, colors, box, { edges, counts, below, above }, label) {
  const top = Math.max(...counts, 0.02);
  const bottom = box.top + box.height - 20;
  const tall = box.height - 36;
  const room = box.width / counts.length;
  text(context, colors.soft, label, box.left, box.top + 8, "left");
  context.fillStyle = colors.forward;
  counts.forEach((share, i) => {
    const height = tall * share / top;
    context.fillRect(box.left + i * room, bottom - height, Math.max(room - 0.5, 0.5), height);
  });
  context.strokeStyle = colors.soft;
  context.lineWidth = 1;
  line(context, box.left, bottom + 0.5, box.left + box.width, bottom + 0.5);
  const middle = box.left + box.width / 2;
  line(context, middle, bottom, middle, bottom + 3);
  text(context, colors.soft, String(edges[0]).replace("-", "−"), box.left, bottom + 11, "left");
  text(context, colors.soft, String(edges.at(-1)), box.left + box.width, bottom + 11, "right");
  const outside = Math.round(100 * (below + above));
  if (outside >= 1) {
    text(context, colors.warm, `${outside} %`, middle, bottom + 11);
  }
}

function paint({ context, width }, { frame, colors }) {
  const { layers } = frame.statistics;
  const count = columns(width);
  heading(context, colors, "Values before the activation", {
    left: 0,
    top: 0,
  });
  const room = width / count;
  layers.forEach(({ name, histogram }, i) => {
    const left = (i % count) * room;
    const top = 22 + Math.floor(i / count) * (CELL + 6);
    const box = { left, top, width: room - 12, height: CELL };
    one(context, colors, box, histogram, room < 110 ? name : `layer ${name}`);
  });
}

function describe({ frame }) {
  const shares = frame.statistics.layers.map(({ histogram }) => histogram.below + histogram.above);
  return `Histograms of the activations' inputs in ${shares.length} layers, from −4 to 4; at ` +
    `most ${Math.round(100 * Math.max(...shares))} % are outside.`;
}

export default {
  name: "histograms",
  title: "Histograms",
  note: "From −4 to 4, over 128 training examples; in orange, the share of values outside.",
  wants: () => ["statistics"],
  wide: true,
  height: (width, { experiment }) => 28 + Math.ceil(experiment.depth / columns(width)) * (CELL + 6),
  paint,
  describe,
};
