import { svg } from "./dom.js";
import { number, tickText } from "./formatting.js";
import { round, ticks } from "./marks.js";

export const FONT = 12; // px
export const CHARACTER = 6.6; // px: the width of a digit at FONT

/** Ends of an axis as its drawing counts: decades on a log axis. */
export const ends = (limits, log) => log ? limits.map(Math.log10) : limits;

/** Values of an array on an axis; beyond its limits they are infinite. */
export function onAxis({ values, log: packed }, limits, log) {
  if (packed !== undefined) return values;
  const [low, high] = ends(limits, log);
  return Float64Array.from(values, (value) => {
    const place = log ? Math.log10(value) : value;
    return place < low ? -Infinity : place > high ? Infinity : place;
  });
}

export const plain = (value, log) => log ? 10 ** value : value;

export function valueText(value, log, spec) {
  if (Number.isNaN(value)) return "not a number";
  if (Number.isFinite(value)) return number(plain(value, log), spec);
  return value > 0 ? "above the axis" : "below the axis";
}

export const clamped = (value, [low, high]) => Math.min(high, Math.max(low, value));

/** Ticks of a vertical axis of a given height: {places, texts, room}; the texts need the room. */
export function leftTicks(limits, log, height) {
  const places = ticks(...ends(limits, log), height / 52, log);
  const texts = places.map((tick) => tickText(tick, log, places));
  return { places, texts, room: 10 + CHARACTER * Math.max(2, ...texts.map((text) => text.length)) };
}

/** Grid lines and labels of a vertical axis. */
export function leftAxis({ places, texts }, label, x, y) {
  return [
    svg("text", { x: 0, y: FONT, class: "ni-axis-label" }, label),
    ...places.flatMap((tick, i) => [
      svg("line", {
        x1: x.to[0],
        x2: x.to[1],
        y1: round(y(tick)),
        y2: round(y(tick)),
        class: "ni-grid",
      }),
      svg("text", { x: x.to[0] - 8, y: round(y(tick) + 4), "text-anchor": "end" }, texts[i]),
    ]),
  ];
}

/** Ticks, their labels and the name of a horizontal axis at height `bottom`. */
export function bottomAxis(places, log, label, x, bottom) {
  return [
    ...places.flatMap((tick) => [
      svg("line", {
        x1: round(x(tick)),
        x2: round(x(tick)),
        y1: bottom,
        y2: bottom + 4,
        class: "ni-axis",
      }),
      svg(
        "text",
        { x: round(x(tick)), y: bottom + 18, "text-anchor": "middle" },
        tickText(tick, log, places),
      ),
    ]),
    bottomLabel(label, x, bottom),
  ];
}

export const bottomLabel = (label, x, bottom) =>
  svg("text", {
    x: (x.to[0] + x.to[1]) / 2,
    y: bottom + 38,
    "text-anchor": "middle",
    class: "ni-axis-label",
  }, label);

/** A drawing of a given size; `axes` describes its scales, so that it can be read back. */
export function drawing(width, height, axes, ...marks) {
  const root = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    ...marks,
  );
  root.dataset.axes = JSON.stringify(axes);
  return root;
}

export const described = ({ from, to }) => ({ from, to });

/** Notes that name, for each group of values, what could not be drawn in its place. */
export function notesOf(groups, gaps, beyond) {
  return groups.flatMap(([label, values]) => {
    const missing = values.filter(Number.isNaN).length;
    const away = values.some((value) => Math.abs(value) === Infinity);
    return [
      ...(missing ? [[gaps, `${label} (${missing} of ${values.length})`]] : []),
      ...(away ? [[beyond, label]] : []),
    ];
  });
}
