// One worker with Python: started, asked to run cells one after another, ended to stop.
export class Stopped extends Error {}

export class Client {
  constructor({ root, engine, folder }) {
    Object.assign(this, { root, engine, folder, waiting: new Map(), next: 0, worker: null });
  }

  /** Starts Python, unless it runs; `hear` gets `{kind, loaded, total}` until it is ready. */
  start(hear = () => {}) {
    this.ready ??= new Promise((resolve, reject) => {
      this.refuse = reject;
      this.worker = new Worker(`${this.root}_static/live-worker.js`, { type: "module" });
      this.worker.onerror = (event) => reject(new Error(event.message || "the worker failed"));
      this.worker.onmessage = ({ data }) => {
        if (data.id !== undefined) return this.told(data);
        if (data.kind === "ready") resolve();
        else if (data.kind === "failed") reject(new Error(data.text));
        else hear(data);
      };
      this.worker.postMessage({
        kind: "start",
        base: `${this.root}_static/engine/`,
        files: this.engine.files,
        folder: this.folder,
      });
    });
    return this.ready;
  }

  told(data) {
    const run = this.waiting.get(data.id);
    if (!run) return;
    if (data.kind === "done") {
      this.waiting.delete(data.id);
      run.resolve(data);
    } else if (data.kind === "failed") {
      this.waiting.delete(data.id);
      run.reject(new Error(data.text));
    } else run.hear(data);
  }

  /** Runs one cell: `{ok, seconds}`. Python must have been started. */
  run(source, name, hear) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, hear });
      this.worker.postMessage({ kind: "run", id, source, name });
    });
  }

  /** Forgets what cells have defined; Python goes on. */
  begin() {
    this.worker.postMessage({ kind: "begin", folder: this.folder });
  }

  /** Ends Python and all it knows; whoever waits hears `Stopped`. */
  stop() {
    this.worker?.terminate();
    const reason = new Stopped("stopped");
    this.refuse?.(reason);
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
    this.worker = this.ready = this.refuse = null;
  }
}
