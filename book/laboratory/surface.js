// A canvas that fits its place, in the colors of the page.

import { html } from "../../netinit/widgets/dom.js";

const ROLES = ["forward", "backward", "focus", "other", "theory", "reference", "ink"];
const PAGE = ["page", "raised", "line", "soft", "accent", "warm"];
export const FONT = '12px "Segoe UI", Ubuntu, "Helvetica Neue", "Liberation Sans", sans-serif';

/** The colors of a theme, as the style sheets give them. */
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  return Object.fromEntries([
    ...PAGE.map((name) => [name, value(`--${name}`)]),
    ...ROLES.map((name) => [name, value(`--ni-${name}`)]),
  ]);
}

/** Red, green and blue (0 to 255) of "#RRGGBB". */
export const channels = (color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));

/** A canvas in its place: {canvas, clear(width, height) -> {context, width, height}}. */
export function surface(name) {
  const canvas = html("canvas", { class: "lab-canvas", role: "img", "data-canvas": name });
  const context = canvas.getContext("2d");
  const clear = (room, height) => {
    const width = Math.max(40, room);
    const ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
    if (
      canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)
    ) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = `${height}px`;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = FONT;
    context.textBaseline = "middle";
    return { context, width, height };
  };
  return { canvas, clear };
}
