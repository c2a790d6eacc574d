// A run and what is measured of it, driven by messages: in a worker, or in the page itself.

import { createRun } from "./engine/run.js";
import { INTERVENTIONS } from "./interventions.js";

const SIDE = 51; // points of the plane in each direction
const CURVE = 161; // points of the fitted curve
const SHARE = 5; // a measurement takes at most one part in so many of the time

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
  digits: (run) => {
    const { inputs, count } = run.examples();
    return { values: run.predict(inputs, count) };
  },
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
 *   {kind: "advance", count, budget}      at most so many updates in so many ms
 *   {kind: "adjust", changes}             changes live fields
 *   {kind: "intervene", name}             changes parameters by hand
 *   {kind: "look"}                        measures again
 * Each may carry `wants`, the names of the measures that are in view, and `id`, which its frame
 * repeats. A frame has what `frame` below lists; measures that are not due are left out, so that
 * they never take more than a part of the time.
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
    advance: ({ count, budget }) => advance(count, budget),
    adjust: ({ changes }) => run.adjust(changes),
    intervene: ({ name }) => INTERVENTIONS[name].apply(run),
    look: () => {},
  };

  function advance(count, budget) {
    const end = now() + budget;
    let left = count;
    do {
      if (!run.step(1)) return;
      left--;
    } while (left > 0 && now() < end);
  }

  function due(name) {
    const { took, at } = costs.get(name) ?? { took: 0, at: -Infinity };
    return now() - at >= SHARE * took;
  }

  function measured(name) {
    const start = now();
    const value = MEASURES[name](run);
    costs.set(name, { took: now() - start, at: now() });
    return value;
  }

  function frame({ kind, id, wants = [] }) {
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
    for (const name of wants) {
      if (kind !== "advance" || run.diverged || due(name)) found[name] = measured(name);
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
