// What the network makes of the data: regions of the plane, a fitted curve, or named digits.

import { axes, curve, heading, text } from "../chart.js";
import { predictionOf } from "../fields.js";
import { DIGITS } from "../shown.js";
import { channels } from "../surface.js";

const LARGEST = 380; // px
const classColors = (colors) => [
  colors.forward,
  colors.backward,
  colors.focus,
  colors.other,
  colors.reference,
];

const side = (width) => Math.min(width, LARGEST);
const small = globalThis.document?.createElement("canvas");

/** The plane as a small picture: the mixed colors of the classes, paler where it is unsure. */
function field({ side: cells, values }, colors) {
  const classes = values.length / (cells * cells);
  const hues = classColors(colors).map(channels);
  const page = channels(colors.page);
  const image = new ImageData(cells, cells);
  for (let i = 0; i < cells * cells; i++) {
    const at = i * classes;
    let sure = 0;
    for (let k = 0; k < classes; k++) sure = Math.max(sure, values[at + k]);
    const strength = 0.12 + 0.5 * (sure - 1 / classes) / (1 - 1 / classes);
    for (let c = 0; c < 3; c++) {
      let hue = 0;
      for (let k = 0; k < classes; k++) hue += values[at + k] * hues[k][c];
      const mixed = page[c] + strength * (hue - page[c]);
      image.data[4 * i + c] = Number.isFinite(mixed) ? mixed : page[c];
    }
    image.data[4 * i + 3] = 255;
  }
  small.width = small.height = cells;
  small.getContext("2d").putImageData(image, 0, 0);
  return small;
}

const SHAPES = [
  (context, x, y) => context.arc(x, y, 3.2, 0, 2 * Math.PI),
  (context, x, y) => context.rect(x - 2.9, y - 2.9, 5.8, 5.8),
  (context, x, y) => polygon(context, [[x, y - 3.8], [x + 3.6, y + 2.8], [x - 3.6, y + 2.8]]),
  (context, x, y) => polygon(context, [[x, y - 4], [x + 4, y], [x, y + 4], [x - 4, y]]),
  (context, x, y) => polygon(context, [[x - 3.6, y - 2.8], [x + 3.6, y - 2.8], [x, y + 3.8]]),
];

function polygon(context, corners) {
  corners.forEach(([x, y], i) => i ? context.lineTo(x, y) : context.moveTo(x, y));
  context.closePath();
}

function paintPlane({ context, width }, { frame, colors }) {
  const size = side(width);
  const left = (width - size) / 2;
  const { inputs, targets, count } = frame.examples;
  const reach = frame.plane?.reach ?? 1.6;
  if (frame.plane) {
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(field(frame.plane, colors), left, 22, size, size);
  }
  context.strokeStyle = colors.line;
  context.strokeRect(left + 0.5, 22.5, size - 1, size - 1);
  const place = (value) => size / 2 * (1 + value / reach);
  const hues = classColors(colors);
  context.lineWidth = 1;
  context.strokeStyle = colors.page;
  for (let i = 0; i < count; i++) {
    context.beginPath();
    SHAPES[targets[i]](context, left + place(inputs[2 * i]), 22 + size - place(inputs[2 * i + 1]));
    context.fillStyle = hues[targets[i]];
    context.fill();
    context.stroke();
  }
}

function paintLine({ context, width }, { frame, colors, limits }) {
  const { inputs, targets, count } = frame.examples;
  const xs = Array.from(inputs.subarray(0, count));
  const far = 2; // the examples lie between −2 and 2
  const most = Math.max(1, Math.ceil(1.2 * Math.max(...Array.from(targets, Math.abs))));
  limits.line = [-most, most];
  const map = axes(context, colors, { left: 0, top: 0, width, height: heightLine }, {
    title: "Unseen points and the curve",
    x: [-far, far],
    y: limits.line,
    whole: false,
  });
  context.fillStyle = colors.other;
  for (let i = 0; i < count; i++) {
    context.beginPath();
    SHAPES[0](context, map.x(xs[i]), map.y(targets[i]));
    context.fill();
  }
  if (!frame.line) return;
  const inside = Array.from(frame.line.x, (x, i) => Math.abs(x) <= far ? i : -1)
    .filter((i) => i >= 0);
  const read = (values) => inside.map((i) => values[i]);
  curve(context, colors.focus, read(frame.line.x), read(frame.line.values), map, { width: 2.5 });
}

const heightLine = 300;
const perRow = (width) => Math.max(4, Math.min(10, Math.floor(width / 40)));

/** One digit as a picture of 8 by 8 pixels in the colors of the page. */
function digit(colors, inputs, at) {
  const image = new ImageData(8, 8);
  const values = inputs.subarray(at, at + 64);
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const [ink, page] = [channels(colors.ink), channels(colors.page)];
  values.forEach((value, i) => {
    const part = (value - low) / (high - low);
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = page[c] + part * (ink[c] - page[c]);
    image.data[4 * i + 3] = 255;
  });
  return image;
}

const strip = globalThis.document?.createElement("canvas"); // all digits, side by side
const stripped = { inputs: null, colors: null }; // what it was made of

function digits(inputs, colors) {
  if (stripped.inputs === inputs && stripped.colors === colors) return strip;
  Object.assign(stripped, { inputs, colors });
  strip.width = 8 * DIGITS;
  strip.height = 8;
  const context = strip.getContext("2d");
  for (let i = 0; i < DIGITS; i++) context.putImageData(digit(colors, inputs, 64 * i), 8 * i, 0);
  return strip;
}

/** The class that is most likely, of one example; null where the network says no number. */
export function mostLikely(values, at, classes) {
  let best = 0;
  for (let k = 0; k < classes; k++) {
    if (Number.isNaN(values[at + k])) return null;
    if (values[at + k] > values[at + best]) best = k;
  }
  return best;
}

function paintDigits({ context, width }, { frame, colors }) {
  const { inputs, targets } = frame.examples;
  const count = perRow(width);
  heading(context, colors, "Unseen digits and predictions", {
    left: 0,
    top: 0,
  });
  const pictures = digits(inputs, colors);
  context.imageSmoothingEnabled = false;
  for (let i = 0; i < DIGITS; i++) {
    const x = 4 + (i % count) * (width - 8) / count;
    const y = 24 + Math.floor(i / count) * 54;
    context.drawImage(pictures, 8 * i, 0, 8, 8, x, y, 28, 28);
    if (!frame.digits) continue;
    const guess = mostLikely(frame.digits.values, 10 * i, 10);
    const right = guess === targets[i];
    context.strokeStyle = right ? colors.line : colors.warm;
    context.lineWidth = right ? 1 : 2;
    context.strokeRect(x - 1, y - 1, 30, 30);
    const words = guess === null ? "?" : right ? String(guess) : `${guess} ✗`;
    text(context, right ? colors.soft : colors.warm, words, x + 14, y + 40);
  }
}

const KINDS = {
  plane: {
    paint: paintPlane,
    height: (width) => side(width) + 24,
    words: "The plane, colored by the class that the network predicts there, with unseen examples.",
  },
  line: {
    paint: paintLine,
    height: () => heightLine,
    words: "The network's curve, with the unseen examples that it should fit.",
  },
  digits: {
    paint: paintDigits,
    height: (width) => 24 + 54 * Math.ceil(DIGITS / perRow(width)),
    words: "Unseen digits, each with the class that the network predicts; wrong ones are marked.",
  },
};

const kindOf = ({ experiment }) => KINDS[predictionOf(experiment.data)];

function paint(surface, view) {
  if (kindOf(view) === KINDS.plane) {
    heading(surface.context, view.colors, "Unseen points and predictions", {
      left: 0,
      top: 0,
    });
  }
  kindOf(view).paint(surface, view);
}

function describe(view) {
  const { testAccuracy, testLoss } = view.frame.statistics;
  const score = testAccuracy === null
    ? `Its loss on unseen points is ${testLoss.toPrecision(2)}.`
    : `It is right on ${Math.round(100 * testAccuracy)} % of unseen examples.`;
  return `${kindOf(view).words} ${score}`;
}

export default {
  name: "prediction",
  title: "What it predicts",
  wants: ({ experiment }) => [predictionOf(experiment.data), "statistics"],
  shows: ({ experiment }) => [predictionOf(experiment.data)],
  wide: false,
  height: (width, view) => kindOf(view).height(width),
  paint,
  describe,
};
