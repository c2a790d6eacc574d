"""The marks: marks.csv has one row per student, written.csv the marks that are given by hand."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from assignments.beside import digests
from assignments.grading import Result
from assignments.intake import write_whole
from assignments.problem_sets import ProblemSet, grade_id, is_test, is_written, points, task_of
from assignments.release import released
from assignments.roster import plain
from assignments.tables import Rows, TableError, read_table, write_table

WRITTEN_COLUMNS = ("student", "task", "out_of", "points", "comment", "answer")


class WrittenError(ValueError):
    """written.csv cannot be used; the message says which row and why."""


@dataclass(frozen=True)
class Task:
    """A task and the graded cells that give its points, `out_of` at most."""

    name: str  # that of its cells
    cells: tuple[str, ...]
    out_of: float
    written: bool
    short: str = ""  # as the student sees it, such as Task 3; the name if it has no heading
    title: str = ""  # such as Task 3: A detector of symmetry

    def __post_init__(self) -> None:
        object.__setattr__(self, "short", self.short or self.name)
        object.__setattr__(self, "title", self.title or self.short)

    @property
    def column(self) -> str:
        """What it is called where there is no room for its title, and both names may be needed."""
        return self.name if self.short == self.name else f"{self.short} ({self.name})"


@dataclass(frozen=True)
class ByHand:
    """The points that a person gave for one answer."""

    points: float
    comment: str
    answer: str = ""  # the digest of the answer that was marked; empty if not known
    reason: str = ""  # why the points of the tests do not count


@dataclass(frozen=True)
class Request:
    """What a student asked for about the points of a task, and what was decided."""

    task: str
    text: str
    when: str = ""  # of the decision
    who: str = ""
    before: float | None = None
    after: float | None = None
    reason: str = ""  # empty while it waits

    @property
    def waits(self) -> bool:
        """Whether it has not been answered."""
        return not self.reason


@dataclass
class Given:
    """What persons gave besides the grader: by written.csv, and in the window (`marking`)."""

    by_hand: "Entered" = field(default_factory=dict)
    extra: dict[str, tuple[float, str]] = field(default_factory=dict)  # points, why; by student
    requests: dict[str, list[Request]] = field(default_factory=dict)  # by student
    history: dict[str, list[str]] = field(default_factory=dict)  # sentences, by student
    comments: dict[tuple[str, str], ByHand] = field(default_factory=dict)  # without points


@dataclass
class Row:
    """One person's marks: the points of each task, or None if they are not known yet."""

    result: Result
    points: dict[str, float | None]
    comments: dict[str, str]
    earlier: dict[str, ByHand] = field(default_factory=dict)  # marks of an answer since changed
    penalty: float = 0.0  # the share of the total that lateness costs
    extra: float = 0.0  # points beside the tasks, which lateness does not lower
    extra_reason: str = ""
    reasons: dict[str, str] = field(default_factory=dict)  # of points that replace the tests'
    by_tests: dict[str, float | None] = field(default_factory=dict)  # those that were replaced
    requests: list[Request] = field(default_factory=list)
    history: list[str] = field(default_factory=list)  # who gave what when: for the teacher
    blank: frozenset[str] = frozenset()  # the tasks that were not attempted
    short: dict[str, str] = field(default_factory=dict)  # what the student calls each task

    @property
    def final(self) -> float | None:
        """The mark to report: total less penalty, and extra; None while something is to mark."""
        if self.total is None or self.to_mark:
            return None
        return round(self.total * (1 - self.penalty) + self.extra, 2)

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

    @property
    def attempted(self) -> bool:
        """Whether any task was."""
        return not set(self.points) <= self.blank


def tasks(problem_set: ProblemSet) -> list[Task]:
    """The tasks in the order of the notebook."""
    found: dict[str, list] = {}
    for cell in problem_set.notebook().cells:
        if is_test(cell) or is_written(cell):
            found.setdefault(task_of(cell), []).append(cell)
    headings = problem_set.headings()
    made = []
    for name, cells in found.items():
        number, title = headings.get(name, (name, ""))
        title = f"{number}: {title}" if title else number
        given = (tuple(map(grade_id, cells)), sum(map(points, cells)), is_written(cells[0]))
        made.append(Task(name, *given, number, title))
    return made


def named(each_task: Iterable[Task], words: str) -> Task | None:
    """The task that is called so, by the student's name for it or by that of its cells."""
    wanted = plain(words)
    for task in each_task:
        if wanted in map(plain, (task.name, task.short, task.title, task.column)):
            return task
    return None


def blank_answers(problem_set: ProblemSet) -> dict[str, str]:
    """The digest of each answer of a problem set as students get it."""
    return digests(released(problem_set))


Entered = dict[tuple[str, str], list[ByHand]]  # by student and task


def rows(
    each_task: list[Task],
    results: Iterable[Result],
    by_hand: Entered | Given,
    blank: Mapping[str, str] = MappingProxyType({}),
) -> list[Row]:
    """The marks of all persons; points that a person gave override those of the grader.

    Points for an answer that has changed since do not count: they are kept as `Row.earlier`.

    Parameters
    ----------
    each_task : list of Task
        The tasks of the problem set.
    results : iterable of Result
        What the grader found, a result a person.
    by_hand : Entered or Given
        What persons gave; of several that fit an answer, the last counts.
    blank : mapping, optional
        The digests of the answers as released, by which to tell what was not attempted.
    """
    given = by_hand if isinstance(by_hand, Given) else Given(by_hand)
    return [_row(each_task, result, given, blank) for result in results]


def _row(each_task: list[Task], result: Result, given: Given, blank: Mapping[str, str]) -> Row:
    id_ = result.student.id
    row = Row(result, {}, {}, requests=given.requests.get(result.owner or id_, []))
    who = dict.fromkeys([result.owner or id_, id_])
    row.history = [words for name in who for words in given.history.get(name, [])]
    row.extra, row.extra_reason = given.extra.get(id_, (0.0, ""))
    left = {name for name, digest in blank.items() if result.written.get(name) == digest}
    row.blank = frozenset(left & {task.name for task in each_task})
    row.short = {task.name: task.short for task in each_task}
    for task in each_task:
        entered = _entered(result, task, given.by_hand) if result.scores else []
        now = result.written.get(task.name, "")
        fitting = [each for each in entered if not each.answer or not now or each.answer == now]
        scores = [result.scores[cell].points for cell in task.cells if cell in result.scores]
        tested = sum(scores) if scores and None not in scores else None
        row.points[task.name] = tested
        if fitting:
            row.points[task.name] = fitting[-1].points
            row.comments[task.name] = fitting[-1].comment
            if fitting[-1].reason:
                row.reasons[task.name], row.by_tests[task.name] = fitting[-1].reason, tested
        elif entered:
            row.earlier[task.name] = entered[-1]
        alone = given.comments.get((result.owner or id_, task.name))
        if not fitting and tested is not None and alone and alone.answer in ("", now):
            row.comments[task.name] = alone.comment
    return row


def _entered(result: Result, task: Task, by_hand: Entered) -> list[ByHand]:
    """What was entered for a student, or else for the member of the group who handed in."""
    for name in (result.student.id, result.owner):
        if found := by_hand.get((name, task.name)):
            return found
    return []


def write_marks(path: Path, each_task: list[Task], marks: list[Row]) -> None:
    """Write marks.csv to `path`: one line per row, in the given order."""
    heads = ["student", "name", "status", "late", *(task.column for task in each_task)]
    heads += ["total", "out_of", "to_mark", "penalty", "extra", "final", "notes"]
    out_of = number(sum(task.out_of for task in each_task))
    lines = [heads]
    for row in marks:
        result = row.result
        cells = [result.student.id, result.student.name, result.status, "yes" * result.late]
        cells += [number(row.points[task.name]) for task in each_task]
        cells += [number(row.total), out_of, str(len(row.to_mark))]
        cells += [f"{100 * row.penalty:g} %" * (row.penalty > 0)]
        cells += [number(row.extra or None), number(row.final)]
        notes = [*decisions(row), *result.doubts, *result.notes]
        lines.append([*cells, "; ".join(notes)])
    write_whole(path, write_table(lines))


def decisions(row: Row) -> list[str]:
    """A sentence for each decision that a row rests on, and for what waits for one."""
    short = row.short
    told = [f"{short[name]} changed since it was marked" for name in row.earlier]
    told += replaced(row)
    for each in row.requests:
        called = short.get(each.task, each.task)
        if each.waits:
            told.append(f"{called}: a regrade request needs an answer")
        else:
            told.append(f"{called}: looked at again, {change(each)}, because {each.reason}")
    return told + added(row)


def replaced(row: Row) -> list[str]:
    """A sentence for each task whose points replace those of the tests."""
    told = []
    for name, reason in row.reasons.items():
        now, tested = number(row.points[name]), number(row.by_tests[name]) or "no points"
        told.append(f"{row.short[name]}: {now} instead of {tested}, because {reason}")
    return told


def added(row: Row) -> list[str]:
    """A sentence about the extra points, if there are any."""
    return [f"extra: {number(row.extra)}, because {row.extra_reason}"] if row.extra else []


def change(request: Request) -> str:
    """What a decision did to the points, in words."""
    if request.before == request.after:
        return f"{number(request.after)} as before"
    return f"{number(request.before) or 'unmarked'} became {number(request.after)}"


def read_written(path: Path, each_task: list[Task]) -> Entered:
    """What a teacher entered in written.csv; empty if there is no such file.

    Raises
    ------
    WrittenError
        If points are not a number, are negative, or are more than the task gives; if a column is
        missing, or a task is unknown.
    """
    written = [task for task in each_task if task.written]
    entered: Entered = {}
    for line, row in _lines(path):
        given = row["points"].replace(",", ".")
        if not given:
            continue
        task = named(written, row["task"])
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
    now = {
        (row.result.student.id, name): row.result.written.get(name, "")
        for row in marks
        for name in written
    }
    lines, there = [], set()
    for _, row in _lines(path):
        line = [row.get(name, "") for name in WRITTEN_COLUMNS]
        task = named(each_task, line[1])
        key = (line[0], task.name if task else line[1])
        if not line[3] or not line[5]:
            line[5] = now.get(key, "") or line[5]
        there |= {(*key, line[5])} | ({(*key, "")} if not line[5] else set())
        lines.append(line)
    known = {name[:2] for name in there}
    for row in marks:
        for task in (task for task in each_task if task.name in written):
            key = (row.result.student.id, task.name)
            new = (*key, now[key]) not in there if now[key] else key not in known
            if task.name in row.to_mark and new and not row.result.owner:
                lines.append([key[0], task.column, number(task.out_of), "", "", now[key]])
    text = write_table([list(WRITTEN_COLUMNS), *lines], guard=False)
    if not path.is_file() or path.read_bytes() != text:
        write_whole(path, text)


def number(value: float | None) -> str:
    """Points as text, such as 2 or 2.5; empty for None."""
    return "" if value is None else f"{value:g}"
