// The little Markdown that cells of the book show: a table, or paragraphs.
import { html } from "./dom.js";

const cellsOf = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
const RULE = /^[\s|:-]+$/;

/** Text with `code` and **bold**. */
function words(text) {
  return text.split(/(`[^`]*`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`")) return html("code", {}, part.slice(1, -1));
    return part.startsWith("**") ? html("strong", {}, part.slice(2, -2)) : part;
  });
}

function table(lines) {
  const [head, , ...rows] = lines;
  const row = (line, tag) =>
    html("tr", {}, ...cellsOf(line).map((c) => html(tag, {}, ...words(c))));
  return html(
    "div",
    { className: "table" },
    html(
      "table",
      {},
      html("thead", {}, row(head, "th")),
      html("tbody", {}, ...rows.map((line) => row(line, "td"))),
    ),
  );
}

/** The text as elements. */
export function markdown(text) {
  const made = document.createDocumentFragment();
  for (const block of text.trim().split(/\n{2,}/)) {
    const lines = block.split("\n");
    const isTable = lines.length > 1 && RULE.test(lines[1]) && lines[0].includes("|");
    made.append(isTable ? table(lines) : html("p", {}, ...words(lines.join(" "))));
  }
  return made;
}
