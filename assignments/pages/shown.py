"""What a page shows of a graded notebook: a student's answers, and how the tests ended.

The output of a student's code is shown as text, and cut. Of a hidden test only the message is
shown, unless the source is asked for.
"""

import re
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from assignments.grading.results import Result
from assignments.handed_in.beside import beside
from assignments.handed_in.reading import PICTURES
from assignments.marks.rows import Row, number
from assignments.marks.tasks import Task
from assignments.problem_sets.cells import grade_id, is_answer, is_test, task_of

LONGEST = 2000  # characters of an output that a page shows
LONGEST_ANSWER = 20_000  # characters of an answer
LARGEST = 300_000  # characters of a picture, in base64
SHORTEST_SECRET = 30  # characters of a line that a message may not repeat

LONGEST_LINE = 200  # characters of a line of code

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")  # of colors
_PLACE = re.compile(r"Cell In\[(\d+)\], line (\d+)")
PICTURE = re.compile(r"data:(image/[a-z]+);base64,([A-Za-z0-9+/=\s]+)")


@dataclass(frozen=True)
class Test:
    """The outcome of one test."""

    name: str
    points: str
    out_of: str
    message: str  # empty if it passed
    source: str  # empty if hidden
    line: str = ""  # of the student's own code in which it failed


@dataclass(frozen=True)
class Piece:
    """A cell of an answer, or one that the student wrote beside it."""

    source: str
    texts: list[str]
    pictures: list[str]  # as addresses: data:image/png;base64,...
    beside: bool
    linked: bool  # whether something of it is only in the notebook
    cell: NotebookNode | None = None


@dataclass(frozen=True)
class Shown:
    """A task as the feedback shows it."""

    task: Task
    points: float | None
    answers: list[Piece]
    tests: list[Test]
    comment: str


def tasks_shown(each_task: list[Task], row: Row, *, show_hidden: bool) -> list[Shown]:
    """A student's tasks as they were graded; empty if nothing was graded."""
    if not row.result.scores:
        return []
    notebook = nbformat.read(row.result.folder / "graded.ipynb", as_version=4)
    names = {task.name for task in each_task}
    first = next((task.name for task in each_task if task.written), "")
    return [
        _shown(task, row, notebook, show_hidden, names if task.name == first else set())
        for task in each_task
    ]


def _shown(
    task: Task, row: Row, notebook: NotebookNode, show_hidden: bool, all_names: set[str]
) -> Shown:
    """A task as it was graded; with `all_names`, also the texts that stood beside no task."""
    answers, tests = [], []
    for cell in notebook.cells:
        near = beside(cell)
        if is_answer(cell) and grade_id(cell) == task.name:
            answers.append(_piece(cell, beside=False, notebook=notebook))
        elif is_test(cell) and task_of(cell) == task.name:
            tests.append(_test(cell, row.result, show_hidden, notebook))
        elif near is not None and cell.cell_type != "code" and _belongs(near, task, all_names):
            answers.append(_piece(cell, beside=True, notebook=notebook))
    return Shown(task, row.points[task.name], answers, tests, row.comments.get(task.name, ""))


def _belongs(near: str, task: Task, all_names: set[str]) -> bool:
    return near == task.name or (bool(all_names) and near not in all_names)


def _piece(cell: NotebookNode, *, beside: bool, notebook: NotebookNode | None = None) -> Piece:
    texts, pictures = _outputs(cell, notebook)
    inside = [found.groups() for found in PICTURE.finditer(cell.source)]
    attached = [pair for kinds in cell.get("attachments", {}).values() for pair in kinds.items()]
    known = [(kind, data) for kind, data in [*attached, *inside] if kind in PICTURES]
    small = [address(kind, data) for kind, data in known if len(data) <= LARGEST]
    source = PICTURE.sub("[picture]", cell.source)
    linked = len(small) < len(known) or len(source) > LONGEST_ANSWER
    pictures = [address("image/png", each) for each in pictures] + small
    return Piece(cut(source, LONGEST_ANSWER), texts, pictures, beside, linked, cell)


def address(kind: str, data: str) -> str:
    """A picture in base64 as an address."""
    return f"data:{kind};base64,{''.join(data.split())}"


def _test(cell: NotebookNode, result: Result, show_hidden: bool, notebook: NotebookNode) -> Test:
    hidden = "### BEGIN HIDDEN TESTS" in cell.source
    score = result.scores[grade_id(cell)]
    errors = [out for out in cell.get("outputs", []) if out.output_type == "error"]
    message = f"{errors[0].ename}: {errors[0].evalue}".rstrip(": ") if errors else ""
    if hidden and not show_hidden and _repeats(message, cell.source):
        message = "its message is not shown, because it repeats the hidden test"
    return Test(
        name="hidden tests" if hidden else "visible tests",
        points=number(score.points),
        out_of=number(score.out_of),
        message=cut(message),
        source=cell.source if show_hidden or not hidden else "",
        line=own_line(notebook, errors[0]) if errors else "",
    )


def own_line(notebook: NotebookNode, error: NotebookNode) -> str:
    """The line of the student's own code in which an error arose: ``line 3: return x / 0``.

    The last cell that the traceback names counts, if it is one in which a student writes.
    """
    told = _ESCAPE.sub("", "\n".join(map(str, error.get("traceback", []))))
    for count, line in reversed(_PLACE.findall(told)):
        for cell in notebook.cells:
            own = is_answer(cell) or not grade_id(cell)
            lines = cell.source.splitlines()
            if own and cell.get("execution_count") == int(count) and 0 < int(line) <= len(lines):
                return f"line {line}: {cut(lines[int(line) - 1].strip(), LONGEST_LINE)}"
    return ""


def _repeats(message: str, source: str) -> bool:
    """Whether a message holds a line or a long number of a test: a student's code may raise it."""
    parts = [line.strip() for line in source.splitlines()] + re.findall(r"\d+", source)
    return any(part in message for part in parts if len(part) >= SHORTEST_SECRET)


def _outputs(
    cell: NotebookNode, notebook: NotebookNode | None = None
) -> tuple[list[str], list[str]]:
    """The outputs of a cell: texts, and pictures in base64."""
    texts, pictures = [], []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if output.output_type == "stream":
            texts.append(cut(output.text))
        elif output.output_type == "error":
            line = own_line(notebook, output) if notebook is not None else ""
            texts.append(cut(f"{output.ename}: {output.evalue}") + f"\n{line}" * bool(line))
        elif "image/png" in data and len(data["image/png"]) <= LARGEST:
            pictures.append(str(data["image/png"]))
        elif "text/plain" in data:
            texts.append(cut(str(data["text/plain"])))
    return texts, pictures


def cut(text: str, longest: int = LONGEST) -> str:
    """A text, or its beginning and how long it was."""
    return text if len(text) <= longest else f"{text[:longest]}\n[... {len(text):,} characters]"
