import { html, newId } from "./dom.js";

/**
 * A control: {element, show(index)}. `pick(index)` is called when the reader moves it,
 * `signal` ends its listeners.
 */
export function control(spec, pick, signal) {
  if (spec.kind === "choice") {
    return short(spec.texts) ? segments(spec, pick, signal) : menu(spec, pick, signal);
  }
  return spec.kind === "play" ? player(spec, pick, signal) : slider(spec, pick, signal);
}

const short = (texts) => texts.length <= 5 && texts.join("").length + 2 * texts.length <= 34;

function slider(spec, pick, signal) {
  const id = newId();
  const last = spec.values.length - 1;
  const input = html("input", {
    type: "range",
    id,
    min: 0,
    max: last,
    step: 1,
    "data-control": spec.name,
  });
  const output = html("output", { for: id });
  input.addEventListener("input", () => pick(Number(input.value)), { signal });
  const show = (index) => {
    input.value = index;
    input.style.setProperty("--ni-part", last ? index / last : 0);
    input.setAttribute("aria-valuetext", spec.texts[index]);
    output.textContent = spec.texts[index];
  };
  return {
    element: html(
      "div",
      { class: "ni-control" },
      html("label", { for: id }, spec.label),
      output,
      input,
    ),
    input,
    show,
  };
}

function segments(spec, pick, signal) {
  const group = newId();
  const inputs = spec.texts.map((_, index) => {
    const input = html("input", {
      type: "radio",
      name: group,
      id: `${group}-${index}`,
      "data-control": spec.name,
    });
    input.addEventListener("change", () => pick(index), { signal });
    return input;
  });
  const element = html(
    "fieldset",
    { class: "ni-control ni-segments" },
    html("legend", {}, spec.label),
    html(
      "div",
      {},
      ...inputs.flatMap((input, i) => [input, html("label", { for: input.id }, spec.texts[i])]),
    ),
  );
  return {
    element,
    show: (index) => {
      inputs[index].checked = true;
    },
  };
}

function menu(spec, pick, signal) {
  const id = newId();
  const select = html(
    "select",
    { id, "data-control": spec.name },
    ...spec.texts.map((text) => html("option", {}, text)),
  );
  select.addEventListener("change", () => pick(select.selectedIndex), { signal });
  const element = html(
    "div",
    { class: "ni-control ni-menu" },
    html("label", { for: id }, spec.label),
    select,
  );
  return {
    element,
    show: (index) => {
      select.selectedIndex = index;
    },
  };
}

const DURATION = 6000; // ms for all frames, unless that were faster than 12 a second

/** A slider that can run by itself; only step by step for readers who ask for reduced motion. */
function player(spec, pick, signal) {
  const base = slider(spec, (index) => {
    stop();
    pick(index);
  }, signal);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const button = html("button", { type: "button", class: "ni-play" });
  const last = spec.values.length - 1;
  const pause = Math.max(1000 / 12, DURATION / spec.values.length);
  let index = 0;
  let request = 0;
  let next = 0;
  const label = () => {
    button.textContent = still.matches ? "Step" : request ? "❚❚" : "▶";
    button.setAttribute(
      "aria-label",
      `${still.matches ? "Next step of" : request ? "Pause" : "Play"} ${spec.label}`,
    );
  };
  const stop = () => {
    cancelAnimationFrame(request);
    request = 0;
    label();
  };
  const tick = (now) => {
    if (now >= next) {
      next = now + pause;
      pick(Math.min(index + 1, last));
    }
    if (index >= last) stop();
    else request = requestAnimationFrame(tick);
  };
  button.addEventListener("click", () => {
    if (still.matches) {
      pick(index < last ? index + 1 : 0);
      return;
    }
    if (request) {
      stop();
      return;
    }
    if (index >= last) pick(0);
    next = performance.now() + pause;
    request = requestAnimationFrame(tick);
    label();
  }, { signal });
  still.addEventListener("change", stop, { signal });
  const screen = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting) stop();
  });
  screen.observe(button);
  signal.addEventListener("abort", () => {
    stop();
    screen.disconnect();
  });
  label();
  base.element.classList.add("ni-player");
  base.element.prepend(button);
  return {
    element: base.element,
    stop,
    show: (to) => {
      index = to;
      base.show(to);
    },
  };
}
