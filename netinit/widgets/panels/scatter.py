"""Points in the plane, and the tails they draw as time plays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from netinit.style import ROLES
from netinit.widgets import charts
from netinit.widgets.controls import Control
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

_MARKERS = {"forward": "o", "backward": "s", "focus": "^", "other": "D"}


@dataclass(frozen=True)
class Points:
    """One group of a Scatter panel: a dot for each entry of two arrays.

    Parameters
    ----------
    x, y : names of the arrays of positions, one value per point
    label : the group's name for readers; the name of ``y`` if not given
    role : color and marker by meaning, one of ``netinit.style.ROLES``
    tail : draw where each point has been since the first frame (both arrays must be played)
    """

    x: str
    y: str
    label: str | None = None
    role: str = "forward"
    tail: bool = False

    def __post_init__(self) -> None:
        check_role(self.role)

    def spec(self) -> dict[str, Any]:
        """JSON description for the browser."""
        label = self.label or label_from(self.y)
        return {"x": self.x, "y": self.y, "label": label, "role": self.role, "tail": self.tail}


@dataclass(frozen=True)
class Scatter(Panel):
    """Points in the plane, in one or more groups; with a Play, points that move.

    The limits are the same for every selection and every frame, so that only the points move. A
    point beyond given limits is drawn on the edge, and a note says so.

    Parameters
    ----------
    points : one Points, or a list of them
    x_label, y_label : the axes' names
    x_scale, y_scale : "linear" or "log"
    x_limits, y_limits : found, for all frames, if not given
    equal : one unit is as long along x as along y: a plane with distances and angles

    >>> import numpy as np
    >>> from netinit.widgets import Explorer, Play
    >>> turn = np.linspace(0, 1, 5)[:, None] + np.array([0, 2, 4])  # (frames, points)
    >>> explorer = Explorer(
    ...     lambda: {"x": np.cos(turn), "y": np.sin(turn)},
    ...     panels=[Scatter(Points("x", "y", tail=True), equal=True)],
    ...     time=Play(range(5), keys=["x", "y"]),
    ... )
    >>> explorer.frame(time=4)["x"].round(1).tolist()
    [0.5, -1.0, 0.3]
    """

    kind: ClassVar[str] = "scatter"
    chart_width: ClassVar[float] = 3

    points: Sequence[Points]
    x_label: str = ""
    y_label: str = ""
    x_scale: str = "linear"
    y_scale: str = "linear"
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    equal: bool = False
    title: str | None = None

    def __post_init__(self) -> None:
        points = (self.points,) if isinstance(self.points, Points) else tuple(self.points)
        object.__setattr__(self, "points", points)
        if not points or not all(isinstance(group, Points) for group in points):
            raise ValueError("Scatter needs at least one Points(x, y)")
        for axis in "xy":
            scale, limits = getattr(self, f"{axis}_scale"), getattr(self, f"{axis}_limits")
            check_scale(f"{axis}_scale", scale)
            if limits is not None:
                check_limits(f"{axis}_limits", limits, positive=scale == "log")
        if self.equal and (self.x_scale != "linear" or self.y_scale != "linear"):
            raise ValueError("equal=True needs two linear scales")

    def bound(self, controls: Mapping[str, Control]) -> Self:
        """The same panel, once its tails are known to have a time to run through."""
        played = {key for control in controls.values() for key in control.keys}
        for group in self.points:
            if group.tail and not {group.x, group.y} <= played:
                raise ValueError(
                    f"the tail of {group.x!r} and {group.y!r} needs time: "
                    "name both in the keys of a Play"
                )
        return self

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What each axis of its arrays counts, time aside."""
        return {key: ("point",) for group in self.points for key in (group.x, group.y)}

    def packings(self, columns: Columns) -> dict[str, Packing]:
        """How its arrays are stored; exact where one is read along both axes."""
        found: dict[str, Packing] = {}
        for axis, limits in zip("xy", self._limits(columns), strict=True):
            log, keys = getattr(self, f"{axis}_scale") == "log", self._keys(axis)
            if log:
                check_positive(columns, keys)
            for key in keys:
                packing = Packing("curve", log, limits)
                found[key] = packing if found.get(key, packing) == packing else Packing("exact")
        for group in self.points:
            x, y = ([cell.shape[-1] for cell in columns[key].cells] for key in (group.x, group.y))
            if set(x) != set(y):
                raise ValueError(f"{group.x!r} has {x[0]} points but {group.y!r} has {y[0]}")
        return found

    def spec(self, columns: Columns) -> dict[str, Any]:
        """JSON description for the browser."""
        x_limits, y_limits = self._limits(columns)
        return {
            "points": [group.spec() for group in self.points],
            "x_label": self.x_label,
            "y_label": self.y_label,
            "x_log": self.x_scale == "log",
            "y_log": self.y_scale == "log",
            "x_limits": list(x_limits),
            "y_limits": list(y_limits),
            "equal": self.equal,
        }

    def __str__(self) -> str:
        return f"Scatter: {'; '.join(group.label or label_from(group.y) for group in self.points)}"

    @staticmethod
    def height(spec: Spec, width: int) -> int:
        """Roughly how tall it is in a page: see Panel."""
        return 30 + min(400, max(230, 4 * width // 5))

    @staticmethod
    def draw(ax: Any, spec: Spec, moment: Moment) -> None:
        """Draw the points and their tails: see Panel."""
        past = moment.past
        for group in spec["points"]:
            color = ROLES[group["role"]].light
            if group["tail"] and {group["x"], group["y"]} <= past.keys():
                ax.plot(past[group["x"]], past[group["y"]], color=color, alpha=0.4, lw=1)
            marker = _MARKERS.get(group["role"], "o")
            x, y = moment.frame[group["x"]], moment.frame[group["y"]]
            ax.scatter(x, y, s=18, label=group["label"], color=color, marker=marker)
        for axis in "xy":
            if spec[f"{axis}_log"]:
                charts.decades(ax, axis, spec[f"{axis}_limits"])
            limits, label = spec[f"{axis}_limits"], spec[f"{axis}_label"]
            ax.set(**{f"{axis}lim": limits, f"{axis}label": label})
        ax.set(aspect="equal" if spec["equal"] else "auto")

    def _keys(self, axis: str) -> list[str]:
        return list(dict.fromkeys(getattr(group, axis) for group in self.points))

    def _limits(self, columns: Columns) -> tuple[tuple[float, float], tuple[float, float]]:
        x, y = (self._limits_of(columns, axis) for axis in "xy")
        if not self.equal:
            return x, y
        half = max(x[1] - x[0], y[1] - y[0]) / 2
        middles = (sum(x) / 2, sum(y) / 2)
        return tuple((middle - half, middle + half) for middle in middles)

    def _limits_of(self, columns: Columns, axis: str) -> tuple[float, float]:
        given, scale = getattr(self, f"{axis}_limits"), getattr(self, f"{axis}_scale")
        if given is not None:
            return float(given[0]), float(given[1])
        low, high = span(columns, self._keys(axis), positive=scale == "log")
        return nice_limits(low, high, scale)
