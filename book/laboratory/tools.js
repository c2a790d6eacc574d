// Beside the run: changes by hand, pinned starts, which panels are shown, links and code to copy.

import { difference, PINS } from "./history.js";
import { labelOf } from "./form.js";
import { nameOf } from "./fields.js";
import { INTERVENTIONS } from "./interventions.js";
import { PANELS } from "./panels.js";
import { html, newId } from "../../netinit/widgets/dom.js";
import { write } from "./text.js";

/** Buttons that change the parameters of the run by hand. */
export function createHands(act, signal) {
  const log = html("p", { class: "lab-log" });
  const buttons = Object.entries(INTERVENTIONS).map(([name, { label }]) => {
    const button = html("button", { type: "button", "data-hand": name }, label);
    button.addEventListener("click", () => act(name), { signal });
    return button;
  });
  return {
    element: html(
      "div",
      { class: "lab-hands" },
      html("div", { class: "lab-buttons", role: "group", "aria-label": "By hand" }, ...buttons),
      log,
    ),
    show: (byHand, adjusted) => {
      const last = byHand.at(-1);
      const words = [
        last ? `${INTERVENTIONS[last].told}.` : "",
        byHand.length > 1 ? `${byHand.length} changes by hand since the start.` : "",
        adjusted.length
          ? `Changed while it ran: ${adjusted.map(labelOf).join(", ").toLowerCase()}.`
          : "",
      ];
      write(log, words.filter(Boolean).join(" "));
    },
  };
}

/** The starts that stay on the page as curves: {element, show(pins, experiment)}. */
export function createPins(pin, unpin, signal) {
  const button = html("button", { type: "button", "data-action": "pin" }, "Pin this run");
  button.addEventListener("click", pin, { signal });
  const note = html("p", { class: "lab-note" });
  const list = html("ol", { class: "lab-pins" });
  list.addEventListener("click", (event) => {
    const index = event.target.closest?.("button")?.dataset.pin;
    if (index !== undefined) unpin(Number(index));
  }, { signal });
  const named = (name, value) => `${labelOf(name).toLowerCase()} ${nameOf(value)}`;
  return {
    element: html("div", { class: "lab-pinned" }, button, note, list),
    show: (pins, experiment) => {
      button.disabled = pins.length >= PINS;
      note.textContent = pins.length
        ? "Drawn behind the curves of loss and accuracy until you remove them or close this tab. " +
          "They differ from this experiment in:"
        : "Its curves, up to this step, then stay behind those of the next run.";
      list.replaceChildren(...pins.map((one, i) => {
        const words = difference(one.experiment, experiment, named);
        const remove = html("button", { type: "button", "data-pin": i }, "Remove");
        remove.setAttribute("aria-label", `Remove pinned start ${i + 1}`);
        return html("li", {}, `${words} `, remove);
      }));
    },
  };
}

/** One switch for each panel. */
export function createSwitches(toggled, signal) {
  const boxes = PANELS.map(({ name, title }) => {
    const id = newId();
    const input = html("input", { type: "checkbox", id, checked: true, "data-show": name });
    input.addEventListener("change", () => toggled(name, input.checked), { signal });
    return html("div", { class: "lab-toggle" }, input, html("label", { for: id }, title));
  });
  return html(
    "fieldset",
    { class: "lab-switches" },
    html("legend", {}, "Panels"),
    ...boxes,
  );
}

const TOLD = 4000; // ms that a word on what was copied stays

async function copied(text) {
  if (!navigator.clipboard || !globalThis.isSecureContext) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not allowed here: the text stands on the page, to be copied by hand
  }
}

/**
 * Buttons that copy the link and the Python lines; both also stand on the page. `link(plays)` is
 * told whether it shall start to play.
 */
export function createCopies(link, python, signal) {
  const pre = html("pre", {});
  const box = html("div", { class: "lab-python", tabindex: 0, role: "group" }, pre);
  box.setAttribute("aria-label", "Python");
  const field = html("input", { type: "text", readonly: true, "aria-label": "Link to this" });
  const id = newId();
  const plays = html("input", { type: "checkbox", id, "data-link": "plays" });
  const told = html("span", { class: "lab-copied", role: "status" });
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  const show = () => {
    const code = python();
    write(pre, code); // a selection in it stays
    field.value = link(plays.checked);
  };
  plays.addEventListener("change", show, { signal });
  const details = html(
    "details",
    { class: "lab-code" },
    html("summary", {}, "The link, and the same experiment in Python"),
    html("p", {}, field),
    box,
    html(
      "p",
      { class: "lab-note" },
      "The same distributions, sizes and settings; netinit draws its own random numbers.",
    ),
  );
  const button = (name, label, text) => {
    const element = html("button", { type: "button", "data-action": name }, label);
    element.addEventListener("click", async () => {
      show();
      const done = await copied(text());
      if (!done) details.open = true;
      told.textContent = done ? "Copied." : "Copy it from the box below.";
      clearTimeout(timer);
      timer = setTimeout(() => told.replaceChildren(), TOLD);
    }, { signal });
    return element;
  };
  details.addEventListener("toggle", show, { signal });
  return {
    element: html(
      "div",
      { class: "lab-copies" },
      html(
        "div",
        { class: "lab-buttons" },
        button("link", "Copy link", () => link(plays.checked)),
        button("python", "Copy as Python", python),
        told,
      ),
      html(
        "div",
        { class: "lab-toggle" },
        plays,
        html("label", { for: id }, "Start playing when the link opens"),
      ),
      details,
    ),
    show: () => details.open && show(),
  };
}
