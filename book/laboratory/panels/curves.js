import { number } from "../../../netinit/widgets/formatting.js";
import { axes, curve, decadesAround, text } from "../chart.js";

const NARROW = 460; // px: below it the charts stand one below the other
const TALL = 166;

/** Steps to show: round, so that the axis does not move with every step. */
function reach(steps) {
  const most = Math.max(20, ...steps);
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((m) => m * power >= most) * power;
}

function ghosts(context, colors, pins, key, map) {
  pins.forEach(({ history }, i) => {
    curve(context, colors.reference, history.step, history[key], map, {
      dash: [[6, 3], [2, 3], [8, 3, 2, 3]][i],
      width: 1.5,
    });
    const end = history[key].findLastIndex(Number.isFinite);
    if (end < 0) return;
    const x = Math.min(map.x(history.step[end]) + 7, map.inner.right);
    text(context, colors.ink, String(i + 1), x, map.y(history[key][end]));
  });
}

function chart(context, box, { history, pins, colors }, { title, keys, y, log }) {
  const x = [0, reach([history.step.at(-1) ?? 0, ...pins.map((pin) => pin.history.step.at(-1))])];
  const map = axes(context, colors, box, { title, x, y, log });
  ghosts(context, colors, pins, keys[1], map);
  curve(context, colors.other, history.step, history[keys[0]], map, { dash: [5, 3], width: 1.5 });
  curve(context, colors.focus, history.step, history[keys[1]], map, { width: 2.5 });
  const end = history.step.length - 1;
  const now = [history.step.slice(end), history[keys[1]].slice(end)];
  curve(context, colors.focus, ...now, map, { dots: true });
}

function paint({ context, width }, view) {
  const { history, pins, experiment } = view;
  const narrow = width < NARROW;
  const single = experiment.data === "regression";
  const boxes = [0, 1].map((i) =>
    single
      ? { left: 0, top: 0, width, height: TALL }
      : narrow
      ? { left: 0, top: i * (TALL + 8), width, height: TALL }
      : { left: i * (width / 2 + 6), top: 0, width: width / 2 - 6, height: TALL }
  );
  const losses = [history, ...pins.map((pin) => pin.history)].flatMap((h) => [
    ...h.loss,
    ...h.testLoss,
  ]);
  const y = decadesAround(losses, [0.1, 1]);
  chart(context, boxes[0], view, { title: "Loss", keys: ["loss", "testLoss"], y, log: true });
  if (!single) {
    const keys = ["accuracy", "testAccuracy"];
    chart(context, boxes[1], view, { title: "Accuracy", keys, y: [0, 1], log: false });
  }
}

function describe({ history, pins, experiment }) {
  const at = (key) => number(history[key].at(-1) ?? NaN);
  const scored = experiment.data === "regression"
    ? ""
    : ` Accuracy ${at("accuracy")} in training, ${at("testAccuracy")} on unseen examples.`;
  return `Step ${history.step.at(-1) ?? 0}: loss ${at("loss")} in training, ${at("testLoss")} on ` +
    `unseen examples.${scored}` +
    (pins.length ? ` Behind it: ${pins.length} pinned.` : "");
}

export default {
  name: "curves",
  title: "Loss and accuracy",
  legend: [["on unseen examples", "focus", []], ["in training", "other", [5, 3]]],
  wants: () => ["statistics"],
  wide: false,
  height: (width, { experiment }) =>
    width < NARROW && experiment.data !== "regression" ? 2 * TALL + 8 : TALL,
  paint,
  describe,
};
