// The rule for slow cells: wherever one goes through seeds by range(n), n becomes 2, unless the cell
// is tagged all-seeds: others need what it makes, or it what others made, of all seeds.
const SEEDS = /\b(seeds ?= ?|for seed in |for s in )range\((\d+)\)/g;
const SLOW = 10; // seconds, from which a cell counts as slow
export const FEW = 2;
const LONG = 20; // seconds, from which the length of a run of several cells is told

/** The source with fewer seeds; the source itself where it names none. */
export function fewer(source) {
  return source.replace(
    SEEDS,
    (whole, before, count) => Number(count) > FEW ? `${before}range(${FEW})` : whole,
  );
}

/** A time in words, for reading and not for measuring. */
export function about(seconds) {
  if (seconds < 55) return `about ${Math.max(5, Math.round(seconds / 5) * 5)} seconds`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes === 1 ? "about a minute" : `about ${minutes} minutes`;
}

/** Whether a cell is slow and may go through fewer seeds; `whole` if it needs them all. */
export function hasSeeds({ seconds = 0, source, whole = false }) {
  return !whole && seconds >= SLOW && fewer(source) !== source;
}

/** What is said of cells while they run, one after another: nothing, or how long they take. */
export function lengthOf(cells) {
  const seconds = cells.reduce((sum, cell) => sum + (cell.seconds ?? 0), 0);
  if (cells.length === 1 || seconds < LONG) return "";
  const all = cells.some(hasSeeds) ? " with all seeds" : "";
  return `All ${cells.length} cells take ${about(seconds)}${all}.`;
}
