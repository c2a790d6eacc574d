// The panels in the order of the page, and the place on the screen that each gets.

import { html } from "../../netinit/widgets/dom.js";
import curves from "./panels/curves.js";
import histograms from "./panels/histograms.js";
import { gradient, signal, spread, units, update } from "./panels/layers.js";
import network from "./panels/network.js";
import prediction from "./panels/prediction.js";
import { surface } from "./surface.js";

export const PANELS = [
  network,
  prediction,
  curves,
  signal,
  gradient,
  spread,
  update,
  units,
  histograms,
];

/** A line, or a bar, of a legend in the color of a role. */
function sample([label, role, dash]) {
  const bar = dash === "bar";
  const kind = bar ? "lab-swatch" : dash.length ? "lab-dashed" : "lab-line";
  const mark = html("span", { class: kind, style: `--role: var(--ni-${role})` });
  return html("li", {}, mark, label);
}

/**
 * A panel on the page: {panel, element, reserve(view), draw(view), tell(view), seen()}.
 *
 * `reserve` keeps room for its picture, so that nothing moves when it is drawn for the first time. It
 * is drawn only if something that it shows is another one than at the last time.
 */
function place(panel, watcher, seen) {
  const { canvas, clear } = surface(panel.name);
  canvas.setAttribute("aria-label", panel.title);
  const legend = panel.legend && html("ul", { class: "lab-legend" }, ...panel.legend.map(sample));
  const stage = html("div", { class: "lab-stage" }, canvas);
  const element = html(
    "div",
    {
      class: `lab-panel lab-${panel.name}${panel.wide ? " lab-wide" : ""}`,
      "data-panel": panel.name,
    },
    stage,
    legend,
    panel.note && html("p", { class: "lab-note" }, panel.note),
  );
  watcher.observe(element);
  const shows = panel.shows ?? panel.wants;
  let last = [];
  function draw(view) {
    const width = stage.clientWidth;
    const { id, experiment, pins, colors, frame } = view;
    const now = [id, experiment, pins, colors, width, devicePixelRatio];
    now.push(...shows(view).map((name) => frame[name]));
    if (now.length === last.length && now.every((one, i) => one === last[i])) return;
    last = now;
    panel.paint(clear(width, panel.height(width, view)), view);
  }
  return {
    panel,
    element,
    seen: () => !element.hidden && seen.has(element),
    draw,
    reserve: (view) => {
      stage.style.height = `${panel.height(stage.clientWidth, view)}px`;
    },
    tell: (view) => canvas.setAttribute("aria-label", panel.describe(view)),
  };
}

/**
 * All panels: {element, reserve(view), shown(name, on), wants(view), draw(view, tell)}. Only what is
 * in view is measured and drawn; `changed()` is called when something comes into view or changes its
 * size.
 */
export function createPanels(changed, signal_) {
  const seen = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) seen.add(target);
      else seen.delete(target);
    }
    changed();
  }, { rootMargin: "120px" });
  const places = PANELS.map((panel) => place(panel, watcher, seen));
  const element = html("div", { class: "lab-panels" }, ...places.map((one) => one.element));
  const sizes = new ResizeObserver(changed);
  sizes.observe(element);
  signal_.addEventListener("abort", () => {
    watcher.disconnect();
    sizes.disconnect();
  });
  const reserved = { experiment: null, width: 0 };
  function reserve(view) {
    const { experiment } = view;
    const width = element.clientWidth;
    if (experiment === reserved.experiment && width === reserved.width) return;
    Object.assign(reserved, { experiment, width });
    for (const one of places) one.reserve(view);
  }
  const named = new Map(places.map((one) => [one.panel.name, one]));
  return {
    element,
    reserve,
    shown: (name, on) => {
      named.get(name).element.hidden = !on;
      reserved.experiment = null; // what was hidden had no width
    },
    wants: (
      view,
    ) => [...new Set(places.filter((p) => p.seen()).flatMap((p) => p.panel.wants(view)))],
    draw: (view, tell, all = false) => {
      reserve(view);
      for (const one of places) {
        if (one.element.hidden) continue;
        if (all || one.seen()) one.draw(view);
        if (tell) one.tell(view);
      }
    },
  };
}
