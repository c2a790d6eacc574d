"""Limits and roles that panels share: checked when a panel is made, found when it is tabulated."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from netinit.style import ROLES
from netinit.widgets.formatting import nearest
from netinit.widgets.table import Column

Columns = Mapping[str, Column]
SCALES = ("linear", "log")


def check_role(role: str | None) -> None:
    """Refuse a color that has no meaning in the book."""
    if role is not None and role not in ROLES:
        raise ValueError(f"no role is named {role!r}; {nearest(role, ROLES)}")


def check_scale(name: str, scale: str) -> None:
    """Refuse a scale that is neither linear nor logarithmic."""
    if scale not in SCALES:
        raise ValueError(f"{name} {scale!r}: {nearest(scale, SCALES)}")


def check_limits(name: str, limits: Sequence[float], *, positive: bool = False) -> None:
    """Refuse limits that are not two finite numbers in order."""
    low, high = limits
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"{name}={limits!r} must be two finite numbers, the lower one first")
    if positive and low <= 0:
        raise ValueError(f"{name}={limits!r} must be positive on a log axis")


def check_positive(columns: Columns, keys: Iterable[str]) -> None:
    """Refuse negative values where a logarithm is to be shown."""
    for key in keys:
        if any(np.any(cell < 0) for cell in columns[key].cells):
            raise ValueError(f"{key!r} has negative values; a log axis cannot show them")


def span(columns: Columns, keys: Iterable[str], *, positive: bool = False) -> tuple[float, float]:
    """Smallest and largest number of some arrays, over all selections."""
    values = np.concatenate([cell.ravel() for key in keys for cell in columns[key].cells])
    values = values[np.isfinite(values) & (values > 0 if positive else True)]
    return (float(values.min()), float(values.max())) if values.size else (0.1, 1.0)


def nice_limits(low: float, high: float, scale: str) -> tuple[float, float]:
    """Limits of an axis that shows ``low`` to ``high``: whole decades, or a small margin."""
    if scale == "log":
        low, high = max(-300, math.floor(math.log10(low))), math.ceil(math.log10(high))
        return 10.0**low, 10.0 ** max(high, low + 1)
    margin = 0.04 * (high - low) or 0.5 * abs(high) or 0.5
    return (0.0 if 0 <= low < 0.2 * high else low - margin), high + margin
