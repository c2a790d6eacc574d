// Pinned starts, kept by the browser for a reload of the tab. The address stays short without them.

import { validate, VERSION } from "./engine/experiment.js";
import { isHistory, PINS } from "./history.js";

const KEPT = "laboratory-pins";

/** The pins of this tab; none where they were written by another version, or are not ours. */
export function recall() {
  try {
    const { version, pins } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    return version === VERSION ? pins.slice(0, PINS).filter(isPin).map(opened) : [];
  } catch {
    return []; // not allowed here, or no JSON
  }
}

/** Keep them until the tab is closed. */
export function keep(pins) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ version: VERSION, pins }));
  } catch { /* not allowed here: they stay as long as the page is open */ }
}

const isPin = (pin) => validate(pin?.experiment).problems.length === 0 && isHistory(pin.history);

/** JSON has no NaN, which stands for what was not measured. */
function opened({ experiment, history }) {
  const curves = Object.entries(history).map(([key, values]) => [key, values.map((v) => v ?? NaN)]);
  return { experiment: validate(experiment).experiment, history: Object.fromEntries(curves) };
}
