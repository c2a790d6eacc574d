// The rule for slow cells: wherever one goes through seeds by range(n), n becomes 2.
const SEEDS = /\b(seeds ?= ?|for seed in |for s in )range\((\d+)\)/g;
export const SLOW = 10; // seconds, from which a cell counts as slow
export const FEW = 2;

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
