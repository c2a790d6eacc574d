// Where the parts of the laboratory stand on the page.

import { summary } from "./fields.js";
import { html } from "../../netinit/widgets/dom.js";

const ROOMY = "(min-width: 80rem)"; // as in the style sheet: the controls stand beside the panels

/** The fold around the controls, with the experiment in one line: {element, show(experiment)}. */
export function createSetup(form) {
  const line = html("span", {});
  const element = html(
    "details",
    { class: "lab-setup" },
    html("summary", {}, html("strong", {}, "Experiment "), line),
    form.element,
  );
  element.open = matchMedia(ROOMY).matches;
  return {
    element,
    show: (experiment) => {
      form.show(experiment);
      line.textContent = summary(experiment);
    },
  };
}

/** Sentences on what could not be done as asked: {element, tell(sentences)}. */
export function createProblem() {
  const element = html("p", { class: "lab-problem", role: "status", hidden: true });
  return {
    element,
    tell: (sentences) => {
      element.textContent = sentences.join(" ");
      element.hidden = !sentences.length;
    },
  };
}

const titled = (title, { element }) => html("div", {}, html("h2", {}, title), element);

/** Put the parts into the root, in the order in which a reader needs them. */
export function assemble(root, parts) {
  const { problem, bar, challenges, setup, panels, numbers, switches, hands, pins, copies } = parts;
  root.replaceChildren(
    problem.element,
    bar.element,
    challenges.element,
    html("div", { class: "lab-work" }, setup.element, panels.element),
    numbers.element,
    switches,
    html(
      "div",
      { class: "lab-extras" },
      titled("By hand", hands),
      titled("Compare", pins),
      titled("Pass on", copies),
    ),
  );
}
