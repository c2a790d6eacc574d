"""The first view of an Explorer as a picture, for pages that run no script."""

import textwrap
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np

from netinit.style import ROLES
from netinit.widgets.words import number

_RC = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
_HEIGHT, _LINE = 3.4, 0.17  # inches: the charts, and a line of text
_WIDE = 110  # characters that fit a line
_RATIOS = {"lines": 3, "histogram": 2, "heatmap": 3, "scatter": 3}
_MARKERS = {"forward": "o", "backward": "s", "third": "^", "fourth": "D"}


def picture(spec: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> bytes:
    """PNG of one frame on a white page: charts side by side, then texts, then numbers in words."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    charts = [panel for panel in spec["panels"] if panel["kind"] in _RATIOS]
    texts = [_block(panel, frame) for panel in spec["panels"] if panel["kind"] == "text"]
    heights = [_HEIGHT] * bool(charts or not texts)
    heights += [_LINE * (text.count("\n") + 2) for text, _ in texts]
    with matplotlib.rc_context(_RC):
        figure = Figure(figsize=(7.2, sum(heights)), layout="constrained")
        FigureCanvasAgg(figure)
        rows = iter(np.atleast_1d(figure.subfigures(len(heights), 1, height_ratios=heights)))
        if charts:
            _charts(next(rows), charts, spec, frame)
        elif not texts:
            next(rows)
        for row, (text, font) in zip(rows, texts, strict=True):
            ax = row.subplots()
            ax.set_axis_off()
            ax.text(0, 1, text, va="top", family=font, fontsize=8, parse_math=False)
        figure.suptitle(spec["title"] or None, fontsize=10, x=0.01, ha="left")
        figure.supxlabel(_words(spec, frame), fontsize=8, color=ROLES["reference"].light)
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=144, metadata={"Software": None})
    return buffer.getvalue()


def _charts(part: Any, panels: list, spec: Mapping[str, Any], frame: Mapping) -> None:
    indices = {control["name"]: control["start"] for control in spec["controls"]}
    ratios = [_RATIOS[panel["kind"]] for panel in panels]
    row = part.subplots(1, len(ratios), squeeze=False, width_ratios=ratios)[0]
    for ax, panel in zip(row, panels, strict=True):
        if panel["kind"] == "heatmap":
            _heatmap(ax, panel, frame, indices)
        else:
            _DRAW[panel["kind"]](ax, panel, frame)


def _block(panel: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> tuple[str, str]:
    """Words of a Text panel, broken to the picture's width, and their font."""
    text = str(frame[panel["key"]])
    lines = [panel["title"], ""] * bool(panel["title"])
    for line in text.split("\n"):
        lines += [line] if panel["code"] else textwrap.wrap(line.replace("`", ""), _WIDE) or [""]
    return "\n".join(lines), "monospace" if panel["code"] else "sans-serif"


def _words(spec: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> str | None:
    state = [f"{c['label']} {c['texts'][c['start']]}" for c in spec["controls"]]
    entries = [entry for p in spec["panels"] if p["kind"] == "numbers" for entry in p["numbers"]]
    figures = [f"{e['label']}: {number(float(frame[e['key']]), e['format'])}" for e in entries]
    lines = [""]
    for words in state + figures:
        joined = f"{lines[-1]}   ·   {words}" if lines[-1] else words
        lines[-1:] = [joined] if len(joined) <= _WIDE or not lines[-1] else [lines[-1], words]
    return "\n".join(lines) or None


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


def _heatmap(
    ax: Any, panel: Mapping[str, Any], frame: Mapping[str, np.ndarray], indices: Mapping[str, int]
) -> None:
    from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
    from matplotlib.patches import Rectangle

    values, (low, high) = frame[panel["key"]], panel["limits"]
    colours = LinearSegmentedColormap.from_list("", panel["stops"])
    norm = (LogNorm if panel["log"] else Normalize)(low, high)
    ax.set_facecolor("#DDDDDD")  # shows where values are missing
    edges = [np.arange(n + 1) for n in values.shape[::-1]]
    shown = np.ma.masked_invalid(np.clip(values, low, high))
    mesh = ax.pcolormesh(*edges, shown, cmap=colours, norm=norm, rasterized=True)
    ax.figure.colorbar(mesh, ax=ax, label=panel["label"])
    for name, count in zip("xy", values.shape[::-1], strict=True):
        texts = _cell_texts(panel[name], frame, count)
        every = -(-count // 10)
        getattr(ax, f"set_{name}ticks")(np.arange(count)[::every] + 0.5, texts[::every])
    ax.set(xlabel=panel["x"]["label"], ylabel=panel["y"]["label"], title=panel["title"])
    if not panel["y"]["up"]:
        ax.invert_yaxis()
    column, row = (indices.get(panel[name]["control"]) for name in "xy")
    if column is not None or row is not None:
        corner = (column or 0, row or 0)
        size = [
            n if i is None else 1 for n, i in zip(values.shape[::-1], (column, row), strict=True)
        ]
        for width, colour in ((3.5, "white"), (1.5, ROLES["ink"].light)):
            ax.add_patch(Rectangle(corner, *size, fill=False, lw=width, ec=colour, clip_on=False))


def _cell_texts(axis: Mapping[str, Any], frame: Mapping[str, np.ndarray], count: int) -> list[str]:
    numbers = frame[axis["key"]] if axis["key"] else range(1, count + 1)
    return axis["texts"] or [number(float(value), ".4g") for value in numbers]


def _scatter(ax: Any, panel: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> None:
    for group in panel["points"]:
        look = {"color": ROLES[group["role"]].light, "marker": _MARKERS.get(group["role"], "o")}
        ax.scatter(frame[group["x"]], frame[group["y"]], s=18, label=group["label"], **look)
    for axis in "xy":
        ax.set(**{
            f"{axis}scale": "log" if panel[f"{axis}_log"] else "linear",
            f"{axis}lim": panel[f"{axis}_limits"],
            f"{axis}label": panel[f"{axis}_label"],
        })  # fmt: skip
    ax.set(title=panel["title"], aspect="equal" if panel["equal"] else "auto")
    ax.legend(frameon=False, fontsize=8)


_DRAW = {"lines": _lines, "histogram": _histogram, "scatter": _scatter}
