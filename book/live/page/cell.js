// One cell that can be edited: its text, its buttons, its new output.
import { html } from "./dom.js";
import { Output } from "./output.js";
import { about, fewer, hasSeeds } from "./seeds.js";

const LINE = /^[ \t]*/;

/** Runs on Ctrl+Enter or Shift+Enter; a new line begins where the last did; Tab leaves. */
function keys(event, run) {
  if (event.key !== "Enter") return;
  if (event.ctrlKey || event.metaKey || event.shiftKey) {
    event.preventDefault();
    run();
    return;
  }
  const { value, selectionStart: at } = event.target;
  const line = value.slice(value.lastIndexOf("\n", at - 1) + 1, at);
  const indent = LINE.exec(line)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
  if (!indent) return;
  event.preventDefault();
  event.target.setRangeText(`\n${indent}`, at, event.target.selectionEnd, "end");
  event.target.dispatchEvent(new Event("input"));
}

export class Cell {
  /**
   * `told` is a cell of notebook.js; `place` the element of its code, or null if the page has
   * none; `page` offers `run(cell)`, `runAbove(cell)`, `changed(cell)`, `loadHost()` and
   * `fewSeeds()`.
   */
  constructor(told, number, place, page) {
    Object.assign(this, { ...told, original: told.source, number, place, page, ran: null });
    this.name = `cell ${number}`;
    this.life = new AbortController();
    if (place) this.build();
  }

  build() {
    const run = () => this.page.run(this);
    this.text = html("textarea", {
      className: "editor",
      spellcheck: false,
      wrap: "off",
      readOnly: this.locked,
      value: this.source,
      oninput: () => this.write(this.text.value),
      onkeydown: (event) => keys(event, run),
      "aria-label": `Code of ${this.name}${this.locked ? ", not to be changed" : ""}`,
      autocapitalize: "off",
      autocomplete: "off",
    });
    this.runButton = html("button", { type: "button", onclick: run }, "Run");
    this.aboveButton = html(
      "button",
      { type: "button", onclick: () => this.page.runAbove(this) },
      "Run all above",
    );
    this.resetButton = html(
      "button",
      { type: "button", onclick: () => this.reset(), hidden: true },
      "Reset",
    );
    this.note = html("span", { className: "note", role: "status" });
    this.output = html("div", { className: "new-output" });
    for (const button of [this.runButton, this.aboveButton, this.resetButton]) {
      button.setAttribute("aria-label", `${button.textContent}: ${this.name}`);
    }
    this.element = html(
      "div",
      { className: "cell-live" },
      this.text,
      html(
        "div",
        { className: "tools" },
        this.runButton,
        this.aboveButton,
        this.resetButton,
        this.note,
      ),
      this.output,
    );
    for (const child of this.place.children) child.hidden = true;
    this.place.append(this.element);
    this.fit();
    this.say(this.warning());
  }

  /** What a slow cell says before it is run. */
  warning() {
    if (!this.seconds) return "";
    const slow = `Slow: ${about(this.seconds)} in the page`;
    return hasSeeds(this) ? `${slow} with all seeds.` : `${slow}.`;
  }

  /** The text that runs: with fewer seeds where the cell is slow and the reader allows it. */
  toRun() {
    return hasSeeds(this) && this.page.fewSeeds() ? fewer(this.source) : this.source;
  }

  /** A text that the reader wrote before. */
  set(source) {
    this.text.value = source;
    this.write(source);
  }

  write(source) {
    this.source = source;
    this.fit();
    this.resetButton.hidden = source === this.original;
    this.page.changed(this);
  }

  fit() {
    this.text.rows = Math.max(1, this.source.split("\n").length);
  }

  /** The original text again, and no new output. */
  reset() {
    this.set(this.original);
    this.clear();
    this.say(this.warning());
    this.text.focus();
  }

  clear() {
    this.life.abort();
    this.life = new AbortController();
    this.output?.replaceChildren();
  }

  say(words) {
    if (this.note) this.note.textContent = words;
  }

  busy(on) {
    if (!this.place) return;
    this.element.toggleAttribute("data-busy", on);
    this.runButton.textContent = on ? "Stop" : "Run";
    this.runButton.setAttribute("aria-label", `${on ? "Stop" : "Run"}: ${this.name}`);
  }

  /** Where the next run draws; what an earlier one drew is gone. */
  begin() {
    this.clear();
    if (!this.place) return { printed: "", hear() {} }; // a quick question stays as it is
    const label = this.stored ? "New output" : "Output";
    this.output.append(html("p", { className: "new-label" }, label));
    return new Output(this.output, { loadHost: this.page.loadHost, signal: this.life.signal });
  }

  /** Says how the run went, beside the buttons. */
  end({ ok, seconds }, ran, output) {
    const time = seconds < 0.95 ? "" : ` in ${seconds.toFixed(0)} s`;
    const reduced = ran === this.source ? "" : " with 2 seeds instead of all";
    const parts = [`${ok ? "Ran" : "Failed"}${time}${reduced}.`];
    if (ok && this.printed) {
      const same = output.printed === this.printed;
      parts.push(`It prints ${same ? "the same as" : "something else than"} the original.`);
    }
    if (ok && this.tests) parts.push("These tests pass.");
    this.say(parts.join(" "));
    if (this.place && this.output.children.length === 1) this.output.replaceChildren();
  }
}
