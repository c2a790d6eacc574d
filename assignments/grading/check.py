"""What a student sees at home: a notebook run as for grading, with visible tests only."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from assignments.grading import autograde
from assignments.handed_in import beside
from assignments.handed_in.reading import UnreadableError, read
from assignments.handed_in.rebuild import Rebuilt, WrongNotebookError, rebuild
from assignments.handed_in.unpacking import LARGEST
from assignments.problem_sets.cells import grade_id, is_test, is_written, task_of
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import ProblemSet
from assignments.running.isolation import Sandbox


class CheckError(ValueError):
    """A file cannot be checked; the message says why."""


@dataclass
class Checked:
    """How the visible tests of a notebook ended, and what else its author should know."""

    problem_set: ProblemSet
    tests: list[tuple[str, str]] = field(default_factory=list)  # task, message (empty if passed)
    written: list[tuple[str, str]] = field(default_factory=list)  # task, what is there
    remarks: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether no visible test failed."""
        return not any(message for _, message in self.tests)


def check(path: Path, problem_sets: list[ProblemSet], box: Sandbox) -> Checked:
    """Rebuild a notebook, run it, and say how its visible tests end.

    Parameters
    ----------
    path : Path
        The notebook.
    problem_sets : list of ProblemSet
        Those it may belong to: the one most of whose answers it has is taken.
    box : Sandbox
        Where it runs, and within which limits.

    Raises
    ------
    CheckError
        If it is not a notebook of any of the problem sets.
    """
    if not path.is_file():
        raise CheckError(f"there is no file {path}")
    if path.stat().st_size > LARGEST:
        raise CheckError(f"{path} is larger than {LARGEST // 1_000_000} MB")
    try:
        cells, notes = read(path.read_bytes())
    except UnreadableError as error:
        raise CheckError(f"{path}: {error}") from None
    found = []
    for each in problem_sets:
        try:
            found.append((rebuild(released(each), cells), each))
        except WrongNotebookError:
            continue
    if not found:
        raise CheckError(f"{path}: none of its cells belongs to a problem set")
    rebuilt, which = max(found, key=lambda pair: pair[0].answered)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the messaging libraries
        notebook, events = autograde.execute(rebuilt.notebook, box)
    made = Checked(which, remarks=[*notes, *rebuilt.doubts, *rebuilt.notes, *events])
    if path.name != f"{which.name}.ipynb":
        made.remarks.append(f"hand it in under the name {which.name}.ipynb")
    made.tests = list(_tests(notebook))
    made.written = list(_written(rebuilt, released(which)))
    return made


def _tests(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    for cell in filter(is_test, notebook.cells):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if all(line.lstrip().startswith("#") for line in lines):
            continue  # what is left of a hidden test
        errors = [out for out in cell.outputs if out.output_type == "error"]
        yield task_of(cell), f"{errors[0].ename}: {errors[0].evalue}" if errors else ""


def _written(rebuilt: Rebuilt, release: NotebookNode) -> Iterator[tuple[str, str]]:
    blank = {grade_id(cell): cell.source.strip() for cell in release.cells if is_written(cell)}
    for cell in filter(is_written, rebuilt.notebook.cells):
        text = cell.source.strip()
        if text == blank[grade_id(cell)] and not beside.waits(cell):
            yield grade_id(cell), "empty"
        else:
            pictures = len(cell.get("attachments", {}))
            yield grade_id(cell), f"{len(text.split())} words, {pictures} pictures"
