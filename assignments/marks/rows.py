"""One person's marks: the points of each task, from the grader and from persons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from assignments.grading.results import Result
from assignments.marks.tasks import Task


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


Entered = dict[tuple[str, str], list[ByHand]]  # by student and task


def marks_of(
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


def number(value: float | None) -> str:
    """Points as text, such as 2 or 2.5; empty for None."""
    return "" if value is None else f"{value:g}"
