// The tail of the normal distribution, with all its digits, which GELU needs.

import { integral } from "./quadrature.js";

// exp(x^2) erfc(x) (1 + 2 x) varies slowly from 1 at 0 to 2 / sqrt(pi) at infinity, and so is a
// short Chebyshev series in (x - CENTER) / (x + CENTER) (Shepherd and Laframboise, 1981).
const CENTER = 3.75;
const TERMS = 24;
const POINTS = 32;
const SERIES = coefficients();

/** (1 + 2 x) exp(x^2) erfc(x) = 2 / sqrt(pi) times the integral over s of exp(-t^2 - 2 x t). */
function slowly(x) {
  const width = 1 / (1 + 2 * x); // s = t / width has a scale of 1 whatever x is
  const decays = (s) => Math.exp(-((s * width) ** 2) - 2 * x * s * width);
  return (2 / Math.sqrt(Math.PI)) * integral(decays);
}

/** Of the series, from its values where the polynomials are cosines. */
function coefficients() {
  const angles = Array.from({ length: POINTS }, (_, i) => (Math.PI * (i + 0.5)) / POINTS);
  const values = angles.map((angle) => slowly(CENTER / Math.tan(angle / 2) ** 2));
  return Array.from({ length: TERMS }, (_, k) => {
    const sum = values.reduce((total, value, i) => total + value * Math.cos(k * angles[i]), 0);
    return (sum * (k === 0 ? 1 : 2)) / POINTS;
  });
}

/** exp(x^2) erfc(x) for x >= 0, by Clenshaw's recurrence. */
export function scaledTail(x) {
  const place = 2 - (4 * CENTER) / (x + CENTER);
  let last = 0;
  let before = 0;
  for (let k = TERMS - 1; k > 0; k--) {
    const next = SERIES[k] + place * last - before;
    before = last;
    last = next;
  }
  return (SERIES[0] + (place * last) / 2 - before) / (1 + 2 * x);
}
