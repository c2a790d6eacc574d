// Plays experiments and challenges as the page does, without a page: for the tests, in deno.

import { challengeNamed } from "../../book/laboratory/challenges.js";
import { validate } from "../../book/laboratory/engine/experiment.js";
import { createHistory, remember } from "../../book/laboratory/history.js";
import { createSession } from "../../book/laboratory/session.js";

/**
 * The view that the page would have after some moves.
 *
 * Each move is {steps: n}, {hand: name} or {adjust: changes}. `until(view)` may stop it early.
 */
export function play(wanted, moves, { changes = [], digits = null, until = () => false } = {}) {
  const { experiment, problems } = validate(wanted);
  if (problems.length) throw new Error(problems.join(" "));
  const frames = [];
  const session = createSession(digits, (frame) => frames.push(frame), () => 0);
  const view = { experiment, history: createHistory(), byHand: [], adjusted: [] };
  const send = (message) => {
    session({ ...message, id: 1, wants: ["statistics"] });
    const frame = frames.pop();
    if (frame.error) throw new Error(frame.error);
    view.frame = frame;
    view.initial ??= frame;
    remember(view.history, frame);
  };
  send({ kind: "start", experiment, changes });
  for (const { steps, hand, adjust } of moves) {
    if (hand) view.byHand.push(hand);
    if (hand) send({ kind: "intervene", name: hand });
    if (adjust) view.adjusted.push(...Object.keys(adjust));
    if (adjust) Object.assign(view.experiment, adjust);
    if (adjust) send({ kind: "adjust", changes: adjust });
    for (let left = steps ?? 0; left > 0 && !view.frame.diverged; left -= 20) {
      if (until(view)) return view;
      send({ kind: "advance", count: Math.min(20, left), budget: 1 });
    }
  }
  return view;
}

/** A challenge tried with another experiment and some moves: {view, found, start}. */
export function attempt(name, { experiment = {}, moves = [] }, digits = null) {
  const challenge = challengeNamed(name);
  const wanted = { ...challenge.experiment, ...experiment };
  const until = (view) => challenge.check(view).done;
  const { changes } = challenge;
  const view = play(wanted, moves, { changes, digits, until });
  return { view, found: challenge.check(view), start: validate(challenge.experiment).experiment };
}
