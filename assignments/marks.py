"""The marks: marks.csv has one row per student, written.csv the marks that are given by hand."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from assignments.grading import Result
from assignments.intake import write_whole
from assignments.problem_sets import ProblemSet, grade_id, is_test, is_written, points, task_of
from assignments.tables import Rows, TableError, read_table, write_table

WRITTEN_COLUMNS = ("student", "task", "out_of", "points", "comment", "answer")


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
    answer: str = ""  # the digest of the answer that was marked; empty if not known


@dataclass
class Row:
    """One person's marks: the points of each task, or None if they are not known yet."""

    result: Result
    points: dict[str, float | None]
    comments: dict[str, str]
    earlier: dict[str, ByHand] = field(default_factory=dict)  # marks of an answer since changed
    penalty: float = 0.0  # the share of the total that lateness costs

    @property
    def final(self) -> float | None:
        """The mark to report: the total less the penalty; None while something is to be marked."""
        if self.total is None or self.to_mark:
            return None
        return round(self.total * (1 - self.penalty), 2)

    @property
    def total(self) -> float | None:
        """The sum of the points known so far; None if nothing was graded."""
        known = [each for each in self.points.values() if each is not None]
        return sum(known) if self.result.scores else None

    @property
    def doubtful(self) -> bool:
        """Whether a person should look at it."""
        return bool(self.result.doubts or self.earlier)

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


Entered = dict[tuple[str, str], list[ByHand]]  # by student and task


def rows(each_task: list[Task], results: Iterable[Result], by_hand: Entered) -> list[Row]:
    """The marks of all persons; points that a teacher entered override those of the grader.

    Points for an answer that has changed since do not count: they are kept as `Row.earlier`.
    """
    made = []
    for result in results:
        row = Row(result, {}, {})
        for task in each_task:
            entered = _entered(result, task, by_hand) if result.scores else []
            now = result.written.get(task.name, "")
            fitting = [each for each in entered if not each.answer or not now or each.answer == now]
            scores = [result.scores[cell].points for cell in task.cells if cell in result.scores]
            if fitting:
                row.points[task.name] = fitting[-1].points
                row.comments[task.name] = fitting[-1].comment
                continue
            row.points[task.name] = sum(scores) if scores and None not in scores else None
            if entered:
                row.earlier[task.name] = entered[-1]
        made.append(row)
    return made


def _entered(result: Result, task: Task, by_hand: Entered) -> list[ByHand]:
    """What was entered for a student, or else for the member of the group who handed in."""
    for name in (result.student.id, result.owner):
        if found := by_hand.get((name, task.name)):
            return found
    return []


def write_marks(path: Path, each_task: list[Task], marks: list[Row]) -> None:
    """Write marks.csv to `path`: one line per row, in the given order."""
    heads = ["student", "name", "status", "late", *(task.name for task in each_task)]
    heads += ["total", "out_of", "to_mark", "penalty", "final", "notes"]
    out_of = number(sum(task.out_of for task in each_task))
    lines = [heads]
    for row in marks:
        result = row.result
        cells = [result.student.id, result.student.name, result.status, "yes" * result.late]
        cells += [number(row.points[task.name]) for task in each_task]
        cells += [number(row.total), out_of, str(len(row.to_mark))]
        cells += [f"{100 * row.penalty:g} %" * (row.penalty > 0), number(row.final)]
        changed = [f"{name} changed since it was marked" for name in row.earlier]
        lines.append([*cells, "; ".join([*changed, *result.doubts, *result.notes])])
    write_whole(path, write_table(lines))


def read_written(path: Path, each_task: list[Task]) -> Entered:
    """What a teacher entered in written.csv; empty if there is no such file.

    Raises
    ------
    WrittenError
        If points are not a number, are negative, or are more than the task gives; if a column is
        missing, or a task is unknown.
    """
    known = {task.name: task for task in each_task if task.written}
    entered: Entered = {}
    for line, row in _lines(path):
        given = row["points"].replace(",", ".")
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
        mark = ByHand(value, row.get("comment", ""), row.get("answer", ""))
        entered.setdefault((row["student"], task.name), []).append(mark)
    return entered


def unknown_students(entered: Entered, marks: list[Row]) -> list[str]:
    """A line for each student that was marked by hand and is not in the class."""
    known = {row.result.student.id for row in marks}
    names = dict.fromkeys(student for student, _ in entered if student not in known)
    return [f"written.csv has marks of {name!r}, who is not on the roster" for name in names]


def _lines(path: Path) -> Rows:
    """The lines of written.csv with their numbers; none if there is no such file."""
    if not path.is_file():
        return []
    try:
        columns, lines = read_table(path, excel=True)
    except TableError as error:
        raise WrittenError(str(error)) from None
    if missing := {"student", "task", "points"} - set(columns):
        raise WrittenError(f"{path} has no column {', '.join(sorted(missing))}")
    return lines


def write_written(path: Path, each_task: list[Task], marks: list[Row]) -> None:
    """Add a line for each written answer that is still to be marked; keep all existing lines.

    A line without points is about the answer as it is now. An answer that changed after it was
    marked gets a second line. A blank answer needs none: nbgrader has given it 0 points.
    """
    written = [task.name for task in each_task if task.written]
    digests = {
        (row.result.student.id, name): row.result.written.get(name, "")
        for row in marks
        for name in written
    }
    lines, there = [], set()
    for _, row in _lines(path):
        line = [row.get(name, "") for name in WRITTEN_COLUMNS]
        key = (line[0], line[1])
        if not line[3] or not line[5]:
            line[5] = digests.get(key, "") or line[5]
        there |= {(*key, line[5])} | ({(*key, "")} if not line[5] else set())
        lines.append(line)
    known = {name[:2] for name in there}
    for row in marks:
        for task in (task for task in each_task if task.name in written):
            key = (row.result.student.id, task.name)
            new = (*key, digests[key]) not in there if digests[key] else key not in known
            if task.name in row.to_mark and new and not row.result.owner:
                lines.append([*key, number(task.out_of), "", "", digests[key]])
    text = write_table([list(WRITTEN_COLUMNS), *lines], guard=False)
    if not path.is_file() or path.read_bytes() != text:
        write_whole(path, text)


def number(value: float | None) -> str:
    """Points as text, such as 2 or 2.5; empty for None."""
    return "" if value is None else f"{value:g}"
