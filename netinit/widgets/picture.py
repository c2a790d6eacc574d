"""The first view of an Explorer as a picture, for pages that run no script."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np

from netinit.style import ROLES
from netinit.widgets.words import number

_RC = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


def picture(spec: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> bytes:
    """PNG of one frame on a white page, panels side by side, numbers in words below."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    charts = [panel for panel in spec["panels"] if panel["kind"] != "numbers"]
    ratios = [{"lines": 3, "histogram": 2}[panel["kind"]] for panel in charts] or [1]
    with matplotlib.rc_context(_RC):
        figure = Figure(figsize=(7.2, 3.4), layout="constrained")
        FigureCanvasAgg(figure)
        row = figure.subplots(1, len(ratios), squeeze=False, width_ratios=ratios)[0]
        for ax, panel in zip(row, charts or [None], strict=True):
            _DRAW[panel["kind"] if panel else None](ax, panel, frame)
        figure.suptitle(spec["title"] or None, fontsize=10, x=0.01, ha="left")
        figure.supxlabel(_words(spec, frame), fontsize=8, color=ROLES["reference"].light)
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=144, metadata={"Software": None})
    return buffer.getvalue()


def _words(spec: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> str | None:
    state = [f"{c['label']} {c['texts'][c['start']]}" for c in spec["controls"]]
    entries = [entry for p in spec["panels"] if p["kind"] == "numbers" for entry in p["numbers"]]
    figures = [f"{e['label']}: {number(float(frame[e['key']]), e['format'])}" for e in entries]
    return "   ·   ".join(state + figures) or None


def _lines(ax: Any, panel: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> None:
    for line in panel["lines"]:
        values = frame[line["key"]]
        at = frame[panel["x"]] if panel["x"] else np.arange(1, len(values) + 1)
        colour = ROLES[line["role"]].light
        if line["band"]:
            ax.fill_between(
                at, *(frame[key] for key in line["band"]), color=colour, alpha=0.2, lw=0
            )
        dashes = {"ls": (0, (4, 3)), "lw": 1.3} if line["theory"] else {"lw": 1.8}
        ax.plot(at, values, color=colour, label=line["label"], **dashes)
    if panel["reference"] is not None:
        ax.axhline(panel["reference"], color=ROLES["reference"].light, ls=":", lw=1)
    ax.set(yscale="log" if panel["log"] else "linear", xlim=panel["x_limits"])
    ax.set(ylim=panel["y_limits"], xlabel=panel["x_label"], ylabel=panel["y_label"])
    ax.legend(frameon=False, fontsize=8)


def _histogram(ax: Any, panel: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> None:
    rows = np.nan_to_num(frame[panel["key"]])
    edges = np.linspace(*panel["limits"], rows.shape[1] + 1)
    peaks = np.sort(rows.max(axis=1))
    top = min(peaks[-1], 4 * peaks[(len(rows) - 1) // 2]) or peaks[-1] or 1.0
    for i, row in enumerate(rows):
        base = len(rows) - 1 - i
        bars = base + 0.85 * np.minimum(row / top, 1)
        ax.stairs(
            bars, edges, baseline=base, fill=True, color=ROLES[panel["role"]].light, alpha=0.85
        )
    numbers = frame[panel["rows"]] if isinstance(panel["rows"], str) else range(1, len(rows) + 1)
    labels = (
        panel["rows"]
        if isinstance(panel["rows"], list)
        else [f"{panel['row_label']} {number(float(n), '.6g')}".strip() for n in numbers]
    )
    ax.set_yticks(np.arange(len(rows))[::-1], labels[: len(rows)])
    ax.set(xlim=panel["limits"], xlabel=panel["x_label"], title=panel["title"])
    ax.spines["left"].set_visible(False)


def _blank(ax: Any, panel: None, frame: Mapping[str, np.ndarray]) -> None:
    ax.set_axis_off()


_DRAW = {"lines": _lines, "histogram": _histogram, None: _blank}
