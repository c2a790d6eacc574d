// The state of the page as text: what stands in its address behind the number sign.

import { challengeNamed } from "./challenges.js";
import { validate, VERSION } from "./engine/experiment.js";

/** Where the page opens without an address: a start that lives, on a task it soon learns. */
export const FIRST = { optimizer: "momentum", rate: 0.01 };

/**
 * Fragment of an experiment, without the number sign:
 * "v1&data=spirals&depth=16...", with the name of a challenge if one is open, and last
 * "play=true" if whoever opens it shall see it train at once.
 */
export function encode(experiment, challenge = null, play = false) {
  const pairs = Object.entries(validate(experiment).experiment);
  if (challenge) pairs.push(["challenge", challenge]);
  if (play) pairs.push(["play", true]);
  return [`v${VERSION}`, ...pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`)]
    .join("&");
}

/**
 * What a fragment asks for: {experiment, challenge, play, problems}.
 *
 * Fields that are missing are those of the challenge, if one is named, else the engine's defaults.
 * Whatever the text, the experiment is valid: the nearest to what was asked for, each difference
 * being told in a sentence of `problems`. The name of another place of the page ("#text") and
 * nothing at all ask for the first experiment, without a problem.
 */
export function decode(fragment) {
  if (!isState(fragment)) return { ...validate(FIRST), challenge: null, play: false };
  const [version, ...parts] = String(fragment).replace(/^#/, "").split("&");
  const number = /^v(\d+)$/.exec(version)?.[1];
  const { values, broken } = pairsOf(number === undefined ? [version, ...parts] : parts);
  const { challenge, play, ...asked } = values;
  const known = challengeNamed(challenge);
  const { experiment, problems } = validate({ ...known?.experiment, ...asked });
  const told = number === undefined
    ? ["The address does not say its version: it is read as one of version 1."]
    : Number(number) === VERSION
    ? []
    : [`The address is of version ${number}, and this page knows version ${VERSION}.`];
  if (broken.length) told.push(`The address has a part that cannot be read: ${broken[0]}.`);
  if (challenge !== undefined && !known) {
    told.push(`There is no challenge “${challenge.slice(0, 40)}”.`);
  }
  if (!["true", "false", undefined].includes(play)) {
    told.push(`“play” must be true or false, not “${play.slice(0, 40)}”.`);
  }
  return {
    experiment,
    challenge: known?.name ?? null,
    play: play === "true",
    problems: [...told, ...problems],
  };
}

/** Whether a fragment is meant as a state, and not as the name of a place on the page. */
export const isState = (fragment) => /^#?v\d+(&|$)|[=&]/.test(fragment);

function pairsOf(parts) {
  const pairs = [];
  const broken = [];
  for (const part of parts.filter(Boolean)) {
    const [name, ...rest] = part.split("=");
    const value = decoded(rest.join("="));
    if (!/^\w+$/.test(name) || !rest.length || value === null) broken.push(part.slice(0, 40));
    else pairs.push([name, value]);
  }
  return { values: Object.fromEntries(pairs), broken };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
