"""The pages a teacher gets: feedback for each student, a report on the class.

A page is one file without scripts that needs no network. The output of a student's code is shown as
text, and cut. Of a hidden test only the message is shown, unless the source is asked for.
"""

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2
import nbformat
from nbformat import NotebookNode

from assignments.beside import beside
from assignments.grading import Result
from assignments.intake import write_whole
from assignments.marks import Row, Task, change, decisions, number
from assignments.problem_sets import ProblemSet, grade_id, is_answer, is_test, task_of
from assignments.reading import PICTURES

LONGEST = 2000  # characters of an output that a page shows
LONGEST_ANSWER = 20_000  # characters of an answer
LARGEST = 300_000  # characters of a picture, in base64
SHORTEST_SECRET = 30  # characters of a line that a message may not repeat
BINS = 10

LONGEST_LINE = 200  # characters of a line of code

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")  # of colors
_PLACE = re.compile(r"Cell In\[(\d+)\], line (\d+)")
PICTURE = re.compile(r"data:(image/[a-z]+);base64,([A-Za-z0-9+/=\s]+)")

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).resolve().parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["number"] = number
_ENVIRONMENT.filters["change"] = change


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


def shown(each_task: list[Task], row: Row, *, show_hidden: bool) -> list[Shown]:
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


def write_feedback(
    folder: Path, problem_set: ProblemSet, each_task: list[Task], row: Row, tasks: list[Shown]
) -> Path:
    """Write the page of one student into `folder`; return its path."""
    page = _ENVIRONMENT.get_template("feedback.html").render(
        title=problem_set.title(),
        row=row,
        out_of=sum(task.out_of for task in each_task),
        shown=tasks,
    )
    path = folder / f"{row.result.student.slug}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page.encode())
    return path


def write_report(
    path: Path,
    problem_set: ProblemSet,
    each_task: list[Task],
    marks: list[Row],
    tasks: list[list[Shown]],
    problems: list[str],
    warnings: list[str],
) -> None:
    """Write the teacher's report to `path`."""
    out_of = sum(task.out_of for task in each_task)
    totals = [row.total for row in marks if row.total is not None and row.attempted]
    page = _ENVIRONMENT.get_template("report.html").render(
        title=problem_set.title(),
        marks=marks,
        tasks=_difficulties(each_task, marks, tasks),
        untouched=sum(row.total is not None and not row.attempted for row in marks),
        decisions=_decisions(marks),
        rubrics=problem_set.rubrics(),
        to_mark=list(_written(each_task, marks, tasks)),
        out_of=out_of,
        histogram=_histogram(totals, out_of),
        quartiles=statistics.quantiles(totals, n=4) if len(totals) > 1 else [],
        counts=Counter(row.result.status for row in marks),
        problems=problems,
        warnings=warnings,
    )
    write_whole(path, page.encode())


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


@dataclass(frozen=True)
class Difficulty:
    """How a class did in one task: who left it blank is counted apart and in nothing else."""

    task: Task
    share: float | None  # the mean share of its points; None if nobody's is known
    marked: int
    blank: int
    messages: list[tuple[str, int]]  # the most frequent ones, with how often


def _difficulties(
    each_task: list[Task], marks: list[Row], tasks: list[list[Shown]]
) -> list[Difficulty]:
    """Each task, the hardest first; those of which nothing is known come last."""
    said: dict[str, Counter] = {task.name: Counter() for task in each_task}
    for row, shown_to in zip(marks, tasks, strict=True):
        for each in shown_to:
            if each.task.name not in row.blank:
                messages = {test.message[:200] for test in each.tests if test.message}
                said[each.task.name].update(messages)
    found = []
    for task in each_task:
        tried = [row for row in marks if row.result.scores and task.name not in row.blank]
        known = [row.points[task.name] for row in tried if row.points[task.name] is not None]
        share = statistics.mean(known) / task.out_of if known and task.out_of else None
        blank = sum(bool(row.result.scores) and task.name in row.blank for row in marks)
        most = said[task.name].most_common(3)
        found.append(Difficulty(task, share, len(known), blank, most))
    return sorted(found, key=lambda each: 2.0 if each.share is None else each.share)


def _decisions(marks: list[Row]) -> list[tuple[Row, list[str]]]:
    """Who has points that rest on a person's decision or wait for one, and in what words."""
    told = [(row, decisions(row)) for row in marks]
    return [(row, words) for row, words in told if words or row.history]


def _written(
    each_task: list[Task], marks: list[Row], tasks: list[list[Shown]]
) -> Iterator[tuple[Task, list]]:
    """Each written task with the answers that are still to be marked."""
    for task in filter(lambda task: task.written, each_task):
        answers = [
            (row, each.answers)
            for row, shown_to in zip(marks, tasks, strict=True)
            for each in shown_to
            if each.task == task and task.name in row.to_mark and not row.result.owner
        ]
        if answers:
            yield task, answers


def _histogram(totals: list[float], out_of: float) -> list[tuple[str, int, float]]:
    """The range, the count and the relative height (from 0 to 1) of each bin of totals."""
    counts = [0] * BINS
    for total in totals:
        counts[min(int(BINS * total / out_of), BINS - 1)] += 1
    edges = [out_of * n / BINS for n in range(BINS + 1)]
    ranges = [f"{low:.3g} to {high:.3g}" for low, high in itertools.pairwise(edges)]
    top = max(counts) or 1
    return [(name, count, count / top) for name, count in zip(ranges, counts, strict=True)]
