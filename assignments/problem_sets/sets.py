"""The problem sets: source notebooks in nbgrader's format, with solutions and hidden tests."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from assignments.problem_sets.cells import TASK, headings, is_test, is_written, task_of

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "source"
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
            elif cell.cell_type == "markdown" and TASK.search(cell.source):
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
