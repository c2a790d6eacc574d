"""Make the sweep that chapter 7 shows: ``python chapters/data/rates.py``.

It trains 780 networks of 8 hidden layers, from six scales at many learning rates, in about three
minutes of processor time, and writes ``rates.npz`` beside this file. The chapter trains one of
the rates again.
"""

from pathlib import Path

import joblib

from netinit.datasets import digits
from netinit.training import Adam, Momentum, trainability_map

GRID = {
    "optimizers": {f"momentum 1/{2**k}": Momentum(2.0**-k) for k in range(17, 1, -1)}
    | {f"Adam 1/{2**k}": Adam(2.0**-k) for k in range(14, 4, -1)},
    "hidden_layers": [8],
    "gains": [2 ** (0.5 + half / 2) for half in (-4, -2, -1, 0, 1, 2)],  # He is 2^0.5
}

if __name__ == "__main__":
    with joblib.parallel_config(n_jobs=-1):
        found = trainability_map(digits(), **GRID, networks=5, evaluate_every=300, rng=7)
    found.save(Path(__file__).with_suffix(".npz"))
