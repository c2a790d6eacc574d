// The challenges on the page: choose one, guess, try, and see the proof.

import { broken, challengeNamed, CHALLENGES } from "./challenges.js";
import { nameOf } from "./fields.js";
import { labelOf } from "./form.js";
import { html, newId } from "../../netinit/widgets/dom.js";
import { write } from "./text.js";

const KEPT = "laboratory-challenges";

function remembered() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEPT) ?? "[]"));
  } catch {
    return new Set(); // private mode, or not ours
  }
}

function keep(solved) {
  try {
    localStorage.setItem(KEPT, JSON.stringify([...solved]));
  } catch { /* private mode: it is remembered as long as the page is open */ }
}

/**
 * {element, open(name, start), current(), asks(), show(view)}.
 *
 * `choose(name)` is called when the reader picks a challenge (null: none), `guessed()` once the
 * question before the first step has an answer.
 */
export function createChallenges(choose, guessed, signal) {
  const solved = remembered();
  const guesses = new Map();
  const state = { challenge: null, start: null, won: null };
  const buttons = CHALLENGES.map((challenge, i) => {
    const button = html("button", { type: "button", "data-challenge": challenge.name });
    button.addEventListener("click", () => {
      choose(state.challenge === challenge ? null : challenge.name);
    }, { signal });
    return { button, challenge, number: i + 1 };
  });
  const place = html("div", { class: "lab-challenge" });
  const element = html(
    "details",
    { class: "lab-challenges" },
    html("summary", {}, html("strong", {}, "Challenges "), "six networks to repair"),
    html(
      "div",
      { class: "lab-choices", role: "group", "aria-label": "Challenges" },
      ...buttons.map(({ button }) => button),
    ),
    place,
  );
  let parts = null;

  function label() {
    for (const { button, challenge, number } of buttons) {
      button.textContent = `${solved.has(challenge.name) ? "✓" : number} ${challenge.title}`;
      button.setAttribute("aria-pressed", String(state.challenge === challenge));
    }
  }

  function open(name, start) {
    state.challenge = challengeNamed(name);
    state.start = start;
    state.won = null;
    if (state.challenge) element.open = true;
    parts = state.challenge && content(state.challenge, guesses, guessed);
    place.replaceChildren(...(parts?.elements ?? []));
    label();
  }

  function show(view) {
    const { challenge, start } = state;
    if (!challenge || !view.initial?.statistics || !view.frame.statistics) return;
    const changed = broken(challenge, view.experiment, start);
    parts.judge(view, changed);
    if (state.won === view.id) return; // the proof stays, whatever this run does next
    const found = challenge.check(view);
    const done = found.done && !changed;
    if (done) win(challenge, view.id);
    parts.proof.dataset.verdict = done ? "done" : changed ? "changed" : "open";
    const words = changed
      ? `This challenge keeps “${labelOf(changed)}” at ${nameOf(start[changed])}.`
      : `${done ? "Done" : "Not yet"}: ${found.words}.`;
    write(parts.proof, words);
  }

  function win(challenge, run) {
    state.won = run;
    solved.add(challenge.name);
    keep(solved);
    label();
    parts.announce();
  }

  label();
  return {
    element,
    open,
    show,
    current: () => state.challenge,
    asks: () => Boolean(state.challenge) && !guesses.has(state.challenge.name),
    ask: () => parts.ask(),
  };
}

function content(challenge, guesses, guessed) {
  const [file, name] = challenge.chapter;
  const proof = html("p", { class: "lab-proof" });
  const judged = html("p", { class: "lab-judged", role: "status" });
  const won = html("p", { class: "unseen", role: "status" }); // the proof changes at every step
  const question = questionOf(challenge, (guess) => {
    guesses.set(challenge.name, guess);
    question.hidden = true;
    guessed();
  });
  question.hidden = guesses.has(challenge.name);
  const hint = html(
    "details",
    { class: "lab-hint" },
    html("summary", {}, "A hint"),
    html("p", {}, challenge.hint),
  );
  const elements = [
    html("h2", {}, challenge.title),
    html("p", {}, challenge.task),
    question,
    judged,
    proof,
    won,
    hint,
    html("p", { class: "lab-chapter" }, "Read more: ", html("a", { href: `${file}.html` }, name)),
  ];
  function judge(view, changed) {
    const guess = guesses.get(challenge.name);
    if (guess === undefined || changed || judged.textContent) return;
    const right = challenge.predict.answer(view);
    if (right === null) return;
    const { options, because } = challenge.predict;
    judged.textContent =
      (guess === right ? "You guessed right. " : `The answer is “${options[right]}”. `) +
      because;
  }
  return {
    elements,
    proof,
    judge,
    ask: () => question.querySelector("input").focus(),
    announce: () => {
      won.textContent = "The challenge is solved.";
    },
  };
}

function questionOf({ predict }, answered) {
  const group = newId();
  const inputs = predict.options.map((_, i) =>
    html("input", { type: "radio", name: group, id: `${group}-${i}`, "data-guess": i })
  );
  const button = html("button", { type: "submit", "data-action": "guess" }, "Guess and play");
  const form = html(
    "form",
    { class: "lab-guess" },
    html(
      "fieldset",
      {},
      html("legend", {}, `Predict first. ${predict.question}`),
      ...inputs.map((input, i) =>
        html("div", {}, input, html("label", { for: input.id }, predict.options[i]))
      ),
    ),
    button,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const guess = inputs.findIndex((input) => input.checked);
    if (guess >= 0) answered(guess);
    else inputs[0].focus();
  });
  return form;
}
