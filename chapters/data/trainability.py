"""Make the map that chapter 7 shows: ``python chapters/data/trainability.py``.

It trains 910 networks on all processors, in about three minutes of processor time, and writes
``trainability.npz`` beside this file. The chapter trains one row of the map again.
"""

from pathlib import Path

import joblib

from netinit.datasets import digits
from netinit.training import Adam, Momentum, trainability_map

GRID = {
    "optimizers": {"momentum": Momentum(0.005), "Adam": Adam(0.001)},
    "hidden_layers": [2, 4, 8, 12, 16, 24, 32],
    "gains": [2 ** (0.5 + quarter / 4) for quarter in range(-8, 5)],  # He is 2^0.5
}

if __name__ == "__main__":
    with joblib.parallel_config(n_jobs=-1):
        found = trainability_map(digits(), **GRID, networks=5, evaluate_every=30, rng=7)
    found.save(Path(__file__).with_suffix(".npz"))
