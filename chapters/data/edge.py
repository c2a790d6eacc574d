"""Make what chapter 10 shows of depth and training: ``python chapters/data/edge.py``.

Tanh networks of each of DEPTHS layers and width 48 start with scaled variances SCALED and bias
variance BIAS, in the ordered phase, on the critical line and in the chaotic phase. They train on
the digits at each of RATES, five seeds each. It takes seven minutes of processor time and writes
``edge.npz`` beside this file. The chapter runs a part of it again.
"""

from functools import partial
from itertools import product
from pathlib import Path

import joblib
import numpy as np

import netinit as ni
from netinit.datasets import digits
from netinit.network import init_mlp
from netinit.training import SGD, train

DEPTHS = np.array([5, 10, 20, 40])
SCALED = np.array([0.8, 1.2, 1.761, 2.5, 4.0])
RATES = np.array([0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3])
BIAS, WIDTH, STEPS, SEEDS = 0.05, 48, 200, range(5)


def accuracies(depth: int, scaled_variance: float, rate: float) -> np.ndarray:
    """Training accuracy of each seed at the end; 0 where the loss was no longer finite."""
    nets = init_mlp(
        [64] + (depth - 1) * [WIDTH] + [10],
        partial(ni.variance_scaling, scale=scaled_variance),
        activation="tanh",
        biases=partial(ni.normal, std=BIAS**0.5),
        seeds=SEEDS,
    )
    data = digits()
    run = train(
        nets,
        data.x_train,
        data.y_train,
        optimizer=SGD(rate),
        steps=STEPS,
        batch_size=50,
        evaluate_every=STEPS,
        rng=SEEDS,
    )
    return np.nan_to_num(run.train_accuracy[:, -1])


if __name__ == "__main__":
    jobs = [joblib.delayed(accuracies)(*job) for job in product(DEPTHS, SCALED, RATES)]
    found = np.array(joblib.Parallel(n_jobs=-1)(jobs), np.float32)
    np.savez_compressed(
        Path(__file__).with_suffix(".npz"),
        depths=DEPTHS,
        scaled_variances=SCALED,
        rates=RATES,
        accuracy=found.reshape(len(DEPTHS), len(SCALED), len(RATES), -1),
    )
