"""What an Explorer shows: lines over layers, a histogram per layer, a few numbers.

A panel names the arrays it reads; it knows how they are packed and tells the browser the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netinit.widgets.limits import (
    Columns,
    check_limits,
    check_positive,
    check_role,
    check_scale,
    nice_limits,
    span,
)
from netinit.widgets.table import Packing
from netinit.widgets.words import check_format, spoken


@dataclass(frozen=True)
class Line:
    """One curve of a Lines panel.

    Parameters
    ----------
    key : name of the array, one value per layer (or per x)
    label : its name for readers; the key if not given
    role : colour by meaning, one of ``netinit.style.ROLES``
    band : names of a lower and an upper array, drawn as a translucent band
    theory : dashed, without markers, in the colour of theory unless a role is given
    """

    key: str
    label: str | None = None
    role: str | None = None
    band: tuple[str, str] | None = None
    theory: bool = False

    def __post_init__(self) -> None:
        check_role(self.role)
        if self.band is not None and (isinstance(self.band, str) or len(self.band) != 2):
            raise ValueError(f"band of {self.key!r} must be two names (lower, upper)")

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the arrays it draws."""
        return (self.key, *(self.band or ()))

    def spec(self) -> dict[str, Any]:
        """JSON description for the browser."""
        return {
            "key": self.key,
            "label": self.label or spoken(self.key),
            "role": self.role or ("theory" if self.theory else "forward"),
            "band": list(self.band) if self.band else None,
            "theory": self.theory,
        }


@dataclass(frozen=True)
class Lines:
    """Curves over the layers, or over the array named ``x``.

    Values beyond ``y_limits`` are clipped and marked with an arrow; limits that hold for every
    selection are found if none are given. A log axis takes no negative numbers.
    """

    lines: Sequence[Line]
    x: str | None = None
    x_label: str = "layer"
    y_label: str = ""
    y_scale: str = "linear"
    y_limits: tuple[float, float] | None = None
    reference: float | None = None
    title: str | None = None

    def __post_init__(self) -> None:
        lines = (self.lines,) if isinstance(self.lines, (Line, str)) else self.lines
        made = tuple(Line(line) if isinstance(line, str) else line for line in lines)
        object.__setattr__(self, "lines", made)
        check_scale("y_scale", self.y_scale)
        if not made:
            raise ValueError("Lines needs at least one line")
        if self.y_limits is not None:
            check_limits("y_limits", self.y_limits, positive=self.y_scale == "log")

    @property
    def curves(self) -> list[str]:
        """Names of the arrays drawn on the y axis."""
        return [key for line in self.lines for key in line.keys]

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What each axis of its arrays counts, time aside."""
        return {key: ("layer",) for key in [*self.curves, *([self.x] if self.x else [])]}

    def packings(self, columns: Columns) -> dict[str, Packing]:
        """How its arrays are stored."""
        log = self.y_scale == "log"
        if log:
            check_positive(columns, self.curves)
        packing = Packing("curve", log, self._y_limits(columns))
        return {key: packing for key in self.curves} | (
            {self.x: Packing("exact")} if self.x else {}
        )

    def spec(self, columns: Columns) -> dict[str, Any]:
        """JSON description for the browser."""
        return {
            "kind": "lines",
            "lines": [line.spec() for line in self.lines],
            "x": self.x,
            "x_label": self.x_label,
            "x_limits": self._x_limits(columns),
            "y_label": self.y_label,
            "log": self.y_scale == "log",
            "y_limits": list(self._y_limits(columns)),
            "reference": self.reference,
            "title": self.title,
        }

    def __str__(self) -> str:
        return f"Lines: {'; '.join(line.label or spoken(line.key) for line in self.lines)}"

    def _x_limits(self, columns: Columns) -> list[float]:
        if self.x:
            low, high = span(columns, [self.x])
            return [low, high] if high > low else [low - 0.5, low + 0.5]
        cells = (cell for key in self.curves for cell in columns[key].cells)
        longest = max(cell.shape[-1] for cell in cells)
        return [1.0, float(longest)] if longest > 1 else [0.5, 1.5]

    def _y_limits(self, columns: Columns) -> tuple[float, float]:
        if self.y_limits is not None:
            return float(self.y_limits[0]), float(self.y_limits[1])
        log = self.y_scale == "log"
        low, high = span(columns, self.curves, positive=log)
        if self.reference is not None and (self.reference > 0 or not log):
            low, high = min(low, self.reference), max(high, self.reference)
        return nice_limits(low, high, self.y_scale)


@dataclass(frozen=True)
class Histogram:
    """One small histogram per layer, all on the same axes.

    Parameters
    ----------
    key : name of the array, shape (rows, bins), not negative
    limits : left end of the first bin and right end of the last
    rows : labels of the rows, or the name of an array of their numbers; 1, 2, ... if not given
    row_label : what a number in a row's label counts
    x_label : what is binned
    """

    key: str
    limits: tuple[float, float]
    rows: Sequence[str] | str | None = None
    title: str | None = None
    x_label: str = ""
    row_label: str = "layer"
    role: str = "forward"

    def __post_init__(self) -> None:
        check_role(self.role)
        check_limits("limits", self.limits)

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What each axis of its arrays counts, time aside."""
        rows = {self.rows: ("layer",)} if isinstance(self.rows, str) else {}
        return {self.key: ("layer", "bin")} | rows

    def packings(self, columns: Columns) -> dict[str, Packing]:
        """How its arrays are stored."""
        for cell in columns[self.key].cells:
            if np.any(cell < 0) or np.any(np.isinf(cell)):
                raise ValueError(f"{self.key!r}: a histogram takes finite counts or densities >= 0")
        most = max(cell.shape[-2] for cell in columns[self.key].cells)
        if self.rows is not None and not isinstance(self.rows, str) and len(self.rows) < most:
            raise ValueError(f"{self.key!r} has {most} rows but {len(self.rows)} labels")
        exact = {self.rows: Packing("exact")} if isinstance(self.rows, str) else {}
        return {self.key: Packing("histogram")} | exact

    def spec(self, columns: Columns) -> dict[str, Any]:
        """JSON description for the browser."""
        return {
            "kind": "histogram",
            "key": self.key,
            "limits": [float(v) for v in self.limits],
            "rows": self.rows
            if self.rows is None or isinstance(self.rows, str)
            else list(self.rows),
            "most_rows": max(cell.shape[-2] for cell in columns[self.key].cells),
            "row_label": self.row_label,
            "x_label": self.x_label,
            "role": self.role,
            "title": self.title,
        }

    def __str__(self) -> str:
        return f"Histogram: {self.title or self.x_label or spoken(self.key)}"


@dataclass(frozen=True)
class Number:
    """One figure with its label; ``format`` as in Range."""

    key: str
    label: str | None = None
    format: str = ".3g"
    role: str = "ink"

    def __post_init__(self) -> None:
        check_role(self.role)
        check_format(self.format)

    def spec(self) -> dict[str, Any]:
        """JSON description for the browser."""
        label = self.label or spoken(self.key)
        return {"key": self.key, "label": label, "format": self.format, "role": self.role}


@dataclass(frozen=True)
class Numbers:
    """A row of large figures."""

    numbers: Sequence[Number]
    title: str | None = None

    def __post_init__(self) -> None:
        numbers = (self.numbers,) if isinstance(self.numbers, (Number, str)) else self.numbers
        made = tuple(Number(number) if isinstance(number, str) else number for number in numbers)
        object.__setattr__(self, "numbers", made)

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What each axis of its arrays counts, time aside."""
        return {number.key: () for number in self.numbers}

    def packings(self, columns: Columns) -> dict[str, Packing]:
        """How its arrays are stored."""
        return {number.key: Packing("exact") for number in self.numbers}

    def spec(self, columns: Columns) -> dict[str, Any]:
        """JSON description for the browser."""
        numbers = [number.spec() for number in self.numbers]
        return {"kind": "numbers", "numbers": numbers, "title": self.title}

    def __str__(self) -> str:
        labels = (number.label or spoken(number.key) for number in self.numbers)
        return f"Numbers: {'; '.join(labels)}"
