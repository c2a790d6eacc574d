import { control } from "./controls.js";
import { html } from "./dom.js";
import { color } from "./marks.js";
import { decode, lookup } from "./table.js";

const QUIET = 250; // ms without a change before a screen reader is told the result

/**
 * The widget for anywidget, which draws panels by `kinds`: {kind: {draw, legend}}, as Panel in
 * panels/base.py describes them.
 */
export const explorer = (kinds) => ({ render: (context) => render(context, kinds) });

function render({ model, el }, kinds) {
  const life = new AbortController();
  const { signal } = life;
  const spec = model.get("spec");
  const columns = decode(model.get("table"));
  const { indices, pick } = stateOf(model, spec);
  const controls = spec.controls.map((one) =>
    control(one, (index) => pick({ [one.name]: one.values[index] }), signal)
  );
  const choose = (places) => {
    const chosen = spec.controls.filter((one) => one.name in places);
    pick(Object.fromEntries(chosen.map((one) => [one.name, one.values[places[one.name]]])));
  };
  const panels = spec.panels.map((panel) => panelOf(panel, kindOf(panel, kinds), choose, signal));
  const words = wordsOf(spec, columns);
  const numbers = numbersOf(() => shown);
  let width = -1;
  let place = "";
  let shown = [];

  const reset = html("button", { type: "button", class: "ni-reset" }, "Reset");
  const root = html(
    "div",
    { class: "ni-explorer", role: "group", "aria-label": spec.title || "Explorer" },
    html(
      "div",
      { class: "ni-head" },
      html("p", { class: "ni-title" }, spec.title),
      controls.length ? reset : null,
    ),
    spec.description ? html("p", { class: "ni-description" }, spec.description) : null,
    html("div", { class: "ni-controls" }, ...controls.map((one) => one.element)),
    html("div", { class: "ni-panels" }, ...panels.map((panel) => panel.element)),
    words.notes,
    numbers.element,
    words.live,
  );

  function draw() {
    const now = indices();
    if (width === root.clientWidth && place === now.join()) return;
    width = root.clientWidth;
    place = now.join();
    controls.forEach((one, i) => one.show(now[i]));
    const frame = frameOf(spec, columns, now);
    shown = panels.map((panel) => panel.draw(frame));
    words.tell(now, shown);
    numbers.update();
    root.dataset.drawn = Number(root.dataset.drawn ?? 0) + 1;
  }

  reset.addEventListener("click", () => {
    for (const one of controls) one.stop?.();
    pick(Object.fromEntries(spec.controls.map((one) => [one.name, one.values[one.start]])));
  }, { signal });
  // JupyterLab's command mode would take the arrow keys from the focused control.
  root.addEventListener("focusin", (event) => {
    event.target.dataset.lmSuppressShortcuts = "true";
  }, { signal });
  el.append(root);
  model.on("change:selection", draw);
  const observer = new ResizeObserver(draw);
  observer.observe(root);
  draw();
  return () => {
    life.abort();
    observer.disconnect();
    words.stop();
    model.off("change:selection", draw);
    root.remove();
  };
}

/** The selection is kept in the model alone: this reads it as indices and changes it by value. */
function stateOf(model, spec) {
  const indices = () => {
    const selection = model.get("selection") ?? {};
    return spec.controls.map((one) => {
      const index = one.values.findIndex((value) => same(value, selection[one.name]));
      return index < 0 ? one.start : index;
    });
  };
  const pick = (change) => {
    const now = indices();
    const selection = Object.fromEntries(
      spec.controls.map((one, i) => [one.name, one.values[now[i]]]),
    );
    model.set("selection", { ...selection, ...change });
    model.save_changes();
  };
  return { indices, pick };
}

/** What is said of a drawing: notes for all, and the result in words for a screen reader. */
function wordsOf(spec, columns) {
  // Room for notes is kept wherever one may come, so that the page does not jump.
  const noted = Object.values(columns).some((column) =>
    column.kind !== "text" && !column.values.every(Number.isFinite)
  );
  const notes = html("p", { class: "ni-notes", hidden: !noted });
  const live = html("p", { class: "ni-hidden" });
  let timer = 0;
  const tell = (now, shown) => {
    const said = sentences(shown.flatMap((drawn) => drawn.notes));
    if (notes.textContent !== said) notes.textContent = said;
    notes.hidden = !said && !noted;
    const state = spec.controls.map((one, i) => `${one.label} ${one.texts[now[i]]}`).join(", ");
    const results = shown.map((drawn) => drawn.summary);
    const result = [state, ...results].filter(Boolean).map((part) => `${part}.`).join(" ");
    clearTimeout(timer);
    if (live.hasAttribute("aria-live")) {
      timer = setTimeout(() => {
        live.textContent = result;
      }, QUIET);
    } else live.textContent = result; // a page that opens does not talk
    live.setAttribute("aria-live", "polite");
  };
  return { notes, live, tell, stop: () => clearTimeout(timer) };
}

/** One sentence per kind of note: "Gaps where values are not numbers: a; b." */
function sentences(pairs) {
  const kinds = new Map();
  for (const [kind, which] of pairs) kinds.set(kind, (kinds.get(kind) ?? new Set()).add(which));
  return [...kinds].map(([kind, which]) => `${kind}: ${[...which].join("; ")}.`).join(" ");
}

const same = (a, b) =>
  a === b ||
  (typeof a === "number" && typeof b === "number" &&
    Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)));

/**
 * Function that finds the array of a key in the table for the controls' indices. Its `until` finds
 * all frames up to now of a played array, its `final` the last of them all (any other array as it
 * is), its `at` the index of a control, its `texts` all texts.
 */
function frameOf(spec, columns, now) {
  const called = now.filter((_, i) => spec.controls[i].kind !== "play");
  const time = {};
  const end = {};
  spec.controls.forEach((one, i) => {
    for (const key of one.keys) [time[key], end[key]] = [now[i], one.values.length - 1];
  });
  return Object.assign((key) => lookup(columns[key], called, time[key]), {
    until: (key) => lookup(columns[key], called, time[key], 0),
    final: (key) => lookup(columns[key], called, end[key]),
    at: (name) => now[spec.controls.findIndex((one) => one.name === name)],
    texts: (key) => columns[key].texts,
  });
}

function kindOf(panel, kinds) {
  if (Object.hasOwn(kinds, panel.kind)) return kinds[panel.kind];
  throw new Error(
    `no panel is of kind "${panel.kind}"; this script draws ${Object.keys(kinds).join(", ")}`,
  );
}

function panelOf(panel, kind, choose, signal) {
  const stage = html("div", { class: "ni-stage" });
  const tip = html("div", { class: "ni-tip", "aria-hidden": "true", hidden: true });
  let drawn;
  let measured = 0;
  const element = html(
    "div",
    { class: `ni-panel ni-${panel.kind}` },
    panel.title ? html("p", { class: "ni-panel-title" }, panel.title) : null,
    kind.legend?.(panel),
    stage,
  );
  const draw = (frame) => {
    const width = Math.max(220, Math.floor(stage.clientWidth) || 320);
    drawn = kind.draw(panel, frame, width);
    tip.hidden = true;
    stage.replaceChildren(drawn.element, tip);
    stage.classList.toggle("ni-choosable", Boolean(drawn.choose));
    if (drawn.others && width !== measured) {
      stage.style.minHeight = `${tallest(stage, drawn.others())}px`;
    }
    measured = width;
    return drawn;
  };
  // The values under the pointer; the keyboard's way to them is the table.
  const hide = () => {
    tip.hidden = true;
    drawn.guide?.remove();
  };
  const placed = (event) => {
    const { left, top } = stage.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  stage.addEventListener("pointermove", (event) => {
    const found = drawn.probe?.(...placed(event));
    if (!found) {
      hide();
      return;
    }
    drawn.element.append(drawn.guide);
    tip.replaceChildren(
      ...found.lines.map(({ role, text }) =>
        html("div", { style: role ? `border-color: ${color(role)}` : null }, text)
      ),
    );
    tip.hidden = false;
    const beyond = found.place + 12 + tip.offsetWidth > stage.clientWidth;
    const left = beyond ? Math.max(0, found.place - 12 - tip.offsetWidth) : found.place + 12;
    tip.style.left = `${left}px`;
    if (found.top !== undefined) {
      const low = found.top < tip.offsetHeight + 16;
      tip.style.top = `${low ? found.top + 22 : found.top - tip.offsetHeight - 8}px`;
    }
  }, { signal });
  stage.addEventListener("pointerleave", hide, { signal });
  stage.addEventListener("click", (event) => {
    const places = drawn.choose?.(...placed(event));
    if (places) choose(places);
  }, { signal });
  return { element, draw };
}

/** Height of the tallest of some elements at the width of a stage. */
function tallest(stage, elements) {
  const ghost = html("div", { class: "ni-ghost" }, ...elements);
  stage.append(ghost);
  const height = ghost.offsetHeight;
  ghost.remove();
  return height;
}

/** The numbers as tables, made when they are asked for. */
function numbersOf(current) {
  const body = html("div", {
    class: "ni-tables",
    tabindex: 0,
    role: "group",
    "aria-label": "The numbers drawn",
  });
  const element = html(
    "details",
    { class: "ni-details" },
    html("summary", {}, "Show the numbers"),
    body,
  );
  const update = () => {
    const tables = current().filter((drawn) => drawn.table);
    element.hidden = tables.length === 0;
    if (element.open) body.replaceChildren(...tables.map((drawn) => table(drawn.table())));
  };
  element.addEventListener("toggle", update);
  return { element, update };
}

function table({ caption, head, rows }) {
  const cells = ([first, ...rest]) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, first),
      ...rest.map((text) => html("td", {}, text)),
    );
  return html(
    "table",
    {},
    caption ? html("caption", {}, caption) : null,
    html(
      "thead",
      {},
      html(
        "tr",
        {},
        ...head.map((text) => html(text ? "th" : "td", { scope: text ? "col" : null }, text)),
      ),
    ),
    html("tbody", {}, ...rows.map(cells)),
  );
}
