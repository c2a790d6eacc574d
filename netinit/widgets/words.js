import { html } from "./dom.js";
import { colour, number } from "./marks.js";
import { paragraphs } from "./prose.js";

/** Numbers panel: large figures with their labels. */
export function drawNumbers(panel, frame) {
  const entries = panel.numbers.map((entry) => {
    const { values, log } = frame(entry.key);
    return { ...entry, text: number(log ? 10 ** values[0] : values[0], entry.format), missing: Number.isNaN(values[0]) };
  });
  return {
    element: html("dl", { class: "ni-numbers" }, ...entries.map((entry) =>
      html("div", {}, html("dt", {}, entry.label),
        html("dd", { "data-key": entry.key, style: `color: ${colour(entry.role)}` }, entry.text)))),
    summary: entries.map((entry) => `${entry.label}: ${entry.text}`).join("; "),
    notes: [],
    table: () => ({ caption: panel.title, head: ["", "value"], rows: entries.map((entry) => [entry.label, entry.text]) }),
  };
}

/** Text panel: paragraphs, or code with a button that copies it. */
export function drawText(panel, frame) {
  const text = frame(panel.key).values[0], made = (words) => (panel.code ? codeBlock(panel, words) : html("div", { class: "ni-words" }, ...paragraphs(words)));
  const element = made(text);
  (panel.code ? element.querySelector("code") : element).dataset.text = panel.key;
  const summary = panel.code ? "" : [panel.title, text].filter(Boolean).join(": ").replaceAll("`", "");
  return { element, summary, notes: [], table: () => null, others: () => frame.texts(panel.key).map(made) };
}

function codeBlock(panel, text) {
  const button = html("button", { type: "button", class: "ni-copy", "aria-label": "Copy this code" }, "Copy");
  const code = html("code", {}, text);
  let timer = 0;
  button.addEventListener("click", async () => {
    clearTimeout(timer);
    button.textContent = (await copied(text, code)) ? "Copied" : "Press Ctrl+C"; // the code is then selected
    timer = setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return html("div", { class: "ni-code" }, html("pre", { tabindex: 0, role: "group", "aria-label": panel.title || "Code" }, code), button);
}

/** Whether a text reached the clipboard; where that is not allowed, its element is selected. */
async function copied(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (refused) { // an insecure page has no clipboard, a frame may not be allowed to use it
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}
