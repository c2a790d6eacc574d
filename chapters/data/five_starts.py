"""Make the sweep of figure 1.1: ``python chapters/data/five_starts.py``.

It trains 1,600 networks on all processors, in about five minutes of processor time, and writes
``five_starts.npz`` beside this file: the loss on the training set and the accuracy on the test set,
by scheme, number of hidden layers, learning rate, seed and step. Chapter 1 trains a part of them
again.
"""

from functools import partial
from pathlib import Path

import joblib
import numpy as np

import netinit as ni
from netinit.datasets import digits
from netinit.network import init_mlp
from netinit.training import History, Momentum, train

SCHEMES = {
    "zeros": ni.zeros,
    "too small": partial(ni.normal, std=0.01),
    "too large": partial(ni.normal, std=0.5),
    "Xavier": ni.xavier_normal,
    "He": ni.he_normal,
}
HIDDEN_LAYERS = (2, 4, 8, 16)
RATES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
SEEDS = 10


def history(scheme: str, hidden: int, rate: float) -> History:
    """Train ten networks, one a seed; each sees the images in an order of its own."""
    data, widths = digits(), [64, *hidden * [64], 10]
    nets = init_mlp(widths, SCHEMES[scheme], activation="relu", seeds=range(SEEDS))
    return train(
        nets,
        data.x_train,
        data.y_train,
        optimizer=Momentum(rate),
        steps=300,
        batch_size=32,
        rng=[1000 + seed for seed in range(SEEDS)],
        x_test=data.x_test,
        y_test=data.y_test,
        evaluate_every=50,
    )


if __name__ == "__main__":
    grid = [(s, h, r) for s in SCHEMES for h in HIDDEN_LAYERS for r in RATES]
    found = joblib.Parallel(n_jobs=-1)(joblib.delayed(history)(*point) for point in grid)
    shape = (len(SCHEMES), len(HIDDEN_LAYERS), len(RATES), SEEDS, -1)
    np.savez_compressed(
        Path(__file__).with_suffix(".npz"),
        schemes=list(SCHEMES),
        hidden_layers=HIDDEN_LAYERS,
        rates=RATES,
        steps=found[0].steps,
        loss=np.reshape([run.loss for run in found], shape).astype(np.float32),
        accuracy=np.reshape([run.accuracy for run in found], shape).astype(np.float32),
    )
