// Numbers as text, ticks, scales and markers: what charts are made of.

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

export const superscript = (exponent) => [...String(exponent)].map((c) => SUPERSCRIPTS[c]).join("");

/** Text of a number as netinit.widgets.words.number writes it. */
export function number(value, spec = ".3g") {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const digits = Number(spec.slice(1, -1)), kind = spec.at(-1);
  const text = kind === "d" ? value.toFixed(0) : kind === "f" ? value.toFixed(digits)
    : kind === "%" ? `${(100 * value).toFixed(digits)}%`
    : kind === "e" ? value.toExponential(digits) : general(value, digits || 1);
  const [signed, exponent] = text.split("e");
  const mantissa = signed.replace("-", /[1-9]/.test(signed) ? "−" : "");
  return exponent === undefined ? mantissa : `${mantissa} × 10${superscript(Number(exponent))}`;
}

function general(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const plain = exponent >= -4 && exponent < digits;
  const text = plain ? value.toFixed(digits - 1 - exponent) : mantissa;
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return plain ? short : `${short}e${exponent}`;
}

/** Round numbers from low to high, about `count` but two at least; whole ones if asked. */
export function ticks(low, high, count, whole = false) {
  const rough = (high - low) / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(rough));
  const many = (m) => Math.floor(high / (m * power) + 1e-9) - Math.ceil(low / (m * power) - 1e-9) >= 2;
  const wide = [1, 2, 5, 10].filter((m) => m * power >= rough * 0.999);
  let step = power * (wide.find(many) ?? [5, 2, 1, 0.5, 0.2].find(many) ?? wide[0]);
  if (whole) step = Math.max(1, Math.round(step));
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

/** Text of a tick: a power of ten on a log axis, else as few digits as tell ticks apart. */
export function tickText(value, log, all) {
  if (log) return value === 0 ? "1" : value === 1 ? "10" : `10${superscript(value)}`;
  const step = all.length > 1 ? Math.abs(all[1] - all[0]) : Math.abs(value) || 1;
  if (Math.abs(value) >= 1e5 || (step < 1e-3 && value)) return number(value);
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))).replace("-", "−");
}

/** Linear map that carries its own description, so that a drawing can be read back. */
export function scale(from, to) {
  const map = (value) => to[0] + ((value - from[0]) / (from[1] - from[0])) * (to[1] - to[0]);
  return Object.assign(map, { from, to });
}

const SHAPES = {
  forward: (x, y) => `M${x - 3},${y}a3,3 0 1,0 6,0a3,3 0 1,0 -6,0z`,
  backward: (x, y) => `M${x - 2.7},${y - 2.7}h5.4v5.4h-5.4z`,
  third: (x, y) => `M${x},${y - 3.6}l3.6,6.2h-7.2z`,
  fourth: (x, y) => `M${x},${y - 3.8}l3.8,3.8l-3.8,3.8l-3.8,-3.8z`,
};

/** Outline of a role's marker: a second channel beside its colour. */
export const marker = (role, x, y) => (SHAPES[role] ?? SHAPES.forward)(round(x), round(y));

export const round = (pixels) => Math.round(pixels * 100) / 100;
export const colour = (role) => `var(--ni-${role})`;
