// A problem set in the page: answers are kept by the browser and downloaded as a notebook.
import { html } from "./dom.js";
import { written } from "./notebook.js";

const EMPTY = "YOUR ANSWER HERE";

/** What the browser keeps of one page: the id of a cell and what the reader wrote there. */
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

/** A written answer: a text in Markdown, where the page says that one is to be written. */
class Written {
  constructor({ id, source }, place, changed) {
    this.id = id;
    this.place = place;
    this.text = html("textarea", {
      className: "editor prose",
      value: source,
      rows: Math.max(4, source.split("\n").length),
      oninput: () => changed(id, this.text.value),
      "aria-label": `Written answer: ${id}, in Markdown`,
    });
    place.hidden = true;
    place.after(this.text);
  }
  set(source) {
    this.text.value = source;
  }
  leave() {
    this.text.remove();
    this.place.hidden = false;
  }
}

/** All answers of a page: `page` is that of page.js, `told` the cells of notebook.js. */
class Answers {
  constructor(page, told) {
    this.page = page;
    this.kept = new Kept(page.place.dataset.page);
    this.sources = new Map();
    this.originals = new Map(told.map(({ id, source }) => [id, source]));
    this.status = html("span", { className: "note", role: "status" });
    const empty = (p) => p.textContent.trim() === EMPTY;
    const places = [...document.querySelectorAll("article p")].filter(empty);
    const texts = told.filter((cell) => !cell.code).slice(0, places.length);
    this.texts = texts.map((cell, i) => new Written(cell, places[i], this.change));
    this.bringBack();
  }

  /** What this browser kept of an earlier visit. */
  bringBack() {
    const before = this.kept.read();
    const cells = this.page.cells.filter((cell) => cell.place && !cell.locked);
    for (const each of [...cells, ...this.texts]) {
      const source = before[each.id];
      if (typeof source !== "string") continue;
      each.set(source);
      this.sources.set(each.id, source);
    }
    if (this.sources.size) this.status.textContent = "Your answers of before are back.";
  }

  change = (id, source) => {
    if (source === this.originals.get(id)) this.sources.delete(id);
    else this.sources.set(id, source);
    this.status.textContent = this.kept.write(this.sources)
      ? "Saved in this browser."
      : "This browser keeps nothing: download the notebook before you leave.";
  };

  download = () => {
    const text = written(this.page.notebook, this.sources);
    const href = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
    const name = this.page.place.dataset.notebook;
    html("a", { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  };

  tools(bar) {
    const button = html(
      "button",
      { type: "button", onclick: this.download },
      "Download my notebook",
    );
    bar.append(button, this.status);
  }

  leave() {
    for (const text of this.texts) text.leave();
  }
}

/** The answers of a problem set; null on a page that is none. */
export function answers(page, told) {
  const isSet = page.notebook.cells.some((cell) => cell.metadata.nbgrader);
  return isSet ? new Answers(page, told.filter((cell) => !cell.locked)) : null;
}
