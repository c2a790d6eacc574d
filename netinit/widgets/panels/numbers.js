import { html } from "../dom.js";
import { number } from "../formatting.js";
import { color } from "../marks.js";

/** Large numbers with their labels: see Panel in panels/base.py. */
function draw(panel, frame) {
  const entries = panel.numbers.map((entry) => {
    const { values, log } = frame(entry.key);
    return { ...entry, text: number(log ? 10 ** values[0] : values[0], entry.format) };
  });
  return {
    element: html(
      "dl",
      { class: "ni-numbers" },
      ...entries.map((entry) =>
        html(
          "div",
          {},
          html("dt", {}, entry.label),
          html("dd", { "data-key": entry.key, style: `color: ${color(entry.role)}` }, entry.text),
        )
      ),
    ),
    summary: entries.map((entry) => `${entry.label}: ${entry.text}`).join("; "),
    notes: [],
    table: () => ({
      caption: panel.title,
      head: ["", "value"],
      rows: entries.map((entry) => [entry.label, entry.text]),
    }),
  };
}

export default { draw };
