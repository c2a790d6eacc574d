import { bottomAxis, CHARACTER, described, drawing } from "../axes.js";
import { svg } from "../dom.js";
import { number } from "../formatting.js";
import { color, round, scale, ticks } from "../marks.js";

const CUT = 1.001; // a bar is cut that is taller than its panel by more than rounding

/** One small histogram per row, on shared axes: see Panel in panels/base.py. */
function draw(panel, frame, width) {
  const { values, shape: [rows, bins] } = frame(panel.key);
  const labels = rowLabels(panel, frame, rows);
  const pitch = Math.round(Math.min(50, Math.max(24, 250 / panel.most_rows)));
  const left = 8 + CHARACTER * Math.max(...labels.map((label) => label.length));
  const bottom = 12 + pitch * panel.most_rows;
  const height = bottom + 42;
  const x = scale(panel.limits, [left + 4, width - 14]);
  const top = sharedTop(values, rows, bins);
  const drawn = Array.from({ length: rows }, (_, row) =>
    rowOf(
      panel,
      values.subarray(row * bins, (row + 1) * bins),
      row,
      labels[row],
      x,
      12 + pitch * (row + 1),
      pitch - 8,
      top,
    ));
  const places = ticks(...panel.limits, Math.max(2, (x.to[1] - x.to[0]) / 60));
  const root = drawing(
    width,
    height,
    { x: described(x), top },
    ...drawn.flat(),
    ...bottomAxis(places, false, panel.x_label, x, bottom),
  );
  root.setAttribute(
    "aria-label",
    `Histograms of ${panel.title ?? panel.x_label}, ${rows} rows from ${
      panel.limits.map((v) => number(v)).join(" to ")
    }`,
  );
  return {
    element: root,
    summary: "",
    notes: notesOf(values, labels, bins, top),
    table: () => tableOf(panel, values, labels, bins),
  };
}

function notesOf(values, labels, bins, top) {
  const rows = labels.map((label, row) => [label, values.subarray(row * bins, (row + 1) * bins)]);
  const those = (kind, test) =>
    rows.filter(([, row]) => row.some(test)).map(([label]) => [kind, label]);
  return [
    ...those("Gaps where values are not numbers", Number.isNaN),
    ...those("Arrows where bars are cut", (value) => value > CUT * top),
  ];
}

function rowLabels(panel, frame, rows) {
  if (Array.isArray(panel.rows)) return panel.rows.slice(0, rows);
  const numbers = panel.rows
    ? frame(panel.rows).values
    : Array.from({ length: rows }, (_, i) => i + 1);
  return Array.from(numbers, (value) => `${panel.row_label} ${number(value, ".6g")}`.trim());
}

/** Height of the shared scale: a lone spike is cut, so that broad rows stay visible. */
function sharedTop(values, rows, bins) {
  const peaks = Array.from(
    { length: rows },
    (_, row) => values.subarray(row * bins, (row + 1) * bins).reduce((a, b) => b > a ? b : a, 0),
  ).sort((a, b) => a - b);
  return Math.min(peaks.at(-1), 4 * peaks[Math.floor((rows - 1) / 2)]) || peaks.at(-1) || 1;
}

function rowOf(panel, values, row, label, x, base, height, top) {
  const step = (panel.limits[1] - panel.limits[0]) / values.length;
  const unit = height / top;
  let path = "";
  let cuts = "";
  values.forEach((value, i) => {
    if (!(value > 0)) return;
    const from = round(x(panel.limits[0] + i * step));
    const to = round(x(panel.limits[0] + (i + 1) * step));
    path += `M${from},${base}V${round(base - unit * Math.min(value, top))}H${to}V${base}Z`;
    if (value > CUT * top) cuts += `M${(from + to) / 2},${round(base - height - 5)}l3.5,4h-7z`;
  });
  return [
    svg("text", { x: x.to[0] - 8, y: base - 4, "text-anchor": "end" }, label),
    svg("path", {
      d: path,
      class: "ni-bars",
      fill: color(panel.role),
      "data-key": panel.key,
      "data-row": row,
      "data-base": base,
      "data-unit": unit,
    }),
    cuts ? svg("path", { d: cuts, fill: color(panel.role) }) : "",
    svg("line", { x1: x.to[0], x2: x.to[1], y1: base, y2: base, class: "ni-grid" }),
  ];
}

function tableOf(panel, values, labels, bins) {
  const step = (panel.limits[1] - panel.limits[0]) / bins;
  const edge = (i) => number(panel.limits[0] + i * step);
  const rowOf = (bin) => labels.map((_, row) => number(values[row * bins + bin]));
  return {
    caption: panel.title ?? panel.x_label,
    head: [panel.x_label || "bin", ...labels],
    rows: Array.from({ length: bins }, (_, i) => [`${edge(i)} to ${edge(i + 1)}`, ...rowOf(i)]),
  };
}

export default { draw };
