"""Make what chapter 14 shows of width: ``python chapters/data/width.py``.

ReLU networks of HIDDEN hidden layers train on the digits, at each of WIDTHS and of RATES, with Adam
(ten seeds) and with SGD (five). Once all layers have the same learning rate ("standard"), once each
layer has that of maximal update ("mup"); at the base width the two agree. It takes seven minutes of
processor time and writes ``width.npz`` beside this file. The chapter runs a part of it again.
"""

from itertools import product
from pathlib import Path

import joblib
import numpy as np

from netinit.datasets import digits
from netinit.network import init_mlp
from netinit.theory.width import multipliers_of_shapes
from netinit.training import SGD, Adam, train

BASE, HIDDEN, STEPS = 64, 4, 60
WIDTHS = np.array([64, 128, 256, 512])
# Networks of one group see the same batches.
GROUPS = {"adam": [range(5), range(5, 10)], "sgd": [range(5)]}
OPTIMIZERS = {"adam": Adam, "sgd": SGD}
RATES = {"adam": 2.0 ** -np.arange(11, 4, -1), "sgd": 2.0 ** -np.arange(6, -1, -1)}
PARAMETRIZATIONS = ["standard", "mup"]


def shapes(width: int) -> dict[str, tuple[int, ...]]:
    """Of every parameter of one network."""
    net = init_mlp([64, *HIDDEN * [width], 10], "zeros", rng=0)
    return {name: p.shape for name, p in net.parameters.items()}


def losses(parametrization: str, optimizer: str, width: int, rate: float) -> np.ndarray:
    """Training loss of each seed after 20, 40 and 60 steps; NaN where it is not finite."""
    scale = {"optimizer": optimizer, "parametrization": parametrization}
    wide = multipliers_of_shapes(shapes(width), shapes(BASE), **scale)
    # The weights are already drawn with the standard deviations of the standard parametrization.
    standard = scale | {"parametrization": "standard"}
    drawn = multipliers_of_shapes(shapes(width), shapes(BASE), **standard)
    factors = {name: np.float32(wide[name].std / drawn[name].std) for name in wide}
    rates = {name: OPTIMIZERS[optimizer](rate * m.learning_rate) for name, m in wide.items()}
    data, found = digits(), []
    settings = {"optimizer": rates, "steps": STEPS, "batch_size": 64, "evaluate_every": 20}
    for group in GROUPS[optimizer]:
        layers = [64, *HIDDEN * [width], 10]
        net = init_mlp(layers, "he_normal", output="lecun_normal", seeds=group)
        net = net.replace({name: factors[name] * p for name, p in net.parameters.items()})
        batches = np.random.default_rng(list(group))
        found.append(train(net, data.x_train, data.y_train, rng=batches, **settings).loss[:, 1:])
    return np.concatenate(found)


def swept(optimizer: str) -> np.ndarray:
    """Losses of shape (parametrizations, widths, rates, seeds, 3)."""
    grid = product(PARAMETRIZATIONS, [optimizer], WIDTHS, RATES[optimizer])
    found = joblib.Parallel(n_jobs=-1)(joblib.delayed(losses)(*job) for job in grid)
    sizes = (len(PARAMETRIZATIONS), len(WIDTHS), len(RATES[optimizer]), -1, STEPS // 20)
    return np.array(found, np.float32).reshape(sizes)


if __name__ == "__main__":
    found = {name: swept(name) for name in OPTIMIZERS}
    rates = {f"{name}_rates": RATES[name] for name in OPTIMIZERS}
    np.savez_compressed(Path(__file__).with_suffix(".npz"), widths=WIDTHS, **rates, **found)
