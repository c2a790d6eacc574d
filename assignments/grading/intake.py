"""Read what each student handed in, in a process of its own, and keep the notebook to grade.

Whatever one student's files do to that process, the next student has a new one: what kills it, or
uses too much time or memory, is that student's status. The grader gets a few words back, never the
files.
"""

import multiprocessing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

import nbformat

from assignments.files.writing import write_whole
from assignments.grading import fingerprint
from assignments.handed_in import reaching
from assignments.handed_in.beside import digests
from assignments.handed_in.choosing import FAILED, UNREADABLE, choose
from assignments.handed_in.submissions import Upload
from assignments.handed_in.unpacking import opened, unpack
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import ProblemSet
from assignments.running import interrupts
from assignments.running.isolation import Sandbox

try:
    import resource
except ImportError:  # Windows
    resource = None

SECONDS = 60  # of processor time for the files of one student
PATIENCE = 600  # seconds by the clock
MEMORY = 2_000_000_000  # bytes beyond what the process has when it starts
MOST_WORDS = 10  # notes, and doubts, of one student
LONGEST_WORD = 400  # characters of each


@dataclass
class Taken:
    """What was found among the files of one student."""

    status: str
    notes: list[str] = field(default_factory=list)  # for information
    doubts: list[str] = field(default_factory=list)  # for the teacher to look at
    late: bool = False
    order: tuple[float, float] = (0.0, 0.0)  # the platform's number, when it was saved
    kept: bool = False  # whether submitted.ipynb was written
    fingerprint: str | None = None  # of the notebook to grade, rebuilt.ipynb; None if there is none
    written: dict[str, str] = field(default_factory=dict)  # a digest of each answer


@dataclass(frozen=True)
class Desk:
    """What the files are read against."""

    problem_set: ProblemSet
    key: str
    box: Sandbox
    accept_late: bool
    source: Path  # the folder or zip with what a class handed in


class Reader:
    """Takes in the students' files one after another; a context manager."""

    def __init__(self, desk: Desk) -> None:
        methods = multiprocessing.get_all_start_methods()
        # A forked reader already has all libraries loaded; without fork it loads them again.
        self.context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
        self.desk, self.process, self.line = desk, None, None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def take(self, uploads: list[Upload], folder: Path) -> Taken:
        """Read the uploads of one student and write what is graded into `folder`."""
        if self.process is None or not self.process.is_alive():
            self._start()
        try:
            self.line.send((uploads, folder))
            if self.line.poll(PATIENCE):
                return self.line.recv()
        except (EOFError, OSError):
            pass  # the process ended: below
        self._stop()
        told = "reading what was handed in took too much time or memory: look at the files"
        return Taken(UNREADABLE, doubts=[told])

    def _start(self) -> None:
        self._stop()
        self.line, theirs = self.context.Pipe()
        self.process = self.context.Process(target=_serve, args=(theirs, self.desk), daemon=True)
        self.process.start()
        theirs.close()

    def _stop(self) -> None:
        if self.process is not None:
            self.line.close()
            self.process.kill()
            self.process.join()
            self.process.close()
        self.process = None


def take(desk: Desk, release: nbformat.NotebookNode, uploads: list[Upload], folder: Path) -> Taken:
    """Read the uploads of one student; write submitted.ipynb and rebuilt.ipynb into `folder`."""
    with opened(desk.source) as source:
        files = unpack(source, uploads)
    choice = choose(release, desk.problem_set.name, files, accept_late=desk.accept_late)
    taken = Taken(choice.status, _few(choice.notes), _few(choice.doubts))
    if choice.handed is None:
        return taken
    taken.late, taken.order = choice.handed.late, choice.handed.order
    folder.mkdir(parents=True, exist_ok=True)
    if choice.handed.data is not None:
        write_whole(folder / "submitted.ipynb", choice.handed.data)
        taken.kept = True
    if choice.rebuilt is not None:
        notebook = choice.rebuilt.notebook
        taken.doubts += _few(reaching.doubts(notebook))
        taken.written = digests(notebook)
        write_whole(folder / "rebuilt.ipynb", nbformat.writes(notebook).encode())
        taken.fingerprint = fingerprint.of_result(desk.problem_set, desk.key, desk.box, notebook)
    return taken


def _serve(line: Connection, desk: Desk) -> None:
    """Take in what is asked for until the line is closed."""
    interrupts.leave_to_parent()
    release = released(desk.problem_set)
    while True:
        try:
            uploads, folder = line.recv()
        except (EOFError, OSError):
            return
        _limit()
        try:
            taken = take(desk, release, uploads, folder)
        except MemoryError:
            taken = Taken(UNREADABLE, doubts=["reading what was handed in needs too much memory"])
        except Exception as error:
            taken = Taken(FAILED, doubts=_few([f"{type(error).__name__}: {error}"]))
        line.send(taken)


def _limit() -> None:
    """Let this process use `SECONDS` more of the processor, and `MEMORY` more than it has now."""
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + SECONDS
    _lower(resource.RLIMIT_CPU, seconds)
    statm = Path("/proc/self/statm")
    if statm.exists():  # Linux
        pages = int(statm.read_text().split()[0])
        _lower(resource.RLIMIT_AS, pages * resource.getpagesize() + MEMORY)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _few(words: list[str]) -> list[str]:
    """The first words, each cut: a student's files must not make a report long."""
    short = [f"{w[:LONGEST_WORD]}..." if len(w) > LONGEST_WORD else w for w in words]
    more = len(short) - MOST_WORDS
    return short if more <= 0 else [*short[:MOST_WORDS], f"and {more} more such notes"]
