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
  valueText,
} from "../axes.js";
import { svg } from "../dom.js";
import { legend as legendOf } from "../legend.js";
import { color, marker, round, scale, ticks } from "../marks.js";

/** Groups of points, and the tails they have drawn so far: see Panel in panels/base.py. */
function draw(panel, frame, width) {
  const rough = Math.round(clamped(0.8 * width, [230, 360]));
  const left = leftTicks(panel.y_limits, panel.y_log, rough);
  const side = Math.min(width - left.room - 20, 340);
  const height = panel.equal ? Math.round(side) + 72 : rough;
  const bottom = height - 42;
  const x = scale(ends(panel.x_limits, panel.x_log), [
    left.room + 6,
    panel.equal ? left.room + 6 + side : width - 14,
  ]);
  const y = scale(ends(panel.y_limits, panel.y_log), [bottom, 30]);
  const groups = panel.points.map((group) => ({
    ...group,
    at: positions(panel, group, frame),
    past: group.tail ? positions(panel, group, frame.until) : null,
  }));
  const places = ticks(...x.from, Math.min(8, (x.to[1] - x.to[0]) / 55), panel.x_log);
  const root = drawing(
    width,
    height,
    { x: described(x), y: described(y), x_log: panel.x_log, y_log: panel.y_log },
    ...leftAxis(left, panel.y_label, x, y),
    ...places.map((tick) =>
      svg("line", {
        x1: round(x(tick)),
        x2: round(x(tick)),
        y1: y.to[1],
        y2: bottom,
        class: "ni-grid",
      })
    ),
    ...bottomAxis(places, panel.x_log, panel.x_label, x, bottom),
    ...groups.flatMap((group) => group.past ? [tails(group, x, y)] : []),
    ...groups.map((group) => dots(group, x, y)),
  );
  const summary = groups.map((group) => cloud(panel, group)).join("; ");
  root.setAttribute(
    "aria-label",
    `${panel.title ?? `${panel.y_label} against ${panel.x_label}`}. ${summary}`.trim(),
  );
  const guide = svg("circle", { r: 8, class: "ni-guide ni-cell" });
  return {
    element: root,
    summary,
    guide,
    probe: (px, py) => probePoint(panel, groups, x, y, guide, px, py),
    table: () => tableOf(panel, groups),
    notes: notesOf(
      groups.map((group) => [group.label, Float64Array.from([...group.at.x, ...group.at.y])]),
      "Left out where values are not numbers",
      "At the edge where points lie beyond the axes",
    ),
  };
}

const legend = (panel) =>
  legendOf(panel.points.map(({ label, role, tail }) => [label, [
    tail
      ? svg("line", { x1: 0, x2: 13, y1: 7, y2: 7, stroke: color(role), class: "ni-tail" })
      : null,
    svg("path", {
      d: marker(role, 13, 7),
      fill: color(role),
      stroke: color(role),
      class: "ni-points",
    }),
  ]]));

const positions = (panel, group, frame) => ({
  x: onAxis(frame(group.x), panel.x_limits, panel.x_log),
  y: onAxis(frame(group.y), panel.y_limits, panel.y_log),
});

const pixel = (value, axis) => round(axis(clamped(value, axis.from)));
const known = ({ x, y }, i) => !Number.isNaN(x[i]) && !Number.isNaN(y[i]);

function dots({ at, role, x: xKey, y: yKey }, x, y) {
  let path = "";
  at.x.forEach((_, i) => {
    if (known(at, i)) path += marker(role, pixel(at.x[i], x), pixel(at.y[i], y));
  });
  return svg("path", {
    d: path,
    fill: color(role),
    stroke: color(role),
    class: "ni-points",
    "data-key": `${xKey} ${yKey}`,
    "data-role": role,
  });
}

/** One line a point, from the first frame to this one. */
function tails({ at, past, role, x: xKey, y: yKey }, x, y) {
  const count = at.x.length;
  let path = "";
  for (let point = 0; point < count; point++) {
    let pen = false;
    for (let i = point; i < past.x.length; i += count) {
      if (known(past, i)) path += `${pen ? "L" : "M"}${pixel(past.x[i], x)},${pixel(past.y[i], y)}`;
      pen = known(past, i);
    }
  }
  return svg("path", {
    d: path,
    stroke: color(role),
    class: "ni-tail",
    "data-tail": `${xKey} ${yKey}`,
  });
}

function cloud(panel, { label, at }) {
  const said = (values, log) => {
    const there = values.filter((value) => !Number.isNaN(value));
    if (!there.length) return "not numbers";
    const [low, high] = [
      there.reduce((a, b) => Math.min(a, b)),
      there.reduce((a, b) => Math.max(a, b)),
    ];
    return low === high ? valueText(low, log) : `${valueText(low, log)} to ${valueText(high, log)}`;
  };
  return `${label}: ${at.x.length} points, ${panel.x_label || "x"} ${said(at.x, panel.x_log)}, ${
    panel.y_label || "y"
  } ${said(at.y, panel.y_log)}`;
}

/** The point nearest to a place, if one is near. */
function probePoint(panel, groups, x, y, guide, px, py) {
  let best = null;
  let least = 30;
  for (const group of groups) {
    group.at.x.forEach((_, i) => {
      const away = known(group.at, i)
        ? Math.hypot(pixel(group.at.x[i], x) - px, pixel(group.at.y[i], y) - py)
        : Infinity;
      if (away < least) {
        least = away;
        best = { group, i };
      }
    });
  }
  if (!best) return null;
  const { group: { at, label, role }, i } = best;
  const [cx, cy] = [pixel(at.x[i], x), pixel(at.y[i], y)];
  guide.setAttribute("cx", cx);
  guide.setAttribute("cy", cy);
  return {
    place: cx,
    top: cy,
    lines: [{ text: `${label} ${i + 1}`, role }, {
      text: `${panel.x_label || "x"}: ${valueText(at.x[i], panel.x_log)}`,
    }, { text: `${panel.y_label || "y"}: ${valueText(at.y[i], panel.y_log)}` }],
  };
}

function tableOf(panel, groups) {
  return {
    caption: panel.title ?? `${panel.y_label} against ${panel.x_label}`,
    head: ["", panel.x_label || "x", panel.y_label || "y"],
    rows: groups.flatMap(({ label, at }) =>
      Array.from(
        at.x,
        (value, i) => [
          `${label} ${i + 1}`,
          valueText(value, panel.x_log, ".4g"),
          valueText(at.y[i], panel.y_log, ".4g"),
        ],
      )
    ),
  };
}

export default { draw, legend };
