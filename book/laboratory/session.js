// A run and what is measured of it, driven by messages: in a worker, or in the page itself.

import { createRun } from "./engine/run.js";
import { INTERVENTIONS } from "./interventions.js";
import { DIGITS } from "./shown.js";

const SIDE = 51; // points of the plane in each direction
const CURVE = 161; // points of the fitted curve
// After a measurement, for how many times its cost others go first. What all panels show of the
// layers is as good as the training itself; a picture of the plane may cost ten times as much.
const PAUSE = { statistics: 1, plane: 4, line: 4, digits: 4 };

/** How far the inputs go from the origin, and a little further. */
function reachOf({ data }) {
  let most = 0;
  for (const value of data.xTest) most = Math.max(most, Math.abs(value));
  return 1.08 * most;
}

/** The points at which the plane is asked: x changes fastest, y falls from row to row. */
function plane(reach) {
  const points = new Float32Array(2 * SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    points[2 * i] = reach * (2 * (i % SIDE) / (SIDE - 1) - 1);
    points[2 * i + 1] = reach * (1 - 2 * Math.floor(i / SIDE) / (SIDE - 1));
  }
  return points;
}

function askPlane(run) {
  const reach = reachOf(run);
  return { side: SIDE, reach, values: run.predict(plane(reach), SIDE * SIDE) };
}

function askLine(run) {
  const reach = reachOf(run);
  const x = Float32Array.from({ length: CURVE }, (_, i) => reach * (2 * i / (CURVE - 1) - 1));
  return { x, values: run.predict(x, CURVE) };
}

const MEASURES = {
  statistics: (run) => ({ ...run.statistics(), distinct: distinct(run) }),
  plane: askPlane,
  line: askLine,
  digits: (run) => ({ values: run.predict(run.examples().inputs, DIGITS) }),
};

/** Fixed irregular numbers by their count, so that each is computed once. */
const irregular = new Map();

function irregularNumbers(count) {
  if (!irregular.has(count)) {
    irregular.set(count, Float64Array.from({ length: count }, (_, j) => Math.sin(1 + j * j)));
  }
  return irregular.get(count);
}

/**
 * For each hidden layer the number of its units that differ from each other in their weights.
 *
 * A row of weights is told by its product with fixed irregular numbers, which is cheap.
 */
export function distinct(run) {
  const hidden = run.parameters.filter(({ name }) => /^\d+\.weight$/.test(name));
  return hidden.map(({ shape: [rows, columns], values }) => {
    const factors = irregularNumbers(columns);
    const found = new Set();
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += values[i * columns + j] * factors[j];
      found.add(sum);
    }
    return found.size;
  });
}

/**
 * A session answers each message with one frame, by `post`. Messages:
 *   {kind: "start", experiment, changes}  begins a run; changes are names of interventions
 *   {kind: "advance", count, budget}      at most so many updates, in so many ms with what is due then
 *   {kind: "adjust", changes}             changes live fields
 *   {kind: "intervene", name}             changes parameters by hand
 *   {kind: "look"}                        measures again
 * Each may carry `wants`, the names of the measures that are in view, and `id`, which its frame
 * repeats. A frame has what `frame` below lists; measures that are not due are left out of the
 * answer to an "advance" with a budget, so that they never take more than their part of the time.
 */
export function createSession(digits, post, now = () => performance.now()) {
  let run = null;
  const costs = new Map(); // by measure: ms it took, and when it was made
  const kinds = {
    start: ({ experiment, changes = [] }) => {
      run = createRun(experiment, { digits });
      for (const name of changes) INTERVENTIONS[name].apply(run);
      costs.clear();
    },
    advance,
    adjust: ({ changes }) => run.adjust(changes),
    intervene: ({ name }) => INTERVENTIONS[name].apply(run),
    look: () => {},
  };

  function advance({ count, budget, wants = [] }) {
    const whole = now() + budget;
    const measures = wants.filter((name) => due(name, whole));
    const end = measures.reduce((time, name) => time - costOf(name).took, whole);
    let left = count;
    do {
      if (!run.step(1)) return;
      left--;
    } while (left > 0 && now() < end);
  }

  const costOf = (name) => costs.get(name) ?? { took: 0, at: -Infinity };

  function due(name, then) {
    const { took, at } = costOf(name);
    return then - at >= PAUSE[name] * took;
  }

  function measured(name) {
    const start = now();
    const value = MEASURES[name](run);
    costs.set(name, { took: now() - start, at: now() });
    return value;
  }

  function frame({ kind, budget, id, wants = [] }) {
    const found = {
      id,
      kind,
      step: run.steps,
      diverged: run.diverged,
      batchLoss: run.batchLoss,
      theory: run.theory,
      gradientTheory: run.gradientTheory,
    };
    if (kind === "start") found.examples = run.examples();
    const all = kind !== "advance" || !budget || run.diverged;
    for (const name of wants) {
      if (all || due(name, now())) found[name] = measured(name);
    }
    return found;
  }

  return (message) => {
    try {
      kinds[message.kind](message);
      post(frame(message));
    } catch (error) {
      post({ id: message.id, kind: message.kind, error: String(error?.message ?? error) });
    }
  };
}

/** Serve messages that arrive at a worker; the first one holds the digits. */
export function serve(scope) {
  let session = null;
  scope.onmessage = ({ data }) => {
    if (session) session(data);
    else session = createSession(data.digits, (frame) => scope.postMessage(frame));
  };
}
