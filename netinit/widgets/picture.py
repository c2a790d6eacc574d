"""The first view of an Explorer as a picture, for pages that run no script."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from netinit._raster import png
from netinit.style import ROLES
from netinit.widgets.panels import Moment, Spec, kind_of

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


def picture(spec: Spec, frame: Mapping[str, np.ndarray], past: Mapping[str, np.ndarray]) -> bytes:
    """PNG of one frame; ``past`` holds the played arrays up to it, one frame a row."""
    import matplotlib

    with matplotlib.rc_context(_RC):
        return png(figure(spec, frame, past))


def figure(spec: Spec, frame: Mapping[str, np.ndarray], past: Mapping[str, np.ndarray]) -> Any:
    """The picture as a matplotlib figure: charts side by side, passages of text, then facts."""
    from matplotlib.figure import Figure

    moment = Moment(frame, past, {one["name"]: one["start"] for one in spec["controls"]})
    charts = [panel for panel in spec["panels"] if kind_of(panel).chart_width]
    passages = [kind_of(panel).passage(panel, moment, _ROW) for panel in spec["panels"]]
    passages = [passage for passage in passages if passage is not None]
    facts = _facts(spec, moment)
    heights = [_HEIGHT] * bool(charts or not passages)
    heights += [_LINE * (text.count("\n") + 2) for text, _ in passages]
    size = (_WIDTH, sum(heights) + _LINE * len(facts))
    whole = Figure(figsize=size, layout="constrained")
    rows = iter(np.atleast_1d(whole.subfigures(len(heights), 1, height_ratios=heights)))
    if charts:
        _charts(next(rows), charts, moment)
    elif not passages:
        next(rows)
    for row, (text, font) in zip(rows, passages, strict=True):
        ax = row.subplots()
        ax.set_axis_off()
        ax.text(0, 1, text, va="top", family=font, fontsize=8, parse_math=False)
    whole.suptitle(spec["title"] or None, fontsize=10, x=0.01, ha="left")
    grey = ROLES["reference"].light
    whole.supxlabel("\n".join(facts) or None, fontsize=8, color=grey, parse_math=False)
    return whole


def _charts(part: Any, panels: list[Spec], moment: Moment) -> None:
    widths = [kind_of(panel).chart_width for panel in panels]
    row = part.subplots(1, len(widths), squeeze=False, width_ratios=widths)[0]
    for ax, panel, width in zip(row, panels, widths, strict=True):
        kind_of(panel).draw(ax, panel, moment)
        room = round(_CHARACTERS * (_WIDTH * width / sum(widths) - 1))
        _title(ax, panel["title"], room)
        ax.set_ylabel(textwrap.fill(ax.get_ylabel(), 28))


def _title(ax: Any, title: str | None, room: int) -> None:
    """Title and legend above the axes, where no mark can be; a column, or a row if it fits."""
    handles, labels = ax.get_legend_handles_labels()
    if not labels:
        ax.set_title(title)
        return
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


def _facts(spec: Spec, moment: Moment) -> list[str]:
    """Where the controls are and what the panels add, in lines of the picture's width."""
    facts = [f"{c['label']} {c['texts'][c['start']]}" for c in spec["controls"]]
    for panel in spec["panels"]:
        facts += kind_of(panel).facts(panel, moment)
    lines: list[str] = []
    for fact in facts:
        longer = f"{lines[-1]}   ·   {fact}" if lines else fact
        lines[-1:] = [longer] if len(longer) <= _ROW else [*lines[-1:], fact]
    return lines
