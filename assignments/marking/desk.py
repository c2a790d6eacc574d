"""What there is to mark, and what a marker does: the content of the page, without the page.

A student is called by a code, a few letters that are the same every time and say nothing about the
person. Each task has codes and an order of its own, so that one mark does not color the next.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from assignments.grading import class_file
from assignments.grading.class_file import Class
from assignments.grading.results import Result
from assignments.handed_back import finish
from assignments.marking import rubric
from assignments.marks import given
from assignments.marks.rows import Given, Row, number
from assignments.marks.store import NAME, Entry, NewerError, Store, StoreError
from assignments.marks.tasks import Task, blank_answers, tasks_of
from assignments.pages.shown import Shown, tasks_shown
from assignments.problem_sets.sets import ProblemSet

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words
LONGEST_CODE = 20
MOST_COMMENTS = 12  # of the bank of a task


class UnknownError(LookupError):
    """There is no such task or answer."""


@dataclass
class State:
    """Everything at one moment: the class, what was decided, the marks that follow."""

    graded: Class
    entries: list[Entry]
    given: Given
    rows: dict[str, Row]  # by student; only those whose work was graded
    problems: list[str]


@dataclass
class Answer:
    """One answer as the page shows it."""

    task: Task
    code: str
    row: Row
    shown: Shown
    place: int  # in the order of its task, from 1
    of: int
    before: str | None  # the codes of its neighbors
    after: str | None
    next_to_mark: tuple[str, str] | None  # task and code
    seen: int  # the number of the last action about it
    parts: tuple[float | None, ...] = ()
    comment: str = ""  # also one that is saved without points
    reason: str = ""
    history: list[str] = field(default_factory=list)


class Desk:
    """The marking of one problem set by one person."""

    def __init__(self, problem_set: ProblemSet, out: Path, who: str) -> None:
        self.problem_set, self.out, self.who = problem_set, out, who
        self.store = Store(out / NAME)
        self.tasks = {task.name: task for task in tasks_of(problem_set)}
        self.statements = problem_set.statements()
        texts = problem_set.rubrics()
        self.rubrics = {
            task.name: rubric.split(texts.get(task.name, ""), task.out_of)
            for task in self.tasks.values()
        }
        self._blank = blank_answers(problem_set)
        self._class: tuple[object, Class] | None = None
        self._codes: dict[str, dict[str, str]] = {}
        self.state()  # what cannot be read is told before the page opens

    def state(self) -> State:
        """How things are now: others may mark, and the class may be graded again, meanwhile."""
        graded = self._graded()
        each_task = list(self.tasks.values())
        entered, problems = finish.read_given(self.out, each_task, graded)
        rows = finish.all_rows(each_task, graded, entered, self._blank)
        graded_rows = {row.result.student.id: row for row in rows if row.result.scores}
        return State(graded, self.store.entries(), entered, graded_rows, problems)

    def _graded(self) -> Class:
        path = self.out / class_file.NAME
        stamp = (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else None
        if self._class is None or self._class[0] != stamp:
            self._class = (stamp, class_file.read(self.out))
            results = self._class[1].results
            graded = [each for each in results if each.scores and not each.owner]
            self._codes = {name: self._codes_of(name, graded) for name in self.tasks}
        return self._class[1]

    def _codes_of(self, task: str, graded: list[Result]) -> dict[str, str]:
        """The codes of the answers to a task, with their students; what is blank comes last."""
        codes = _codes(self.problem_set.name, task, [result.student.id for result in graded])
        blank = {r.student.id for r in graded if r.written.get(task) == self._blank.get(task)}
        return dict(sorted(codes.items(), key=lambda pair: pair[1] in blank))

    def order(self, task: str) -> list[str]:
        """The codes of the answers to a task, in the order in which they are shown."""
        return list(self._of(task))

    def student(self, task: str, code: str) -> str:
        """Whose answer it is: the id in the roster.

        Raises
        ------
        UnknownError
            If there is no such answer.
        """
        codes = self._of(task)
        if code not in codes:
            raise UnknownError(f"there is no answer {code} to {task}")
        return codes[code]

    def code(self, task: str, student: str) -> str | None:
        """What a student's answer to a task is called; None if nothing of theirs was graded."""
        return next((code for code, id_ in self._of(task).items() if id_ == student), None)

    def _of(self, task: str) -> dict[str, str]:
        if task not in self.tasks:
            raise UnknownError(f"there is no task {task}")
        self._graded()
        return self._codes[task]

    def to_mark(self, state: State, task: str) -> list[str]:
        """The codes of the answers to a task that wait for points."""
        return [
            code for code, student in self._of(task).items() if task in state.rows[student].to_mark
        ]

    def answer(self, task: str, code: str, state: State) -> Answer:
        """One answer with all that the page shows.

        Raises
        ------
        UnknownError
            If there is no such answer.
        """
        student, order = self.student(task, code), self.order(task)
        row = state.rows[student]
        (shown,) = [
            each
            for each in tasks_shown(list(self.tasks.values()), row, show_hidden=True)
            if each.task.name == task
        ]
        at = order.index(code)
        made = Answer(
            self.tasks[task],
            code,
            row,
            shown,
            at + 1,
            len(order),
            order[at - 1] if at else None,
            order[at + 1] if at + 1 < len(order) else None,
            self._next(state, task, code),
            Store.last(state.entries, student, task),
        )
        made.history = [
            given.sentence(n, entry)
            for n, entry in enumerate(state.entries, 1)
            if (entry.student, entry.task) == (student, task)
        ]
        made.comment = row.comments.get(task, "")
        made.reason = row.reasons.get(task, "")
        now = row.result.written.get(task, "")
        ours = [e for e in given.marks(state.entries, student, task) if e.answer == now]
        if ours and ours[-1].kind == "mark":
            made.parts, made.comment = ours[-1].parts, ours[-1].comment
            made.reason = ours[-1].reason
        return made

    def _next(self, state: State, task: str, code: str) -> tuple[str, str] | None:
        """The next answer without points, first to the same task, then to those after it."""
        order = self.order(task)
        at = order.index(code)
        waiting = set(self.to_mark(state, task))
        for each in [*order[at + 1 :], *order[:at]]:
            if each in waiting:
                return task, each
        names = list(self.tasks)
        place = names.index(task)
        for name in [*names[place + 1 :], *names[:place]]:
            if others := self.to_mark(state, name):
                return name, others[0]
        return None

    def comments(self, task: str, state: State) -> list[str]:
        """Comments that were given for a task, the most frequent first."""
        used = Counter(row.comments.get(task, "") for row in state.rows.values())
        return [text for text, _ in used.most_common(MOST_COMMENTS + 1) if text][:MOST_COMMENTS]

    def save(self, entry: Entry, seen: int) -> int:
        """Keep a mark, extra points or a decision; return the number of the action.

        Raises
        ------
        NewerError
            If somebody decided about the same since.
        StoreError
            If the points are too many, or a reason is missing.
        """
        task = self.tasks.get(entry.task)
        most = task.out_of if task else sum(each.out_of for each in self.tasks.values())
        if entry.points is not None and entry.points > most:
            raise StoreError(f"there are at most {number(most)} points")
        needs = entry.kind == "mark" and task is not None and not task.written
        if needs and entry.points is not None and not entry.reason.strip():
            raise StoreError("points that replace those of the tests need a reason")
        if entry.kind == "regrade" and entry.points is None:
            raise StoreError("a decision needs the points that count from now on")
        return self.store.add(entry, seen)

    def undo(self) -> Entry | None:
        """Take back this person's last action; return it, or None if there is none.

        Raises
        ------
        NewerError
            If somebody else decided about the same since.
        """
        entries = self.store.entries()
        mine = [(n, each) for n, each in given.standing(entries) if each.who == self.who]
        if not mine:
            return None
        n, last = mine[-1]
        about = (last.student, last.task)
        latest = max(k for k, e in given.standing(entries) if (e.student, e.task) == about)
        if latest > n:
            raise NewerError(latest, entries[latest - 1])
        seen = Store.last(entries, last.student, last.task)
        self.store.add(Entry("undo", last.student, last.task, of=n, who=self.who), seen)
        return last

    def finish(self) -> list[str]:
        """Write marks, report and pages; return what a teacher should know."""
        return finish.finish(self.problem_set, self.out, self._graded()).problems


def _codes(problem_set: str, task: str, students: list[str]) -> dict[str, str]:
    """A code for each student's answer to a task, in an order that only the codes decide."""
    for length in range(4, LONGEST_CODE):
        codes = {_code(f"{problem_set}\n{task}\n{id_}", length): id_ for id_ in students}
        if len(codes) == len(students):
            return dict(sorted(codes.items()))
    raise StoreError("two students have the same id")


def _code(text: str, length: int) -> str:
    value = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    letters = []
    for _ in range(length):
        value, letter = divmod(value, len(LETTERS))
        letters.append(LETTERS[letter])
    return "".join(letters)
