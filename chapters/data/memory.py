"""Make what chapter 15 shows of LSTMs that must remember: ``python chapters/data/memory.py``.

The first input of a sequence shows one of four symbols; then come inputs of noise. After the last
one the network names the symbol. LSTMs of 8 units start with each of STARTS as recurrent weights
and each of BIASES in their forget gates, and are trained with Adam at each of RATES. It takes about
five minutes of processor time and writes ``memory.npz`` beside this file: the accuracy on the test
set by start, bias, rate, seed and evaluation. The chapter trains a part of them again.
"""

from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

import netinit as ni
from netinit.network import init_network, stack
from netinit.network.layers import LSTM, Dense, LastPosition
from netinit.training import Adam, train

SYMBOLS, LENGTH, UNITS = 4, 50, 8
STARTS = {"uniform": partial(ni.uniform, bound=UNITS**-0.5), "orthogonal": ni.orthogonal}
BIASES = {name: partial(ni.lstm_bias, forget=float(name)) for name in ("0", "1", "2", "4")}
BIASES["chrono"] = partial(ni.chrono_bias, longest=LENGTH)
RATES = (0.001, 0.003, 0.01, 0.03)
STEPS, EVERY, SEEDS = 300, 50, range(5)


def recall(examples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences, of shape (examples, LENGTH, SYMBOLS), and the symbol that each begins with."""
    rng = np.random.default_rng(seed)
    symbols = rng.integers(SYMBOLS, size=examples)
    x = 0.1 * rng.standard_normal((examples, LENGTH, SYMBOLS), dtype=np.float32)
    x[:, 0] += np.eye(SYMBOLS, dtype=np.float32)[symbols]
    return x, symbols


def network(start: str, bias: str, seed: int):
    """One LSTM that reads a sequence, and a layer that turns its last state into logits."""
    layers = [LSTM(SYMBOLS, UNITS), LastPosition(), Dense(UNITS, SYMBOLS)]
    schemes = {"0.state_weight": STARTS[start], "0.bias": BIASES[bias]}
    return init_network(layers, "glorot_uniform", schemes=schemes, rng=seed)


def accuracy(kinds: list[tuple[str, str, int]], rate: float, steps: int = STEPS) -> np.ndarray:
    """Test accuracy of networks of these starts, biases and seeds, one row each; NaN: diverged."""
    x_test, y_test = recall(64, 1501)
    history = train(
        stack([network(*kind) for kind in kinds]),
        *recall(256, 1500),
        optimizer=Adam(rate),
        steps=steps,
        batch_size=16,
        rng=[1510 + seed for _, _, seed in kinds],
        x_test=x_test,
        y_test=y_test,
        evaluate_every=EVERY,
    )
    return history.accuracy


if __name__ == "__main__":
    kinds = list(product(STARTS, BIASES, SEEDS))
    found = np.stack([accuracy(kinds, rate) for rate in RATES])
    shape = (len(RATES), len(STARTS), len(BIASES), len(SEEDS), -1)
    table = np.moveaxis(found.reshape(shape), 0, 2).astype(np.float16)
    np.savez(Path(__file__).with_suffix(".npz"), accuracy=table)
