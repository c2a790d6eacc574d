"""A process beside a worker of a cluster, with the grader's libraries loaded: it grades for it.

The worker's own process has threads, which a fork does not survive, and may not have children of
its own. So the worker talks to a station by a socket. The station forks a grader for each notebook,
as `graders` does on one machine, and ends with it when the worker is gone.

The hidden tests are on the disk only while a notebook runs, in a folder of the station's user that
no one else can open; a kernel in its sandbox does not see it.
"""

import multiprocessing
import os
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from assignments.grading.graders import child, end, longest, received
from assignments.running.isolation import Sandbox

# The kernels of a machine must not share a user. Below are the numbers of runs without a cluster.
FIRST_SLOT, LAST_SLOT = 4200, 5400


@dataclass(frozen=True)
class Work:
    """One notebook to grade."""

    problem_set: str
    notebook: str  # rebuilt, as the text of its file
    gradebook: bytes  # nbgrader's database with the tests
    box: Sandbox


@dataclass(frozen=True)
class Answer:
    """What a grader said."""

    told: tuple | None  # as `graders.child` sends it; None if it sent nothing
    overdue: bool  # whether it took too long


class WorkerGoneError(Exception):
    """The worker that asked does not listen any more."""


def serve(line: Connection) -> None:
    """Grade what is asked for until the worker closes the line."""
    slot, lock = own_slot()
    try:
        while True:
            line.send(_grade(line.recv(), slot, line))
    except (EOFError, OSError, WorkerGoneError):
        return
    finally:
        if lock is not None:
            lock.close()


def own_slot() -> tuple[int, socket.socket | None]:
    """A number that no other station of this machine has while the socket is open."""
    if sys.platform != "linux":
        return FIRST_SLOT, None  # only on Linux does it choose a user
    for slot in range(FIRST_SLOT, LAST_SLOT):
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0netinit-station-{slot}")  # no file: the name ends with the process
        except OSError:
            lock.close()
        else:
            return slot, lock
    raise RuntimeError("too many stations on this machine")


def _grade(work: Work, slot: int, line: Connection) -> Answer:
    deadline = time.monotonic() + longest(work.box.limits)
    with tempfile.TemporaryDirectory(prefix="ni-station-") as folder:
        gradebook, notebook = Path(folder, "gradebook.db"), Path(folder, "rebuilt.ipynb")
        gradebook.write_bytes(work.gradebook)
        notebook.write_text(work.notebook, "utf-8")
        ours, theirs = multiprocessing.Pipe(duplex=False)
        grader = multiprocessing.get_context("fork").Process(
            target=child,
            args=(theirs, work.problem_set, notebook, gradebook, work.box, slot),
            daemon=True,
        )
        grader.start()
        theirs.close()
        try:
            ready = wait([ours, line], max(0.0, deadline - time.monotonic()))
            if line in ready:  # nothing is asked for while a notebook is graded
                grader.kill()
                raise WorkerGoneError
            return Answer(received(ours), overdue=not ready)
        finally:
            end(grader)


def main() -> None:
    """Serve the worker at the other end of the socket that the first argument numbers."""
    os.setsid()  # a key press for the worker is not for the station
    serve(Connection(int(sys.argv[1])))
