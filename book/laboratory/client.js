// The way from the page to a session: a worker where the browser allows one, else the page itself.

/**
 * {send(message), busy()}; each message is answered by `receive(frame)`.
 *
 * One message is under way at a time. Of those sent meanwhile an "advance" with a budget is dropped,
 * as the next one will do as well (one without is a reader's own step), and a "start" replaces all
 * that waits. `engine` is the function that makes the session's module; its text is the worker's
 * script, so that it works from a file too.
 */
export function createClient(engine, digits, receive, { worker = true } = {}) {
  const waiting = [];
  let under = false;
  const deliver = (frame) => {
    under = false;
    receive(frame);
    next();
  };
  const post = (worker && working(engine, digits, deliver)) || sliced(engine, digits, deliver);

  function next() {
    if (under || !waiting.length) return;
    under = true;
    post(waiting.shift());
  }

  function send(message) {
    if (message.kind === "advance" && message.budget && (under || waiting.length)) return;
    if (message.kind === "start") waiting.length = 0;
    const last = waiting.at(-1);
    if (last?.kind === "look" && message.kind === "look") waiting.pop();
    waiting.push(message);
    next();
  }

  return { send, busy: () => under || waiting.length > 0 };
}

/** Post messages to a worker; null where the browser refuses one. */
function working(engine, digits, deliver) {
  let unanswered = null;
  let instead = null;
  let worker;
  try {
    const script = `"use strict";\n(${engine})().serve(self);`;
    worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  } catch {
    return null;
  }
  worker.onmessage = ({ data }) => {
    unanswered = null;
    deliver(data);
  };
  // Some browsers refuse only now. A session tells its own errors, so nothing has run there yet.
  worker.onerror = (event) => {
    event.preventDefault();
    instead = sliced(engine, digits, deliver);
    if (unanswered) instead(unanswered);
  };
  worker.postMessage({ digits });
  return (message) => {
    unanswered = message;
    if (instead) instead(message);
    else worker.postMessage(message);
  };
}

/** The same in the page: one short slice for each message, so that the page can answer between. */
function sliced(engine, digits, deliver) {
  const session = engine().createSession(digits, deliver);
  return (message) =>
    setTimeout(() => session({ ...message, budget: Math.min(message.budget ?? 0, 12) }));
}
