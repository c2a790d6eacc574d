"""Figures as functions of axes: axes in, axes out, one meaning per color.

A chapter makes its axes with `axes`, draws with the functions below, and ends a cell with
`show(ax, alt=...)`: a picture that carries its own description, follows the text color in
the book's dark theme, and is the same text on every run.
"""

import base64
import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from netinit._raster import png
from netinit.style import ROLES, role_of

_WIDTH = 5.4  # inches: the text column, at a size whose labels stay legible on a phone
_SETTINGS = {
    "axes.edgecolor": ROLES["ink"].light,
    "axes.labelcolor": ROLES["ink"].light,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "sans-serif",
    "font.size": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "mathtext.fontset": "stix",
    "text.color": ROLES["ink"].light,
    "xtick.color": ROLES["ink"].light,
    "ytick.color": ROLES["ink"].light,
}
# Text stays text (searchable, restyled by the page); the salt fixes the ids of the parts.
_SVG = {"svg.fonttype": "none", "svg.hashsalt": "netinit"}


class Picture:
    """A finished figure as SVG and as PNG, with a sentence that describes it.

    The book shows the SVG, and so does a cell that has been run. A notebook that was only opened
    is not trusted with an SVG: JupyterLab then shows the PNG. A terminal, a test and a screen
    reader get `alt`.
    """

    def __init__(self, svg: str, png: bytes, alt: str) -> None:
        self.svg, self.png, self.alt = svg, png, alt

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        data = {
            "image/svg+xml": self.svg,
            "image/png": base64.b64encode(self.png).decode(),
            "text/plain": self.alt,
        }
        size = {"width": round(96 * _WIDTH)}  # that of the SVG, in a page's pixels
        return data, {
            "image/svg+xml": {"needs_background": "light"},
            "image/png": {"needs_background": "light"} | size,
        }


def axes(
    rows: int = 1,
    columns: int = 1,
    *,
    height: float = 2.9,
    share_x: bool = False,
    share_y: bool = False,
) -> Axes | np.ndarray:
    """Axes on a new figure of the book's width.

    Parameters
    ----------
    rows, columns
        Shape of the grid of axes.
    height
        Height of the whole figure, in inches (its width is that of the text).
    share_x, share_y
        Give all axes the same horizontal, or vertical, limits.

    Returns
    -------
    Axes, or an array of them
        One axes alone, a row or column as a 1-d array, a grid as a 2-d array.
    """
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        return figure.subplots(rows, columns, sharex=share_x, sharey=share_y)


def show(ax: Axes | np.ndarray, *, alt: str) -> Picture:
    """The figure that `ax` belongs to, as a `Picture`.

    Parameters
    ----------
    ax
        Any axes of the figure, or an array of them.
    alt
        What the figure shows, in a sentence, for those who do not see it.

    Raises
    ------
    ValueError
        If `alt` is shorter than 40 characters: too short to say what is seen.
    """
    if len(alt) < 40:
        raise ValueError(f"alt must say what the figure shows, in 40 characters or more: {alt!r}")
    figure = np.ravel(ax)[0].figure
    buffer = io.StringIO()
    with mpl.rc_context({**_SETTINGS, **_SVG}):
        FigureCanvasSVG(figure).print_svg(
            buffer, metadata={"Date": None, "Creator": None, "Title": alt}
        )
        dots = png(figure)
    text = buffer.getvalue()
    return Picture(text[text.index("<svg") :].strip(), dots, alt)


def label(
    ax: Axes,
    *,
    x: str,
    y: str,
    log_x: bool = False,
    log_y: bool = False,
    x_limits: tuple[float, float] | None = None,
    y_limits: tuple[float, float] | None = None,
) -> Axes:
    """Name both axes and set their scales and limits."""
    ax.set(xlabel=x, ylabel=y)
    if log_x:
        ax.set_xscale("log")
    if log_y:
        ax.set_yscale("log")
    if x_limits is not None:
        ax.set_xlim(x_limits)
    if y_limits is not None:
        ax.set_ylim(y_limits)
    return ax


def seeds(
    ax: Axes, x: ArrayLike, values: ArrayLike, *, role: str, text: str = "", at: str = "end"
) -> Axes:
    """The median over seeds as a line, in a band from the lowest seed to the highest.

    Parameters
    ----------
    x : array of shape (points,)
    values : array of shape (seeds, points)
    role
        What the line means: a key of `style.ROLES`.
    text
        A label next to the line.
    at : "start", "over", "under" or "end"
        Where the label is: over the first or the middle point, under the middle one, or
        after the last.
    """
    values = np.asarray(values, float)
    color = role_of(role).light
    middle = np.median(values, axis=0)
    ax.fill_between(x, values.min(axis=0), values.max(axis=0), color=color, alpha=0.18, lw=0)
    ax.plot(x, middle, color=color)
    return line_label(ax, x, middle, text, role=role, at=at)


def fan(
    ax: Axes, x: ArrayLike, values: ArrayLike, *, role: str, paths: int = 0, text: str = ""
) -> Axes:
    """Many draws as a fan: bands that hold 90 % and 50 % of them, and their median.

    Parameters
    ----------
    x : array of shape (points,)
    values : array of shape (draws, points)
    role
        What the lines mean: a key of `style.ROLES`.
    paths
        How many of the draws, the first ones, are drawn as thin lines of their own.
    text
        A label at the end of the median.
    """
    values = np.asarray(values, float)
    color = role_of(role).light
    low, lower, middle, upper, high = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    ax.fill_between(x, low, high, color=color, alpha=0.14, lw=0)
    ax.fill_between(x, lower, upper, color=color, alpha=0.22, lw=0)
    for path in values[:paths]:
        ax.plot(x, path, color=ROLES["ink"].light, lw=0.6, alpha=0.6)
    ax.plot(x, middle, color=color)
    return line_label(ax, x, middle, text, role=role)


def theory(ax: Axes, x: ArrayLike, values: ArrayLike, *, text: str = "") -> Axes:
    """A prediction: a dashed line in the color of the text."""
    ax.plot(x, values, "--", color=ROLES["theory"].light, lw=1.3, zorder=3)
    return line_label(ax, x, values, text, role="theory")


def line_label(
    ax: Axes, x: ArrayLike, values: ArrayLike, text: str, *, role: str, at: str = "end"
) -> Axes:
    """Write `text` in the line's color, at one of four places (see `seeds`)."""
    x, values = np.asarray(x), np.asarray(values)
    half = len(x) // 2
    places = {
        "start": (0, (4, 4), "bottom"),
        "over": (half, (4, 4), "bottom"),
        "under": (half, (4, -5), "top"),
        "end": (-1, (5, 0), "center"),
    }
    if at not in places:
        raise ValueError(f"at={at!r} is not one of {', '.join(map(repr, places))}")
    index, offset, align = places[at]
    if text:
        ax.annotate(
            text, (x[index], values[index]), offset, textcoords="offset points", va=align,
            color=role_of(role).light, annotation_clip=False,
        )  # fmt: skip
    return ax


def strips(ax: Axes, groups: Mapping[str, ArrayLike], *, roles: Sequence[str]) -> Axes:
    """One row of dots a group, one dot a seed, with a tick at the median.

    Parameters
    ----------
    groups
        Label of each row, from the top, and its values, of shape (seeds,).
    roles
        The color of each row: keys of `style.ROLES`.
    """
    for row, (values, role) in enumerate(zip(groups.values(), roles, strict=True)):
        values = np.sort(np.asarray(values, float))
        spread = 0.12 * (np.arange(len(values)) % 3 - 1)  # dots that coincide stay countable
        color = role_of(role).light
        ax.plot(values, row + spread, "o", color=color, alpha=0.65, mew=0, clip_on=False)
        ax.plot([np.median(values)] * 2, [row - 0.34, row + 0.34], color=color, lw=2)
    ax.set_yticks(range(len(groups)), groups)
    ax.set_ylim(len(groups) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return ax


def reference(ax: Axes, level: float, *, text: str = "") -> Axes:
    """A thin grey horizontal line at a value that matters."""
    ax.axhline(level, color=ROLES["reference"].light, lw=1, ls=":", zorder=0)
    if text:
        ax.annotate(
            text, (1, level), (-2, 3), xycoords=("axes fraction", "data"), ha="right",
            textcoords="offset points", color=ROLES["reference"].light,
        )  # fmt: skip
    return ax
