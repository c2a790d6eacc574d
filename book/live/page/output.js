// What a cell gave: lines, figures, explorers, tables, errors.
import { html } from "./dom.js";
import { markdown } from "./markdown.js";

const WIDGET = "application/x-netinit-widget";
const HINTS = {
  NameError: "If an earlier cell defines this name, choose “Run all above” first.",
  ModuleNotFoundError: "Python in the page has NumPy, matplotlib and netinit; for more, download " +
    "the notebook at the end of the page.",
};

/** Draws the events of one run into `place`; `signal` ends what its explorers listen to. */
export class Output {
  constructor(place, { loadHost, signal }) {
    Object.assign(this, { place, loadHost, signal, printed: "" });
  }

  hear(event) {
    if (event.kind === "stream") this.stream(event);
    else if (event.kind === "show") this.show(event.data);
    else if (event.kind === "error") this.error(event);
  }

  stream({ name, text }) {
    if (name === "stdout") this.printed += text;
    const kind = name === "stderr" ? "stderr" : "stream";
    let block = this.place.lastElementChild;
    if (!block?.classList.contains(kind)) {
      block = html("div", { className: kind }, html("pre"));
      this.place.append(block);
    }
    block.firstChild.append(text);
  }

  show(data) {
    const block = html("div", { className: "shown" });
    this.place.append(block);
    if (data["image/svg+xml"]) {
      block.className = "picture";
      block.innerHTML = data["image/svg+xml"];
    } else if (data[WIDGET]) this.widget(data[WIDGET], block);
    else if (data["text/markdown"]) block.append(markdown(data["text/markdown"]));
    else if (data["text/html"]) block.innerHTML = data["text/html"];
    else block.append(html("pre", {}, data["text/plain"] ?? ""));
  }

  async widget(record, block) {
    block.className = "live";
    try {
      const host = await this.loadHost();
      await host.show(record, block, this.signal);
    } catch (error) {
      block.append(html("p", {}, `This figure cannot be shown: ${error.message}.`));
    }
  }

  error({ name, traceback }) {
    this.place.append(html("div", { className: "traceback" }, html("pre", {}, traceback)));
    if (HINTS[name]) this.place.append(html("p", { className: "hint" }, HINTS[name]));
  }
}
