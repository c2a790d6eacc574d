"""What counts of everything that persons decided: undone actions apart, the last about each thing.

Where the window and written.csv both have points for the same version of an answer, those of the
window count, and the difference is told. Nothing is removed from either.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from assignments.files.tables import TableError, read_table
from assignments.marks.rows import ByHand, Entered, Given, Request, number
from assignments.marks.store import Entry
from assignments.marks.tasks import Task, named

REQUESTS = "requests.csv"
COLUMNS = ("student", "task", "request")


class RequestsError(ValueError):
    """requests.csv cannot be used; the message says which line and why."""


def standing(entries: list[Entry]) -> Iterator[tuple[int, Entry]]:
    """The actions that were not undone, with their numbers."""
    undone = {entry.of for entry in entries if entry.kind == "undo"}
    for n, entry in enumerate(entries, 1):
        if entry.kind != "undo" and n not in undone:
            yield n, entry


def marks(entries: list[Entry], student: str, task: str) -> list[Entry]:
    """The marks of one answer that were not undone, the oldest first."""
    return [
        entry
        for _, entry in standing(entries)
        if (entry.student, entry.task) == (student, task) and entry.kind in ("mark", "regrade")
    ]


def given(
    entries: list[Entry],
    written: Entered,
    asked: list[tuple[str, Request]],
    called: Mapping[str, str] = MappingProxyType({}),
) -> Given:
    """Everything that persons gave.

    Parameters
    ----------
    entries : list of Entry
        What was decided in the window.
    written : Entered
        What stands in written.csv.
    asked : list of (str, Request)
        The students who want a task looked at again, and what they say.
    called : mapping, optional
        What the history calls a task, if not by the name of its cells.
    """
    made = Given({key: list(marks) for key, marks in written.items()})
    counting = [entry for _, entry in standing(entries)]
    made.extra = {e.student: (e.points or 0.0, e.reason) for e in counting if e.kind == "extra"}
    for (student, task, answer), entry in _latest(counting).items():
        if entry.points is not None:
            mark = ByHand(float(entry.points), entry.comment, answer, entry.reason)
            made.by_hand.setdefault((student, task), []).append(mark)
        elif entry.comment:
            made.comments[student, task] = ByHand(0.0, entry.comment, answer)
    made.requests = _requests(counting, asked)
    for n, entry in enumerate(entries, 1):
        made.history.setdefault(entry.student, []).append(sentence(n, entry, called))
    return made


def _latest(counting: list[Entry]) -> dict[tuple[str, str, str], Entry]:
    """The mark that counts of each version of an answer, in the order in which they were given."""
    latest: dict[tuple[str, str, str], Entry] = {}
    for entry in counting:
        key = (entry.student, entry.task, entry.answer)
        before = latest.get(key)
        if entry.kind == "extra":
            continue
        if entry.kind == "regrade":
            if before is None and entry.points == entry.before:
                continue  # what the tests gave stays what counts
            entry = _regraded(entry, before)
        latest.pop(key, None)
        latest[key] = entry
    return latest


def _requests(counting: list[Entry], asked: list[tuple[str, Request]]) -> dict[str, list[Request]]:
    """What each student asked for: what waits first, then what was decided."""
    decided = {(e.student, e.task, e.request): _decided(e) for e in counting if e.kind == "regrade"}
    found: dict[str, list[Request]] = {}
    for student, request in asked:
        if (student, request.task, request.text) not in decided:
            found.setdefault(student, []).append(request)
    for (student, _, _), request in decided.items():
        found.setdefault(student, []).append(request)
    return found


def _decided(entry: Entry) -> Request:
    words = (entry.request, entry.when, entry.who, entry.before, entry.points)
    return Request(entry.task, *words, entry.reason)


def _regraded(entry: Entry, before: Entry | None) -> Entry:
    """A decision about a request as a mark: comment, parts and reason stay those of the mark."""
    if before is None:
        return replace(entry, kind="mark")
    changed = entry.points != before.points
    reason = entry.reason if changed and before.reason else before.reason
    parts = () if changed else before.parts
    words = {"comment": before.comment, "parts": parts, "reason": reason}
    return replace(entry, kind="mark", **words)


def sentence(n: int, entry: Entry, called: Mapping[str, str] = MappingProxyType({})) -> str:
    """One action in words, for the history that the teacher sees; `called` as in `given`."""
    told = f"{n}. {entry.when} UTC, {entry.who or 'somebody'}: "
    if entry.kind == "undo":
        return f"{told}undid number {entry.of}"
    what = f"{called.get(entry.task, entry.task)}: " if entry.task else "extra: "
    what += f"{number(entry.points)} points" if entry.points is not None else "no points yet"
    if entry.kind == "regrade":
        what += f" (were {number(entry.before) or 'none'}), asked: {entry.request!r}"
    if entry.comment:
        what += f", comment: {entry.comment!r}"
    return told + what + (f", because {entry.reason}" if entry.reason else "")


def contradictions(
    entries: list[Entry],
    written: Entered,
    called: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """A line for each row of written.csv that says otherwise than the window, which counts."""
    ours = given(entries, {}, []).by_hand
    told = []
    for (student, task), rows in written.items():
        row, name = rows[-1], called.get(task, task)
        for mark in ours.get((student, task), []):
            same_answer = not row.answer or not mark.answer or row.answer == mark.answer
            if same_answer and (row.points, row.comment) != (mark.points, mark.comment):
                told.append(
                    f"{student}, {name}: written.csv says {number(row.points)} points, but "
                    f"{number(mark.points)} were given in the window, which count"
                )
                break
    return told


def read_requests(
    path: Path, each_task: Iterable[Task], students: set[str]
) -> list[tuple[str, Request]]:
    """What students ask for in requests.csv; nothing if there is no such file.

    It has columns ``student``, ``task`` (as the student or the notebook calls it) and ``request``.

    Raises
    ------
    RequestsError
        If a column is missing, or a task or a student is unknown.
    """
    if not path.is_file():
        return []
    try:
        columns, lines = read_table(path, excel=True)
    except TableError as error:
        raise RequestsError(str(error)) from None
    if missing := set(COLUMNS) - set(columns):
        raise RequestsError(f"{path} has no column {', '.join(sorted(missing))}")
    each_task, asked = list(each_task), []
    for line, row in lines:
        task = named(each_task, row["task"])
        if task is None:
            raise RequestsError(f"{path}, line {line}: there is no task {row['task']!r}")
        if row["student"] not in students:
            raise RequestsError(f"{path}, line {line}: {row['student']!r} is not on the roster")
        asked.append((row["student"], Request(task.name, row["request"] or "(no words)")))
    return asked
