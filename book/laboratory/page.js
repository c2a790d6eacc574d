// The laboratory on its page: puts the parts together and keeps the state of the experiment.

import { createBar, SPEEDS } from "./bar.js";
import { createChallenges } from "./challenge_panel.js";
import { challengeNamed } from "./challenges.js";
import { createClient } from "./client.js";
import { FIELDS, validate } from "./engine/experiment.js";
import { predictionOf, summary } from "./fields.js";
import { createForm } from "./form.js";
import { createHistory, PINS, remember } from "./history.js";
import { narrate } from "./narrator.js";
import { createNumbers } from "./numbers.js";
import { createPanels } from "./panels.js";
import { keep, recall } from "./pins.js";
import { pythonOf } from "./python.js";
import { assemble, createFold, createProblem } from "./shell.js";
import { decode, encode, FIRST, isState } from "./state.js";
import { readColors } from "./surface.js";
import { createCopies, createHands, createPins, createSwitches } from "./tools.js";

const BUDGET = 13; // ms of training and measuring for one drawing: sixty of them fit a second
const TOLD = 2000; // ms between two descriptions of the pictures, while it plays
const STILL = 1000; // ms between two drawings for readers who wish for reduced motion
const SETTLE = 200; // ms until a change is written into the address
const WAITS = "The link asks to play at once, but your system asks for reduced motion: press Play.";

/**
 * Put the laboratory into an element; returns a function that takes it away again.
 *
 * `engine` makes the module of session.js, and `digits` are the packed images of data.js.
 */
export default function mount(root, engine, digits, options = {}) {
  const life = new AbortController();
  const { signal } = life;
  const asked = decode(location.hash);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const state = {
    experiment: asked.experiment,
    id: 0,
    frame: null,
    initial: null,
    history: createHistory(),
    pins: recall(),
    byHand: [],
    adjusted: [],
    limits: {},
    colors: readColors(),
    playing: false,
    begins: false, // to play as soon as it is there, because the address says so
    speed: "steady",
  };
  const times = { drawn: -Infinity, told: -Infinity, next: 0, request: 0, address: 0 };
  let dirty = false;

  const client = createClient(engine, digits, receive, options);
  const bar = createBar(act, state.speed, signal);
  const form = createForm(change, first, signal);
  const panels = createPanels(look, signal);
  const challenges = createChallenges(choose, play, signal);
  const hands = createHands(intervene, signal);
  const pins = createPins(pin, unpin, signal);
  const numbers = createNumbers(redraw, signal);
  const copies = createCopies(link, python, signal);
  const problem = createProblem();
  const setup = createFold("Experiment", form.element);
  const fold = createFold("By hand", hands.element);
  fold.say("change this run’s weights and biases");
  const switches = createSwitches((name, on) => {
    panels.shown(name, on);
    look();
  }, signal);

  const wants = () => {
    const found = panels.wants(state);
    return found.includes("statistics") ? found : [...found, "statistics"];
  };
  const send = (message) => client.send({ ...message, id: state.id, wants: wants() });

  function restart() {
    state.id++;
    const changes = challenges.current()?.changes ?? [];
    const measures = ["statistics", predictionOf(state.experiment.data)];
    const { experiment, id } = state;
    client.send({ kind: "start", experiment, changes, id, wants: measures });
    showSetup();
    panels.reserve(state);
    pins.show(state.pins, experiment);
    if (id > 1) settle(); // the first run has the address that it was opened with
  }

  function showSetup() {
    form.show(state.experiment);
    setup.say(summary(state.experiment));
  }

  function begin(frame) {
    Object.assign(state, {
      frame: { examples: frame.examples },
      initial: frame,
      history: createHistory(),
      byHand: [],
      adjusted: [],
      limits: {},
    });
    root.dataset.run = state.id;
  }

  function receive(frame) {
    if (frame.id !== state.id) return;
    if (frame.error) {
      problem.tell([`The run stopped: ${frame.error}.`]);
      stop();
      return;
    }
    if (frame.kind === "start") begin(frame);
    state.frame = { ...state.frame, ...frame, examples: state.frame.examples };
    remember(state.history, frame);
    if (state.begins) play();
    if (frame.diverged) stop();
    if (state.playing && SPEEDS[state.speed].count > 1) advance();
    redraw();
  }

  function advance() {
    send({ kind: "advance", count: SPEEDS[state.speed].count, budget: BUDGET });
  }

  function look() {
    if (state.frame) send({ kind: "look" });
  }

  function redraw() {
    dirty = true;
    times.request ||= requestAnimationFrame(loop);
  }

  function loop(now) {
    times.request = 0;
    const due = !still.matches || !state.playing || now - times.drawn >= STILL;
    if (dirty && due && state.frame) paint(now);
    if (state.playing && now >= times.next) {
      times.next = now + SPEEDS[state.speed].pause;
      advance();
    }
    if (state.playing) times.request ||= requestAnimationFrame(loop);
  }

  function paint(now, all = false) {
    dirty = false;
    times.drawn = now;
    bar.show(state);
    if (state.frame.id !== state.id) return; // of a run that is no more: the next one is on its way
    const tellNow = !state.playing || now - times.told >= TOLD;
    if (tellNow) times.told = now;
    panels.draw(state, tellNow, all);
    hands.show(state.byHand, state.adjusted);
    if (tellNow) numbers.show(state.frame);
    const { rule, sentence } = narrate(state);
    root.dataset.rule = rule;
    bar.say(sentence, state);
    challenges.show(state);
    if (!state.playing) copies.show();
    root.dataset.step = state.frame.step;
    root.dataset.measured = state.frame.statistics.step; // what the panels of the layers show
    root.dataset.ready = "true";
  }

  function act(name, value) {
    if (name === "speed") state.speed = value;
    else if (name === "play") state.playing ? stop() : wish(play);
    else if (name === "step") wish(() => stepOnce());
    else if (name === "restart") restart();
  }

  /** Do what was asked, unless a challenge wants a guess first. */
  function wish(doing) {
    if (challenges.asks()) challenges.ask();
    else doing();
  }

  function stepOnce() {
    stop();
    send({ kind: "advance", count: 1, budget: 0 });
  }

  function play() {
    state.begins = false;
    if (state.frame?.diverged) return;
    state.playing = true;
    root.dataset.playing = "true";
    times.next = 0;
    redraw();
  }

  function stop() {
    state.begins = false;
    state.playing = false;
    root.dataset.playing = "false";
    redraw();
  }

  function change(name, value) {
    const { experiment, problems } = validate({ ...state.experiment, [name]: value });
    state.experiment = experiment;
    problem.tell(problems);
    if (!FIELDS[name].live || !state.frame?.step) return restart();
    if (!state.adjusted.includes(name)) state.adjusted.push(name);
    send({ kind: "adjust", changes: { [name]: experiment[name] } });
    showSetup();
    settle();
  }

  function first() {
    const { experiment } = validate(challenges.current()?.experiment ?? FIRST);
    state.experiment = experiment;
    problem.tell([]);
    restart();
  }

  function intervene(name) {
    state.byHand = [...state.byHand, name];
    send({ kind: "intervene", name });
  }

  function choose(name) {
    stop();
    const challenge = challengeNamed(name);
    if (challenge) state.experiment = validate(challenge.experiment).experiment;
    challenges.open(name, state.experiment);
    restart();
  }

  function pin() {
    if (state.pins.length >= PINS) return;
    const history = structuredClone(state.history);
    setPins([...state.pins, { experiment: state.experiment, history }]);
  }

  function unpin(index) {
    setPins(state.pins.filter((_, i) => i !== index));
  }

  function setPins(list) {
    state.pins = list;
    keep(list);
    pins.show(list, state.experiment);
    redraw();
  }

  function fragment(plays = false) {
    return encode(state.experiment, challenges.current()?.name, plays);
  }

  function link(plays) {
    return `${location.href.split("#")[0]}#${fragment(plays)}`;
  }

  /** Write the state into the address, once the reader's hand rests. */
  function settle() {
    clearTimeout(times.address);
    times.address = setTimeout(() => history.replaceState(null, "", `#${fragment()}`), SETTLE);
  }

  function python() {
    const touched = state.byHand.length + state.adjusted.length > 0 ||
      Boolean(challenges.current()?.changes.length);
    return pythonOf(state.experiment, state.frame?.step || 300, touched);
  }

  function read({ experiment, challenge, play: plays, problems }) {
    stop();
    state.experiment = experiment;
    const start = validate(challengeNamed(challenge)?.experiment ?? {}).experiment;
    challenges.open(challenge, start);
    const waits = plays && still.matches;
    problem.tell(waits ? [...problems, WAITS] : problems);
    // A challenge asks for a guess first.
    state.begins = plays && !waits && !challenges.asks();
    restart();
  }

  addEventListener("hashchange", () => {
    if (isState(location.hash)) read(decode(location.hash));
  }, { signal });
  const everything = () => state.frame && paint(performance.now(), true);
  const themes = new MutationObserver(() => {
    state.colors = readColors();
    everything();
  });
  addEventListener("beforeprint", everything, { signal }); // also what was never in view
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  signal.addEventListener("abort", () => {
    themes.disconnect();
    cancelAnimationFrame(times.request);
    clearTimeout(times.address);
  });

  assemble(root, {
    problem,
    bar,
    challenges,
    setup,
    hands: fold,
    panels,
    numbers,
    switches,
    pins,
    copies,
  });
  read(asked);
  return () => life.abort();
}
