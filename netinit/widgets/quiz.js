import { html, newId, svg } from "./dom.js";
import { inline } from "./markup.js";

const MARKS = { right: "M3 9l4 4 8-9", wrong: "M4 4l10 10M14 4L4 14" };

/** @param {{ model: object, el: HTMLElement }} context as anywidget gives it */
function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const { question, answers, several } = model.get("spec");
  const group = newId();
  const rows = answers.map((answer, i) => answerRow(answer, several, `${group}-${i}`, group));
  const told = html("div", { class: "ni-told", role: "status" });
  const check = html("button", { type: "submit" }, "Check");
  const root = html(
    "form",
    { class: "ni-quiz", novalidate: true },
    html(
      "fieldset",
      {},
      html("legend", {}, ...inline(question)),
      several ? html("p", { class: "ni-hint" }, "More than one may be right.") : null,
      ...rows.map((row) => row.element),
    ),
    html(
      "div",
      { class: "ni-answer" },
      check,
      html(
        "div",
        { class: "ni-room" },
        told,
        ...(several ? [] : answers.map((answer) => unsaid(verdict(answer)))),
      ),
    ),
  );

  function draw() {
    const chosen = new Set(model.get("chosen"));
    const checked = model.get("checked");
    const done = checked && answers.every((answer) => chosen.has(answer.text) === answer.right);
    rows.forEach((row, i) => row.show(chosen.has(answers[i].text), checked));
    told.replaceChildren(...(checked ? said(answers, chosen, several, done) : []));
    root.dataset.state = !checked ? "open" : done ? "right" : "wrong";
  }

  const set = (change) => {
    for (const [trait, value] of Object.entries(change)) model.set(trait, value);
    model.save_changes();
  };
  root.addEventListener("change", () => {
    set({
      checked: false,
      chosen: answers.filter((_, i) => rows[i].input.checked).map((answer) => answer.text),
    });
  }, { signal });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    set({ checked: true });
  }, { signal });
  // JupyterLab's command mode would take the arrow keys from the answers.
  root.addEventListener("focusin", (event) => {
    event.target.dataset.lmSuppressShortcuts = "true";
  }, { signal });
  el.append(root);
  model.on("change:chosen change:checked", draw);
  draw();
  return () => {
    life.abort();
    model.off("change:chosen change:checked", draw);
    root.remove();
  };
}

function answerRow({ text, right }, several, id, group) {
  const input = html("input", { type: several ? "checkbox" : "radio", name: group, id });
  const mark = html("span", { class: "ni-mark" });
  const element = html(
    "div",
    { class: "ni-choice" },
    input,
    html("label", { for: id }, html("span", {}, ...inline(text)), mark),
  );
  const show = (chosen, checked) => {
    input.checked = chosen;
    mark.replaceChildren(...(chosen && checked ? [sign(right)] : []));
  };
  return { element, input, show };
}

/** A tick or a cross: a shape, beside the words and the color. */
const sign = (right) =>
  svg("svg", {
    viewBox: "0 0 18 18",
    width: 18,
    height: 18,
    "aria-hidden": "true",
    class: right ? "ni-right" : "ni-wrong",
  }, svg("path", { d: MARKS[right ? "right" : "wrong"] }));

const verdict = ({ feedback, right }) =>
  html("p", {}, html("strong", {}, right ? "Right." : "Not right."), " ", ...inline(feedback));

/** What is said to a reader who asks. */
function said(answers, chosen, several, done) {
  const picked = answers.filter((answer) => chosen.has(answer.text));
  if (!picked.length) return [html("p", {}, "Choose an answer first.")];
  if (!several) return picked.map(verdict);
  const all = done
    ? "All right."
    : picked.every((answer) => answer.right)
    ? "Right so far, but one is missing."
    : "Not all of these are right.";
  return [
    html("p", {}, html("strong", {}, all)),
    ...picked.map((answer) => {
      const words = verdict(answer);
      words.prepend(sign(answer.right), html("em", {}, ...inline(answer.text)), ": ");
      return words;
    }),
  ];
}

/** Keeps room for words that may come, so that the page does not jump. */
function unsaid(words) {
  words.className = "ni-unsaid";
  words.setAttribute("aria-hidden", "true");
  return words;
}

export default { render };
