"""The problem sets: source notebooks in nbgrader's format, with solutions and hidden tests."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent
SOURCE = ROOT / "source"

_TASK = re.compile(r"^## (?P<number>Task \d+)[.:] (?P<title>.+?)(?: \([^()]*\))?\s*$", re.M)
_RUBRIC = re.compile(r"^### Rubric: `(?P<task>[\w-]+)`.*?$\n(?P<text>.*?)(?=^##|\Z)", re.M | re.S)


@dataclass(frozen=True)
class ProblemSet:
    """A source notebook ``source/NAME/NAME.ipynb`` and the teacher's note ``notes/NAME.md``.

    The note is in a different folder because nbgrader hands out all files beside a notebook.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The name on the command line, such as ps1."""
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

    def headings(self) -> dict[str, tuple[str, str]]:
        """For each task, what the notebook calls it: ``("Task 3", "A detector of symmetry")``."""
        return headings(self.notebook())

    def statements(self) -> dict[str, str]:
        """The text that asks for each task, in markdown: that of the cell with its heading."""
        found, last = {}, ""
        for cell in self.notebook().cells:
            if is_test(cell) or is_written(cell):
                found.setdefault(task_of(cell), last)
            elif cell.cell_type == "markdown" and _TASK.search(cell.source):
                last = cell.source
        return found

    def rubrics(self) -> dict[str, str]:
        """The text of the rubric for each written answer, by its grade_id."""
        return {found["task"]: found["text"].strip() for found in _RUBRIC.finditer(self.note())}


def problem_sets(source: Path = SOURCE) -> dict[str, ProblemSet]:
    """All problem sets, by name."""
    found = [ProblemSet(path.parent) for path in sorted(source.glob("*/*.ipynb"))]
    return {each.name: each for each in found if each.path.is_file()}


class UnknownProblemSetError(ValueError):
    """No problem set has that name; the message suggests the nearest."""


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
    """The name nbgrader gives a cell; None for a cell without one."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def is_answer(cell: NotebookNode) -> bool:
    """Whether a student writes in this cell of a source or released notebook."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is a test, which gives points if it runs without an error."""
    marked = cell.metadata.get("nbgrader", {})
    return bool(marked.get("grade")) and not marked.get("solution")


def is_written(cell: NotebookNode) -> bool:
    """Whether a cell is an answer that is marked by hand."""
    marked = cell.metadata.get("nbgrader", {})
    return bool(marked.get("grade")) and bool(marked.get("solution"))


def points(cell: NotebookNode) -> float:
    """The points that a test or a written answer is worth."""
    return float(cell.metadata["nbgrader"]["points"])


def task_of(cell: NotebookNode) -> str:
    """The task of a graded cell: ``fans`` for ``fans-visible`` and ``fans-hidden-2``."""
    return re.sub(r"-(visible|hidden)(-\d+)?$", "", grade_id(cell) or "")


def headings(notebook: NotebookNode) -> dict[str, tuple[str, str]]:
    """The number and the title of each task of a source or released notebook.

    A task is under the last heading of a task above it; tasks that share one have none.
    """
    found: dict[str, tuple[str, str]] = {}
    last = None
    for cell in notebook.cells:
        if is_test(cell) or is_written(cell):
            if last is not None:
                found.setdefault(task_of(cell), last)
        elif cell.cell_type == "markdown":
            for heading in _TASK.finditer(cell.source):
                last = heading["number"], heading["title"].replace("`", "")
    taken = list(found.values())
    return {name: pair for name, pair in found.items() if taken.count(pair) == 1}


def labels(notebook: NotebookNode) -> dict[str, str]:
    """The name of each cell in a message, with the number of its task: ``fans of Task 1``."""
    numbers = {name: number for name, (number, _) in headings(notebook).items()}
    tasks = {grade_id(cell): task_of(cell) for cell in notebook.cells if grade_id(cell)}
    return {
        name: f"{name} of {numbers[task]}" if task in numbers else name
        for name, task in tasks.items()
    }
