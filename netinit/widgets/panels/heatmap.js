import {
  bottomLabel,
  CHARACTER,
  clamped,
  described as scaleOf,
  drawing,
  ends,
  FONT,
  onAxis,
  plain,
  valueText,
} from "../axes.js";
import { svg } from "../dom.js";
import { number, tickText } from "../formatting.js";
import { round, scale, ticks } from "../marks.js";

const LEVELS = 255; // colors from one end of the scale to the other, less one
const BAR = { top: 19, height: 10, longest: 260, steps: 64 };

/** Colored cells below the scale of their colors: see Panel in panels/base.py. */
function draw(panel, frame, width) {
  const { shape: [rows, columns], ...array } = frame(panel.key);
  const map = {
    panel,
    rows,
    columns,
    values: onAxis(array, panel.limits, panel.log),
    range: ends(panel.limits, panel.log),
    xTexts: cellTexts(panel.x, frame, columns),
    yTexts: cellTexts(panel.y, frame, rows),
    column: panel.x.control && frame.at(panel.x.control),
    row: panel.y.control && frame.at(panel.y.control),
  };
  const left = 10 + CHARACTER * Math.max(2, ...map.yTexts.map((text) => text.length));
  const top = panel.y.label ? 74 : 54;
  const room = width - left - 14;
  const bottom = top + Math.round(clamped(rows * (room / columns), [130, 330]));
  const height = bottom + (panel.x.label ? 42 : 24);
  map.x = scale([0, columns], [left, width - 14]);
  map.y = scale([0, rows], panel.y.up ? [bottom, top] : [top, bottom]);
  const axes = {
    x: scaleOf(map.x),
    y: scaleOf(map.y),
    range: map.range,
    levels: LEVELS,
    log: panel.log,
  };
  const guide = svg("rect", { class: "ni-guide ni-cell" });
  const root = drawing(
    width,
    height,
    axes,
    ...colorBar(map, left, Math.min(room, BAR.longest)),
    ...cells(map),
    ...cellAxes(map, bottom),
    ...outline(map),
  );
  const summary = summaryOf(map);
  root.setAttribute(
    "aria-label",
    `Heatmap of ${panel.title ?? panel.label}, ${rows} by ${columns} cells. ${summary}`,
  );
  return {
    element: root,
    summary,
    guide,
    choose: choice(map),
    notes: notesOf(map),
    table: () => tableOf(map),
    probe: (px, py) => probeCell(map, guide, px, py),
  };
}

function cellTexts(axis, frame, count) {
  if (axis.texts) return axis.texts;
  const numbers = axis.key
    ? frame(axis.key).values
    : Array.from({ length: count }, (_, i) => i + 1);
  return Array.from(numbers, (value) => number(value, ".4g"));
}

/** Color at a part of the scale, 0 to 1, between the stops around it. */
function colorAt(stops, part) {
  const place = part * (stops.length - 1);
  const i = Math.min(Math.floor(place), stops.length - 2);
  const channel = (stop, from) => parseInt(stops[stop].slice(from, from + 2), 16);
  const mixed = [1, 3, 5].map((from) =>
    Math.round(channel(i, from) + (place - i) * (channel(i + 1, from) - channel(i, from)))
  );
  return `rgb(${mixed.join(" ")})`;
}

function colorBar({ panel, range }, left, length) {
  const at = scale(range, [left, left + length]);
  const step = length / BAR.steps;
  const places = ticks(...range, length / 65, panel.log);
  return [
    svg("text", { x: left, y: FONT, class: "ni-axis-label" }, panel.label),
    ...Array.from({ length: BAR.steps }, (_, i) =>
      svg("rect", {
        x: round(left + i * step),
        y: BAR.top,
        width: round(step + 0.5),
        height: BAR.height,
        fill: colorAt(panel.stops, (i + 0.5) / BAR.steps),
        class: "ni-cells",
      })),
    ...places.map((tick) =>
      svg("text", {
        x: round(at(tick)),
        y: BAR.top + BAR.height + 14,
        "text-anchor": at(tick) - left < 8 ? "start" : "middle",
      }, tickText(tick, panel.log, places))
    ),
  ];
}

/** One path for all cells of a color: a large matrix stays a few hundred elements. */
function cells({ panel, rows, columns, values, range, x, y }) {
  const paths = new Map();
  let missing = "";
  let hatch = "";
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column];
      const [x0, x1] = [x(column), x(column + 1)].map(round);
      const [y0, y1] = [y(row), y(row + 1)].map(round).sort((a, b) => a - b);
      const cell = `M${x0},${y0}H${x1}V${y1}H${x0}Z`;
      if (Number.isNaN(value)) {
        const [xm, ym] = [(x0 + x1) / 2, (y0 + y1) / 2].map(round);
        missing += cell;
        hatch += `M${x0},${y1}L${x1},${y0}M${x0},${ym}L${xm},${y0}M${xm},${y1}L${x1},${ym}`;
        continue;
      }
      const level = Math.round(
        LEVELS * ((clamped(value, range) - range[0]) / (range[1] - range[0])),
      );
      paths.set(level, (paths.get(level) ?? "") + cell);
    }
  }
  return [
    ...[...paths].map(([level, d]) =>
      svg("path", {
        d,
        fill: colorAt(panel.stops, level / LEVELS),
        class: "ni-cells",
        "data-key": panel.key,
        "data-level": level,
      })
    ),
    ...(missing
      ? [
        svg("path", { d: missing, class: "ni-missing", "data-missing": panel.key }),
        svg("path", { d: hatch, class: "ni-hatch" }),
      ]
      : []),
  ];
}

/** Names of the axes, and as many of the cells' texts as fit. */
function cellAxes({ panel, rows, columns, xTexts, yTexts, x, y }, bottom) {
  const longest = Math.max(...xTexts.map((text) => text.length)) * CHARACTER + 8;
  const every = (room, size, count) =>
    Math.max(1, Math.ceil((room * count) / Math.abs(size[1] - size[0])));
  const across = every(longest, x.to, columns);
  const down = every(15, y.to, rows);
  return [
    panel.y.label ? svg("text", { x: 0, y: 66, class: "ni-axis-label" }, panel.y.label) : null,
    ...yTexts.flatMap((text, i) =>
      i % down
        ? []
        : [svg("text", { x: x.to[0] - 6, y: round(y(i + 0.5) + 4), "text-anchor": "end" }, text)]
    ),
    ...xTexts.flatMap((text, i) =>
      i % across
        ? []
        : [svg("text", { x: round(x(i + 0.5)), y: bottom + 16, "text-anchor": "middle" }, text)]
    ),
    bottomLabel(panel.x.label, x, bottom),
  ];
}

const box = ({ rows, columns, x, y }, row, column) => {
  const [x0, x1] = Number.isInteger(column) ? [x(column), x(column + 1)] : [x(0), x(columns)];
  const [y0, y1] = (Number.isInteger(row) ? [y(row), y(row + 1)] : [y(0), y(rows)]).sort((a, b) =>
    a - b
  );
  return { x: round(x0), y: round(y0), width: round(x1 - x0), height: round(y1 - y0) };
};

/** The selected cell, or row or column, in ink on the page's color: visible on every color. */
function outline(map) {
  if (!Number.isInteger(map.row) && !Number.isInteger(map.column)) return [];
  const place = box(map, map.row, map.column);
  return ["ni-outline ni-halo", "ni-outline"].map((look) =>
    svg("rect", { ...place, class: look, "data-row": map.row, "data-column": map.column })
  );
}

function cellUnder({ rows, columns, x, y }, px, py) {
  const within = (pixel, { to }, count) => Math.floor(((pixel - to[0]) / (to[1] - to[0])) * count);
  const column = within(px, x, columns);
  const row = within(py, y, rows);
  return column >= 0 && column < columns && row >= 0 && row < rows ? { row, column } : null;
}

/** Function from a place to the indices of the controls there, if a control is on an axis. */
function choice(map) {
  const { x, y } = map.panel;
  if (!x.control && !y.control) return undefined;
  return (px, py) => {
    const cell = cellUnder(map, px, py);
    return cell &&
      {
        ...(x.control && { [x.control]: cell.column }),
        ...(y.control && { [y.control]: cell.row }),
      };
  };
}

const described = ({ panel, values, columns, xTexts, yTexts }, row, column) => ({
  value: valueText(values[row * columns + column], panel.log, panel.format),
  at: [
    `${panel.x.label || "column"} ${xTexts[column]}`,
    `${panel.y.label || "row"} ${yTexts[row]}`,
  ],
});

function probeCell(map, guide, px, py) {
  const cell = cellUnder(map, px, py);
  if (!cell) return null;
  const place = box(map, cell.row, cell.column);
  const { value, at } = described(map, cell.row, cell.column);
  for (const [name, pixels] of Object.entries(place)) guide.setAttribute(name, pixels);
  return {
    place: place.x + place.width / 2,
    top: place.y,
    lines: [...at, `${map.panel.label}: ${value}`].map((text) => ({ text })),
  };
}

function summaryOf(map) {
  const { panel, values, columns, row, column } = map;
  if (Number.isInteger(row) && Number.isInteger(column)) {
    return `${panel.label}: ${described(map, row, column).value}`;
  }
  const finite = [...values.keys()].filter((i) => !Number.isNaN(values[i]));
  if (!finite.length) return `${panel.label}: no numbers`;
  const [low, high] = [
    (a, b) => values[b] < values[a] ? b : a,
    (a, b) => values[b] > values[a] ? b : a,
  ].map((pick) => {
    const i = finite.reduce(pick);
    const { value, at } = described(map, Math.floor(i / columns), i % columns);
    return `${value} at ${at.join(", ")}`;
  });
  return `${panel.label}: lowest ${low}; highest ${high}`;
}

function notesOf({ panel, values }) {
  const count = (test) => values.filter(test).length;
  const note = (kind, number) =>
    number ? [[kind, `${panel.label} (${number} of ${values.length})`]] : [];
  return [
    ...note("Hatched where values are not numbers", count(Number.isNaN)),
    ...note(
      "In an end color where values lie beyond the scale",
      count((value) => Math.abs(value) === Infinity),
    ),
  ];
}

function tableOf({ panel, rows, columns, values, xTexts, yTexts }) {
  const [low, high] = panel.limits;
  const shown = (value) => {
    if (value === Infinity) return `> ${number(high)}`;
    if (value === -Infinity) return `< ${number(low)}`;
    return number(plain(value, panel.log), ".4g");
  };
  const row = (i) => Array.from(values.subarray(i * columns, (i + 1) * columns), shown);
  const body = Array.from({ length: rows }, (_, i) => [yTexts[i], ...row(i)]);
  return {
    caption: panel.title ?? panel.label,
    head: [[panel.y.label, panel.x.label].filter(Boolean).join(" \\ "), ...xTexts],
    rows: panel.y.up ? body.reverse() : body,
  };
}

export default { draw };
