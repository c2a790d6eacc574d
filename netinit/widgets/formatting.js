// Numbers as text.

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

export const superscript = (exponent) => [...String(exponent)].map((c) => SUPERSCRIPTS[c]).join("");

/** Text of a number as netinit.widgets.formatting.number writes it. */
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

/** Text of a tick: a power of ten on a log axis, else as few digits as tell ticks apart. */
export function tickText(value, log, all) {
  if (log) return value === 0 ? "1" : value === 1 ? "10" : `10${superscript(value)}`;
  const step = all.length > 1 ? Math.abs(all[1] - all[0]) : Math.abs(value) || 1;
  if (Math.abs(value) >= 1e5 || (step < 1e-3 && value)) return number(value);
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))).replace("-", "−");
}
