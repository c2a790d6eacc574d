// The experiment as lines of Python: the same laws and settings, with netinit's own draws.

const OPTIMIZERS = { sgd: "SGD", momentum: "Momentum", adam: "Adam" };
const NORMS = { layer: "LayerNorm", batch: "BatchNorm" };
const INPUTS = { digits: 64, regression: 1 };
const OUTPUTS = { digits: 10, regression: 1, clusters: 5 };
// Schemes whose size the caller names: it is the scale.
const SIZED = {
  normal: (scale) => `functools.partial(netinit.normal, std=${scale})`,
  uniform: (scale) => `functools.partial(netinit.uniform, std=${scale})`,
  constant: (scale) => `functools.partial(netinit.constant, value=${scale})`,
};

const inputsOf = ({ data }) => INPUTS[data] ?? 2;
const outputsOf = ({ data }) => OUTPUTS[data] ?? 2;
const quoted = (text) => `"${text}"`;
const schemeOf = ({ scheme, scale }) => SIZED[scheme]?.(scale) ?? quoted(scheme);
const scaled = ({ scheme, scale }) => scale !== 1 && !SIZED[scheme];
const biasesOf = ({ bias }) => `functools.partial(netinit.normal, std=${bias})`;

function imports(experiment, layered) {
  const { data, scheme, bias, normalization, skip, optimizer } = experiment;
  const layers = ["Dense"];
  if (normalization !== "none") layers.push(NORMS[normalization]);
  if (skip) layers.push("Residual");
  return [
    ...(SIZED[scheme] || bias ? ["import functools", ""] : []),
    ...(data === "regression" ? ["import numpy as np", ""] : []),
    "import netinit",
    "from netinit import propagation",
    ...(data === "regression" ? [] : [`from netinit.datasets import ${data}`]),
    ...(layered ? ["from netinit.network import init_network"] : []),
    ...(layered ? [`from netinit.network.layers import ${layers.sort().join(", ")}`] : []),
    `from netinit.training import ${OPTIMIZERS[optimizer]}, train`,
  ];
}

function dataLines({ data, seed }) {
  if (data !== "regression") {
    const call = data === "digits" ? "digits()" : `${data}(400, rng=${seed})`;
    return [
      `data = ${call}`,
      "x, y, x_test, y_test = data.x_train, data.y_train, data.x_test, data.y_test",
    ];
  }
  return [
    `rng = np.random.default_rng(${seed})`,
    "x, x_test = rng.uniform(-2, 2, (2, 400, 1)).astype(np.float32)",
    "y, y_test = (",
    "    np.sin(np.pi * p) * (1 - p / 4) + 0.1 * rng.standard_normal((400, 1)) for p in (x, x_test)",
    ")",
  ];
}

function perceptron(experiment) {
  const { depth, width, activation, bias, scale, seed } = experiment;
  const widths = `[${inputsOf(experiment)}, *[${width}] * ${depth}, ${outputsOf(experiment)}]`;
  const options = [
    schemeOf(experiment),
    `activation=${quoted(activation)}`,
    ...(bias ? [`biases=${biasesOf(experiment)}`] : []),
    `rng=${seed}`,
  ];
  return [
    `net = netinit.init_mlp(`,
    `    ${widths},`,
    ...options.map((option) => `    ${option},`),
    ")",
    ...(scaled(experiment) ? ["for weight in net.weights:", `    weight *= ${scale}`] : []),
  ];
}

function block(fanIn, experiment) {
  const { width, activation, normalization, skip } = experiment;
  const parts = [`"dense": Dense(${fanIn}, ${width})`];
  if (normalization !== "none") parts.push(`"norm": ${NORMS[normalization]}(${width})`);
  parts.push(`"phi": ${quoted(activation)}`);
  const inner = `{${parts.join(", ")}}`;
  return skip && fanIn === width ? `Residual(${inner})` : inner;
}

function layers(experiment) {
  const { depth, width, bias, scale, seed } = experiment;
  const head = `{"dense": Dense(${width}, ${outputsOf(experiment)})}`;
  return [
    `first = ${block(inputsOf(experiment), experiment)}`,
    `block = ${block(width, experiment)}`,
    `layers = [first, *[block] * ${depth - 1}, ${head}]`,
    "net = init_network(",
    "    layers,",
    `    ${schemeOf(experiment)},`,
    ...(bias ? [`    schemes={"*dense.bias": ${biasesOf(experiment)}},`] : []),
    `    rng=${seed},`,
    ")",
    ...(scaled(experiment)
      ? [
        "for name, parameter in net.parameters.items():",
        '    if name.endswith("weight"):',
        `        parameter *= ${scale}`,
      ]
      : []),
  ];
}

function measured(experiment, layered) {
  const call = `propagation.measure(net, x[:128], rng=${experiment.seed})`;
  return [
    `statistics = ${call}`,
    ...(layered
      ? [
        'signals = [s for name, s in statistics.signals.items() if name.endswith("dense")]',
        "moments = [float(signal.second_moment) for signal in signals[:-1]]",
      ]
      : ["moments = statistics.preactivations.second_moment[:-1].tolist()"]),
    'print("mean square of the signal, layer by layer:", [f"{m:.3g}" for m in moments])',
  ];
}

function training({ data, optimizer, rate, batch, seed }, steps) {
  const squared = data === "regression";
  return [
    "history = train(",
    "    net,",
    "    x,",
    "    y,",
    "    x_test=x_test,",
    "    y_test=y_test,",
    `    optimizer=${OPTIMIZERS[optimizer]}(lr=${rate}),`,
    `    steps=${steps},`,
    `    batch_size=${batch},`,
    ...(squared ? ['    loss="squared",'] : []),
    `    rng=${seed},`,
    ")",
    `print(f"loss after ${steps} steps: {history.loss[-1]:.3g}")`,
    ...(squared ? [] : ['print(f"accuracy on unseen examples: {history.accuracy[-1]:.3f}")']),
  ];
}

/**
 * Python lines that repeat an experiment for a number of steps.
 *
 * @param {object} experiment
 * @param {number} steps
 * @param {boolean} touched whether the run was changed by hand, which the lines leave out
 */
export function pythonOf(experiment, steps, touched = false) {
  const layered = experiment.normalization !== "none" || experiment.skip;
  return [
    ...imports(experiment, layered),
    "",
    ...dataLines(experiment),
    ...(layered ? layers(experiment) : perceptron(experiment)),
    ...measured(experiment, layered),
    ...(touched ? ["# Changes made by hand or during the run are not repeated here."] : []),
    ...training(experiment, Math.max(1, steps)),
    "",
  ].join("\n");
}
