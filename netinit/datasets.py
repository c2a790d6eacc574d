"""Small data sets without a download: digits from scikit-learn, and drawn toy data."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments

Array = npt.NDArray[np.float32]
_TRAIN = 1400  # of the 1797 digits


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and class numbers, split for training and testing.

    Parameters
    ----------
    x_train, x_test : float32 arrays of shape (examples, features)
    y_train, y_test : integer arrays of shape (examples,), of NumPy's type for counting and
        indexing, which has 32 bits in a browser
    """

    x_train: Array
    y_train: npt.NDArray[np.intp]
    x_test: Array
    y_test: npt.NDArray[np.intp]


def digits() -> Dataset:
    """The 1797 handwritten digits of scikit-learn, 8 by 8 pixels: 1400 to train, 397 to test.

    The split is fixed: the order of ``np.random.default_rng(0).permutation(1797)``. The mean of
    each training pixel is subtracted, and one common factor makes the mean square of all training
    inputs 1. Needs scikit-learn, which carries the data.

    Examples
    --------
    >>> data = digits()
    >>> data.x_train.shape, data.x_test.shape
    ((1400, 64), (397, 64))
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError(
            "the digits come with scikit-learn, which is not installed: pip install scikit-learn"
        ) from None
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order].astype(np.intp)
    x -= x[:_TRAIN].mean(axis=0)
    x /= np.sqrt(np.mean(x[:_TRAIN] ** 2))
    x = x.astype(np.float32)
    return Dataset(x[:_TRAIN], y[:_TRAIN], x[_TRAIN:], y[_TRAIN:])


def spirals(n: int, *, rng: arguments.Seed, noise: float = 0.05) -> Dataset:
    """Two interleaved spirals of one and a half turns and radius 1, one class each.

    Parameters
    ----------
    n : int
        Examples to train on; as many more are drawn to test on.
    noise : float
        Standard deviation of what is added to each coordinate.

    Examples
    --------
    >>> spirals(100, rng=0).x_train.shape
    (100, 2)
    """

    def points(y: npt.NDArray, u: npt.NDArray) -> npt.NDArray:
        # The square root spreads the points evenly along the arm, which lengthens outwards.
        radius = np.sqrt(u)
        angle = 3 * np.pi * radius + np.pi * y
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)

    return _in_classes(points, 2, n, rng, noise)


def moons(n: int, *, rng: arguments.Seed, noise: float = 0.1) -> Dataset:
    """Two interleaved half circles of radius 1, one class each, centred on the origin.

    Parameters
    ----------
    n : int
        Examples to train on; as many more are drawn to test on.
    noise : float
        Standard deviation of what is added to each coordinate.

    Examples
    --------
    >>> moons(100, rng=0).x_test.shape
    (100, 2)
    """

    def points(y: npt.NDArray, u: npt.NDArray) -> npt.NDArray:
        side = 1 - 2 * y  # the second half circle is the first turned about the origin
        upper = np.stack([np.cos(np.pi * u) - 0.5, np.sin(np.pi * u) - 0.25], axis=-1)
        return side[:, None] * upper

    return _in_classes(points, 2, n, rng, noise)


def clusters(n: int, *, rng: arguments.Seed, classes: int = 5, noise: float = 0.2) -> Dataset:
    """Normal clusters around points spaced evenly on the unit circle, one class each.

    Parameters
    ----------
    n : int
        Examples to train on, in equal numbers as far as `n` divides; as many more to test on.
    classes : int
        Number of clusters, 2 at least; the first stands at (1, 0).
    noise : float
        Standard deviation of what is added to each coordinate.

    Examples
    --------
    >>> data = clusters(100, rng=0)
    >>> data.x_train.shape, np.bincount(data.y_train)
    ((100, 2), array([20, 20, 20, 20, 20]))
    """
    classes = arguments.size(classes, "classes")
    if classes < 2:
        raise ValueError(f"classes must be at least 2, not {classes}")

    def points(y: npt.NDArray, u: npt.NDArray) -> npt.NDArray:
        angle = 2 * np.pi * y / classes
        return np.stack([np.cos(angle), np.sin(angle)], axis=-1)

    return _in_classes(points, classes, n, rng, noise)


def _in_classes(
    points: Callable[[npt.NDArray, npt.NDArray], npt.NDArray],
    classes: int,
    n: int,
    rng: arguments.Seed,
    noise: float,
) -> Dataset:
    """`points(y, u)` for balanced classes y, in random order, and uniform u, with noise added."""
    n = arguments.size(n, "n")
    noise = arguments.real_number(noise, "noise", at_least=0)
    rng = arguments.generator(rng)
    halves = []
    for _ in range(2):
        y = rng.permutation(np.arange(n) % classes).astype(np.intp)
        x = points(y, rng.random(n)) + noise * rng.standard_normal((n, 2))
        halves += [x.astype(np.float32), y]
    return Dataset(*halves)
