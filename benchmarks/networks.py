"""Networks at work: many seeds trained at once, and GPT-2 at its real size."""

import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from netinit import datasets, training
from netinit.network import (
    LayerNetwork,
    Network,
    init_gpt2,
    init_mlp,
    unstack,
)
from netinit.network.layers import Dense

ROOT = Path(__file__).resolve().parent.parent
SEEDS = 20
STEPS = 200
WIDTHS = [64, 64, 64, 64, 64, 10]
TOKENS = 128

Row = tuple[str, str, str]


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(works: list[Callable[[], object]], rounds: int = 5) -> list[float]:
    """Return the median time of each, called in turn after one call of each."""
    for work in works:
        work()
    times = [[seconds(work) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def of_layers(net: Network) -> LayerNetwork:
    """Return the same perceptron as a composition of layers."""
    layers = {}
    for n, (fan_in, fan_out) in enumerate(itertools.pairwise(WIDTHS), 1):
        layers |= {f"{n}": Dense(fan_in, fan_out), f"a{n}": "relu"}
    del layers[f"a{len(WIDTHS) - 1}"]
    names = {"W": "weight", "b": "bias"}
    parameters = {f"{name[1:]}.{names[name[0]]}": p for name, p in net.parameters.items()}
    return LayerNetwork(layers, parameters)


def training_rows() -> list[Row]:
    """Return the time of training many seeds at once, beside two other ways."""
    data = datasets.digits()
    nets = init_mlp(WIDTHS, "he_normal", activation="relu", seeds=range(SEEDS))

    def fit(net: Network, rng: object) -> None:
        training.train(
            net,
            data.x_train,
            data.y_train,
            optimizer=training.SGD(0.1),
            steps=STEPS,
            batch_size=64,
            rng=rng,
            evaluate_every=STEPS,
        )

    each, layers = unstack(nets), of_layers(nets)
    together, apart, composed = medians(
        [
            lambda: fit(nets, list(range(SEEDS))),
            lambda: [fit(net, seed) for seed, net in enumerate(each)],
            lambda: fit(layers, list(range(SEEDS))),
        ]
    )
    what = f"{SEEDS} seeds of a {len(WIDTHS) - 1}-layer network on digits, {STEPS} steps, stacked"
    beside = f"one after another × {apart / together:.1f}, of layers × {composed / together:.2f}"
    return [(what, f"{together:.2f} s", beside)]


def gpt2_row() -> Row:
    """Return the time and memory of one pass of GPT-2 small, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.networks"]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(run.stdout.splitlines()[-1])
    return (
        f"GPT-2 small, {TOKENS} tokens, float32: forward; forward and backward; memory",
        f"{found['forward']:.1f} s; {found['both']:.1f} s; {found['memory']:.1f} GB",
        "aims 3 s; 10 s; 3 GB",
    )


def gpt2() -> dict[str, float]:
    """Return the median time of a forward pass and of both passes, and the peak memory in GB."""
    import resource

    net = init_gpt2(rng=0)
    tokens = np.random.default_rng(0).integers(0, 50257, (1, TOKENS))

    def both() -> None:
        signals = net.forward(tokens)
        net.backward(signals, np.full_like(signals.output, 1 / TOKENS))

    forward, twice = medians([lambda: net.forward(tokens), both], rounds=3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1e9 if sys.platform == "darwin" else 1e6  # bytes there, kilobytes on Linux
    return {"forward": forward, "both": twice, "memory": peak / unit}


def rows() -> list[Row]:
    """Return the rows of the table."""
    return [*training_rows(), gpt2_row()]


if __name__ == "__main__":
    print(json.dumps(gpt2()))
