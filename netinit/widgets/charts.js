import { colour, html, marker, number, round, scale, svg, tickText, ticks } from "./marks.js";

const FONT = 12, CHARACTER = 6.6; // px; CHARACTER is a digit's width at FONT
const CUT = 1.001; // a bar is cut that is taller than its panel by more than rounding

/** Values of an array on the axis of a panel; beyond its limits they are infinite. */
function onAxis({ values, log }, panel) {
  if (log !== undefined) return values;
  const [low, high] = axisLimits(panel);
  return Float64Array.from(values, (value) => {
    const place = panel.log ? Math.log10(value) : value;
    return place < low ? -Infinity : place > high ? Infinity : place;
  });
}

const axisLimits = (panel) => (panel.log ? panel.y_limits.map(Math.log10) : panel.y_limits);
const plain = (value, panel) => (panel.log ? 10 ** value : value);

/** Lines panel: {element, summary, notes, table}. */
export function drawLines(panel, frame, width) {
  const height = Math.round(Math.min(330, Math.max(215, 0.66 * width)));
  const limits = axisLimits(panel);
  const yTicks = ticks(limits[0], limits[1], height / 52, panel.log);
  const yTexts = yTicks.map((tick) => tickText(tick, panel.log, yTicks));
  const left = 10 + CHARACTER * Math.max(2, ...yTexts.map((text) => text.length));
  const x = scale(panel.x_limits, [left + 6, width - 14]), y = scale(limits, [height - 42, 30]);
  const under = panel.lines.some((line) => line.theory);
  const series = panel.lines.map((line) => ({ ...seriesOf(line, panel, frame), under }));
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    ...axes(panel, x, y, yTicks, yTexts, width, height),
    ...series.flatMap((s) => [...s.bands].map((band) => bandPath(s, band, x, y))),
    ...series.flatMap((s) => linePaths(s, x, y)));
  root.append(...root.querySelectorAll("[data-beyond]:not([data-theory])")); // over those of theory
  root.dataset.axes = JSON.stringify({ x: { from: x.from, to: x.to }, y: { from: y.from, to: y.to }, log: panel.log });
  const summary = series.map((s) => describe(s, panel)).join("; ");
  root.setAttribute("aria-label", `${panel.title ?? panel.y_label ?? ""} over ${panel.x_label}. ${summary}`.trim());
  const guide = svg("line", { y1: y.to[0], y2: y.to[1], class: "ni-guide" });
  return {
    element: root, summary, guide, probe: (pixel) => probe(panel, series, x, guide, pixel),
    notes: series.flatMap((s) => notesOf(s)), table: () => linesTable(panel, series),
  };
}

/** Values at the x nearest to a pixel; moves the guide there. */
function probe(panel, series, x, guide, pixel) {
  const at = series.flatMap((s) => [...s.at]).reduce((a, b) => (Math.abs(x(b) - pixel) < Math.abs(x(a) - pixel) ? b : a));
  const place = round(x(at));
  guide.setAttribute("x1", place);
  guide.setAttribute("x2", place);
  const lines = series.flatMap((s) => {
    const i = s.at.indexOf(at);
    return i < 0 ? [] : [{ role: s.line.role, text: `${s.line.label}: ${valueText(s.values[i], panel)}` }];
  });
  return { place, lines: [{ text: `${panel.x_label} ${number(at, ".4g")}` }, ...lines] };
}

const valueText = (value, panel) => (Number.isFinite(value) ? number(plain(value, panel))
  : Number.isNaN(value) ? "not a number" : value > 0 ? "above the axis" : "below the axis");

function seriesOf(line, panel, frame) {
  const values = onAxis(frame(line.key), panel);
  const at = panel.x ? frame(panel.x).values : Float64Array.from(values, (_, i) => i + 1);
  const bands = line.band ? [line.band.map((key) => onAxis(frame(key), panel))] : [];
  return { line, values, at, bands };
}

function axes(panel, x, y, yTicks, yTexts, width, height) {
  const xTicks = xTicksOf(panel, x);
  const [bottom, top] = y.to;
  const marks = [svg("text", { x: 0, y: FONT, class: "ni-axis-label" }, panel.y_label)];
  yTicks.forEach((tick, i) => marks.push(
    svg("line", { x1: x.to[0], x2: x.to[1], y1: round(y(tick)), y2: round(y(tick)), class: "ni-grid" }),
    svg("text", { x: x.to[0] - 8, y: round(y(tick) + 4), "text-anchor": "end" }, yTexts[i])));
  for (const tick of xTicks) marks.push(
    svg("line", { x1: round(x(tick)), x2: round(x(tick)), y1: bottom, y2: bottom + 4, class: "ni-axis" }),
    svg("text", { x: round(x(tick)), y: bottom + 18, "text-anchor": "middle" }, tickText(tick, false, xTicks)));
  marks.push(svg("line", { x1: x.to[0], x2: x.to[1], y1: bottom, y2: bottom, class: "ni-axis" }),
    svg("text", { x: (x.to[0] + x.to[1]) / 2, y: height - 4, "text-anchor": "middle", class: "ni-axis-label" }, panel.x_label));
  if (panel.reference !== null) {
    const place = y(panel.log ? Math.log10(panel.reference) : panel.reference);
    if (place <= bottom && place >= top)
      marks.push(svg("line", { x1: x.to[0], x2: x.to[1], y1: round(place), y2: round(place), class: "ni-reference" }));
  }
  return marks;
}

function xTicksOf(panel, x) {
  const found = ticks(...x.from, Math.min(8, (x.to[1] - x.to[0]) / 55), !panel.x);
  const first = x.from[0], step = found[1] - found[0];
  return panel.x || found[0] - first < 0.5 * step ? found : [first, ...found]; // the first layer counts
}

const clamped = (value, [low, high]) => Math.min(high, Math.max(low, value));

function linePaths({ line, values, at, under }, x, y) {
  let path = "", pen = false, arrows = "", markers = "", lastMarker = -Infinity;
  values.forEach((value, i) => {
    if (Number.isNaN(value) || lost(values, i)) { pen = false; return; }
    const px = round(x(at[i])), py = round(y(clamped(value, y.from)));
    path += `${pen ? "L" : "M"}${px},${py}`;
    pen = true;
    if (!Number.isFinite(value)) arrows += arrow(px, py, value > 0);
    else if (px - lastMarker >= 26) { markers += marker(line.role, px, py); lastMarker = px; }
  });
  const look = line.theory ? "ni-line ni-theory" : under ? "ni-line ni-under" : "ni-line";
  const paths = [svg("path", { d: path, class: look, stroke: colour(line.role), "data-key": line.key })];
  if (markers && !line.theory) paths.push(svg("path", { d: markers, fill: colour(line.role) }));
  if (arrows) paths.push(svg("path", { d: arrows, fill: colour(line.role), "data-beyond": line.key, "data-theory": line.theory }));
  return paths;
}

/** Whether a value beyond the axis has no neighbour on it; the first stands for a line wholly beyond. */
function lost(values, i) {
  const away = (j) => !Number.isFinite(values[j] ?? NaN);
  return away(i) && away(i - 1) && away(i + 1) && !(i === 0 && values.every((_, j) => away(j)));
}

const arrow = (x, y, up) => (up ? `M${x},${y - 9}l5,7h-10z` : `M${x},${y + 9}l5,-7h-10z`);

function bandPath({ line, at }, [lower, upper], x, y) {
  let path = "", run = [];
  const close = () => {
    if (run.length) {
      const edge = (values, order) => order.map((i) => `${round(x(at[i]))},${round(y(clamped(values[i], y.from)))}`).join("L");
      path += `M${edge(upper, run)}L${edge(lower, [...run].reverse())}Z`;
    }
    run = [];
  };
  at.forEach((_, i) => (Number.isNaN(lower[i]) || Number.isNaN(upper[i]) ? close() : run.push(i)));
  close();
  return svg("path", { d: path, class: "ni-band", fill: colour(line.role), "data-band": line.band.join(" ") });
}

function describe({ line, values, at }, panel) {
  const text = (i) => valueText(values[i], panel);
  const last = values.length - 1;
  return `${line.label}: ${text(0)} at ${panel.x_label} ${number(at[0], ".4g")}, ${text(last)} at ${number(at[last], ".4g")}`;
}

function notesOf({ line, values }) {
  const missing = values.filter(Number.isNaN).length;
  const beyond = values.some((value) => Math.abs(value) === Infinity);
  return [
    ...(missing ? [["Gaps where values are not numbers", `${line.label} (${missing} of ${values.length})`]] : []),
    ...(beyond ? [["Arrows where values lie beyond the axis", line.label]] : []),
  ];
}

function linesTable(panel, series) {
  const longest = series.reduce((a, b) => (b.at.length > a.at.length ? b : a));
  const shown = (value) => (value === undefined ? "" : !Number.isFinite(value) && !Number.isNaN(value)
    ? (value > 0 ? `> ${number(panel.y_limits[1])}` : `< ${number(panel.y_limits[0])}`) : number(plain(value, panel), ".4g"));
  const columns = series.flatMap((s) => [[s.line.label, s.values],
    ...s.bands.flatMap(([lower, upper]) => [[`${s.line.label}, band from`, lower], ["to", upper]])]);
  return {
    caption: panel.title ?? panel.y_label,
    head: [panel.x_label, ...columns.map(([label]) => label)],
    rows: [...longest.at].map((at, i) => [number(at, ".6g"), ...columns.map(([, values]) => shown(values[i]))]),
  };
}

/** Histogram panel, one small multiple per row on shared axes. */
export function drawHistogram(panel, frame, width) {
  const { values, shape: [rows, bins] } = frame(panel.key);
  const labels = rowLabels(panel, frame, rows);
  const pitch = Math.round(Math.min(50, Math.max(24, 250 / panel.most_rows)));
  const left = 8 + CHARACTER * Math.max(...labels.map((label) => label.length));
  const bottom = 12 + pitch * panel.most_rows, height = bottom + 42;
  const x = scale(panel.limits, [left + 4, width - 14]), top = sharedTop(values, rows, bins);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" });
  for (let row = 0; row < rows; row++)
    root.append(...histogramRow(panel, values.subarray(row * bins, (row + 1) * bins), row, labels[row], x, 12 + pitch * (row + 1), pitch - 8, top));
  const all = ticks(...panel.limits, Math.max(2, (x.to[1] - x.to[0]) / 60));
  for (const tick of all) root.append(
    svg("line", { x1: round(x(tick)), x2: round(x(tick)), y1: bottom, y2: bottom + 4, class: "ni-axis" }),
    svg("text", { x: round(x(tick)), y: bottom + 18, "text-anchor": "middle" }, tickText(tick, false, all)));
  root.append(svg("text", { x: (x.to[0] + x.to[1]) / 2, y: height - 4, "text-anchor": "middle", class: "ni-axis-label" }, panel.x_label));
  root.dataset.axes = JSON.stringify({ x: { from: x.from, to: x.to }, top });
  root.setAttribute("aria-label", `Histograms of ${panel.title ?? panel.x_label}, ${rows} rows from ${panel.limits.map((v) => number(v)).join(" to ")}`);
  return {
    element: root,
    summary: "",
    notes: histogramNotes(values, labels, bins, top),
    table: () => histogramTable(panel, values, labels, rows, bins),
  };
}

function histogramNotes(values, labels, bins, top) {
  const rows = labels.map((label, row) => [label, values.subarray(row * bins, (row + 1) * bins)]);
  const those = (kind, test) => rows.filter(([, row]) => row.some(test)).map(([label]) => [kind, label]);
  return [
    ...those("Gaps where values are not numbers", Number.isNaN),
    ...those("Arrows where bars are cut", (value) => value > CUT * top),
  ];
}

function rowLabels(panel, frame, rows) {
  if (Array.isArray(panel.rows)) return panel.rows.slice(0, rows);
  const numbers = panel.rows ? frame(panel.rows).values : Array.from({ length: rows }, (_, i) => i + 1);
  return Array.from(numbers, (value) => `${panel.row_label} ${number(value, ".6g")}`.trim());
}

/** Height of the shared scale: a lone spike is cut, so that broad rows stay visible. */
function sharedTop(values, rows, bins) {
  const peaks = Array.from({ length: rows }, (_, row) =>
    values.subarray(row * bins, (row + 1) * bins).reduce((a, b) => (b > a ? b : a), 0)).sort((a, b) => a - b);
  return Math.min(peaks.at(-1), 4 * peaks[Math.floor((rows - 1) / 2)]) || peaks.at(-1) || 1;
}

function histogramRow(panel, values, row, label, x, base, height, top) {
  const step = (panel.limits[1] - panel.limits[0]) / values.length, unit = height / top;
  let path = "", cuts = "";
  values.forEach((value, i) => {
    if (!(value > 0)) return;
    const from = round(x(panel.limits[0] + i * step)), to = round(x(panel.limits[0] + (i + 1) * step));
    path += `M${from},${base}V${round(base - unit * Math.min(value, top))}H${to}V${base}Z`;
    if (value > CUT * top) cuts += `M${(from + to) / 2},${round(base - height - 5)}l3.5,4h-7z`;
  });
  return [
    svg("text", { x: x.to[0] - 8, y: base - 4, "text-anchor": "end" }, label),
    svg("path", { d: path, class: "ni-bars", fill: colour(panel.role), "data-key": panel.key, "data-row": row, "data-base": base, "data-unit": unit }),
    cuts ? svg("path", { d: cuts, fill: colour(panel.role) }) : "",
    svg("line", { x1: x.to[0], x2: x.to[1], y1: base, y2: base, class: "ni-grid" }),
  ];
}

function histogramTable(panel, values, labels, rows, bins) {
  const step = (panel.limits[1] - panel.limits[0]) / bins;
  const edges = Array.from({ length: bins }, (_, i) => `${number(panel.limits[0] + i * step)} to ${number(panel.limits[0] + (i + 1) * step)}`);
  return {
    caption: panel.title ?? panel.x_label,
    head: [panel.x_label || "bin", ...labels],
    rows: edges.map((edge, bin) => [edge, ...labels.map((_, row) => number(values[row * bins + bin]))]),
  };
}

/** Numbers panel: large figures with their labels. */
export function drawNumbers(panel, frame) {
  const entries = panel.numbers.map((entry) => {
    const { values, log } = frame(entry.key);
    return { ...entry, text: number(log ? 10 ** values[0] : values[0], entry.format), missing: Number.isNaN(values[0]) };
  });
  return {
    element: html("dl", { class: "ni-numbers" }, ...entries.map((entry) =>
      html("div", {}, html("dt", {}, entry.label),
        html("dd", { "data-key": entry.key, style: `color: ${colour(entry.role)}` }, entry.text)))),
    summary: entries.map((entry) => `${entry.label}: ${entry.text}`).join("; "),
    notes: [],
    table: () => ({ caption: panel.title, head: ["", "value"], rows: entries.map((entry) => [entry.label, entry.text]) }),
  };
}

/** Legend of a Lines panel: each entry drawn as its mark. */
export function legend(panel) {
  return html("ul", { class: "ni-legend" }, ...panel.lines.map((line) => html("li", {},
    svg("svg", { viewBox: "0 0 26 14", width: 26, height: 14, "aria-hidden": "true" },
      line.band && svg("rect", { x: 0, y: 1, width: 26, height: 12, fill: colour(line.role), class: "ni-band" }),
      svg("line", { x1: 0, x2: 26, y1: 7, y2: 7, stroke: colour(line.role), class: line.theory ? "ni-line ni-theory" : "ni-line" }),
      line.theory ? null : svg("path", { d: marker(line.role, 13, 7), fill: colour(line.role) })),
    line.label)));
}
