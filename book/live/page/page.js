// A page whose cells can be run: the bar at its top, its cells, and one Python for all.
import { Cell } from "./cell.js";
import { Client, Stopped } from "./client.js";
import { html } from "./dom.js";
import { cellsOf } from "./notebook.js";
import { hasSeeds, lengthOf } from "./seeds.js";
import { answers } from "./answers.js";

const MB = 1e6;

/** The script that draws saved explorers, loaded where the page had none. */
function hostLoader(root) {
  return () => {
    if (globalThis.netinitHost) return Promise.resolve(globalThis.netinitHost);
    return new Promise((resolve, reject) => {
      const script = html("script", { src: `${root}_static/host.js` });
      script.onload = () => resolve(globalThis.netinitHost);
      script.onerror = () => reject(new Error("host.js could not be loaded"));
      document.head.append(script);
    });
  };
}

class Page {
  constructor({ place, root, engine, notebook }) {
    Object.assign(this, { place, root, notebook });
    const folder = place.dataset.page.split("/").slice(0, -1).join("/");
    this.client = new Client({ root, engine, folder });
    this.loadHost = hostLoader(root);
    this.running = Promise.resolve();
    this.seconds = JSON.parse(place.dataset.seconds || "{}");
    this.build();
  }

  build() {
    this.button = this.place.querySelector("button");
    this.status = this.place.querySelector("[role=status]");
    this.progress = html("progress", { "aria-label": "Loading Python" });
    this.cancel = html("button", { type: "button", onclick: () => this.leave() }, "Cancel");
    this.stopButton = html("button", { type: "button", onclick: () => this.stop() }, "Stop");
    this.againButton = html(
      "button",
      { type: "button", onclick: () => this.startAgain() },
      "Start again",
    );
    this.allButton = html("button", { type: "button", onclick: () => this.runAll() }, "Run all");
    this.few = html("input", { type: "checkbox", checked: true });
    this.fewLabel = html("label", {}, this.few, " 2 seeds instead of all in slow cells");
    this.bar = html("div", { className: "bar" }, this.progress, this.cancel);
    this.place.insertBefore(this.bar, this.status);
    this.button.hidden = true;
  }

  fewSeeds = () => this.few.checked;

  /** Makes the cells editable and starts Python; resolves when both are done. */
  async start() {
    const code = cellsOf(this.notebook);
    let number = 0;
    this.cells = code.filter((told) => told.code).map((told) => {
      const place = told.shown ? this.placeOf(told) : null;
      return new Cell({ ...told, seconds: this.seconds[told.id] }, ++number, place, this);
    });
    this.answers = answers(this, code);
    await this.boot();
    this.bar.replaceChildren(this.allButton, this.stopButton, this.againButton);
    if (this.cells.some(hasSeeds)) this.bar.append(this.fewLabel);
    this.answers?.tools(this.bar);
    this.ready("Python is ready. Change a cell and run it: Ctrl+Enter, or its button.");
  }

  placeOf({ index }) {
    return document.querySelector(`.code-${index}`);
  }

  boot() {
    return this.client.start(({ kind, loaded, total }) => {
      if (kind === "loaded") {
        this.progress.removeAttribute("value");
        this.say("Starting Python …");
        return;
      }
      this.progress.max = total;
      this.progress.value = loaded;
      this.say(`Loading Python: ${(loaded / MB).toFixed(0)} of ${(total / MB).toFixed(0)} MB`);
    });
  }

  say(words) {
    if (this.status.textContent !== words) this.status.textContent = words;
  }

  ready(words) {
    this.stopButton.disabled = true;
    this.place.dataset.state = "ready";
    this.say(words);
  }

  /** The page as it was before. */
  leave() {
    this.client.stop();
    for (const cell of this.cells ?? []) {
      cell.clear();
      if (!cell.place) continue;
      cell.element.remove();
      for (const child of cell.place.children) child.hidden = false;
    }
    this.answers?.leave();
    this.bar.remove();
    this.button.hidden = false;
    delete this.place.dataset.state;
    this.say("");
    this.button.focus();
  }

  changed(cell) {
    if (!cell.locked) this.answers?.change(cell.id, cell.source);
  }

  /** Runs the cell, or stops it if it runs. */
  run(cell) {
    return this.current === cell ? this.stop() : this.queue([cell]);
  }

  /** Runs those above that have not been run as they now are. */
  runAbove(cell) {
    const above = this.cells.slice(0, this.cells.indexOf(cell));
    const left = above.filter((each) => each.ran !== each.toRun());
    return left.length ? this.queue(left) : cell.say("All cells above have been run.");
  }

  runAll() {
    return this.queue(this.cells);
  }

  /** Python forgets what cells have defined; their texts stay. */
  startAgain() {
    this.running = this.running.then(() => {
      this.client.begin();
      for (const cell of this.cells) cell.ran = null;
      this.ready("Python has forgotten what the cells defined; their texts are as you left them.");
    });
    return this.running;
  }

  /** Runs cells one after another; the first that fails ends it. */
  queue(cells) {
    const round = this.running.then(async () => {
      this.place.dataset.state = "busy";
      this.stopButton.disabled = false;
      this.length = lengthOf(cells);
      try {
        for (const cell of cells) if (!(await this.once(cell))) break;
        this.ready(this.summary(cells));
      } catch (error) {
        await this.ended(error);
      } finally {
        this.current = null;
      }
    });
    this.running = round;
    return round;
  }

  summary(cells) {
    const failed = cells.find((cell) => cell.failed);
    if (failed) return `Cell ${failed.number} failed.`;
    return cells.length === 1
      ? `Cell ${cells[0].number} has run.`
      : `${cells.length} cells have run.`;
  }

  async once(cell) {
    const source = cell.toRun();
    this.current = cell;
    cell.busy(true);
    cell.failed = false;
    cell.say("Running …");
    if (cell.place) this.say(`Running ${cell.name} … ${this.length}`.trim());
    const output = cell.begin();
    try {
      await this.client.start();
      const done = await this.client.run(source, cell.name, (event) => output.hear(event));
      cell.ran = done.ok ? source : null;
      cell.failed = !done.ok;
      cell.end(done, source, output);
      return done.ok;
    } catch (error) {
      cell.say(error instanceof Stopped ? "Stopped." : `Python failed: ${error.message}`);
      throw error;
    } finally {
      cell.busy(false);
    }
  }

  /** After a stop or a failure of the worker: a new Python, which knows nothing yet. */
  async ended(error) {
    this.client.stop();
    for (const cell of this.cells) cell.ran = null;
    this.say("Starting Python again …");
    const why = error instanceof Stopped ? "Stopped." : "Python had to be started again.";
    try {
      await this.boot();
      this.ready(`${why} Nothing has been run in the new Python: begin with “Run all above”.`);
    } catch (failure) {
      this.client.stop(); // the next run tries once more
      this.ready(`${why} Python does not run now (${failure.message}); a cell starts it.`);
    }
  }

  stop() {
    this.client.stop();
  }
}

/** Starts the page; resolves when Python is ready or the reader has cancelled. */
export default async function open({ place, root, engine }) {
  const answer = await fetch(place.dataset.notebook);
  if (!answer.ok) throw new Error("the notebook of this page was not found");
  const page = new Page({ place, root, engine, notebook: await answer.json() });
  try {
    await page.start();
  } catch (error) {
    if (error instanceof Stopped) return;
    page.leave();
    throw error;
  }
}
