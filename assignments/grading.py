"""Grade a class: match uploads with the roster, grade what is new, keep every result.

Each notebook is graded in a separate process. Its result is written as soon as it is known, with
the fingerprint of everything it depends on. So a second run, or one after an interruption, grades
only what is new.
"""

import json
import multiprocessing
import multiprocessing.connection
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import nbformat

from assignments import autograde, fingerprint, groups, interrupts, isolation
from assignments.choosing import CHECK, FAILED, MISSING
from assignments.intake import Desk, Reader, Taken, write_whole
from assignments.isolation import Sandbox
from assignments.limits import Limits
from assignments.meter import CLOCK
from assignments.problem_sets import ProblemSet
from assignments.roster import Student, find, plain
from assignments.submissions import Collected, SubmissionsError, Upload

GRACE = 60  # seconds after the time limit of a notebook when its grader is killed
AGAIN = "graded a second time, alone: the first time the machine was too busy"
STILL_BUSY = "the machine was too busy a second time: the points may be too few"
MOST_NAMES = 5  # of persons in a message
PATIENCE = 5  # seconds for a grader to exit after it has sent its result


class IsolationError(RuntimeError):
    """The system cannot isolate a student's code as required."""


class ClusterError(RuntimeError):
    """A cluster cannot be used, or was lost; the message says why."""


@dataclass
class Result:
    """The outcome of one person's work."""

    student: Student
    status: str
    on_roster: bool = True
    late: bool = False
    notes: list[str] = field(default_factory=list)  # for information
    doubts: list[str] = field(default_factory=list)  # for the teacher to look at
    scores: dict[str, autograde.Score] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)  # a digest of each answer
    owner: str = ""  # the id of the member of the group whose notebook it is, if not one's own
    folder: Path | None = None  # with submitted.ipynb, rebuilt.ipynb, graded.ipynb, result.json


@dataclass
class Job:
    """A notebook to grade."""

    result: Result
    folder: Path  # with rebuilt.ipynb
    fingerprint: str  # under which its result is kept
    order: tuple[float, float] = (0.0, 0.0)  # by which the newest of a group is known
    alone: bool = False  # whether it is graded a second time, with no other at the same time


@dataclass(frozen=True)
class Course:
    """How a class is graded."""

    problem_set: ProblemSet
    key: str
    out: Path
    limits: Limits = field(default_factory=Limits)
    jobs: int = 0  # notebooks at a time; 0: one per processor
    accept_late: bool = False
    require_isolation: bool = False
    cluster: str | None = None  # the address of a Dask scheduler; None: on this machine
    groups: dict[str, str] = field(default_factory=dict)  # the group of a student, by id
    submitted: dict[str, float] = field(default_factory=dict)  # hours after the end, by id


Progress = Callable[[int, int, str], None]  # how many are done, of how many, the last one's name


def grade(
    course: Course, roster: list[Student], collected: Collected, progress: Progress | None = None
) -> tuple[list[Result], list[str], Sandbox]:
    """Grade a class.

    Returns
    -------
    results : list of Result
        One for each person on the roster, then one for each other person who handed something in.
    problems : list of str
        What a teacher should look at besides the results.
    box : Sandbox
        Where the notebooks ran.

    Raises
    ------
    IsolationError
        If isolation is required and a limit cannot be enforced here.
    ClusterError
        If the course names a cluster that cannot be used.
    """
    box = isolation.sandbox(course.limits)
    if course.require_isolation and box.missing():
        raise IsolationError(f"this system does not enforce: {'; '.join(box.missing())}")
    matched, strangers, problems = _match(roster, collected)
    desk = Desk(course.problem_set, course.key, box, course.accept_late, collected.source)
    results, jobs = [], []
    with Reader(desk) as reader:
        for student, uploads in [*matched.items(), *strangers.items()]:
            folder = _folder(course.out, student, on_roster=student in matched)
            taken = reader.take(uploads, folder) if uploads else _nothing()
            if student in strangers and not taken.kept:
                problems += taken.doubts
                continue
            result = Result(student, taken.status, student in matched, taken.late)
            result.notes, result.doubts = taken.notes, taken.doubts
            results.append(result)
            if taken.fingerprint is not None:
                result.folder, result.written = folder, taken.written
                jobs.append(Job(result, folder, taken.fingerprint, taken.order))
    jobs, shared = _together(course, results, jobs)
    new = [job for job in jobs if not _recall(job)]
    if new:
        gradebook = _gradebook(course)
        if course.cluster is None:
            _run(new, gradebook, course, box, progress)
        else:
            from assignments import cluster  # needs a package that grading here does not

            problems += cluster.run(new, gradebook, course, box, progress)
    for member, job in shared:
        _share(member, job.result, course.groups[member.student.id])
    return results, [*collected.problems, *problems], box


def _together(
    course: Course, results: list[Result], jobs: list[Job]
) -> tuple[list[Job], list[tuple[Result, Job]]]:
    """The jobs that are done, one for each group; and who has a share in which of them."""
    members: dict[str, list[Result]] = {}
    for result in results:
        if result.on_roster and result.student.id in course.groups:
            members.setdefault(course.groups[result.student.id], []).append(result)
    left, shared = {id(job.result): job for job in jobs}, []
    for name, group in members.items():
        able = {r.student.id: _handed_in(left[id(r)], course) for r in group if id(r) in left}
        if not able:
            continue
        chosen = groups.newest(list(able.values()))
        job = next(left[id(r)] for r in group if r.student is chosen.student)
        if len(able) > 1:
            same = len({each.fingerprint for each in able.values()}) == 1
            said = job.result.notes if same else job.result.doubts
            said.append(groups.told(name, list(able.values()), chosen))
        others = [result for result in group if result is not job.result]
        shared += [(other, job) for other in others]
        for other in others:
            left.pop(id(other), None)
    return list(left.values()), shared


def _handed_in(job: Job, course: Course) -> groups.HandedIn:
    student, on_time = job.result.student, course.accept_late or not job.result.late
    submitted = course.submitted.get(student.id)
    return groups.HandedIn(student, on_time, submitted, job.order, job.fingerprint)


def _share(member: Result, of: Result, group: str) -> None:
    """Give a member of a group the result of the notebook that was graded for all."""
    owner = of.student
    member.status, member.late, member.folder = of.status, of.late, of.folder
    member.scores, member.written, member.owner = of.scores, of.written, owner.id
    if member.notes == _nothing().notes:
        member.notes = []
    member.notes += [f"the notebook of {owner.name} ({owner.id}), for the group {group}", *of.notes]
    member.doubts += of.doubts
    if member.doubts and member.scores:
        member.status = CHECK


def _nothing() -> Taken:
    return Taken(MISSING, notes=["no notebook was handed in"])


def _folder(out: Path, student: Student, *, on_roster: bool) -> Path:
    return out / ("students" if on_roster else "strangers") / student.slug


def _match(
    roster: list[Student], collected: Collected
) -> tuple[dict[Student, list[Upload]], dict[Student, list[Upload]], list[str]]:
    """The uploads of each person on the roster, those of each other person, and what is unclear.

    Raises
    ------
    SubmissionsError
        If nothing belongs to anybody on the roster.
    """
    matched: dict[Student, list[Upload]] = {student: [] for student in roster}
    strangers: dict[Student, list[Upload]] = {}
    problems = []
    for upload in collected.uploads:
        found = find(roster, upload.words)
        if len(found) == 1:
            matched[found[0]].append(upload)
            continue
        who = upload.words[-1]
        if found:
            names = ", ".join(student.id for student in found[:MOST_NAMES])
            problems.append(f"{upload.where}: {who} could be any of {names}: not matched")
        else:
            problems.append(f"{upload.where}: {who} is not on the roster")
        strangers.setdefault(Student(who, who, frozenset([plain(who)])), []).append(upload)
    if collected.uploads and not any(matched.values()) and not _ambiguous(roster, collected):
        names = ", ".join(upload.where for upload in collected.uploads[:3])
        raise SubmissionsError(
            f"nothing in {collected.source} belongs to anybody on the roster. The first names are "
            f"{names}: is this the right folder, and has the roster a column that has them?"
        )
    return matched, strangers, problems


def _ambiguous(roster: list[Student], collected: Collected) -> bool:
    return any(find(roster, upload.words) for upload in collected.uploads)


def _recall(job: Job) -> bool:
    """Use an earlier result if its fingerprint is the same; return whether there was one."""
    try:
        kept = json.loads((job.folder / "result.json").read_text("utf-8"))
        if kept["fingerprint"] != job.fingerprint or not (job.folder / "graded.ipynb").is_file():
            return False
        scores = {name: autograde.Score(*score) for name, score in kept["scores"].items()}
        job.result.notes += kept.get("notes", [])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    _take(job.result, scores, kept["events"])
    return True


def _take(result: Result, scores: dict[str, autograde.Score], events: list[str]) -> None:
    result.scores = scores
    result.doubts += events
    if result.doubts:
        result.status = CHECK


def _gradebook(course: Course) -> Path:
    """The database of tests, made again when what it is made from changes."""
    made_from = fingerprint.of_tests(course.problem_set, course.key)
    path = course.out / "work" / f"gradebook-{made_from[:16]}.db"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        autograde.write_gradebook(course.problem_set, course.key, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)
    return path


@dataclass
class _Running:
    """A grader that is running."""

    job: Job
    slot: int
    process: multiprocessing.process.BaseProcess
    deadline: float


def _run(
    jobs: list[Job], gradebook: Path, course: Course, box: Sandbox, progress: Progress | None
) -> None:
    """Grade several notebooks at a time; write each result as soon as it is known."""
    waiting, running, again, done = jobs[::-1], {}, [], 0
    # The kernels of two runs at the same time must not share a user, whose processes are counted.
    first = 64 * (os.getpid() % 64)
    free = [first + n for n in range(course.jobs or _processors())]
    while waiting or running or again:
        if again and not (waiting or running):
            waiting = [again.pop()]
        while waiting and free:
            line, grader = _start(waiting.pop(), free.pop(), gradebook, course, box)
            running[line] = grader
        for line in _ready(running):
            grader = running.pop(line)
            told = received(line)
            end(grader.process)
            free.append(grader.slot)
            if not grader.job.alone and was_held_up(told):
                grader.job.alone = True
                again.append(grader.job)
                continue
            done += 1
            conclude(grader.job, told, overdue=time.monotonic() > grader.deadline)
            if progress is not None:
                progress(done, len(jobs), grader.job.result.student.name)


def _start(
    job: Job, slot: int, gradebook: Path, course: Course, box: Sandbox
) -> tuple[Connection, _Running]:
    methods = multiprocessing.get_all_start_methods()
    # A forked grader already has all libraries loaded; without fork each loads them again.
    context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    ours, theirs = context.Pipe(duplex=False)
    work = (course.problem_set.name, job.folder / "rebuilt.ipynb", gradebook, box, slot)
    process = context.Process(target=child, args=(theirs, *work), daemon=True)
    process.start()
    theirs.close()
    deadline = time.monotonic() + longest(course.limits)
    return ours, _Running(job, slot, process, deadline)


def longest(limits: Limits) -> float:
    """Seconds after which a grader is killed; a busy machine takes longer than it counts."""
    return CLOCK * limits.seconds + GRACE


def _ready(running: dict[Connection, _Running]) -> list[Connection]:
    """The connections of the graders that have sent a result, exited, or run out of time."""
    now = time.monotonic()
    left = min(grader.deadline for grader in running.values()) - now
    ready = set(multiprocessing.connection.wait(list(running), max(0.0, left) + 0.1))
    late = {line for line, grader in running.items() if grader.deadline < time.monotonic()}
    return [line for line in running if line in ready | late]


def received(line: Connection) -> tuple | None:
    """What a grader sent; None if it sent nothing."""
    try:
        return line.recv() if line.poll() else None
    except (EOFError, OSError):
        return None
    finally:
        line.close()


def child(theirs: Connection, name: str, path: Path, *work: object) -> None:
    """Grade in a separate process; send the outcome or the error."""
    interrupts.leave_to_parent()
    try:
        graded = autograde.autograde(name, nbformat.read(path, as_version=4), *work)
        scores = {name: (score.points, score.out_of) for name, score in graded.scores.items()}
        text = nbformat.writes(graded.notebook)
        theirs.send((scores, graded.events, text, None, graded.held_up))
    except Exception as error:
        theirs.send(({}, [], None, f"{type(error).__name__}: {error}", True))


def was_held_up(told: tuple | None) -> bool:
    """Whether a busy machine may be why a notebook reached a limit, or could not be graded."""
    return told is None or told[-1]


def end(process: multiprocessing.process.BaseProcess) -> None:
    """Wait for a grader that has sent its result, and end one that does not exit."""
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()


def conclude(job: Job, told: tuple | None, *, overdue: bool) -> None:
    """Record what a grader sent, or that it sent nothing."""
    nothing = ({}, [], None, "the grader exited without a result", True)
    scores, events, notebook, error, held_up = told or nothing
    notes = [AGAIN] * job.alone
    events = [*events, *[STILL_BUSY] * held_up] if error is None else events
    job.result.notes += notes
    if told is None and overdue:
        error = "the grader took too long and was killed"
    if error is not None:
        job.result.status = FAILED
        job.result.doubts.append(error)
        return
    write_whole(job.folder / "graded.ipynb", notebook.encode())
    kept = {"fingerprint": job.fingerprint, "scores": scores, "events": events, "notes": notes}
    write_whole(job.folder / "result.json", json.dumps(kept, indent=1).encode())
    _take(job.result, {n: autograde.Score(*score) for n, score in scores.items()}, events)


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(affinity(0)) if affinity else os.cpu_count() or 1
