// The curves of a run, and of the starts that were pinned.

const ROOM = 600; // points of a curve; of more, every second one is dropped
const KEYS = ["step", "loss", "testLoss", "accuracy", "testAccuracy"];

export function createHistory() {
  return Object.fromEntries(KEYS.map((key) => [key, []]));
}

/** Add what a frame measured, if it measured and is later than what is there. */
export function remember(history, { statistics }) {
  if (!statistics || statistics.step <= (history.step.at(-1) ?? -1)) return;
  for (const key of KEYS) history[key].push(statistics[key] ?? NaN);
  if (history.step.length <= ROOM) return;
  for (const key of KEYS) history[key] = history[key].filter((_, i) => i % 2 === 0);
}

/** Whether something that was stored is a history: one number, or null, for each curve and step. */
export function isHistory(found) {
  const steps = found?.step?.length;
  return KEYS.every((key) =>
    Array.isArray(found?.[key]) && found[key].length === steps && steps <= ROOM &&
    found[key].every((value) => value === null || typeof value === "number")
  );
}

export const PINS = 3;

/** The names and values in which two experiments differ, in a few words. */
export function difference(experiment, other, named) {
  const names = Object.keys(experiment).filter((name) => experiment[name] !== other[name]);
  return names.map((name) => named(name, experiment[name])).join(", ") || "nothing";
}
