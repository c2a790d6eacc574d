// Play, step, reset, speed; what happens now in numbers and in a sentence.

import { html, newId } from "../../netinit/widgets/dom.js";
import { number } from "../../netinit/widgets/formatting.js";
import { write } from "./text.js";

const QUIET = 2000; // ms between two sentences that are spoken, so that each can be finished
const READABLE = 250; // ms between two figures: nobody reads more of them, and each costs a layout

/** Updates for one drawing, at most, and ms from one to the next: 4 a second, one a frame, all. */
export const SPEEDS = {
  slow: { label: "slow", count: 1, pause: 250 },
  steady: { label: "steady", count: 1, pause: 0 },
  fast: { label: "fast", count: 1e6, pause: 0 },
};

function button(action, label, act, signal, options = {}) {
  const element = html("button", { type: "button", "data-action": action, ...options }, label);
  element.addEventListener("click", () => act(action), { signal });
  return element;
}

/**
 * {element, show(state), say(sentence, state)}; `act(name)` is called for what was pressed.
 *
 * The sentence stands there twice: one for the eye, which follows the reader's hand at once, and one
 * that a screen reader speaks, which changes at most once in two seconds.
 */
export function createBar(act, speed, signal) {
  const play = button("play", "▶ Play", act, signal, { class: "lab-play" });
  const id = newId();
  const select = html(
    "select",
    { id, "data-control": "speed", "aria-label": "Speed" }, // a phone has no room for its label
    ...Object.entries(SPEEDS).map(([value, { label }]) => html("option", { value }, label)),
  );
  select.value = speed;
  select.addEventListener("change", () => act("speed", select.value), { signal });
  const figures = html("dl", { class: "lab-figures" });
  const sentence = html("p", { class: "lab-sentence", "aria-hidden": "true" });
  const spoken = html("p", { class: "unseen", role: "status" });
  const element = html(
    "div",
    { class: "lab-bar" },
    html(
      "div",
      { class: "lab-buttons" },
      play,
      button("step", "Step", act, signal),
      button("restart", "Restart", act, signal),
      html("label", { for: id, class: "lab-speed" }, "Speed"),
      select,
      figures,
    ),
    sentence,
    spoken,
  );
  let figured = -Infinity; // when the figures were written
  const said = { at: -Infinity, next: "", timer: 0, shown: -Infinity, run: null };
  signal.addEventListener("abort", () => clearTimeout(said.timer));

  function speak() {
    said.timer = 0;
    if (said.next === spoken.textContent) return;
    said.at = performance.now();
    spoken.textContent = said.next;
  }

  return {
    element,
    say: (words, { playing, id }) => {
      const now = performance.now();
      if (!playing || id !== said.run || now - said.shown >= QUIET) {
        Object.assign(said, { shown: now, run: id });
        write(sentence, words);
      }
      said.next = words;
      const wait = said.at + QUIET - now;
      if (said.timer) return;
      if (wait <= 0) speak();
      else said.timer = setTimeout(speak, wait);
    },
    show: ({ playing, frame }) => {
      write(play, playing ? "❚❚ Pause" : "▶ Play");
      play.setAttribute("aria-label", playing ? "Pause" : "Play");
      const now = performance.now();
      if (playing && now - figured < READABLE) return;
      figured = now;
      const { statistics, step } = frame;
      const values = [["step", String(step)]];
      if (statistics) values.push(["training loss", number(statistics.loss, ".2g")]);
      if (Number.isFinite(statistics?.testAccuracy)) {
        values.push(["unseen", number(statistics.testAccuracy, ".0%").replace("%", " % right")]);
      }
      fill(figures, values);
    },
  };
}

/** Show pairs of a term and its number, in the elements that are there already. */
function fill(list, pairs) {
  while (list.children.length > pairs.length) list.lastElementChild.remove();
  pairs.forEach(([term, value], i) => {
    if (!list.children[i]) list.append(html("div", {}, html("dt"), html("dd")));
    const [dt, dd] = list.children[i].children;
    write(dt, term);
    write(dd, value);
  });
}
