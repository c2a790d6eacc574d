/* Marking with the keyboard: each change is saved at once, one after another. */
const home = document.body.dataset.home;
const find = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const form = find("#mark");
const SINGLE = "single-keys";
let saving = Promise.resolve(true); // whether the last save was accepted, once it has ended
let waiting = 0;
let unfinished = ""; // why what stands in the form cannot be saved
let leave = false; // whether the page may be left although something is not saved

function say(text, bad = false) {
  const said = find("#said");
  said.textContent = text;
  said.classList.toggle("bad", bad);
}

/* Send what was done; return the answer, or null after saying what is wrong. */
async function send(action, what) {
  let response;
  try {
    response = await fetch(home + action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(what),
    });
  } catch {
    say("Not saved: the program behind this page does not respond.", true);
    return null;
  }
  const told = await response.json();
  if (told.newer) {
    conflict(told);
    return null;
  }
  if (!response.ok) {
    say(`Not saved: ${told.error}`, true);
    return null;
  }
  return told;
}

function conflict({ newer, message }) {
  say("Not saved.", true);
  const box = find("#conflict");
  if (!box) {
    say(message, true);
    return;
  }
  box.hidden = false;
  box.querySelector("p").textContent = message;
  box.dataset.seen = newer;
  box.querySelector("button").focus();
}

/* Points as a number; null if empty, NaN if it is none. A comma is as good as a point. */
function number(text) {
  const plain = text.trim().replace(",", ".");
  return plain ? Number(plain) : null;
}

function parts() {
  return all(".part").map((part) => {
    const chosen = part.querySelector("input:checked");
    return chosen ? Number(chosen.value) : null;
  });
}

/* What the parts come to, and how many of them were not chosen yet. */
function showSum() {
  const chosen = parts();
  all(".part").forEach((part, n) => part.classList.toggle("set", chosen[n] !== null));
  const known = chosen.filter((each) => each !== null);
  const sum = known.reduce((a, b) => a + b, 0);
  const left = chosen.length - known.length;
  const points = number(find("#points").value);
  let text = "";
  if (known.length && left) {
    text = `So far ${sum}, ${left} ${left === 1 ? "part" : "parts"} to go.`;
  } else if (known.length && points !== sum) {
    text = `The parts come to ${sum}.`;
  }
  find("#sum").textContent = text;
  return { sum, left };
}

function current() {
  const given = parts();
  return {
    task: form.dataset.task,
    code: form.dataset.code,
    answer: form.dataset.answer,
    points: number(find("#points").value),
    comment: find("#comment").value,
    reason: find("#reason")?.value ?? "",
    parts: given.some((each) => each !== null) ? given : [],
  };
}

/* Why what stands in the form cannot be saved; empty if it can. */
function problem(what) {
  if (Number.isNaN(what.points)) {
    return "Not saved: points must be a number.";
  }
  if (!form.dataset.written && what.points !== null && !what.reason.trim()) {
    return "Not saved yet: points that differ from those of the tests need a reason.";
  }
  return "";
}

/* Save what stands in the form, after what is being saved. */
function save() {
  const what = current();
  unfinished = problem(what);
  if (unfinished) {
    say(unfinished, true);
    return;
  }
  waiting += 1;
  saving = saving.then(async () => {
    const told = await send("save", { ...what, seen: Number(form.dataset.seen) });
    waiting -= 1;
    if (told) {
      form.dataset.seen = told.seen;
      say(`${told.said} ${find("#sum").textContent}`.trim());
    }
    return Boolean(told);
  });
}

function choose(part, value) {
  const choices = [...part.querySelectorAll("input")];
  choices.find((each) => Number(each.value) === value).checked = true;
}

function fromParts() {
  const { sum, left } = showSum();
  find("#points").value = left ? "" : String(sum);
  showSum();
  save();
}

/* All points of a part, then step by step less, then all again. */
function cycle(part) {
  const choices = [...part.querySelectorAll("input")];
  const at = choices.findIndex((each) => each.checked);
  choices[at > 0 ? at - 1 : choices.length - 1].checked = true;
  fromParts();
}

function setAll(which) {
  for (const part of all(".part")) {
    const values = [...part.querySelectorAll("input")].map((each) => Number(each.value));
    choose(part, which(values));
  }
  if (all(".part").length) {
    fromParts();
  } else {
    find("#points").value = which([0, Number(form.dataset.most)]);
    save();
  }
}

/* Go to another page once everything is saved. */
async function go(address) {
  document.activeElement?.blur(); // a changed field is saved when it is left
  if (unfinished) {
    say(unfinished, true);
  } else if (await saving) {
    location.assign(address);
  }
}

async function undo() {
  document.activeElement?.blur();
  await saving;
  const told = await send("undo", {});
  if (told?.address) {
    leave = true;
    sessionStorage.setItem("said", told.said);
    if (told.address === location.pathname) {
      location.reload();
    } else {
      location.assign(told.address);
    }
  } else if (told) {
    say(told.said);
  }
}

async function showName() {
  const who = find("#who");
  if (who.textContent) {
    who.textContent = "";
    return;
  }
  const asked = await fetch(`${home}name/${form.dataset.task}/${form.dataset.code}`);
  who.textContent = (await asked.json()).name;
}

const inField = (target) => target.matches?.("textarea, input:not([type=radio], [type=checkbox])");

function single() {
  const box = find("#single");
  return !box || box.checked;
}

const ACTIONS = {
  f: () => setAll((values) => Math.max(...values)),
  z: () => setAll((values) => Math.min(...values)),
  p: () => find("#points").select(),
  c: () => find("#comment").focus(),
  r: () => find("#reason")?.select(),
  b: () => find("#bank button")?.focus(),
};

function pressed(event) {
  if (event.key === "Escape") {
    document.activeElement?.blur();
    return;
  }
  if (event.key === "Enter" && inField(event.target)) {
    entered(event);
    return;
  }
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  if (modified || inField(event.target) || !single()) {
    return;
  }
  const target = find(`[data-key="${CSS.escape(event.key)}"]`);
  const part = /^[1-9]$/.test(event.key) ? all(".part")[Number(event.key) - 1] : null;
  if (target) {
    event.preventDefault();
    target.click();
  } else if (form && part) {
    event.preventDefault();
    cycle(part);
  } else if (form && Object.hasOwn(ACTIONS, event.key)) {
    event.preventDefault();
    ACTIONS[event.key]();
  } else if (form && event.key === "n") {
    say("Every other answer has its points.");
  }
}

/* Enter leaves a line; with Ctrl, any field, and goes on. */
function entered(event) {
  const next = find('[data-key="n"]');
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    event.target.blur();
    next?.click();
  } else if (form && event.target.matches("input")) {
    event.preventDefault();
    event.target.blur();
  }
}

async function decide(box) {
  document.activeElement?.blur();
  await saving;
  const { task, code, answer, points, comment } = current();
  const told = await send("regrade", {
    ...{ task, code, answer, points, comment },
    request: box.dataset.request,
    reason: box.querySelector(".why").value,
    seen: Number(form.dataset.seen),
  });
  if (told) {
    leave = true;
    sessionStorage.setItem("said", told.said);
    location.reload();
  }
}

async function extra(event) {
  event.preventDefault();
  const row = event.target;
  const told = await send("extra", {
    student: row.dataset.student,
    points: number(row.elements.points.value) ?? 0,
    reason: row.elements.reason.value,
    seen: Number(row.dataset.seen),
  });
  if (told) {
    row.dataset.seen = told.seen;
    say(told.said);
  }
}

async function write() {
  say("Writing...");
  const told = await send("write", {});
  if (told) {
    say(told.said);
    find("#problems").replaceChildren(...told.problems.map((problem) => {
      const line = document.createElement("li");
      line.textContent = problem;
      return line;
    }));
  }
}

document.addEventListener("keydown", pressed);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link && form && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    go(link.href);
  }
});
globalThis.addEventListener("beforeunload", (event) => {
  if (waiting && !leave) {
    event.preventDefault();
  }
});
find("#write")?.addEventListener("click", write);
for (const each of all("form.extra")) {
  each.addEventListener("submit", extra);
}
const before = sessionStorage.getItem("said");
if (before) {
  sessionStorage.removeItem("said");
  say(before);
}

if (form) {
  showSum();
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const radio of all(".part input")) {
    radio.addEventListener("change", fromParts);
  }
  for (const field of ["#points", "#comment", "#reason"].map(find).filter(Boolean)) {
    field.addEventListener("change", () => {
      showSum();
      save();
    });
  }
  for (const button of all("#bank button")) {
    button.addEventListener("click", () => {
      const comment = find("#comment");
      comment.value = [comment.value.trim(), button.textContent].filter(Boolean).join(" ");
      save();
    });
  }
  for (const button of all(".decide")) {
    button.addEventListener("click", () => decide(button.closest("fieldset")));
  }
  find("#undo").addEventListener("click", undo);
  find("#name").addEventListener("click", showName);
  find("#help").addEventListener("click", () => {
    const keys = find("#keys");
    keys.hidden = !keys.hidden;
    find("#help").setAttribute("aria-expanded", String(!keys.hidden));
  });
  find("#single").checked = localStorage.getItem(SINGLE) !== "off";
  find("#single").addEventListener("change", (event) => {
    localStorage.setItem(SINGLE, event.target.checked ? "on" : "off");
  });
  find("#theirs").addEventListener("click", () => {
    leave = true;
    location.reload();
  });
  find("#mine").addEventListener("click", () => {
    form.dataset.seen = find("#conflict").dataset.seen;
    find("#conflict").hidden = true;
    saving = Promise.resolve(true);
    save();
  });
}
