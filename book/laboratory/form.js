// The controls of the experiment.

import { FIELDS } from "./engine/experiment.js";
import { GROUPS, nameOf, nearest, STEPS } from "./fields.js";
import { html, newId } from "../../netinit/widgets/dom.js";
import { number } from "../../netinit/widgets/formatting.js";

/** A field is called the same in the form, in sentences and in what an address cannot mean. */
export const labelOf = (name) => FIELDS[name].label;

function menu(name, pick, signal) {
  const id = newId();
  const values = FIELDS[name].values;
  const select = html(
    "select",
    { id, "data-control": name },
    ...values.map((value) => html("option", { value }, nameOf(value))),
  );
  select.addEventListener("change", () => pick(name, select.value), { signal });
  return {
    element: html("div", { class: "lab-field" }, html("label", { for: id }, labelOf(name)), select),
    show: (value) => {
      select.value = value;
    },
  };
}

function slider(name, pick, signal) {
  const id = newId();
  const values = STEPS[name];
  const input = html("input", {
    type: "range",
    id,
    min: 0,
    max: values.length - 1,
    step: 1,
    "data-control": name,
  });
  const shown = html("span", { class: "lab-value", "aria-hidden": "true" }); // the slider says it
  input.addEventListener("input", () => pick(name, values[Number(input.value)]), { signal });
  const show = (value) => {
    const index = nearest(values, value);
    input.value = index;
    input.style.setProperty("--part", index / (values.length - 1));
    input.setAttribute("aria-valuetext", number(value));
    shown.textContent = number(value);
  };
  const label = html("label", { for: id }, labelOf(name));
  return { element: html("div", { class: "lab-field" }, label, shown, input), show };
}

function toggle(name, pick, signal) {
  const id = newId();
  const input = html("input", { type: "checkbox", id, "data-control": name });
  input.addEventListener("change", () => pick(name, input.checked), { signal });
  return {
    element: html(
      "div",
      { class: "lab-field lab-toggle" },
      input,
      html("label", { for: id }, labelOf(name)),
    ),
    show: (value) => {
      input.checked = value;
    },
  };
}

function seed(name, pick, signal) {
  const id = newId();
  const input = html("input", {
    type: "number",
    id,
    min: FIELDS.seed.least,
    max: FIELDS.seed.most,
    step: 1,
    "data-control": name,
  });
  input.addEventListener("change", () => pick(name, input.value), { signal });
  const button = html("button", { type: "button", "data-action": "seed" }, "New seed");
  button.addEventListener("click", () => pick(name, Number(input.value) + 1), { signal });
  return {
    element: html(
      "div",
      { class: "lab-field lab-seed" },
      html("label", { for: id }, labelOf(name)),
      input,
      button,
    ),
    show: (value) => {
      input.value = value;
    },
  };
}

function fieldOf(name, pick, signal) {
  if (name === "seed") return seed(name, pick, signal);
  const make = { choice: menu, switch: toggle }[FIELDS[name].kind] ?? slider;
  return make(name, pick, signal);
}

/**
 * {element, show(experiment)}; `pick(name, value)` is called when the reader changes one, and
 * `first()` when all shall have the first values of the page, or of the challenge.
 */
export function createForm(pick, first, signal) {
  const controls = new Map();
  const groups = GROUPS.map(([title, names]) => {
    for (const name of names) controls.set(name, fieldOf(name, pick, signal));
    const elements = names.map((name) => controls.get(name).element);
    return html("fieldset", {}, html("legend", {}, title), ...elements);
  });
  const back = html("button", { type: "button", "data-action": "first" }, "First settings");
  back.addEventListener("click", first, { signal });
  return {
    element: html("div", { class: "lab-form" }, ...groups, html("div", {}, back)),
    show: (experiment) => {
      for (const [name, control] of controls) control.show(experiment[name]);
    },
  };
}
