// Shows the widgets saved in a page, without a kernel: over http and from file://.
// A classic script; any number of views, VBox and HBox, jslink and jsdlink.
(function () {
  "use strict";
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
  const models = new Map();
  const modules = new Map();
  const styles = new Set();
  const life = new AbortController();
  const find = (reference) => models.get(String(reference).replace("IPY_MODEL_", ""));
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

  class Model {
    constructor({ model_name, state, buffers = [] }) {
      Object.assign(this, { name: model_name, state, listeners: new Map() });
      for (const { path, data } of buffers) {
        const last = path.length - 1;
        path.slice(0, last).reduce((part, key) => part[key], state)[path[last]] = bytes(data);
      }
    }
    get(key) {
      return this.state[key];
    }
    set(key, value) {
      if (typeof key === "object") {
        for (const name in key) this.set(name, key[name]);
        return;
      }
      if (JSON.stringify(this.state[key]) === JSON.stringify(value)) return;
      this.state[key] = value;
      this.tell(`change:${key}`, value);
      this.tell("change", value);
    }
    tell(event, value) {
      for (const listener of [...(this.listeners.get(event) ?? [])]) listener(value);
    }
    on(events, listener) {
      for (const event of events.split(" ")) {
        this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
      }
    }
    off(events, listener) {
      if (!events) this.listeners.clear();
      for (const event of events?.split(" ") ?? []) {
        if (listener) this.listeners.get(event)?.delete(listener);
        else this.listeners.delete(event);
      }
    }
    save_changes() {}
    send() {}
  }

  function link({ name, state }) {
    if (!/^(Directional)?LinkModel$/.test(name)) return;
    const [from, fromKey] = state.source;
    const [to, toKey] = state.target;
    const source = find(from);
    const target = find(to);
    if (!source || !target) return;
    const copy = (a, key, b, other) => {
      b.set(other, a.get(key));
      a.on(`change:${key}`, (value) => b.set(other, value));
    };
    copy(source, fromKey, target, toKey);
    if (name === "LinkModel") copy(target, toKey, source, fromKey);
  }

  function load(code) {
    if (!modules.has(code)) {
      const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
      const made = ({ default: widget }) => typeof widget === "function" ? widget() : widget;
      modules.set(code, import(url).then(made));
    }
    return modules.get(code);
  }

  function wear(css) {
    if (!css || styles.has(css)) return;
    styles.add(css);
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  }

  async function show(model, el, signal = life.signal) {
    if (/^(VBox|HBox|Box)Model$/.test(model?.name)) {
      const flow = model.name === "HBoxModel" ? "row wrap" : "column";
      el.style.cssText = `display: flex; gap: 0.5rem 1.5rem; flex-flow: ${flow}`;
      for (const child of model.get("children")) {
        const place = el.appendChild(document.createElement("div"));
        place.style.cssText = "flex: 1 1 20rem; min-width: 0";
        await show(find(child), place, signal);
      }
      return;
    }
    if (!model?.get("_esm")) {
      throw new Error(`${model?.name ?? "this model"} needs a running notebook`);
    }
    wear(model.get("_css"));
    const widget = await load(model.get("_esm"));
    const context = { model, el, signal };
    await (model.ready ??= Promise.resolve(widget.initialize?.(context)));
    await widget.render?.(context);
  }

  /** Draws a widget that the page did not save, as Python in the page makes them. */
  globalThis.netinitHost = {
    show: (record, el, signal = life.signal) => show(new Model(record), el, signal),
  };

  async function start() {
    for (const script of document.querySelectorAll(STATE)) {
      const { state, shared = [] } = JSON.parse(script.textContent);
      for (const [id, record] of Object.entries(state)) {
        // A page holds each script and style sheet once; the models give its place in the list.
        for (const key of ["_esm", "_css"]) {
          record.state[key] = shared[record.state[key]] ?? record.state[key];
        }
        models.set(id, new Model(record));
      }
    }
    for (const model of models.values()) {
      link(model);
      // All at once: each new sheet asks for the styles of the page anew, and scripts take a while to
      // come. Whoever shows a widget says what is wrong with its script.
      wear(model.get("_css"));
      if (model.get("_esm")) load(model.get("_esm")).catch(() => {});
    }
    for (const script of document.querySelectorAll(VIEW)) {
      const el = document.createElement("div");
      script.after(el);
      try {
        await show(models.get(JSON.parse(script.textContent).model_id), el);
        const output = script.closest(".cell_output, figure") ?? script.parentElement;
        for (const picture of output.querySelectorAll("noscript, .ni-picture")) picture.remove();
      } catch (error) {
        el.className = "ni-message";
        el.textContent = `This figure cannot be shown in this page: ${error.message}.`;
      }
      performance.mark("ni-widget");
    }
    performance.mark("ni-host-done");
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
