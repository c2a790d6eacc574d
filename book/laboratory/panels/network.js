import { number, tickText } from "../../../netinit/widgets/formatting.js";
import { heading, text } from "../chart.js";
import { channels } from "../surface.js";

const ROW = 46;
const GAP = 34;
const FADE = 10; // decades from full color to none

/** Color of a signal: full at 1, fading into the page below it, turning to ink above it. */
export function glow(value, color, colors) {
  if (!(value > 0)) return colors.page;
  const decades = Math.log10(value);
  const part = Math.min(1, Math.abs(decades) / FADE);
  return mixed(color, decades < 0 ? colors.page : colors.ink, part);
}

function mixed(color, other, part) {
  const target = channels(other);
  const parts = channels(color).map((value, i) => Math.round(value + part * (target[i] - value)));
  return `rgb(${parts.join(", ")})`;
}

const power = (value) =>
  Number.isNaN(value)
    ? "?"
    : value === 0
    ? "0"
    : Number.isFinite(value)
    ? tickText(Math.round(Math.log10(value)), true, [0, 1])
    : "∞";

function row({ context, width, colors }, top, values, living, color) {
  const room = (width - 4) / values.length;
  const cell = Math.min(room - 2, 56);
  const left = (width - room * values.length) / 2;
  const stride = Math.ceil(36 / room); // of the labels, so that they stay apart
  for (let i = 0; i < values.length; i++) {
    const x = left + i * room + (room - cell) / 2;
    const finite = Number.isFinite(values[i]);
    const filled = ROW * living[i];
    context.fillStyle = finite ? glow(values[i], color, colors) : colors.warm;
    context.fillRect(x, top + ROW - filled, cell, filled);
    context.lineWidth = 1;
    context.strokeStyle = colors.line;
    context.strokeRect(x + 0.5, top + 0.5, cell - 1, ROW - 1);
    if (i % stride === 0) {
      text(context, colors.soft, power(values[i]), x + cell / 2, top + ROW + 11);
    }
  }
}

function values(layers) {
  const moments = layers.map(({ secondMoment }) => secondMoment);
  const gradients = layers.map(({ gradient }) => gradient);
  const reference = gradients.at(-1) || 1;
  return { moments, gradients: gradients.map((gradient) => gradient / reference) };
}

function paint({ context, width }, { frame, colors }) {
  const { layers } = frame.statistics;
  const { moments, gradients } = values(layers);
  const living = layers.map(({ dead }) => 1 - (dead ?? 0));
  const all = layers.map(() => 1);
  const top = 22;
  heading(context, colors, "Signal, layer by layer →", { left: 0, top: 0 });
  row({ context, width, colors }, top, moments, living, colors.forward);
  const second = top + ROW + GAP;
  heading(context, colors, "← Gradient, compared with the last layer’s", {
    left: 0,
    top: second - 16,
  });
  row({ context, width, colors }, second + 6, gradients, all, colors.backward);
}

function describe({ frame }) {
  const { moments, gradients } = values(frame.statistics.layers);
  const dead = Math.max(...frame.statistics.layers.map((layer) => layer.dead ?? 0));
  return `Mean square of the signal: ${number(moments[0])} at layer 1, ` +
    `${number(moments.at(-1))} at layer ${moments.length}. Gradient at layer 1: ` +
    `${number(gradients[0])} times that of the last layer. Most dead units in a layer: ` +
    `${Math.round(100 * dead)} %.`;
}

export default {
  name: "network",
  title: "The network at a glance",
  note: "Below each cell is its mean square, to the nearest power of ten. A cell has its full " +
    "color at 1, fades as the signal dies out, and takes the color of the text as it " +
    "explodes. The empty part of a cell is the share of dead units.",
  wants: () => ["statistics"],
  wide: true,
  height: () => 2 * ROW + GAP + 48,
  paint,
  describe,
};
