// Axes and curves on a canvas.

import { tickText } from "../../netinit/widgets/formatting.js";
import { scale, ticks } from "../../netinit/widgets/marks.js";
import { FONT } from "./surface.js";

const LEFT = 44;
const BOTTOM = 22;
const TOP = 22;

/**
 * Axes of a chart in a box {left, top, width, height}; draws them and returns {x, y}, which map
 * values to pixels. On a log axis values beyond its limits are drawn at its edge.
 */
export function axes(context, colors, box, { title, x, y, log = false, whole = true, unit = "" }) {
  const inner = {
    left: box.left + LEFT,
    right: box.left + box.width - 14,
    top: box.top + TOP,
    bottom: box.top + box.height - BOTTOM,
  };
  const ends = log ? y.map(Math.log10) : y;
  const across = scale(x, [inner.left, inner.right]);
  const up = scale(ends, [inner.bottom, inner.top]);
  context.font = FONT;
  heading(context, colors, title, box);
  const rows = ticks(...ends, (inner.bottom - inner.top) / 40, log);
  context.lineWidth = 1;
  for (const tick of rows) {
    context.strokeStyle = colors.line;
    line(context, inner.left, Math.round(up(tick)) + 0.5, inner.right, Math.round(up(tick)) + 0.5);
    text(context, colors.soft, tickText(tick, log, rows) + unit, inner.left - 6, up(tick), "right");
  }
  const columns = ticks(...x, (inner.right - inner.left) / 60, whole);
  for (const tick of columns) {
    text(context, colors.soft, tickText(tick, false, columns), across(tick), inner.bottom + 12);
  }
  const height = (value) => {
    const place = log ? Math.log10(Math.abs(value)) : value;
    return up(Math.min(ends[1], Math.max(ends[0], place)));
  };
  return { x: across, y: height, inner };
}

export function heading(context, colors, title, box) {
  const width = context.canvas.width / context.getTransform().a; // in the units of `box`
  context.font = `600 ${FONT}`;
  text(context, colors.ink, title, box.left, box.top + 8, "left", width - box.left);
  context.font = FONT;
}

/** Words at a place; those that are wider than `most` are squeezed, for a canvas cuts them off. */
export function text(context, color, words, x, y, align = "center", most = undefined) {
  context.fillStyle = color;
  context.textAlign = align;
  context.fillText(words, x, y, most);
}

export function line(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/** A curve through points; one whose value is not a number leaves a gap. */
export function curve(
  context,
  color,
  xs,
  ys,
  { x, y },
  { dash = [], width = 2, dots = false } = {},
) {
  context.strokeStyle = color;
  context.fillStyle = color;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  let down = false;
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(ys[i])) {
      down = false;
      continue;
    }
    if (down) context.lineTo(x(xs[i]), y(ys[i]));
    else context.moveTo(x(xs[i]), y(ys[i]));
    down = true;
  }
  context.stroke();
  context.setLineDash([]);
  if (dots) { for (let i = 0; i < xs.length; i++) dot(context, x(xs[i]), y(ys[i]), ys[i]); }
}

function dot(context, x, y, value) {
  if (!Number.isFinite(value)) return;
  context.beginPath();
  context.arc(x, y, 2.5, 0, 2 * Math.PI);
  context.fill();
}

/** Limits of a log axis in whole decades around the values above 0, at least `least` decades. */
export function decadesAround(values, [low, high]) {
  let from = Math.log10(low);
  let to = Math.log10(high);
  for (const value of values) {
    if (!(value > 0) || !Number.isFinite(value)) continue;
    from = Math.min(from, Math.floor(Math.log10(value)));
    to = Math.max(to, Math.ceil(Math.log10(value)));
  }
  return [10 ** Math.max(from, -30), 10 ** Math.min(to, 30)];
}
