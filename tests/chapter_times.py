"""How long a chapter takes to read: the rule behind every number of minutes in the book.

Readers with a clock needed about 75 minutes for each of four chapters whose pages said 25 to 30.
The weights below give 67 to 85 minutes for those four. They count what a reader does: the words of
the prose, the formulas to be followed, the visible lines of code, the figures, the explorers to be
tried, and the quick questions. Exercises and sources are not counted.
"""

import re
from dataclasses import dataclass

from chapter import Cell, Chapter, plain, sections, without_code

WIDGET = "application/vnd.jupyter.widget-view+json"
STOP = "> **You can stop here.**"
DEEPER = "## Going deeper: "
UNCOUNTED = ("## Exercises", "## Sources")
LONGEST_CORE = 30

# Minutes for one of each.
WORD = 1 / 100
DISPLAYED_FORMULA = 1.25
INLINE_FORMULA = 0.1
LINE_THAT_RAN = 0.2
LINE_TO_COPY = 0.1
FIGURE = 2.0
EXPLORER = 4.0
QUESTION = 1.5


@dataclass(frozen=True)
class Deeper:
    """A section beyond the core: its title, the minutes that it states, and its estimate."""

    title: str
    stated: int | None
    estimate: float


def minutes(cells: list[Cell]) -> float:
    """Return the minutes that a reader needs for some cells."""
    prose = [cell for cell in cells if cell.kind == "markdown"]
    code = [cell for cell in cells if cell.kind == "code" and cell.source.strip()]
    return sum(map(_of_prose, prose)) + sum(map(_of_code, code))


def _of_prose(cell: Cell) -> float:
    text, displays = re.subn(r"\$\$.*?\$\$", " ", without_code(cell.source), flags=re.DOTALL)
    # A formula that is just a number is read as a word.
    inline = [f for f in re.findall(r"(?<![\\$])\$([^$\n]+)\$", text) if re.search(r"[^\d.,]", f)]
    blocks = re.findall(r"^```\w*\n(.*?)^```", cell.source, re.MULTILINE | re.DOTALL)
    return (
        WORD * len(plain(cell.source).split())
        + DISPLAYED_FORMULA * displays
        + INLINE_FORMULA * len(inline)
        + LINE_TO_COPY * sum(map(_lines, blocks))
    )


def _of_code(cell: Cell) -> float:
    figures = cell.figures()
    explorers = sum(WIDGET in figure for figure in figures)
    return (
        LINE_THAT_RAN * (0 if cell.folded else _lines(cell.source))
        + EXPLORER * explorers
        + FIGURE * (len(figures) - explorers)
        + QUESTION * len(cell.quizzes())
    )


def _lines(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


def core(chapter: Chapter) -> float:
    """Return the minutes of all that is neither a section beyond the core nor an exercise."""
    left_out = (DEEPER, *UNCOUNTED)
    counted = [s for s in sections(chapter) if s and not s[0].source.startswith(left_out)]
    return sum(map(minutes, counted))


def deeper(chapter: Chapter) -> list[Deeper]:
    """Return the sections beyond the core, in their order."""
    found = []
    for section in sections(chapter):
        if section and section[0].source.startswith(DEEPER):
            text = section[0].source
            stated = re.search(r"^\*About (\d+) minutes?\..*\*\s*$", text, re.MULTILINE)
            title = text.splitlines()[0].removeprefix(DEEPER).strip()
            found.append(Deeper(title, int(stated[1]) if stated else None, minutes(section)))
    return found


def agrees(stated: int, estimate: float) -> bool:
    """Tell whether stated minutes are right to a tenth, or to one minute."""
    return abs(stated - estimate) <= max(1.0, 0.1 * estimate)
