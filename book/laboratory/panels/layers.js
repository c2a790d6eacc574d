// One chart for each number that the layers have: along the depth, at this step.

import { number } from "../../../netinit/widgets/formatting.js";
import { axes, curve, decadesAround } from "../chart.js";

const HEIGHT = 190;
const LOW = 150;

/** Limits of a log axis that only grow during a run, so that the curves and not the axis move. */
function limits(view, name, values) {
  const kept = view.limits[name] ?? [0.1, 10];
  view.limits[name] = decadesAround(values, kept);
  return view.limits[name];
}

function panel({ name, title, color, read, theory, legend, note }) {
  function paint({ context, width }, view) {
    const values = read(view);
    const predicted = theory?.(view) ?? null;
    const depth = values.length;
    const map = axes(context, view.colors, { left: 0, top: 0, width, height: HEIGHT }, {
      title: `${title}, by layer`,
      x: [Math.min(1, depth - 1), Math.max(depth, 2)],
      y: limits(view, name, [...values, ...(predicted ?? [])]),
      log: true,
    });
    const xs = values.map((_, i) => i + 1);
    curve(context, view.colors[color], xs, values.map(positive), map, { dots: true });
    if (predicted) {
      curve(context, view.colors.theory, xs, predicted, map, { dash: [5, 4], width: 1.5 });
    }
  }
  function describe(view) {
    const values = read(view);
    if (values.every(Number.isNaN)) return `${title}: not known before the first step.`;
    const predicted = theory?.(view);
    return `${title}: ${number(values[0] ?? NaN)} at layer 1, ${number(values.at(-1) ?? NaN)} at ` +
      `layer ${values.length}.` +
      (predicted ? ` Predicted before the first step: ${number(predicted.at(-1))} there.` : "");
  }
  return {
    name,
    title,
    note,
    legend,
    wants: () => ["statistics"],
    height: () => HEIGHT,
    paint,
    describe,
  };
}

/** Zeros lie below every log axis; they are drawn at its lower edge. */
const positive = (value) => value === 0 ? 1e-300 : value ?? NaN;

const of = (key) => ({ frame }) => frame.statistics.layers.map((layer) => layer[key]);

export const signal = panel({
  name: "signal",
  title: "Mean square of the signal",
  color: "forward",
  read: of("secondMoment"),
  theory: ({ frame }) => frame.theory,
  legend: [["now", "forward", []], ["predicted for step 0", "theory", [5, 4]]],
});

export const spread = panel({
  name: "spread",
  title: "Spread across the inputs",
  color: "forward",
  read: of("spread"),
  legend: [["standard deviation of a unit", "forward", []]],
});

export const gradient = panel({
  name: "gradient",
  title: "Mean square of the gradient",
  color: "backward",
  read: of("gradient"),
  theory: ({ frame }) => frame.gradientTheory,
  legend: [["now", "backward", []], ["predicted for step 0", "theory", [5, 4]]],
});

export const update = panel({
  name: "update",
  title: "Update over weights",
  color: "backward",
  read: (view) => view.frame.step ? of("update")(view) : of("update")(view).map(() => NaN),
  legend: [["size of the last step divided by that of the weights", "backward", []]],
});

function paintUnits({ context, width }, { frame, colors }) {
  const { layers } = frame.statistics;
  const depth = layers.length;
  const map = axes(context, colors, { left: 0, top: 0, width, height: LOW }, {
    title: "Dead and saturated units, by layer",
    x: [0.5, depth + 0.5],
    y: [0, 100],
    unit: " %",
  });
  const room = (map.x.to[1] - map.x.to[0]) / depth;
  layers.forEach(({ dead, saturated }, i) => {
    const bars = [[dead, colors.ink, -0.4], [saturated, colors.other, 0.02]];
    for (const [share, color, offset] of bars) {
      const top = map.y(100 * (share ?? 0));
      context.fillStyle = color;
      context.fillRect(map.x(i + 1) + offset * room, top, 0.38 * room, map.inner.bottom - top);
    }
  });
}

function describeUnits({ frame }) {
  const most = (key) => Math.round(100 * Math.max(...of(key)({ frame }).map((v) => v ?? 0)));
  return `Most dead units in a layer: ${most("dead")} %. Most saturated values: ` +
    `${most("saturated")} %.`;
}

export const units = {
  name: "units",
  wide: true,
  title: "Dead and saturated units",
  legend: [["dead units", "ink", "bar"], ["values where the activation is flat", "other", "bar"]],
  wants: () => ["statistics"],
  height: () => LOW,
  paint: paintUnits,
  describe: describeUnits,
};
