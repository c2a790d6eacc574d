"""What the cells of a source or released notebook are, in nbgrader's metadata, and are called."""

import re
import symtable

from nbformat import NotebookNode

TASK = re.compile(r"^## (?P<number>Task \d+)[.:] (?P<title>.+?)(?: \([^()]*\))?\s*$", re.M)


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
            for heading in TASK.finditer(cell.source):
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


def bound(source: str) -> list[str]:
    """The names that a cell of a problem set binds at its top level."""
    symbols = symtable.symtable(source, "<cell>", "exec").get_symbols()
    return [each.get_name() for each in symbols if each.is_assigned() or each.is_imported()]
