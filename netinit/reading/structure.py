"""What is special about the values of a tensor before any distribution is asked for."""

import math
from typing import NamedTuple

import numpy as np

_ROWS = 64  # rows whose products are looked at
_FEWEST = 16  # values of which it is no chance that there are only two different ones
_RARE = 1e-6  # how often the largest of all entries may be taken for an outlier by chance


class Structure(NamedTuple):
    """An exact form of a tensor.

    Parameters
    ----------
    kind : str
        "zero", "constant", "identity", "delta", "orthogonal", "signs" or "pair" (of two values).
    gain : float
        The number on the diagonal, or that all singular values are, or the constant; of a pair,
        the larger value.
    lower : float
        The smaller value of a pair.
    """

    kind: str
    gain: float
    lower: float = math.nan


def structure(values: np.ndarray) -> Structure | None:
    """The exact form of a tensor of finite numbers, if it has one."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return Structure("zero" if low == 0 else "constant", low)
    if values.ndim >= 2:
        found = _diagonal(values) or _orthogonal(values.reshape(len(values), -1))
        if found is not None:
            return found
    if values.size >= _FEWEST and bool(((values == low) | (values == high)).all()):
        return Structure("signs", high) if low == -high else Structure("pair", high, low)
    return None


def _diagonal(values: np.ndarray) -> Structure | None:
    """An identity, or one at the center of a kernel, of any gain."""
    if int(np.count_nonzero(values)) != min(values.shape[:2]):
        return None
    taps = [(length - 1) // 2 for length in values.shape[2:]]
    diagonal = values[(..., *taps)].diagonal()
    gain = float(diagonal[0])
    if gain == 0 or not bool((diagonal == gain).all()):
        return None
    return Structure("delta" if taps else "identity", gain)


def _orthogonal(matrix: np.ndarray) -> Structure | None:
    """Rows, or columns if they are fewer, that are orthogonal and of one length."""
    short = (matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T)[:_ROWS].astype(np.float64)
    rows, length = short.shape
    if rows < 4:
        return None
    squares = np.square(short).sum(1)
    size = float(squares.mean())
    if size == 0 or float(np.abs(squares / size - 1).max()) > 0.02:
        return None
    products = short @ short.T / size
    np.fill_diagonal(products, 0)
    # Of independent rows the largest would be about 3 / sqrt(length).
    if float(np.abs(products).max()) > 0.05 / math.sqrt(length):
        return None
    return Structure("orthogonal", math.sqrt(size))


def zero_rows(values: np.ndarray) -> np.ndarray:
    """Which rows are all zeros, such as that of a padding token."""
    if values.ndim < 2:
        return np.zeros(len(values), dtype=bool)
    return ~values.reshape(len(values), -1).any(1)


def repeated_rows(values: np.ndarray) -> float:
    """The share of rows that equal an earlier row."""
    if values.ndim < 2 or values.shape[0] < 2 or values[0].size < 4:
        return 0.0
    rows = values.reshape(len(values), -1)
    weights = np.random.default_rng(0).random(rows.shape[1]).astype(rows.dtype)
    codes = rows @ weights
    order = codes.argsort()
    equal = codes[order[1:]] == codes[order[:-1]]
    near, after = order[:-1][equal], order[1:][equal]
    return float((rows[near] == rows[after]).all(1).sum()) / len(rows)


def outlying(values: np.ndarray, few: np.ndarray) -> np.ndarray | None:
    """Which entries lie farther out than a normal of the others' width would ever give, if any.

    The width is that of the middle half of a `few` of them, which outliers cannot move.
    """
    few = few[:: len(few) // 2**13 | 1]
    low, middle, high = (float(q) for q in np.quantile(few, [0.25, 0.5, 0.75]))
    reach = (high - low) / 1.3489795 * math.sqrt(2 * math.log(len(values) / _RARE))
    if reach == 0 or (
        bool(values.max() <= middle + reach) and bool(values.min() >= middle - reach)
    ):
        return None
    return np.abs(values - middle) > reach
