"""The marks: marks.csv has one row per student, written.csv the marks that are given by hand."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assignments.grading import Result, write_whole
from assignments.problem_sets import ProblemSet, grade_id, is_test, is_written, points, task_of

WRITTEN_COLUMNS = ("student", "task", "out_of", "points", "comment")


class WrittenError(ValueError):
    """written.csv cannot be used; the message says which row and why."""


@dataclass(frozen=True)
class Task:
    """A task and the graded cells that give its points, `out_of` at most."""

    name: str
    cells: tuple[str, ...]
    out_of: float
    written: bool


@dataclass(frozen=True)
class ByHand:
    """What a teacher entered for one written answer."""

    points: float
    comment: str


@dataclass(frozen=True)
class Row:
    """One person's marks: the points of each task, or None if they are not known yet."""

    result: Result
    points: dict[str, float | None]
    comments: dict[str, str]

    @property
    def total(self) -> float | None:
        """The sum of the points known so far; None if nothing was graded."""
        known = [each for each in self.points.values() if each is not None]
        return sum(known) if self.result.scores else None

    @property
    def to_mark(self) -> list[str]:
        """The names of the tasks that are still to be marked by hand."""
        return [name for name, each in self.points.items() if each is None and self.result.scores]


def tasks(problem_set: ProblemSet) -> list[Task]:
    """The tasks in the order of the notebook."""
    found: dict[str, list] = {}
    for cell in problem_set.notebook().cells:
        if is_test(cell) or is_written(cell):
            found.setdefault(task_of(cell), []).append(cell)
    return [
        Task(name, tuple(map(grade_id, cells)), sum(map(points, cells)), is_written(cells[0]))
        for name, cells in found.items()
    ]


def rows(
    each_task: list[Task], results: Iterable[Result], by_hand: dict[tuple[str, str], ByHand]
) -> list[Row]:
    """The marks of all persons; points that a teacher entered override those of the grader."""
    made = []
    for result in results:
        given, comments = {}, {}
        for task in each_task:
            entered = by_hand.get((result.student.id, task.name))
            if entered is not None and result.scores:
                given[task.name], comments[task.name] = entered.points, entered.comment
                continue
            scores = [result.scores[cell].points for cell in task.cells if cell in result.scores]
            complete = scores and None not in scores
            given[task.name] = sum(scores) if complete else None
        made.append(Row(result, given, comments))
    return made


def write_marks(path: Path, each_task: list[Task], marks: list[Row]) -> None:
    """Write marks.csv to `path`: one line per row, in the given order."""
    heads = ["student", "name", "status", "late", *(task.name for task in each_task)]
    heads += ["total", "out_of", "to_mark", "notes"]
    out_of = number(sum(task.out_of for task in each_task))
    lines = [heads]
    for row in marks:
        result = row.result
        cells = [result.student.id, result.student.name, result.status, "yes" * result.late]
        cells += [number(row.points[task.name]) for task in each_task]
        cells += [number(row.total), out_of, str(len(row.to_mark))]
        lines.append([*cells, "; ".join([*result.doubts, *result.notes])])
    _write(path, lines)


def read_written(path: Path, each_task: list[Task]) -> dict[tuple[str, str], ByHand]:
    """What a teacher entered in written.csv, by student and task; empty if there is no such file.

    Raises
    ------
    WrittenError
        If points are not a number, are negative, or are more than the task gives; if a column is
        missing, or a task is unknown.
    """
    if not path.is_file():
        return {}
    known = {task.name: task for task in each_task if task.written}
    entered = {}
    for line, row in enumerate(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))), 2):
        if missing := {"student", "task", "points"} - set(row):
            raise WrittenError(f"{path} has no column {', '.join(sorted(missing))}")
        given = (row["points"] or "").strip().replace(",", ".")
        if not given:
            continue
        task = known.get(row["task"])
        if task is None:
            raise WrittenError(f"{path}, line {line}: there is no written task {row['task']!r}")
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if not 0 <= value <= task.out_of:
            limits = f"a number from 0 to {number(task.out_of)}"
            raise WrittenError(f"{path}, line {line}: points must be {limits}, not {given!r}")
        entered[row["student"], task.name] = ByHand(value, (row.get("comment") or "").strip())
    return entered


def write_written(path: Path, each_task: list[Task], marks: list[Row]) -> None:
    """Add a line for each written answer that is still to be marked; keep all existing lines.

    A blank answer needs none: nbgrader has given it 0 points.
    """
    old: list[dict] = []
    if path.is_file():
        old = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    there = {(row["student"], row["task"]) for row in old}
    lines = [[row.get(name) or "" for name in WRITTEN_COLUMNS] for row in old]
    for row in marks:
        for task in each_task:
            name = (row.result.student.id, task.name)
            if task.written and task.name in row.to_mark and name not in there:
                lines.append([*name, number(task.out_of), "", ""])
    if len(lines) > len(old) or not path.is_file():
        _write(path, [list(WRITTEN_COLUMNS), *lines], guard=False)


def number(value: float | None) -> str:
    """Points as text, such as 2 or 2.5; empty for None."""
    return "" if value is None else f"{value:g}"


def _write(path: Path, lines: list[list[str]], *, guard: bool = True) -> None:
    text = io.StringIO(newline="")
    guarded = [[_guarded(cell) if guard else cell for cell in line] for line in lines]
    csv.writer(text).writerows(guarded)
    write_whole(path, text.getvalue().encode())


def _guarded(cell: str) -> str:
    """The cell, quoted if a spreadsheet would run it as a formula: students choose file names."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell else cell
