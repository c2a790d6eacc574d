// Gradient descent, momentum and Adam, as netinit.training defines them.

const MOMENTUM = 0.9;
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPS = 1e-8;

/** w -= rate g. */
function sgd(values, gradient, _memory, rate) {
  let moved = 0;
  for (let i = 0; i < values.length; i++) {
    const change = rate * gradient[i];
    values[i] -= change;
    moved += change * change;
  }
  return moved;
}

/** v = 0.9 v + g, w -= rate v. */
function momentum(values, gradient, [velocity], rate) {
  let moved = 0;
  for (let i = 0; i < values.length; i++) {
    velocity[i] = MOMENTUM * velocity[i] + gradient[i];
    const change = rate * velocity[i];
    values[i] -= change;
    moved += change * change;
  }
  return moved;
}

/** Algorithm 1 of Kingma and Ba (2015), with bias correction. */
function adam(values, gradient, [first, second], rate, step) {
  const size = rate / (1 - BETA1 ** step);
  const root = Math.sqrt(1 - BETA2 ** step);
  let moved = 0;
  for (let i = 0; i < values.length; i++) {
    const slope = gradient[i];
    first[i] += (1 - BETA1) * (slope - first[i]);
    second[i] += (1 - BETA2) * (slope * slope - second[i]);
    const change = (size * first[i]) / (Math.sqrt(second[i]) / root + EPS);
    values[i] -= change;
    moved += change * change;
  }
  return moved;
}

const RULES = {
  sgd: { memories: 0, update: sgd },
  momentum: { memories: 1, update: momentum },
  adam: { memories: 2, update: adam },
};

/**
 * An optimizer of a list of parameters; its memory starts at 0.
 *
 * @param {string} name
 * @param {{values}[]} parameters
 * @returns {{step: function}} step(gradients, rate) changes the values, and returns the norm of
 *   each parameter's change
 */
export function createOptimizer(name, parameters) {
  const { memories, update } = RULES[name];
  const empty = ({ values }) => new values.constructor(values.length);
  const memory = parameters.map((p) => Array.from({ length: memories }, () => empty(p)));
  const norms = new Float64Array(parameters.length);
  let count = 0;
  const step = (gradients, rate) => {
    count += 1;
    for (let i = 0; i < parameters.length; i++) {
      norms[i] = Math.sqrt(update(parameters[i].values, gradients[i], memory[i], rate, count));
    }
    return norms;
  };
  return { step };
}
