// A problem set in the page: answers are kept by the browser and downloaded as a notebook.
import { html } from "./dom.js";
import { written } from "./notebook.js";

const EMPTY = "YOUR ANSWER HERE";

/** What this browser keeps of a page; nothing where it keeps nothing. */
class Kept {
  constructor(page) {
    this.key = `netinit:${page}`;
  }
  read() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      return typeof kept === "object" && kept ? kept : {};
    } catch {
      return {};
    }
  }
  /** Whether it could be kept. */
  write(sources) {
    try {
      localStorage.setItem(this.key, JSON.stringify(Object.fromEntries(sources)));
      return true;
    } catch {
      return false;
    }
  }
}

/** The places of written answers, in the order of the notebook. */
function places() {
  return [...document.querySelectorAll("article p")].filter((p) => p.textContent.trim() === EMPTY);
}

/** A written answer: a text in Markdown. */
function writtenAnswer(told, place, changed) {
  const text = html("textarea", {
    className: "editor prose",
    value: told.source,
    rows: Math.max(4, told.source.split("\n").length),
    oninput: () => changed(told.id, text.value),
    "aria-label": `Written answer to ${told.id}, in Markdown`,
  });
  place.hidden = true;
  place.after(text);
  return { text, place };
}

/** The tools of a problem set; null for a page that is none. */
export function answers(page, told) {
  const open = told.filter((cell) => !cell.locked);
  if (!page.notebook.cells.some((cell) => cell.metadata.nbgrader)) return null;
  const name = page.place.dataset.page.split("/").pop();
  const kept = new Kept(page.place.dataset.page);
  const sources = new Map();
  const status = html("span", { className: "note", role: "status" });
  const change = (id, source, original) => {
    if (source === original) sources.delete(id);
    else sources.set(id, source);
    status.textContent = kept.write(sources)
      ? "Saved in this browser."
      : "This browser keeps nothing: download the notebook before you leave.";
  };
  const original = new Map(open.map(({ id, source }) => [id, source]));
  const spots = places();
  const texts = open.filter((cell) => !cell.code).flatMap((cell, i) => {
    if (!spots[i]) return [];
    const made = writtenAnswer(cell, spots[i], (id, text) => change(id, text, original.get(id)));
    return [[cell.id, made]];
  });
  const before = kept.read();
  for (const cell of page.cells) {
    const source = before[cell.id];
    if (source === undefined || cell.locked || !cell.place) continue;
    cell.text.value = source;
    cell.write(source, true);
    sources.set(cell.id, source);
  }
  for (const [id, { text }] of texts) {
    if (before[id] === undefined) continue;
    text.value = before[id];
    sources.set(id, before[id]);
  }
  if (sources.size) status.textContent = "Your answers of before are back.";

  function download() {
    const text = written(page.notebook, sources);
    const address = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
    html("a", { href: address, download: `${name}.ipynb` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  return {
    changed: (cell) => {
      if (!cell.locked) change(cell.id, cell.source, cell.original);
    },
    tools: (bar) =>
      bar.append(
        html("button", { type: "button", onclick: download }, "Download my notebook"),
        status,
      ),
    leave: () => {
      for (const [, { text, place }] of texts) {
        text.remove();
        place.hidden = false;
      }
    },
  };
}
