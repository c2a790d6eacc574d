"""Graders: each notebook is graded in a process of its own, several at a time.

A result is written as soon as it is known, with the fingerprint of everything it depends on.
"""

import json
import multiprocessing
import multiprocessing.connection
import os
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import nbformat

from assignments.files.writing import write_whole
from assignments.grading import autograde
from assignments.grading.results import Course, Job, Progress
from assignments.handed_in.choosing import FAILED
from assignments.running import interrupts
from assignments.running.isolation import Sandbox
from assignments.running.limits import Limits
from assignments.running.meter import CLOCK

GRACE = 60  # seconds after the time limit of a notebook when its grader is killed
AGAIN = "graded a second time, alone: the first time the machine was too busy"
STILL_BUSY = "the machine was too busy a second time: the points may be too few"
PATIENCE = 5  # seconds for a grader to exit after it has sent its result


@dataclass
class _Running:
    """A grader that is running."""

    job: Job
    slot: int
    process: multiprocessing.process.BaseProcess
    deadline: float


def run(
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
    job.result.take({n: autograde.Score(*score) for n, score in scores.items()}, events)


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(affinity(0)) if affinity else os.cpu_count() or 1
