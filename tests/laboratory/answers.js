// Answers one question about the laboratory's modules: deno run answers.js NAME < arguments.json

import { broken, CHALLENGES } from "../../book/laboratory/challenges.js";
import { createClient } from "../../book/laboratory/client.js";
import { validate } from "../../book/laboratory/engine/experiment.js";
import { createRun } from "../../book/laboratory/engine/run.js";
import { nearest, STEPS } from "../../book/laboratory/fields.js";
import { createHistory, remember } from "../../book/laboratory/history.js";
import { INTERVENTIONS } from "../../book/laboratory/interventions.js";
import { LIMITS, narrate, RULES } from "../../book/laboratory/narrator.js";
import { pythonOf } from "../../book/laboratory/python.js";
import { createSession, distinct } from "../../book/laboratory/session.js";
import { decode, encode, FIRST } from "../../book/laboratory/state.js";
import { attempt, play } from "./play.js";

const ANSWERS = {
  decode: ({ fragments }) => fragments.map((fragment) => decode(fragment)),
  roundTrips: ({ experiments, challenge, play: plays }) =>
    experiments.map((experiment) => {
      const fragment = encode(experiment, challenge, plays);
      const { experiment: back, problems, ...rest } = decode(`#${fragment}`);
      const again = encode(back, rest.challenge, rest.play);
      return { fragment, experiment: back, problems, ...rest, again };
    }),
  first: () => validate(FIRST),
  rules: () => ({ names: Object.keys(RULES), limits: LIMITS }),
  narrate: ({ views }) => views.map((view) => narrate(revived(view))),
  told: ({ experiment, moves, changes, digits }) =>
    narrate(play(experiment, moves, { changes, digits })),
  challenges: () =>
    CHALLENGES.map(({ name, chapter, experiment, changes, predict }) => ({
      name,
      chapter,
      changes,
      options: predict.options.length,
      ...validate(experiment),
    })),
  attempt: ({ name, experiment, moves, digits }) => {
    const { view, found, start } = attempt(name, { experiment, moves }, digits);
    const challenge = CHALLENGES.find((one) => one.name === name);
    return {
      ...found,
      step: view.frame.step,
      changed: broken(challenge, view.experiment, start),
      answer: challenge.predict.answer(view),
    };
  },
  python: ({ experiment, steps, touched }) =>
    pythonOf(validate(experiment).experiment, steps, touched),
  moments: ({ experiment, seeds, digits }) =>
    seeds.map((seed) =>
      createRun(validate({ ...experiment, seed }).experiment, { digits })
        .statistics().layers.map((layer) => layer.secondMoment)
    ),
  hands: ({ experiment }) => {
    const changed = {};
    for (const [name, { apply }] of Object.entries(INTERVENTIONS)) {
      const run = createRun(validate(experiment).experiment);
      const before = run.parameters.map(({ values }) => Array.from(values));
      apply(run);
      changed[name] = run.parameters.map((parameter, i) => ({
        name: parameter.name,
        changes: Array.from(parameter.values, (value, j) => value - before[i][j]),
      }));
    }
    return changed;
  },
  distinct: ({ experiment, hand }) => {
    const run = createRun(validate(experiment).experiment);
    if (hand) INTERVENTIONS[hand].apply(run);
    run.step(5);
    return distinct(run);
  },
  history: ({ count }) => {
    const history = createHistory();
    for (let step = 0; step < count; step++) {
      remember(history, { statistics: { step, loss: step, testLoss: step } });
      remember(history, { statistics: { step, loss: -1 } }); // the same step again adds nothing
    }
    return { length: history.step.length, ends: [history.step[0], history.step.at(-1)] };
  },
  /** Answers of a session whose clock goes on by 1 ms whenever it is read. */
  session: ({ experiment, messages }) => {
    const frames = [];
    let time = 0;
    const session = createSession(null, (frame) => frames.push(frame), () => time++);
    session({ kind: "start", experiment: validate(experiment).experiment, wants: ["statistics"] });
    for (const message of messages) session(message);
    return frames.map(({ step, error = null, ...rest }) => ({
      step,
      error,
      has: Object.keys(rest),
    }));
  },
  /** What a session hears when all is sent while the first message is under way. */
  client: async ({ messages }) => {
    const heard = [];
    const { promise, resolve } = Promise.withResolvers();
    const createSession = (_, deliver) => (message) => {
      heard.push(message);
      deliver({});
    };
    const done = () => client.busy() || resolve();
    const client = createClient(() => ({ createSession }), null, () => setTimeout(done), {
      worker: false,
    });
    for (const message of messages) client.send(message);
    await promise;
    return heard.map(({ kind }) => kind);
  },
  steps: () =>
    Object.fromEntries(
      Object.entries(STEPS).map(([name, values]) => [
        name,
        { values, back: values.map((value) => nearest(values, value)) },
      ]),
    ),
};

/** JSON has no numbers that are not finite: they come as texts. */
function revived(value) {
  if (value === "Infinity" || value === "NaN") return Number(value);
  if (Array.isArray(value)) return value.map(revived);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]));
}

const asked = JSON.parse(await new Response(Deno.stdin.readable).text());
console.log(JSON.stringify(await ANSWERS[Deno.args[0]](asked)));
