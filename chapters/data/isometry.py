"""Make what chapter 9 shows of tanh networks on digits: ``python chapters/data/isometry.py``.

Plain tanh networks of 64 units a layer and no biases at the start are trained from Gaussian
weights of variance 1 / fan_in, from orthogonal ones, and from the Gaussian ones times 1.1, at each
of DEPTHS and RATES. It takes several minutes of processor time and writes ``isometry.npz`` beside
this file: the accuracy on the test set by scheme, depth, rate and seed. The chapter trains a part
of them again.
"""

from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

import netinit as ni
from netinit.datasets import digits
from netinit.network import init_mlp
from netinit.training import SGD, train

SCHEMES = {
    "Gaussian": ni.lecun_normal,
    "orthogonal": ni.orthogonal,
    "Gaussian, gain 1.1": partial(ni.variance_scaling, scale=1.1**2),
}
DEPTHS = (10, 20, 50)
RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
STEPS, SEEDS = 200, range(5)


def accuracy(scheme: str, depth: int, rate: float) -> np.ndarray:
    """Test accuracy of five networks after STEPS of plain SGD; 0 where one diverged."""
    data = digits()
    widths = [64, *(depth - 1) * [64], 10]
    history = train(
        init_mlp(widths, SCHEMES[scheme], activation="tanh", seeds=SEEDS),
        data.x_train,
        data.y_train,
        optimizer=SGD(rate),
        steps=STEPS,
        batch_size=64,
        rng=[900 + seed for seed in SEEDS],
        x_test=data.x_test,
        y_test=data.y_test,
        evaluate_every=STEPS,
    )
    return np.nan_to_num(history.accuracy[:, -1])


if __name__ == "__main__":
    found = [accuracy(*chosen) for chosen in product(SCHEMES, DEPTHS, RATES)]
    np.savez_compressed(
        Path(__file__).with_suffix(".npz"),
        depths=DEPTHS,
        rates=RATES,
        accuracy=np.reshape(found, (len(SCHEMES), len(DEPTHS), len(RATES), -1)).astype(np.float32),
    )
