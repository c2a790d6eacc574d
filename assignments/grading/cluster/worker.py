"""What runs in a worker of a Dask cluster: it checks itself, then grades notebook by notebook.

The worker gets the tests with the run and keeps them in memory. So it needs neither the problem set
nor the course key, and cannot have another version of them. What it must have is the same
programs and the same sandbox; `faults` says what differs.
"""

import socket
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection

from assignments.grading import fingerprint
from assignments.grading.cluster.station import Answer, Work
from assignments.running import isolation
from assignments.running.isolation import PROJECT
from assignments.running.limits import Limits

UNPREPARED = "unprepared"  # a worker that started again does not know the run any more
STATION_GONE = "station gone"


@dataclass(frozen=True)
class Demand:
    """What a run needs of each worker."""

    run: str  # a name that no other run has
    problem_set: str
    gradebook: bytes  # nbgrader's database with the tests
    programs: str  # the fingerprint of Python, its packages and the project's code
    limits: Limits
    enforced: dict[str, bool]  # what the sandbox promises where the run was started
    variables: dict[str, str]  # of a kernel's environment


class Station:
    """The process that grades for one thread of this worker."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        program = "from assignments.grading.cluster.station import main; main()"
        command = [sys.executable, "-c", program, str(theirs.fileno())]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd=PROJECT, pass_fds=[theirs.fileno()], **quiet)
        theirs.close()
        self.line = Connection(ours.detach())

    def grade(self, work: Work) -> Answer:
        """Grade one notebook.

        Raises
        ------
        EOFError, OSError
            If the station ended.
        """
        self.line.send(work)
        return self.line.recv()

    def close(self) -> None:
        """End the process."""
        self.line.close()
        self.process.kill()
        self.process.wait()


_demands: dict[str, Demand] = {}  # of the runs that use this worker, by their names
_idle: list[Station] = []


def prepare(demand: Demand) -> list[str]:
    """Get ready for a run; return what keeps this worker from it, one line for each fault."""
    found = faults(demand)
    if not found:
        _demands[demand.run] = demand
    return found


def faults(demand: Demand) -> list[str]:
    """What this worker has otherwise than the machine on which the run was started."""
    box = isolation.sandbox(demand.limits)
    found = []
    if fingerprint.programs() != demand.programs:
        found.append(
            "it runs other versions of Python, of the packages or of this project: bring it to "
            "the same commit and the same requirements.txt, and start it again"
        )
    here = box.enforced()
    lost = [name for name, holds in demand.enforced.items() if holds and not here.get(name)]
    more = [name for name, holds in here.items() if holds and not demand.enforced.get(name)]
    if lost:
        found.append(f"it does not enforce: {'; '.join(lost)} (is bubblewrap installed?)")
    if more:
        found.append(
            f"it enforces what the machine that starts the run does not: {'; '.join(more)}"
        )
    if box.variables() != demand.variables:
        pairs = set(box.variables().items()) ^ set(demand.variables.items())
        found.append(
            f"other variables of the environment: {', '.join(sorted({n for n, _ in pairs}))}"
        )
    return found


def forget(run: str) -> None:
    """Drop the tests of a run that is over, and the stations, which the next one may not need."""
    _demands.pop(run, None)
    while not _demands and _idle:
        _idle.pop().close()


def grade(run: str, notebook: str) -> Answer | str:
    """Grade a rebuilt notebook for a run."""
    demand = _demands.get(run)
    if demand is None:
        return UNPREPARED
    try:
        station = _idle.pop()
    except IndexError:
        station = Station()
    box = isolation.sandbox(demand.limits)
    try:
        answer = station.grade(Work(demand.problem_set, notebook, demand.gradebook, box))
    except (EOFError, OSError):
        station.close()
        return STATION_GONE
    _idle.append(station)
    return answer
