"""A summary sheet as one page: columns of blocks, in the largest type that fits.

Lengths are in points; a place is measured from the top left corner of the page.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path

from netinit.style import FORWARD, INK, PAGE_COLORS
from volume.sheet_text import Sheet
from volume.source import Facts
from volume.tex import mathtext

WIDTH, HEIGHT = 420 / 25.4 * 72, 297 / 25.4 * 72  # A3, landscape
MARGIN, HEAD, FOOT, GUTTER = 34, 62, 20, 24
COLUMNS = 4
SIZES = [size / 4 for size in range(52, 30, -1)]  # 13 to 7.75
LEADING = 1.22
STYLE = {
    "font.family": ["STIXGeneral", "DejaVu Sans"],
    "mathtext.fontset": "stix",
    "pdf.fonttype": 42,  # whole letters, so that the text can be found and copied
    "svg.fonttype": "path",
    "svg.hashsalt": "netinit",
}
TOKEN = re.compile(r"(?:\$[^$]*\$|[^\s$])+")
BETWEEN = re.compile(r"\s*,?\s*\\qquad\s*")  # two formulas on one line
FORMULA = re.compile(r"\$([^$]*)\$")


class TooMuch(RuntimeError):
    """A sheet that does not fit a page in type that can be read."""


@dataclass(frozen=True)
class Words:
    """A line of words on its way to the page; `above` and `below` are its room around the base."""

    text: str
    size: float
    above: float
    below: float
    indent: float = 0
    bold: bool = False
    color: str = INK.light
    mark: str = ""


def font(size: float, bold: bool = False) -> FontProperties:
    """The sheet's type."""
    return FontProperties(
        family=STYLE["font.family"], size=size, weight="bold" if bold else "normal"
    )


def extent(text: str, size: float, bold: bool = False) -> tuple[float, float, float]:
    """Width, height above the base and depth below it."""
    width, height, depth = (size / SIZES[0] * length for length in _measured(text, bold))
    return width, height - depth, depth


@functools.cache
def _measured(text: str, bold: bool) -> tuple[float, float, float]:
    given = (text, font(SIZES[0], bold), "$" in text)
    return text_to_path.get_text_width_height_descent(*given)


def wrapped(text: str, width: float, size: float, bold: bool = False) -> Iterator[str]:
    """Lines of a text that are no wider than `width`, broken between words and formulas."""
    line = ""
    for token in TOKEN.findall(FORMULA.sub(lambda found: f"${mathtext(found[1])}$", text)):
        longer = f"{line} {token}".strip()
        if line and extent(longer, size, bold)[0] > width:
            yield line
            longer = token
        line = longer
    yield line


def paragraph(
    text: str, width: float, size: float, *, indent: float = 0, mark: str = "", **looks
) -> list[Words]:
    """A text as lines; the first one begins with `mark`."""
    lines = []
    for line in wrapped(text, width - indent, size, looks.get("bold", False)):
        _, height, depth = extent(line, size)
        above = max(height, 0.78 * size) + (LEADING - 1) * size
        lines.append(Words(line, size, above, max(depth, 0.22 * size), indent, mark=mark, **looks))
        mark = ""
    return lines


def formulas(tex: str, width: float, size: float) -> list[Words]:
    """Displayed formulas, each on a line of its own."""
    large = re.sub(r"\\frac(?![a-z])", r"\\dfrac", tex)
    return [formula(part, width, size) for part in BETWEEN.split(large)]


def formula(tex: str, width: float, size: float) -> Words:
    """A displayed formula, smaller if it would be too wide."""
    text = f"${mathtext(tex)}$"
    wide, height, depth = extent(text, size)
    fit = min(1, width / wide)
    size, height, depth = fit * size, fit * height, fit * depth
    return Words(text, size, height + 0.55 * size, depth + 0.3 * size)


def blocks(sheet: Sheet, width: float, size: float) -> Iterator[list[Words]]:
    """What the page holds: chapters, a checklist, the advice."""
    for part in sheet.sections:
        title = f"{part.number}  {part.title}"
        block = paragraph(title, width, 1.1 * size, bold=True, color=FORWARD.light)
        for tex in part.formulas:
            block += formulas(tex, width, 1.1 * size)
        for sentence in part.sentences:
            block += paragraph(sentence, width, size, indent=0.9 * size, mark="•")
        yield block
    if sheet.checklist:
        title = "Before step 1, on one real batch, with three seeds"
        block = paragraph(title, width, 1.1 * size, bold=True, color=FORWARD.light)
        for number, item in enumerate(sheet.checklist, 1):
            block += paragraph(item, width, size, indent=1.2 * size, mark=f"{number}.")
        yield block
    block = paragraph(sheet.advice, width, 1.1 * size, bold=True, color=FORWARD.light)
    for network, start in sheet.advised:
        block += paragraph(f"{network[0].upper()}{network[1:]}", width, size, bold=True)
        block += paragraph(start, width, size, indent=0.9 * size)
    yield block
    block = paragraph("Symbols", width, 1.1 * size, bold=True, color=FORWARD.light)
    for meaning in sheet.symbols:
        block += paragraph(meaning, width, size)
    yield block


def height(block: list[Words]) -> float:
    """How tall a block is."""
    return sum(line.above + line.below for line in block)


def columns(sheet: Sheet, size: float) -> list[list[list[Words]]] | None:
    """The blocks in columns, none broken; None if they need more columns than there are."""
    width = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GUTTER) / COLUMNS
    room = HEIGHT - MARGIN - HEAD - FOOT
    found, used = [[]], 0.0
    for block in blocks(sheet, width, size):
        tall = height(block) + 0.9 * size
        if used + tall > room and found[-1]:
            found.append([])
            used = 0
        found[-1].append(block)
        used += tall
        if used > room or len(found) > COLUMNS:
            return None
    return found


def fitted(sheet: Sheet) -> tuple[float, list[list[list[Words]]]]:
    """The largest size of type at which the sheet fits, and its columns.

    Raises
    ------
    TooMuch
        If none of `SIZES` is small enough.
    """
    for size in SIZES:
        if found := columns(sheet, size):
            return size, found
    raise TooMuch(f"{sheet.name} does not fit a page at {SIZES[-1]} points: say less")


def draw(sheet: Sheet, about: Facts) -> Figure:
    """The sheet as a figure of its size."""
    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
    size, found = fitted(sheet)
    _write(figure, MARGIN, MARGIN + 24, Words(sheet.title, 27, 0, 0))
    _write(figure, MARGIN, MARGIN + 41, Words(about.summary, 12, 0, 0, color=_color("soft")))
    step = (WIDTH - 2 * MARGIN + GUTTER) / COLUMNS
    for place, column in enumerate(found):
        left, top = MARGIN + place * step, float(HEAD + MARGIN - 8)
        for block in column:
            _rule(figure, left, top, step - GUTTER)
            for line in block:
                top += line.above
                _write(figure, left, top, line)
                top += line.below
            top += 0.9 * size
    told = f"{about.title}, {about.version}. {about.author}. CC BY 4.0. {about.address}"
    _write(figure, MARGIN, HEIGHT - 18, Words(told.strip(), 8.5, 0, 0, color=_color("soft")))
    return figure


def save(sheet: Sheet, about: Facts, folder: Path) -> list[Path]:
    """Write the sheet into `folder` as PDF and as SVG; return both files."""
    title = f"{about.title}. {sheet.title}"
    with matplotlib.rc_context(STYLE):
        figure = draw(sheet, about)
        paths = [folder / f"{sheet.name}.{kind}" for kind in ("pdf", "svg")]
        info = {"Title": title, "Author": about.author, "CreationDate": None, "ModDate": None}
        figure.savefig(paths[0], metadata=info)
        figure.savefig(paths[1], metadata={"Title": title, "Date": None})
    return paths


def _color(name: str) -> str:
    return PAGE_COLORS[name].light


def _write(figure: Figure, left: float, base: float, line: Words) -> None:
    for shift, text in ((0, line.mark), (line.indent, line.text)):
        place = ((left + shift) / WIDTH, 1 - base / HEIGHT)
        looks = {"fontproperties": font(line.size, line.bold), "color": line.color}
        figure.text(*place, text, va="baseline", **looks)


def _rule(figure: Figure, left: float, top: float, width: float) -> None:
    ends = [left / WIDTH, (left + width) / WIDTH]
    height = [1 - top / HEIGHT] * 2
    figure.add_artist(Line2D(ends, height, color=_color("line"), linewidth=0.7))
