"""Remake laboratory.json: python tests/golden/make_laboratory.py (some seconds).

What netinit makes of small networks of every kind that the laboratory has, from given parameters
and batches: losses, the statistics of each layer and sums over the parameters, after 0, 1, 10 and
100 updates, in float32 and in float64. All that is given has few decimals, so that both precisions
and both languages start from the same numbers.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from netinit import activations, losses
from netinit.network import init_network
from netinit.network.layers import BatchNorm, Dense, LayerNorm, Residual, Sequential
from netinit.network.mlp import MLP
from netinit.network.protocol import Network
from netinit.propagation import histogram, measure
from netinit.training import SGD, Adam, Momentum

EXAMPLES, TEST, BATCH = 40, 20, 8
INPUTS, CLASSES = 4, 3
STEPS = (0, 1, 10, 100)
DIGITS = {np.float32: 8, np.float64: 13}  # that are written
OPTIMIZERS = {"sgd": SGD, "momentum": Momentum, "adam": Adam}
NORMS = {"layer": LayerNorm, "batch": BatchNorm}
PLAIN = {"depth": 3, "width": 6, "normalization": "none", "skip": False, "loss": "classes"}
# What differs from PLAIN; a width of INPUTS has a skip in the first layer too. No Adam with batch
# norm: the gradient of a bias before it is 0 but for rounding, which Adam would enlarge.
CASES = [
    {"activation": "relu", "optimizer": "sgd", "rate": 0.1},
    {"activation": "tanh", "optimizer": "momentum", "rate": 0.05},
    {"activation": "gelu", "optimizer": "adam", "rate": 0.01},
    {"activation": "silu", "optimizer": "sgd", "rate": 0.2},
    {"activation": "sigmoid", "optimizer": "adam", "rate": 0.02},
    {"activation": "leaky_relu", "optimizer": "momentum", "rate": 0.02},
    {"activation": "elu", "optimizer": "sgd", "rate": 0.1},
    {"activation": "selu", "optimizer": "sgd", "rate": 0.05},
    {"activation": "linear", "optimizer": "sgd", "rate": 0.05, "depth": 1},
    {"activation": "relu", "optimizer": "sgd", "rate": 0.02, "normalization": "layer"},
    {"activation": "tanh", "optimizer": "momentum", "rate": 0.05, "normalization": "batch"},
    {"activation": "relu", "optimizer": "adam", "rate": 0.005, "skip": True, "width": INPUTS},
    {
        "activation": "gelu",
        "optimizer": "sgd",
        "rate": 0.05,
        "normalization": "layer",
        "skip": True,
    },
    {
        "activation": "silu",
        "optimizer": "momentum",
        "rate": 0.02,
        "normalization": "batch",
        "skip": True,
    },
    {"activation": "tanh", "optimizer": "sgd", "rate": 0.1, "loss": "squared"},
    {"activation": "relu", "optimizer": "adam", "rate": 0.01, "loss": "squared"},
]


def data(loss: str) -> dict[str, object]:
    """Inputs around the corners of a triangle, or a curved surface."""
    rng = np.random.default_rng(7)
    found = {}
    for half, n in (("Train", EXAMPLES), ("Test", TEST)):
        y = np.arange(n) % CLASSES
        x = rng.standard_normal((n, INPUTS)) + 1.5 * np.eye(CLASSES, INPUTS)[y]
        x = x.round(3)
        surface = np.sin(x[:, :2]).round(3)
        found[f"x{half}"] = x.ravel().tolist()
        found[f"y{half}"] = surface.ravel().tolist() if loss == "squared" else y.tolist()
    return found


def parameters(case: dict) -> list[np.ndarray]:
    """Weights, biases, gains and shifts of each layer, then the head's, rounded."""
    rng = np.random.default_rng(11)
    outputs = 2 if case["loss"] == "squared" else CLASSES
    found = []
    fan_in = INPUTS
    for units in [case["width"]] * case["depth"] + [outputs]:
        hidden = len(found) < case["depth"] * (2 if case["normalization"] == "none" else 4)
        found += [rng.standard_normal((units, fan_in)) * np.sqrt(1.6 / fan_in)]
        found += [0.2 * rng.standard_normal(units)]
        if hidden and case["normalization"] != "none":
            found += [1 + 0.2 * rng.standard_normal(units), 0.2 * rng.standard_normal(units)]
        fan_in = units
    if case["activation"] == "relu" and case["normalization"] == "none":
        found[1][0] = -9.0  # a dead unit
    return [values.round(3) for values in found]


def network(case: dict, start: list[np.ndarray], dtype: type) -> Network:
    """The network of a case: a perceptron if nothing else is asked for."""
    values = [array.astype(dtype) for array in start]
    if case["normalization"] == "none" and not case["skip"]:
        return MLP(values[::2], values[1::2], case["activation"])
    layers, width = {}, case["width"]
    for layer in range(1, case["depth"] + 1):
        fan_in = INPUTS if layer == 1 else width
        norm = [NORMS[case["normalization"]](width)] if case["normalization"] != "none" else []
        block = [Dense(fan_in, width), *norm, case["activation"]]
        layers[str(layer)] = Residual(block) if case["skip"] and fan_in == width else block
    layers["head"] = Dense(width, start[-1].size)
    net = init_network(Sequential(layers), rng=0, dtype=dtype)
    return net.replace(dict(zip(net.parameters, values, strict=True)))


def signals(case: dict, net: Network, x: np.ndarray) -> Iterator[tuple[str, np.ndarray, ...]]:
    """For each hidden layer: the name of h, then what enters and leaves phi, and what is passed."""
    named = net.forward(x).named
    normed = case["normalization"] != "none"
    for layer in range(1, case["depth"] + 1):
        if isinstance(net, MLP):
            yield f"h{layer}", named[f"h{layer}"], named[f"a{layer}"], named[f"a{layer}"]
            continue
        skip = case["skip"] and (layer > 1 or case["width"] == INPUTS)
        path = f"{layer}.branch" if skip else str(layer)
        into, out = (named[f"{path}.{place}"] for place in ((1, 2) if normed else (0, 1)))
        yield f"{path}.0", into, out, named[str(layer)] if skip else out


def layer_records(case: dict, net: Network, x: np.ndarray, gradient: np.ndarray) -> list[dict]:
    """The statistics of each hidden layer."""
    measured = measure(net, x, output_gradient=gradient).signals
    phi = activations.get(case["activation"])
    return [
        {
            "secondMoment": float(measured[name].second_moment),
            "spread": float(measured[name].spread),
            "gradient": float(measured[name].gradient_second_moment),
            "activationMoment": float(np.mean(np.float64(out) ** 2)),
            "outputMoment": float(np.mean(np.float64(passed) ** 2)),
            "dead": float((out == 0).all(axis=0).mean()),
            "saturated": float(phi.saturated(into).mean()),
        }
        | cells(into)
        for name, into, out, passed in signals(case, net, x)
    ]


def cells(into: np.ndarray) -> dict[str, list[int]]:
    """How many values are in each cell of the histogram: in float64, where none may change it."""
    if into.dtype != np.float64:
        return {}
    shares = histogram(into, bins=32, limits=(-4, 4))
    return {"counts": (into.size * shares).round().astype(int).tolist()}


def record(case: dict, net: Network, arrays: dict[str, np.ndarray], step: int) -> dict:
    """All that is compared after some steps."""
    compare = losses.LOSSES["squared" if case["loss"] == "squared" else "softmax_cross_entropy"]
    output = net(arrays["xTrain"])
    loss, gradient = compare(output, arrays["yTrain"])
    tested = net(arrays["xTest"])
    found = {
        "step": step,
        "loss": float(loss),
        "testLoss": float(compare(tested, arrays["yTest"])[0]),
    }
    if case["loss"] == "classes":
        found["accuracy"] = float(losses.accuracy(output, arrays["yTrain"]))
        found["testAccuracy"] = float(losses.accuracy(tested, arrays["yTest"]))
    found["layers"] = layer_records(case, net, arrays["xTrain"], gradient)
    values = [np.float64(p) for p in net.parameters.values()]
    return found | {
        "sums": [float(p.sum()) for p in values],
        "squares": [float((p**2).sum()) for p in values],
    }


def train(
    case: dict, net: Network, arrays: dict[str, np.ndarray], batches: list[list[int]]
) -> list[dict]:
    """The records after each of STEPS."""
    compare = losses.LOSSES["squared" if case["loss"] == "squared" else "softmax_cross_entropy"]
    optimizer = OPTIMIZERS[case["optimizer"]](case["rate"])
    memory = {
        name: [np.zeros_like(p) for _ in range(optimizer.memories)]
        for name, p in net.parameters.items()
    }
    weights = [name for name, p in net.parameters.items() if p.ndim == 2]
    found = [record(case, net, arrays, 0)]
    for step, rows in enumerate(batches, 1):
        before = {name: net.parameters[name].astype(np.float64) for name in weights}
        passed = net.forward(arrays["xTrain"][rows])
        _, gradient = compare(passed.output, arrays["yTrain"][rows])
        gradients = net.backward(passed, gradient).parameters
        for name, parameter in net.parameters.items():
            optimizer.update(parameter, gradients[name], memory[name], step)
        if step in STEPS:
            found.append(record(case, net, arrays, step))
            after = {name: net.parameters[name].astype(np.float64) for name in weights}
            found[-1]["updates"] = [
                float(np.linalg.norm(after[name] - before[name]) / np.linalg.norm(after[name]))
                for name in weights
            ]
    return found


def shaped(values: dict[str, list], loss: str, dtype: type) -> dict[str, np.ndarray]:
    """The data as arrays of one precision."""
    target: Callable = np.asarray if loss == "classes" else lambda y: dtype(y).reshape(-1, 2)
    return {
        name: dtype(array).reshape(-1, INPUTS) if name[0] == "x" else target(array)
        for name, array in values.items()
    }


def rounded(found: object, digits: int) -> object:
    """All floats within lists and dictionaries with so many significant digits."""
    if isinstance(found, dict):
        return {name: rounded(value, digits) for name, value in found.items()}
    if isinstance(found, list):
        return [rounded(value, digits) for value in found]
    return float(f"{found:.{digits}g}") if isinstance(found, float) else found


def golden() -> dict[str, object]:
    """Everything the file holds."""
    rng = np.random.default_rng(3)
    batches = [rng.choice(EXAMPLES, BATCH, replace=False).tolist() for _ in range(max(STEPS))]
    sets = {loss: data(loss) for loss in ("classes", "squared")}
    found = []
    for differs in CASES:
        case = PLAIN | differs
        start = parameters(case)
        results = {}
        for dtype in (np.float32, np.float64):
            arrays = shaped(sets[case["loss"]], case["loss"], dtype)
            records = train(case, network(case, start, dtype), arrays, batches)
            results[dtype.__name__] = rounded(records, DIGITS[dtype])
        values = [array.ravel().tolist() for array in start]
        found.append({"case": case, "parameters": values, "results": results})
    return {"batches": batches, "inputs": INPUTS, "batch": BATCH, "data": sets, "cases": found}


if __name__ == "__main__":
    Path(__file__).with_name("laboratory.json").write_text(json.dumps(golden()) + "\n")
