"""netinit beside what one would write without it."""

import importlib.util
import math
import statistics
import time
from collections.abc import Callable

import numpy as np

import netinit
from netinit import datasets, network, training

SHAPE = (2048, 2048)
SQUARE = (512, 512)
REPEATS = 9
SEEDS = 20
STEPS = 200
WIDTHS = [64, 64, 64, 64, 64, 10]

Row = tuple[str, str, str]
Work = Callable[[], object]


def seconds(work: Work) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(*works: Work, repeats: int = REPEATS) -> list[float]:
    """Return the median time of each, called in turn, after one call that warms up."""
    for work in works:
        work()
    rounds = [[seconds(work) for work in works] for _ in range(repeats)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def numpy_truncated(shape: tuple[int, int], std: float) -> np.ndarray:
    """Draw a normal cut at two standard deviations the usual way: draw again what is outside."""
    rng = np.random.default_rng(0)
    draw = rng.standard_normal(shape, dtype=np.float32)
    while (outside := np.abs(draw) > 2).any():
        draw[outside] = rng.standard_normal(int(outside.sum()), dtype=np.float32)
    return draw * np.float32(std / 0.8796256610342398)  # std of N(0, 1) cut at 2


def numpy_orthogonal(shape: tuple[int, int]) -> np.ndarray:
    """Draw a Haar orthogonal matrix by a QR decomposition with the signs mended."""
    q, r = np.linalg.qr(np.random.default_rng(0).standard_normal(shape))
    return (q * np.sign(np.diag(r))).astype(np.float32)


def numpy_normal(shape: tuple[int, int], std: float) -> np.ndarray:
    """Draw normal numbers."""
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32) * np.float32(std)


def numpy_uniform(shape: tuple[int, int], bound: float) -> np.ndarray:
    """Draw uniform numbers between -bound and bound."""
    draw = np.random.default_rng(0).random(shape, dtype=np.float32)
    return draw * np.float32(2 * bound) - np.float32(bound)


def torch_works() -> dict[str, Work]:
    """Return PyTorch's own draws of the same laws, if it is installed."""
    if importlib.util.find_spec("torch") is None:
        return {}
    import torch

    torch.set_num_threads(1)
    init = torch.nn.init
    return {
        "he_normal": lambda: init.kaiming_normal_(torch.empty(SHAPE)),
        "glorot_uniform": lambda: init.xavier_uniform_(torch.empty(SHAPE)),
        "truncated_normal": lambda: init.trunc_normal_(torch.empty(SHAPE), std=0.02),
        "orthogonal": lambda: init.orthogonal_(torch.empty(SQUARE)),
    }


def draws() -> dict[str, tuple[tuple[int, int], Work, Work]]:
    """Return shape, netinit's draw and the plain NumPy one, for each scheme."""
    std, bound = math.sqrt(2 / SHAPE[1]), math.sqrt(6 / sum(SHAPE))
    return {
        "he_normal": (
            SHAPE,
            lambda: netinit.he_normal(SHAPE, rng=0),
            lambda: numpy_normal(SHAPE, std),
        ),
        "glorot_uniform": (
            SHAPE,
            lambda: netinit.glorot_uniform(SHAPE, rng=0),
            lambda: numpy_uniform(SHAPE, bound),
        ),
        "truncated_normal": (
            SHAPE,
            lambda: netinit.truncated_normal(SHAPE, std=0.02, rng=0),
            lambda: numpy_truncated(SHAPE, 0.02),
        ),
        "orthogonal": (
            SQUARE,
            lambda: netinit.orthogonal(SQUARE, rng=0),
            lambda: numpy_orthogonal(SQUARE),
        ),
    }


def initializer_rows() -> list[Row]:
    """Return the time of each draw, and how many times as long the alternatives take."""
    rows, torch = [], torch_works()
    for name, (shape, ours, numpys) in draws().items():
        mine, *others = medians(ours, numpys, *([torch[name]] if name in torch else []))
        names = ["plain NumPy", "PyTorch"][: len(others)]
        beside = ", ".join(
            f"{label} × {t / mine:.1f}" for label, t in zip(names, others, strict=True)
        )
        rows.append(
            (f"`{name}`, {shape[0]} × {shape[1]}, float32", f"{1000 * mine:.0f} ms", beside)
        )
    return rows


def training_row() -> Row:
    """Return the time of training many seeds at once, beside one after another."""
    data = datasets.digits()
    nets = [netinit.init_mlp(WIDTHS, "he_normal", activation="relu", rng=s) for s in range(SEEDS)]

    def fit(net: network.MLP, rng: object) -> None:
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

    stacked = network.stack(nets)
    together, apart = medians(
        lambda: fit(stacked, list(range(SEEDS))),
        lambda: [fit(net, seed) for seed, net in enumerate(nets)],
        repeats=5,
    )
    what = f"{SEEDS} seeds of a {len(WIDTHS) - 1}-layer network on digits, {STEPS} steps, stacked"
    return what, f"{together:.2f} s", f"one after another × {apart / together:.1f}"


def rows() -> list[Row]:
    """Return what the README shows of netinit's speed."""
    return [*initializer_rows(), training_row()]
