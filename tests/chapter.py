"""A chapter as its tests see it: cells, sections, paragraphs, figures."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from project import ROOT

FIGURE_TYPES = ("application/vnd.jupyter.widget-view+json", "image/svg+xml", "image/png")
FOLDED = {"hide-cell", "hide-input", "remove-cell", "remove-input"}


@dataclass(frozen=True)
class Cell:
    """One cell; ``number`` counts from 1 through the whole notebook, as messages say it."""

    number: int
    kind: str
    source: str
    count: int | None = None
    outputs: list[dict] = field(default_factory=list)
    tags: frozenset[str] = frozenset()

    @property
    def folded(self) -> bool:
        """Whether the page folds or removes this cell's code."""
        return bool(self.tags & FOLDED)

    def quizzes(self) -> list[dict]:
        """Return the data of the outputs that are quick questions."""
        data = [output.get("data", {}) for output in self.outputs]
        return [d for d in data if joined(d.get("text/plain", "")).startswith("Quiz: ")]

    def figures(self) -> list[dict]:
        """Return the data of the outputs that are pictures or widgets, but no quick questions."""
        data, quizzes = [output.get("data", {}) for output in self.outputs], self.quizzes()
        shown = [d for d in data if any(kind in d for kind in FIGURE_TYPES)]
        return [d for d in shown if d not in quizzes]

    def printed(self) -> str:
        """Return what the cell shows in words and numbers, its figures left out."""
        data = [o.get("data", {}) for o in self.outputs]
        shown = [d for d in data if not any(kind in d for kind in FIGURE_TYPES)]
        streams = [joined(o.get("text", "")) for o in self.outputs if o["output_type"] == "stream"]
        return "\n".join([*streams, *(joined(d.get("text/plain", "")) for d in shown)])


@dataclass(frozen=True)
class Chapter:
    """A notebook of ``chapters/``."""

    name: str
    cells: list[Cell]

    @property
    def number(self) -> int:
        """The number its file name starts with."""
        return int(self.name.split("_")[0])

    def code(self) -> list[Cell]:
        """Return the code cells that hold any code."""
        return [c for c in self.cells if c.kind == "code" and c.source.strip()]

    def prose(self) -> list[Cell]:
        """Return the markdown cells."""
        return [c for c in self.cells if c.kind == "markdown"]

    def headings(self, level: int) -> list[str]:
        """Return the headings of one level, in order."""
        text = "\n\n".join(without_code(c.source) for c in self.prose())
        return re.findall(rf"^{'#' * level} +(.+?)\s*$", text, flags=re.MULTILINE)


def joined(text: str | list[str]) -> str:
    """Return a notebook's multi-line string as one string."""
    return text if isinstance(text, str) else "".join(text)


def parse(name: str, notebook: dict) -> Chapter:
    """Return the chapter that a notebook's JSON describes."""
    cells = [
        Cell(
            number,
            cell["cell_type"],
            joined(cell["source"]),
            cell.get("execution_count"),
            cell.get("outputs", []),
            frozenset(cell["metadata"].get("tags", [])),
        )
        for number, cell in enumerate(notebook["cells"], 1)
    ]
    return Chapter(name, cells)


def chapters() -> list[Chapter]:
    """Return the chapters of the book, in the order of their names."""
    paths = sorted((ROOT / "chapters").glob("*.ipynb"))
    return [parse(p.stem, json.loads(p.read_text("utf-8"))) for p in paths]


def without_code(text: str) -> str:
    """Return markdown without its fenced blocks of code."""
    return re.sub(r"^(```|~~~).*?^\1\s*$", "", text, flags=re.MULTILINE | re.DOTALL)


def without_math(text: str) -> str:
    """Return markdown without its formulas; a formula that is just a number is text."""
    text = re.sub(r"\$\$.*?\$\$|\\begin\{(\w+\*?)\}.*?\\end\{\1\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"(?<![\\$])\$([\d.,]+)\$", r"\1", text)
    return re.sub(r"(?<![\\$])\$[^$\n]+(?:\n[^$\n]+)*?\$", " ", text)


def plain(text: str) -> str:
    """Return the words of markdown: no code, formulas, link targets or markup."""
    text = without_math(without_code(text))
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`[^`]*`|<[^>]+>", " ", text)
    return re.sub(r"^[#>\s|*-]+|[*_]{1,2}", " ", text, flags=re.MULTILINE)


def paragraphs(chapter: Chapter) -> Iterator[tuple[Cell, str]]:
    """Yield each paragraph of the prose with the cell that holds it."""
    for cell in chapter.prose():
        for paragraph in re.split(r"\n\s*\n", without_code(cell.source)):
            if paragraph.strip():
                yield cell, paragraph.strip()


def sections(chapter: Chapter) -> list[list[Cell]]:
    """Return the cells of each section; the first is what stands before the first H2.

    A markdown cell that holds several H2s is split, and keeps its number.
    """
    found: list[list[Cell]] = [[]]
    for cell in chapter.cells:
        pieces = [cell.source]
        if cell.kind == "markdown":
            pieces = re.split(r"^(?=## )", cell.source, flags=re.MULTILINE)
        for piece in pieces:
            if cell.kind == "markdown" and piece.startswith("## "):
                found.append([])
            found[-1].append(replace(cell, source=piece))
    return found
