"""The first view of an Explorer as a picture, for pages that run no script."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from netinit._raster import png
from netinit.style import ROLES
from netinit.widgets.words import number

_RC = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.fontsize": 8,
}
_WIDTH, _HEIGHT, _LINE = 7.2, 3.4, 0.17  # inches: the page, the charts, and a line of text
_CHARACTERS = 17  # of small text in an inch
_ROW = int(_CHARACTERS * _WIDTH)  # characters in a line
_RATIOS = {"lines": 3, "histogram": 2, "heatmap": 3, "scatter": 3}
_MARKERS = {"forward": "o", "backward": "s", "third": "^", "fourth": "D"}


def picture(
    spec: Mapping[str, Any], frame: Mapping[str, np.ndarray], past: Mapping[str, np.ndarray]
) -> bytes:
    """PNG of one frame; ``past`` holds the played arrays up to it, one frame a row."""
    import matplotlib

    with matplotlib.rc_context(_RC):
        return png(figure(spec, frame, past))


def figure(
    spec: Mapping[str, Any], frame: Mapping[str, np.ndarray], past: Mapping[str, np.ndarray]
) -> Any:
    """The picture as a matplotlib figure: charts side by side, texts, then numbers in words."""
    from matplotlib.figure import Figure

    charts = [panel for panel in spec["panels"] if panel["kind"] in _RATIOS]
    texts = [_block(panel, frame) for panel in spec["panels"] if panel["kind"] == "text"]
    words = _words(spec, frame)
    heights = [_HEIGHT] * bool(charts or not texts)
    heights += [_LINE * (text.count("\n") + 2) for text, _ in texts]
    size = (_WIDTH, sum(heights) + _LINE * len(words))
    whole = Figure(figsize=size, layout="constrained")
    rows = iter(np.atleast_1d(whole.subfigures(len(heights), 1, height_ratios=heights)))
    if charts:
        _charts(next(rows), charts, spec, frame, past)
    elif not texts:
        next(rows)
    for row, (text, font) in zip(rows, texts, strict=True):
        ax = row.subplots()
        ax.set_axis_off()
        ax.text(0, 1, text, va="top", family=font, fontsize=8, parse_math=False)
    whole.suptitle(spec["title"] or None, fontsize=10, x=0.01, ha="left")
    grey = ROLES["reference"].light
    whole.supxlabel("\n".join(words) or None, fontsize=8, color=grey, parse_math=False)
    return whole


def _charts(
    part: Any, panels: list, spec: Mapping[str, Any], frame: Mapping, past: Mapping
) -> None:
    indices = {control["name"]: control["start"] for control in spec["controls"]}
    ratios = [_RATIOS[panel["kind"]] for panel in panels]
    row = part.subplots(1, len(ratios), squeeze=False, width_ratios=ratios)[0]
    for ax, panel, ratio in zip(row, panels, ratios, strict=True):
        room = round(_CHARACTERS * (_WIDTH * ratio / sum(ratios) - 1))
        if panel["kind"] == "heatmap":
            _heatmap(ax, panel, frame, indices)
        elif panel["kind"] == "histogram":
            _histogram(ax, panel, frame)
        elif panel["kind"] == "scatter":
            _scatter(ax, panel, frame, past)
            _legend(ax, panel["title"], room)
        else:
            _lines(ax, panel, frame)
            _legend(ax, panel["title"], room)
        ax.set_ylabel(textwrap.fill(ax.get_ylabel(), 28))


def _legend(ax: Any, title: str | None, room: int) -> None:
    """Title and legend above the axes, where no mark can be; a column, or a row if it fits."""
    handles, labels = ax.get_legend_handles_labels()
    labels = [textwrap.fill(text, room) for text in labels]
    short = sum(len(label) + 9 for label in labels) <= room
    ax.legend(
        handles,
        labels,
        title=title and textwrap.fill(title, room),
        title_fontsize=9,
        alignment="left",
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=len(labels) if short else 1 + (len(labels) > 3),
        frameon=False,
        borderpad=0,
        borderaxespad=0.6,
    )


def _whole(ax: Any, at: np.ndarray) -> None:
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


def _decades(ax: Any, name: str, limits: tuple[float, float]) -> None:
    """A logarithmic axis whose ticks are multiples of one power of ten, 1 among them."""
    low, high = np.log10(limits)
    step = next(step for step in (1, 2, 3, 5, 10, 20, 50, 100) if high - low <= 8 * step)
    decades = step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)
    ax.set(**{f"{name}scale": "log"})
    if len(decades) > 1:
        getattr(ax, f"set_{name}ticks")(10.0**decades)
    if step > 1:
        getattr(ax, f"set_{name}ticks")([], minor=True)


def _block(panel: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> tuple[str, str]:
    """Words of a Text panel, broken to the picture's width, and their font."""
    text = str(frame[panel["key"]])
    lines = [panel["title"], ""] * bool(panel["title"])
    for line in text.split("\n"):
        lines += [line] if panel["code"] else textwrap.wrap(line.replace("`", ""), _ROW) or [""]
    return "\n".join(lines), "monospace" if panel["code"] else "sans-serif"


def _words(spec: Mapping[str, Any], frame: Mapping[str, np.ndarray]) -> list[str]:
    """State and numbers, in lines of the picture's width."""
    state = [f"{c['label']} {c['texts'][c['start']]}" for c in spec["controls"]]
    entries = [entry for p in spec["panels"] if p["kind"] == "numbers" for entry in p["numbers"]]
    figures = [f"{e['label']}: {number(float(frame[e['key']]), e['format'])}" for e in entries]
    lines: list[str] = []
    for entry in state + figures:
        longer = f"{lines[-1]}   ·   {entry}" if lines else entry
        lines[-1:] = [longer] if len(longer) <= _ROW else [*lines[-1:], entry]
    return lines


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
    if panel["log"]:
        _decades(ax, "y", panel["y_limits"])
    ax.set(xlim=panel["x_limits"], ylim=panel["y_limits"])
    ax.set(xlabel=panel["x_label"], ylabel=panel["y_label"])
    _whole(ax, at)


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


def _scatter(
    ax: Any, panel: Mapping[str, Any], frame: Mapping[str, np.ndarray], past: Mapping
) -> None:
    for group in panel["points"]:
        if group["tail"] and {group["x"], group["y"]} <= past.keys():
            colour = ROLES[group["role"]].light
            ax.plot(past[group["x"]], past[group["y"]], color=colour, alpha=0.4, lw=1)
        look = {"color": ROLES[group["role"]].light, "marker": _MARKERS.get(group["role"], "o")}
        ax.scatter(frame[group["x"]], frame[group["y"]], s=18, label=group["label"], **look)
    for axis in "xy":
        if panel[f"{axis}_log"]:
            _decades(ax, axis, panel[f"{axis}_limits"])
        limits, label = panel[f"{axis}_limits"], panel[f"{axis}_label"]
        ax.set(**{f"{axis}lim": limits, f"{axis}label": label})
    ax.set(aspect="equal" if panel["equal"] else "auto")
