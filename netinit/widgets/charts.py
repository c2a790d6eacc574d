"""Ticks for the axes of a picture, for the panels that draw on them."""

from typing import Any

import numpy as np


def whole_ticks(ax: Any, at: np.ndarray) -> None:
    """Whole ticks on a horizontal axis that counts, the first layer among them."""
    from matplotlib.ticker import MaxNLocator

    if not np.array_equal(at, np.round(at)):
        return
    low, high = ax.get_xlim()
    ticks = MaxNLocator(6, steps=[1, 2, 5, 10], integer=True).tick_values(low, high)
    ticks = ticks[(low <= ticks) & (ticks <= high)]
    if low == 1 and ticks[0] - low >= 0.5 * np.diff(ticks[:2], append=np.inf)[0]:
        ticks = [low, *ticks]
    ax.set_xticks(ticks)


def decades(ax: Any, name: str, limits: tuple[float, float]) -> None:
    """A logarithmic axis ``name`` (x or y) whose ticks are multiples of one power of ten.

    The tick at 1 is among them if 1 is on the axis.
    """
    low, high = np.log10(limits)
    step = next(step for step in (1, 2, 3, 5, 10, 20, 50, 100) if high - low <= 8 * step)
    powers = step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)
    ax.set(**{f"{name}scale": "log"})
    if len(powers) > 1:
        getattr(ax, f"set_{name}ticks")(10.0**powers)
    if step > 1:
        getattr(ax, f"set_{name}ticks")([], minor=True)
