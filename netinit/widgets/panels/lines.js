import {
  bottomAxis,
  clamped,
  described,
  drawing,
  ends,
  leftAxis,
  leftTicks,
  notesOf,
  onAxis,
  plain,
  valueText,
} from "../axes.js";
import { svg } from "../dom.js";
import { number } from "../formatting.js";
import { legend as legendOf } from "../legend.js";
import { color, marker, round, scale, ticks } from "../marks.js";

/** The curves: see Panel in panels/base.py. */
function draw(panel, frame, width) {
  const height = Math.round(Math.min(330, Math.max(215, 0.66 * width)));
  const bottom = height - 42;
  const left = leftTicks(panel.y_limits, panel.log, height);
  const x = scale(panel.x_limits, [left.room + 6, width - 14]);
  const y = scale(ends(panel.y_limits, panel.log), [bottom, 30]);
  const under = panel.lines.some((line) => line.theory);
  const series = panel.lines.map((line) => ({ ...seriesOf(line, panel, frame), under }));
  const root = drawing(
    width,
    height,
    { x: described(x), y: described(y), log: panel.log },
    ...leftAxis(left, panel.y_label, x, y),
    ...bottomAxis(xTicksOf(panel, x), false, panel.x_label, x, bottom),
    svg("line", { x1: x.to[0], x2: x.to[1], y1: bottom, y2: bottom, class: "ni-axis" }),
    ...referenceLine(panel, x, y),
    ...series.flatMap((s) => [...s.bands].map((band) => bandPath(s, band, x, y))),
    ...series.flatMap((s) => linePaths(s, x, y)),
  );
  root.append(...root.querySelectorAll("[data-beyond]:not([data-theory])")); // over those of theory
  const summary = series.map((s) => describe(s, panel)).join("; ");
  root.setAttribute(
    "aria-label",
    `${panel.title ?? panel.y_label ?? ""} over ${panel.x_label}. ${summary}`.trim(),
  );
  const guide = svg("line", { y1: y.to[0], y2: y.to[1], class: "ni-guide" });
  return {
    element: root,
    summary,
    guide,
    probe: (pixel) => valuesAt(panel, series, x, guide, pixel),
    notes: notesOf(
      series.map(({ line, values }) => [line.label, values]),
      "Gaps where values are not numbers",
      "Arrows where values lie beyond the axis",
    ),
    table: () => tableOf(panel, series),
  };
}

/** Values at the x nearest to a pixel; moves the guide there. */
function valuesAt(panel, series, x, guide, pixel) {
  const at = series.flatMap((s) => [...s.at]).reduce((a, b) =>
    Math.abs(x(b) - pixel) < Math.abs(x(a) - pixel) ? b : a
  );
  const place = round(x(at));
  guide.setAttribute("x1", place);
  guide.setAttribute("x2", place);
  const lines = series.flatMap((s) => {
    const i = s.at.indexOf(at);
    return i < 0
      ? []
      : [{ role: s.line.role, text: `${s.line.label}: ${valueText(s.values[i], panel.log)}` }];
  });
  return { place, lines: [{ text: `${panel.x_label} ${number(at, ".4g")}` }, ...lines] };
}

function seriesOf(line, panel, frame) {
  const values = onAxis(frame(line.key), panel.y_limits, panel.log);
  const at = panel.x ? frame(panel.x).values : Float64Array.from(values, (_, i) => i + 1);
  const bands = line.band
    ? [line.band.map((key) => onAxis(frame(key), panel.y_limits, panel.log))]
    : [];
  const count = played(values, frame.final(line.key).values);
  return { line, values: values.slice(0, count), at: at.slice(0, count), bands };
}

/** How many values there are so far: an end that a later frame goes on with is no gap. */
function played(values, final) {
  let count = values.length;
  while (count > 1 && Number.isNaN(values[count - 1])) count--;
  return final.subarray(count).every(Number.isNaN) ? values.length : count;
}

function referenceLine(panel, x, y) {
  if (panel.reference === null) return [];
  const place = round(y(panel.log ? Math.log10(panel.reference) : panel.reference));
  const [bottom, top] = y.to;
  if (!(place <= bottom && place >= top)) return [];
  return [svg("line", { x1: x.to[0], x2: x.to[1], y1: place, y2: place, class: "ni-reference" })];
}

function xTicksOf(panel, x) {
  const found = ticks(...x.from, Math.min(8, (x.to[1] - x.to[0]) / 55), !panel.x);
  const first = x.from[0];
  const step = found[1] - found[0];
  // The first layer counts.
  return panel.x || found[0] - first < 0.5 * step ? found : [first, ...found];
}

function linePaths({ line, values, at, under }, x, y) {
  let path = "";
  let pen = false;
  let arrows = "";
  let markers = "";
  let lastMarker = -Infinity;
  values.forEach((value, i) => {
    if (Number.isNaN(value) || lost(values, i)) {
      pen = false;
      return;
    }
    const px = round(x(at[i]));
    const py = round(y(clamped(value, y.from)));
    path += `${pen ? "L" : "M"}${px},${py}`;
    pen = true;
    if (!Number.isFinite(value)) arrows += arrow(px, py, value > 0);
    else if (px - lastMarker >= 26) {
      markers += marker(line.role, px, py);
      lastMarker = px;
    }
  });
  const plain = under ? "ni-line ni-under" : "ni-line";
  const look = line.theory ? "ni-line ni-theory" : plain;
  const paths = [
    svg("path", { d: path, class: look, stroke: color(line.role), "data-key": line.key }),
  ];
  if (markers && !line.theory) paths.push(svg("path", { d: markers, fill: color(line.role) }));
  if (arrows) {
    paths.push(
      svg("path", {
        d: arrows,
        fill: color(line.role),
        "data-beyond": line.key,
        "data-theory": line.theory,
      }),
    );
  }
  return paths;
}

/** Whether a value beyond the axis has no neighbor on it; a line wholly beyond keeps its first. */
function lost(values, i) {
  const away = (j) => !Number.isFinite(values[j] ?? NaN);
  return away(i) && away(i - 1) && away(i + 1) && !(i === 0 && values.every((_, j) => away(j)));
}

const arrow = (x, y, up) => up ? `M${x},${y - 9}l5,7h-10z` : `M${x},${y + 9}l5,-7h-10z`;

function bandPath({ line, at }, [lower, upper], x, y) {
  let path = "";
  let run = [];
  const close = () => {
    if (run.length) {
      const edge = (values, order) =>
        order.map((i) => `${round(x(at[i]))},${round(y(clamped(values[i], y.from)))}`).join("L");
      path += `M${edge(upper, run)}L${edge(lower, [...run].reverse())}Z`;
    }
    run = [];
  };
  at.forEach((_, i) => Number.isNaN(lower[i]) || Number.isNaN(upper[i]) ? close() : run.push(i));
  close();
  return svg("path", {
    d: path,
    class: "ni-band",
    fill: color(line.role),
    "data-band": line.band.join(" "),
  });
}

function describe({ line, values, at }, panel) {
  const text = (i) => valueText(values[i], panel.log);
  const last = values.length - 1;
  const [start, end] = [at[0], at[last]].map((value) => number(value, ".4g"));
  return `${line.label}: ${text(0)} at ${panel.x_label} ${start}, ${text(last)} at ${end}`;
}

function tableOf(panel, series) {
  const longest = series.reduce((a, b) => b.at.length > a.at.length ? b : a);
  const [low, high] = panel.y_limits;
  const shown = (value) => {
    if (value === undefined) return "";
    if (value === Infinity) return `> ${number(high)}`;
    if (value === -Infinity) return `< ${number(low)}`;
    return number(plain(value, panel.log), ".4g");
  };
  const columns = series.flatMap((s) => [
    [s.line.label, s.values],
    ...s.bands.flatMap(([lower, upper]) => [[`${s.line.label}, band from`, lower], ["to", upper]]),
  ]);
  const rowOf = (at, i) => [number(at, ".6g"), ...columns.map(([, values]) => shown(values[i]))];
  return {
    caption: panel.title ?? panel.y_label,
    head: [panel.x_label, ...columns.map(([label]) => label)],
    rows: Array.from(longest.at, rowOf),
  };
}

/** Each entry drawn as its mark. */
function legend(panel) {
  return legendOf(panel.lines.map((line) => [line.label, [
    line.band &&
    svg("rect", { x: 0, y: 1, width: 26, height: 12, fill: color(line.role), class: "ni-band" }),
    svg("line", {
      x1: 0,
      x2: 26,
      y1: 7,
      y2: 7,
      stroke: color(line.role),
      class: line.theory ? "ni-line ni-theory" : "ni-line",
    }),
    line.theory ? null : svg("path", { d: marker(line.role, 13, 7), fill: color(line.role) }),
  ]]));
}

export default { draw, legend };
