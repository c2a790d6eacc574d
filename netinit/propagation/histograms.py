"""Histograms on fixed limits, many at once."""

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, arrays

__all__ = ["histogram"]

Array = npt.NDArray[np.float64]


def histogram(values: npt.ArrayLike, *, bins: int, limits: tuple[float, float]) -> Array:
    """Fraction of each batch of values that falls in each of `bins` equal cells of `limits`.

    Values outside the limits, and NaN, fall in no cell: the fractions then sum to less than 1.

    Parameters
    ----------
    values : array of shape (*stack, batch, width)
    bins : int
    limits : (low, high)
        The last cell includes `high`.

    Returns
    -------
    array of shape (*stack, bins)

    Examples
    --------
    >>> histogram([[0.1, 0.2, 0.9, 7.0]], bins=2, limits=(0, 1))
    array([0.5 , 0.25])
    """
    values = arrays.batch(values, "values")
    bins, (low, high) = check_bins(bins, limits)
    rows = values.reshape(-1, values.shape[-2] * values.shape[-1])
    inside = (rows >= low) & (rows <= high)
    # Outside values count as `low` for the cast alone; they land in a cell beyond the last.
    place = (np.where(inside, rows, low) - low) * (bins / (high - low))
    cell = np.where(inside, np.minimum(place.astype(np.intp), bins - 1), bins)
    cell += (bins + 1) * np.arange(len(rows))[:, None]
    counts = np.bincount(cell.ravel(), minlength=(bins + 1) * len(rows))
    counts = counts.reshape(*values.shape[:-2], bins + 1)[..., :bins]
    return counts / rows.shape[1]


def check_bins(
    bins: int | None, limits: tuple[float, float] | None
) -> tuple[int, tuple[float, float]]:
    """Both arguments of a histogram, checked."""
    if bins is None or limits is None:
        raise TypeError("a histogram needs both bins and limits")
    bins = arguments.size(bins, "bins")
    if not bins:
        raise ValueError("bins must be at least 1")
    if not np.iterable(limits) or len(tuple(limits)) != 2:
        raise ValueError(f"limits must be (low, high), not {limits!r}")
    low, high = (arguments.real_number(limit, "each of limits") for limit in limits)
    if not low < high:
        raise ValueError(f"limits must rise, not {limits!r}")
    return bins, (low, high)
