// What a reader may do to the parameters of a run by hand, without a restart.

const weights = (run) => run.parameters.filter(({ name }) => name.endsWith(".weight"));
const biases = (run) => run.parameters.filter(({ name }) => /^\d+\.bias$/.test(name));

/** Numbers from a normal distribution, from a seed: small and good enough for a nudge. */
function normals(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Each by its name: its label, the weights it touches in words, and what it does to a run. */
export const INTERVENTIONS = {
  one: {
    label: "Change one weight",
    told: "One weight of layer 1 was raised by 0.1",
    apply: (run) => {
      weights(run)[0].values[0] += 0.1;
    },
  },
  noise: {
    label: "Add a little noise",
    told: "Noise of standard deviation 0.05 was added to every weight",
    apply: (run) => {
      const draw = normals(run.steps + 1);
      for (const { values } of weights(run)) {
        for (let i = 0; i < values.length; i++) values[i] += 0.05 * draw();
      }
    },
  },
  raise: {
    label: "Raise biases by 0.5",
    told: "Every hidden bias was raised by 0.5",
    apply: (run) => shift(run, 0.5),
  },
  lower: {
    label: "Lower biases by 0.5",
    told: "Every hidden bias was lowered by 0.5",
    apply: (run) => shift(run, -0.5),
  },
};

function shift(run, by) {
  for (const { values } of biases(run)) {
    for (let i = 0; i < values.length; i++) values[i] += by;
  }
}
