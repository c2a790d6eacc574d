"""A matrix as colors, with the cell outlined that the reader's controls select."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from netinit.style import DIVERGING, ROLES, SEQUENTIAL
from netinit.widgets.controls import Control
from netinit.widgets.formatting import check_format, label_from, number
from netinit.widgets.limits import (
    Columns,
    check_limits,
    check_positive,
    check_scale,
    nice_limits,
    span,
)
from netinit.widgets.panels.base import Moment, Panel, Spec
from netinit.widgets.table import Packing

_ROOM = 42  # characters of tick labels that fit below one of two charts

Axis = str | Sequence[str] | Control | None


@dataclass(frozen=True)
class Heatmap(Panel):
    """A matrix as colors: rows along y, columns along x.

    Numbers run upward along y, as on an axis; labels and bare rows run downward, as in a table.
    A cell that is not a number is hatched, and a note says how many there are.

    Parameters
    ----------
    key : name of the array, shape (rows, columns)
    x, y : what columns and rows stand for: the name of a control (its values; the reader's
        selection is outlined, and a click on a cell moves the control there), the name of an
        array of numbers, or a list of labels; 1, 2, ... if not given
    x_label, y_label : the axes' names; those of the controls or arrays if not given
    label : what the colors measure; the key if not given
    scale : "linear" or "log"
    limits : values at the ends of the color scale; found, for all selections, if not given
    center : the value that has no color: a diverging scale, symmetric about it (as a
        difference, or on a log scale as a ratio)
    format : how a value is written, as in Range
    bits : 16, or 8 for large matrices (250 steps from end to end)

    >>> import numpy as np
    >>> from netinit.widgets import Explorer
    >>> factor = lambda std, width: np.outer(width, np.square(std)) / 2
    >>> std, width = [0.1, 0.2], [50, 100, 200]
    >>> explorer = Explorer(
    ...     lambda **selection: {"factor": factor(std, width)},
    ...     panels=[Heatmap("factor", x="std", y="width", scale="log", center=1)],
    ...     std=std,
    ...     width=width,
    ... )
    >>> explorer.frame()["factor"].round(2).tolist()
    [[0.25, 1.0], [0.5, 2.0], [1.0, 4.0]]
    """

    kind: ClassVar[str] = "heatmap"
    chart_width: ClassVar[float] = 3

    key: str
    x: Axis = None
    y: Axis = None
    x_label: str | None = None
    y_label: str | None = None
    label: str | None = None
    title: str | None = None
    scale: str = "linear"
    limits: tuple[float, float] | None = None
    center: float | None = None
    format: str = ".3g"
    bits: int = 16

    def __post_init__(self) -> None:
        check_scale("scale", self.scale)
        check_format(self.format)
        if self.bits not in (8, 16):
            raise ValueError(f"bits={self.bits!r}: a value takes 8 or 16 bits")
        if self.scale == "log" and self.center is not None and self.center <= 0:
            raise ValueError(f"center={self.center!r} must be positive on a log scale")
        if self.limits is not None:
            check_limits("limits", self.limits, positive=self.scale == "log")
            self._check_symmetry(*self.limits)

    def bound(self, controls: Mapping[str, Control]) -> Self:
        """The same panel with the controls in the place of their names."""
        x, y = (
            controls.get(axis, axis) if isinstance(axis, str) else axis for axis in (self.x, self.y)
        )
        return replace(self, x=x, y=y)

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What each axis of its arrays counts, time aside."""
        named = {axis: (of,) for axis, of in ((self.x, "column"), (self.y, "row")) if _named(axis)}
        return {self.key: ("row", "column")} | named

    def packings(self, columns: Columns) -> dict[str, Packing]:
        """How its arrays are stored."""
        for axis, place, what in ((self.y, -2, "rows"), (self.x, -1, "columns")):
            self._check_length(columns, axis, place, what)
        log = self.scale == "log"
        if log:
            check_positive(columns, [self.key])
        exact = {axis: Packing("exact") for axis in (self.x, self.y) if _named(axis)}
        return {self.key: Packing("curve", log, self._limits(columns), self.bits)} | exact

    def spec(self, columns: Columns) -> dict[str, Any]:
        """JSON description for the browser."""
        shapes = [cell.shape[-2:] for cell in columns[self.key].cells]
        return {
            "key": self.key,
            "x": _axis(self.x, self.x_label, up=True),
            "y": _axis(self.y, self.y_label),
            "label": self.label or label_from(self.key),
            "log": self.scale == "log",
            "limits": list(self._limits(columns)),
            "stops": list(SEQUENTIAL if self.center is None else DIVERGING),
            "format": self.format,
            "most": [max(lengths) for lengths in zip(*shapes, strict=True)],
        }

    def __str__(self) -> str:
        return f"Heatmap: {self.title or self.label or label_from(self.key)}"

    @staticmethod
    def height(spec: Spec, width: int) -> int:
        """Roughly how tall it is in a page: see Panel."""
        rows, columns = spec["most"]
        return 116 + max(130, min(330, rows * (width - 60) // columns))

    @staticmethod
    def draw(ax: Any, spec: Spec, moment: Moment) -> None:
        """Draw the cells, the scale of their colors and the outline: see Panel."""
        from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize

        values, (low, high) = moment.frame[spec["key"]], spec["limits"]
        colors = LinearSegmentedColormap.from_list("", spec["stops"])
        norm = (LogNorm if spec["log"] else Normalize)(low, high)
        ax.set_facecolor("#DDDDDD")  # shows where values are missing
        edges = [np.arange(n + 1) for n in values.shape[::-1]]
        shown = np.ma.masked_invalid(np.clip(values, low, high))
        mesh = ax.pcolormesh(*edges, shown, cmap=colors, norm=norm, rasterized=True)
        ax.figure.colorbar(mesh, ax=ax, label=spec["label"])
        for name, count in zip("xy", values.shape[::-1], strict=True):
            texts = _cell_texts(spec[name], moment, count)
            most = min(10, _ROOM // (max(map(len, texts)) + 2)) if name == "x" else 10
            every = -(-count // max(1, most))
            getattr(ax, f"set_{name}ticks")(np.arange(count)[::every] + 0.5, texts[::every])
        ax.set(xlabel=spec["x"]["label"], ylabel=spec["y"]["label"])
        if not spec["y"]["up"]:
            ax.invert_yaxis()
        _outline(ax, spec, moment, values.shape)

    def _limits(self, columns: Columns) -> tuple[float, float]:
        if self.limits is not None:
            return float(self.limits[0]), float(self.limits[1])
        log, center = self.scale == "log", self.center
        low, high = span(columns, [self.key], positive=log)
        if center is None:
            if log:
                return nice_limits(low, high, "log")
            return (low, high) if low < high else (low - 0.5, high + 0.5)
        if log:
            ratio = max(high / center, center / low)
            return (center / ratio, center * ratio) if ratio > 1 else (center / 2, center * 2)
        half = max(high - center, center - low) or 0.5
        return center - half, center + half

    def _check_symmetry(self, low: float, high: float) -> None:
        if self.center is None:
            return
        below, above = self.center - low, high - self.center
        if self.scale == "log":
            below, above = self.center / low, high / self.center
        if abs(below - above) > 1e-9 * max(abs(below), abs(above)):
            raise ValueError(f"limits={self.limits!r} must be equally far from the center")

    def _check_length(self, columns: Columns, axis: Axis, place: int, what: str) -> None:
        if axis is None:
            return
        matrices = {cell.shape[place] for cell in columns[self.key].cells}
        if isinstance(axis, str):
            given, told = {cell.shape[-1] for cell in columns[axis].cells}, f"{axis!r} values"
        elif isinstance(axis, Control):
            given, told = {len(axis.values)}, f"{axis.name} values"
        else:
            given, told = {len(axis)}, "labels"
        if matrices != given:
            counts = (" or ".join(map(str, sorted(numbers))) for numbers in (matrices, given))
            raise ValueError(f"{self.key!r} has {next(counts)} {what} but {next(counts)} {told}")


def _named(axis: Axis) -> bool:
    return isinstance(axis, str)


def _axis(axis: Axis, label: str | None, *, up: bool = False) -> dict[str, Any]:
    """Axis for the browser; ``up`` says whether the first value is at the lower end."""
    if isinstance(axis, Control):
        own, key, control, texts = axis.label, None, axis.name, list(axis.texts)
        up = up or axis.kind != "choice"
    elif isinstance(axis, str):
        own, key, control, texts, up = label_from(axis), axis, None, None, True
    else:
        own, key, control, texts = "", None, None, None if axis is None else list(map(str, axis))
    return {
        "label": own if label is None else label,
        "key": key,
        "control": control,
        "texts": texts,
        "up": up,
    }


def _cell_texts(axis: Mapping[str, Any], moment: Moment, count: int) -> list[str]:
    numbers = moment.frame[axis["key"]] if axis["key"] else range(1, count + 1)
    return axis["texts"] or [number(float(value), ".4g") for value in numbers]


def _outline(ax: Any, spec: Spec, moment: Moment, shape: tuple[int, int]) -> None:
    """The cell, row or column at which the controls are, in ink on white."""
    from matplotlib.patches import Rectangle

    column, row = (moment.indices.get(spec[name]["control"]) for name in "xy")
    if column is None and row is None:
        return
    size = [n if i is None else 1 for n, i in zip(shape[::-1], (column, row), strict=True)]
    for width, color in ((3.5, "white"), (1.5, ROLES["ink"].light)):
        corner = (column or 0, row or 0)
        ax.add_patch(Rectangle(corner, *size, fill=False, lw=width, ec=color, clip_on=False))
