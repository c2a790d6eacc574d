"""The file with everything that persons decided about marks: ``marking.jsonl``, beside the grades.

Each line is one action, as JSON, in the order in which they were made; no line is ever changed. So
the file is the history as well. A line has

    when      the time, in UTC
    who       the person's name on this machine, or what ``--as`` said
    kind      mark, extra, regrade or undo
    student   the id in the roster
    task      the name of the task's cells; empty for extra
    points    what counts from now on; left out if a mark is taken back
    comment   for the student
    reason    why the points of the tests do not count, why there are extra points, or why a
              request was decided as it was
    parts     the points of each part of the rubric, as far as they were chosen
    answer    the digest of the answer that was marked
    request   what the student asked for
    before    the points until then (of a regrade)
    of        the number of the line that an undo takes back; the first line has number 1

Fields that say nothing are left out. A line counts once it is complete: it is written at once, and
is on the disk before the page says "saved". What a crash left of an incomplete one is dropped.
"""

import contextlib
import json
import math
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

NAME = "marking.jsonl"
KINDS = ("mark", "extra", "regrade", "undo")
LONGEST = 20_000  # characters of a comment, a reason or a request
MOST_PARTS = 100


class StoreError(ValueError):
    """The file, or what is to be added to it, cannot be used; the message says why."""


class NewerError(ValueError):
    """Somebody else decided about the same since; `entry` is what they decided."""

    def __init__(self, number: int, entry: "Entry") -> None:
        super().__init__(f"{entry.who or 'somebody'} was faster, at {entry.when}")
        self.number, self.entry = number, entry


@dataclass(frozen=True)
class Entry:
    """One action: a line of the file."""

    kind: str
    student: str
    task: str = ""
    points: float | None = None
    comment: str = ""
    reason: str = ""
    parts: tuple[float | None, ...] = ()
    answer: str = ""
    request: str = ""
    before: float | None = None
    of: int = 0
    who: str = ""
    when: str = ""

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem:
            raise StoreError(problem)


def _problem(entry: Entry) -> str:
    """What is wrong with an entry; empty if nothing is."""
    texts = [entry.kind, entry.student, entry.task, entry.comment, entry.reason]
    texts += [entry.answer, entry.request, entry.who, entry.when]
    if not all(isinstance(text, str) and len(text) <= LONGEST for text in texts):
        return f"a text must have at most {LONGEST:,} characters"
    if entry.kind not in KINDS:
        return f"the kind must be one of {', '.join(KINDS)}, not {entry.kind!r}"
    if not entry.student:
        return "a student is missing"
    if len(entry.parts) > MOST_PARTS:
        return f"there can be at most {MOST_PARTS} parts"
    if not all(map(_is_points, [entry.points, entry.before, *entry.parts])):
        return "points must be a number, 0 or more"
    if type(entry.of) is not int:
        return "of must be the number of a line"
    if entry.kind in ("extra", "regrade") and not entry.reason.strip():
        return "a reason is missing"
    return ""


def _is_points(value: object) -> bool:
    if value is None:
        return True
    return type(value) in (int, float) and math.isfinite(value) and value >= 0


class Store:
    """The file of one problem set. It may be read and added to by several processes at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: list[Entry] = []
        self._end = 0  # of what was read, in bytes
        self._lock = threading.Lock()

    def entries(self) -> list[Entry]:
        """Every action so far, the oldest first.

        Raises
        ------
        StoreError
            If a complete line is not one that this class wrote.
        """
        with self._lock:
            if self.path.is_file():
                with self.path.open("rb") as file:
                    self._read(file)
            return list(self._entries)

    def add(self, entry: Entry, seen: int) -> int:
        """Add an action and return its number.

        Parameters
        ----------
        entry : Entry
            The action; its time is set here.
        seen : int
            The number of the last action about the same student and task of which the person who
            acts has seen the outcome; 0 if there was none.

        Raises
        ------
        NewerError
            If there is a newer one; nothing is added.
        StoreError
            If the file is damaged.
        """
        with self._lock, self._alone() as file:
            self._read(file, repair=True)
            last = self.last(self._entries, entry.student, entry.task)
            if last > seen:
                raise NewerError(last, self._entries[last - 1])
            kept = asdict(entry) | {"when": now()}
            file.seek(0, os.SEEK_END)
            file.write(_line(kept))
            file.flush()
            os.fsync(file.fileno())
            self._read(file)
            return len(self._entries)

    @staticmethod
    def last(entries: list[Entry], student: str, task: str) -> int:
        """The number of the last action about a student's task; 0 if there is none."""
        for number in range(len(entries), 0, -1):
            each = entries[number - 1]
            if (each.student, each.task) == (student, task):
                return number
        return 0

    @contextlib.contextmanager
    def _alone(self) -> Iterator[BinaryIO]:
        """The file, which no other process can add to meanwhile."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)  # given up when the file is closed
                yield file
                return
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield file
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

    def _read(self, file: BinaryIO, *, repair: bool = False) -> None:
        """Read what was added since; with `repair`, drop what a crash left of a line."""
        size = file.seek(0, os.SEEK_END)
        if size < self._end:  # another file was put there
            self._entries, self._end = [], 0
        file.seek(self._end)
        data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        for line in whole.splitlines():
            self._entries.append(self._entry(line))
        self._end += len(whole)
        if repair and len(whole) < len(data):
            file.truncate(self._end)

    def _entry(self, line: bytes) -> Entry:
        where = f"{self.path}, line {len(self._entries) + 1}"
        try:
            made = json.loads(line)
            known = {each.name for each in fields(Entry)}
            unknown = set(made) - known
            made["parts"] = tuple(made.get("parts", ()))
            entry = None if unknown else Entry(**made)
        except (ValueError, TypeError, AttributeError) as error:
            raise StoreError(f"{where} cannot be read: {error}") from None
        if entry is None:
            raise StoreError(f"{where} has an unknown field: {', '.join(sorted(unknown))}")
        return entry


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _line(kept: dict) -> bytes:
    said = {
        k: v for k, v in kept.items() if v is not None and v not in ("", ()) and (k, v) != ("of", 0)
    }
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"
