"""Make what chapter 6 shows of its rescue: ``python chapters/data/rescue.py``.

Five networks of 30 layers stall from Xavier initialization. Their weights, except those of the
last layer, are multiplied by each of FACTORS, and the networks train on at each of RATES. Besides,
new networks start from Xavier and from He initialization at each rate, those of Xavier also train
with Adam, and for LONG steps. It takes a quarter of an hour of processor time and writes
``rescue.npz`` beside this file. The chapter runs a part of it again.
"""

from itertools import product
from pathlib import Path

import joblib
import numpy as np

from netinit.datasets import digits
from netinit.network import MLP, init_mlp
from netinit.training import Adam, Momentum, train

FACTORS = np.array([1, 1.1, 1.2, 1.3, 1.35, 2**0.5, 1.5, 1.6, 1.7, 1.8, 2])
RATES = np.outer(10.0 ** np.arange(-8, -1), [5, 15]).ravel()  # from 5e-8 to 0.15
RATE, STEPS, LONG, SEEDS = 0.0015, 500, 10_000, range(5)


def start(scheme: str) -> MLP:
    """Networks of 30 layers: 64 inputs, 29 hidden layers of 64 units, 10 outputs."""
    return init_mlp([64] + 29 * [64] + [10], scheme, seeds=SEEDS)


def run(nets: MLP, rate: float, steps: int = STEPS, optimizer=Momentum):
    """Train on the digits; each seed has its own order of the images."""
    data = digits()
    return train(
        nets,
        data.x_train,
        data.y_train,
        optimizer=optimizer(rate),
        steps=steps,
        batch_size=25,
        evaluate_every=100,
        rng=[600 + seed for seed in SEEDS],
    )


def times(nets: MLP, factor: float) -> MLP:
    """The same networks with all weights but the last layer's multiplied."""
    changed = nets.copy()
    for weights in changed.weights[:-1]:
        weights *= np.float32(factor)
    return changed


def accuracies(nets: MLP, rate: float) -> np.ndarray:
    """Training accuracy of each network at the end; 0 where the loss was no longer finite."""
    return np.nan_to_num(run(nets, rate).train_accuracy[:, -1])


if __name__ == "__main__":
    stalled = run(start("xavier_normal"), RATE).net
    jobs = [(times(stalled, factor), rate) for factor, rate in product(FACTORS, RATES)]
    jobs += [(start(f"{name}_normal"), rate) for name in ("xavier", "he") for rate in RATES]
    *found, late = joblib.Parallel(n_jobs=-1)(
        [joblib.delayed(accuracies)(*job) for job in jobs]
        + [joblib.delayed(run)(start("xavier_normal"), RATE, LONG)]
    )
    adam = run(start("xavier_normal"), 0.001, optimizer=Adam)
    rescued, new = np.split(np.array(found), [len(FACTORS) * len(RATES)])
    np.savez_compressed(
        Path(__file__).with_suffix(".npz"),
        factors=FACTORS,
        rates=RATES,
        rescued=rescued.reshape(len(FACTORS), len(RATES), -1).astype(np.float32),
        new=new.reshape(2, len(RATES), -1).astype(np.float32),
        adam=adam.train_accuracy[:, -1].astype(np.float32),
        late_steps=late.steps,
        late_loss=late.loss.astype(np.float32),
        late_accuracy=late.train_accuracy.astype(np.float32),
    )
