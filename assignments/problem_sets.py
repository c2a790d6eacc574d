"""The problem sets: source notebooks in nbgrader's format, with solutions and hidden tests."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent
SOURCE = ROOT / "source"

_RUBRIC = re.compile(r"^### Rubric: `(?P<task>[\w-]+)`.*?$\n(?P<text>.*?)(?=^##|\Z)", re.M | re.S)


@dataclass(frozen=True)
class ProblemSet:
    """A source notebook ``source/NAME/NAME.ipynb`` and the teacher's note ``notes/NAME.md``.

    The note has a folder of its own because nbgrader hands out whatever lies beside a notebook.
    """

    folder: Path

    @property
    def name(self) -> str:
        """What it is called on the command line: ps1."""
        return self.folder.name

    @property
    def path(self) -> Path:
        """The source notebook."""
        return self.folder / f"{self.name}.ipynb"

    def notebook(self) -> NotebookNode:
        """Read the source notebook."""
        return nbformat.read(self.path, as_version=4)

    def title(self) -> str:
        """The heading of the notebook."""
        return self.notebook().cells[0].source.splitlines()[0].lstrip("# ")

    def note(self) -> str:
        """The teacher's note, in markdown."""
        return (self.folder.parents[1] / "notes" / f"{self.name}.md").read_text("utf-8")

    def rubrics(self) -> dict[str, str]:
        """How each written answer is marked, by its grade_id."""
        return {found["task"]: found["text"].strip() for found in _RUBRIC.finditer(self.note())}


def problem_sets(source: Path = SOURCE) -> dict[str, ProblemSet]:
    """All problem sets, by name."""
    found = [ProblemSet(path.parent) for path in sorted(source.glob("*/*.ipynb"))]
    return {each.name: each for each in found if each.path.is_file()}


class UnknownProblemSetError(ValueError):
    """No problem set has that name; the message has the nearest."""


def problem_set(name: str, source: Path = SOURCE) -> ProblemSet:
    """The problem set of that name.

    Raises
    ------
    UnknownProblemSetError
        If there is none.
    """
    known = problem_sets(source)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f": there are {', '.join(known)}"
        raise UnknownProblemSetError(f"no problem set is called {name!r}{hint}")
    return known[name]


def grade_id(cell: NotebookNode) -> str | None:
    """The name nbgrader knows a cell by."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def is_answer(cell: NotebookNode) -> bool:
    """Whether a student writes in this cell of a source or released notebook."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell gives points by running it."""
    marked = cell.metadata.get("nbgrader", {})
    return bool(marked.get("grade")) and not marked.get("solution")


def is_written(cell: NotebookNode) -> bool:
    """Whether a cell is an answer that a person marks."""
    marked = cell.metadata.get("nbgrader", {})
    return bool(marked.get("grade")) and bool(marked.get("solution"))


def points(cell: NotebookNode) -> float:
    """What a test or a written answer is worth."""
    return float(cell.metadata["nbgrader"]["points"])


def task_of(cell: NotebookNode) -> str:
    """The task a graded cell belongs to: ``fans-visible`` and ``fans-hidden-2`` test ``fans``."""
    return re.sub(r"-(visible|hidden)(-\d+)?$", "", grade_id(cell) or "")
