// Numbers as text.

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const superscript = (exponent) =>
  [...String(exponent)].map((c) => c === "-" ? "⁻" : SUPERSCRIPTS[c]).join("");

const KINDS = {
  d: (value) => value.toFixed(0),
  e: (value, digits) => value.toExponential(digits),
  f: (value, digits) => value.toFixed(digits),
  g: (value, digits) => general(value, digits || 1),
  "%": (value, digits) => `${(100 * value).toFixed(digits)}%`,
};

/** Text of a number as netinit.widgets.formatting.number writes it. */
export function number(value, spec = ".3g") {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const digits = Number(spec.slice(1, -1));
  const kind = spec.at(-1);
  const [signed, exponent] = KINDS[kind](value, digits).split("e");
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

/** Text of a tick: a power of ten on a log axis, else as few digits as tell ticks apart. */
export function tickText(value, log, all) {
  if (log && (value === 0 || value === 1)) return String(10 ** value);
  if (log) return `10${superscript(value)}`;
  const step = all.length > 1 ? Math.abs(all[1] - all[0]) : Math.abs(value) || 1;
  if (Math.abs(value) >= 1e5 || (step < 1e-3 && value)) return number(value);
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))).replace("-", "−");
}
