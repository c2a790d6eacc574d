"""Curves over the layers, or over any other array."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from netinit.style import ROLES
from netinit.widgets import charts
from netinit.widgets.formatting import label_from
from netinit.widgets.limits import (
    Columns,
    check_limits,
    check_positive,
    check_role,
    check_scale,
    nice_limits,
    span,
)
from netinit.widgets.panels.base import Moment, Panel, Spec
from netinit.widgets.table import Packing


@dataclass(frozen=True)
class Line:
    """One curve of a Lines panel.

    Parameters
    ----------
    key : name of the array, one value per layer (or per x)
    label : its name for readers; the key if not given
    role : color by meaning, one of ``netinit.style.ROLES``
    band : names of a lower and an upper array, drawn as a translucent band
    theory : dashed, without markers, in the color of theory unless a role is given
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
            "label": self.label or label_from(self.key),
            "role": self.role or ("theory" if self.theory else "forward"),
            "band": list(self.band) if self.band else None,
            "theory": self.theory,
        }


@dataclass(frozen=True)
class Lines(Panel):
    """Curves over the layers, or over the array named ``x``.

    Parameters
    ----------
    lines : one Line or the name of an array, or a list of them
    x : name of the array of horizontal positions; 1, 2, ... if not given
    x_label, y_label : the axes' names
    y_scale : "linear" or "log"; a log axis takes no negative numbers
    y_limits : ends of the vertical axis, beyond which values are clipped and marked with an arrow;
        found, for all selections, if not given
    reference : height of a dotted horizontal line
    title : heading above it
    """

    kind: ClassVar[str] = "lines"
    chart_width: ClassVar[float] = 3

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
            "lines": [line.spec() for line in self.lines],
            "x": self.x,
            "x_label": self.x_label,
            "x_limits": self._x_limits(columns),
            "y_label": self.y_label,
            "log": self.y_scale == "log",
            "y_limits": list(self._y_limits(columns)),
            "reference": self.reference,
        }

    def __str__(self) -> str:
        return f"Lines: {'; '.join(line.label or label_from(line.key) for line in self.lines)}"

    @staticmethod
    def height(spec: Spec, width: int) -> int:
        """Roughly how tall it is in a page: see Panel."""
        return 380 if width > 500 else 290

    @staticmethod
    def draw(ax: Any, spec: Spec, moment: Moment) -> None:
        """Draw the curves and bands: see Panel."""
        for line in spec["lines"]:
            values = moment.frame[line["key"]]
            at = moment.frame[spec["x"]] if spec["x"] else np.arange(1, len(values) + 1)
            color = ROLES[line["role"]].light
            if line["band"]:
                band = (moment.frame[key] for key in line["band"])
                ax.fill_between(at, *band, color=color, alpha=0.2, lw=0)
            dashes = {"ls": (0, (4, 3)), "lw": 1.3} if line["theory"] else {"lw": 1.8}
            ax.plot(at, values, color=color, label=line["label"], **dashes)
        if spec["reference"] is not None:
            ax.axhline(spec["reference"], color=ROLES["reference"].light, ls=":", lw=1)
        if spec["log"]:
            charts.decades(ax, "y", spec["y_limits"])
        ax.set(xlim=spec["x_limits"], ylim=spec["y_limits"])
        ax.set(xlabel=spec["x_label"], ylabel=spec["y_label"])
        charts.whole_ticks(ax, at)

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
