// Scales, ticks and markers: what charts are made of.

/** Round numbers from low to high, about `count` but two at least; whole ones if asked. */
export function ticks(low, high, count, whole = false) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const many = (m) =>
    Math.floor(high / (m * power) + 1e-9) - Math.ceil(low / (m * power) - 1e-9) >= 2;
  const wide = [1, 2, 5, 10].filter((m) => m * power >= rough * 0.999);
  let step = power * (wide.find(many) ?? [5, 2, 1, 0.5, 0.2].find(many) ?? wide[0]);
  if (whole) step = Math.max(1, Math.round(step));
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
    found.push(i * step);
  }
  return found;
}

/** Linear map that carries its own description, so that a drawing can be read back. */
export function scale(from, to) {
  const map = (value) => to[0] + ((value - from[0]) / (from[1] - from[0])) * (to[1] - to[0]);
  return Object.assign(map, { from, to });
}

const SHAPES = {
  forward: (x, y) => `M${x - 3},${y}a3,3 0 1,0 6,0a3,3 0 1,0 -6,0z`,
  backward: (x, y) => `M${x - 2.7},${y - 2.7}h5.4v5.4h-5.4z`,
  focus: (x, y) => `M${x},${y - 3.6}l3.6,6.2h-7.2z`,
  other: (x, y) => `M${x},${y - 3.8}l3.8,3.8l-3.8,3.8l-3.8,-3.8z`,
};

/** Outline of a role's marker: a second channel beside its color. */
export const marker = (role, x, y) => (SHAPES[role] ?? SHAPES.forward)(round(x), round(y));

export const round = (pixels) => Math.round(pixels * 100) / 100;
export const color = (role) => `var(--ni-${role})`;
