// Where the parts of the laboratory stand on the page.

import { html } from "../../netinit/widgets/dom.js";

const ROOMY = "(min-width: 80rem)"; // as in the style sheet: the folds stand beside the panels

/** A fold with a title and a line of words: {element, say(words)}; open where there is room. */
export function createFold(title, inner) {
  const line = html("span", {});
  const element = html(
    "details",
    { class: "lab-fold" },
    html("summary", {}, html("strong", {}, `${title} `), line),
    inner,
  );
  element.open = matchMedia(ROOMY).matches;
  return {
    element,
    say: (words) => {
      line.textContent = words;
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
    html(
      "div",
      { class: "lab-work" },
      html("div", { class: "lab-folds" }, setup.element, hands.element),
      panels.element,
    ),
    numbers.element,
    switches,
    html(
      "div",
      { class: "lab-extras" },
      titled("Compare", pins),
      titled("Share", copies),
    ),
  );
}
