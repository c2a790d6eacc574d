"""A small histogram for each layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from netinit.style import ROLES
from netinit.widgets.formatting import label_from, number
from netinit.widgets.limits import Columns, check_limits, check_role
from netinit.widgets.panels.base import Moment, Panel, Spec
from netinit.widgets.table import Packing


@dataclass(frozen=True)
class Histogram(Panel):
    """One small histogram per layer, all on the same axes.

    Parameters
    ----------
    key : name of the array, shape (rows, bins), not negative
    limits : left end of the first bin and right end of the last
    rows : labels of the rows, or the name of an array of their numbers; 1, 2, ... if not given
    row_label : what a number in a row's label counts
    x_label : what is binned
    """

    kind: ClassVar[str] = "histogram"
    chart_width: ClassVar[float] = 2

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
            "key": self.key,
            "limits": [float(v) for v in self.limits],
            "rows": self.rows
            if self.rows is None or isinstance(self.rows, str)
            else list(self.rows),
            "most_rows": max(cell.shape[-2] for cell in columns[self.key].cells),
            "row_label": self.row_label,
            "x_label": self.x_label,
            "role": self.role,
        }

    def __str__(self) -> str:
        return f"Histogram: {self.title or self.x_label or label_from(self.key)}"

    @staticmethod
    def height(spec: Spec, width: int) -> int:
        """Roughly how tall it is in a page: see Panel."""
        return 70 + 46 * min(6, spec["most_rows"])

    @staticmethod
    def draw(ax: Any, spec: Spec, moment: Moment) -> None:
        """Draw the rows of bars on one scale; a lone spike is cut: see Panel."""
        rows = np.nan_to_num(moment.frame[spec["key"]])
        edges = np.linspace(*spec["limits"], rows.shape[1] + 1)
        peaks = np.sort(rows.max(axis=1))
        top = min(peaks[-1], 4 * peaks[(len(rows) - 1) // 2]) or peaks[-1] or 1.0
        color = ROLES[spec["role"]].light
        for i, row in enumerate(rows):
            base = len(rows) - 1 - i
            bars = base + 0.85 * np.minimum(row / top, 1)
            ax.stairs(bars, edges, baseline=base, fill=True, color=color, alpha=0.85)
        labels = _row_labels(spec, moment, len(rows))
        ax.set_yticks(np.arange(len(rows))[::-1], labels[: len(rows)])
        ax.set(xlim=spec["limits"], xlabel=spec["x_label"])
        ax.spines["left"].set_visible(False)


def _row_labels(spec: Spec, moment: Moment, rows: int) -> list[str]:
    if isinstance(spec["rows"], list):
        return spec["rows"]
    numbers = moment.frame[spec["rows"]] if spec["rows"] else range(1, rows + 1)
    return [f"{spec['row_label']} {number(float(n), '.6g')}".strip() for n in numbers]
