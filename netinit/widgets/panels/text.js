import { html } from "../dom.js";
import { paragraphs } from "../markup.js";

/** Paragraphs, or code with a button that copies it: see Panel in panels/base.py. */
function draw(panel, frame) {
  const text = frame(panel.key).values[0];
  const made = (words) =>
    panel.code ? codeBlock(panel, words) : html("div", { class: "ni-words" }, ...paragraphs(words));
  const element = made(text);
  (panel.code ? element.querySelector("code") : element).dataset.text = panel.key;
  const summary = panel.code
    ? ""
    : [panel.title, text].filter(Boolean).join(": ").replaceAll("`", "");
  return { element, summary, notes: [], others: () => frame.texts(panel.key).map(made) };
}

function codeBlock(panel, text) {
  const button = html("button", {
    type: "button",
    class: "ni-copy",
    "aria-label": "Copy this code",
  }, "Copy");
  const code = html("code", {}, text);
  let timer = 0;
  button.addEventListener("click", async () => {
    clearTimeout(timer);
    // Where it could not be copied it is selected.
    button.textContent = (await copied(text, code)) ? "Copied" : "Press Ctrl+C";
    timer = setTimeout(() => {
      button.textContent = "Copy";
    }, 2000);
  });
  return html(
    "div",
    { class: "ni-code" },
    html("pre", { tabindex: 0, role: "group", "aria-label": panel.title || "Code" }, code),
    button,
  );
}

/** Whether a text reached the clipboard; where that is not allowed, its element is selected. */
async function copied(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // an insecure page has no clipboard, a frame may not be allowed to use it
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}

export default { draw };
