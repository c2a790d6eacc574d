"""Grade on the workers of a Dask cluster: the same notebooks, tests and marks as on one machine.

What was handed in is read and put together here; a worker gets a rebuilt notebook and sends back
what it graded. Each thread of a worker has one notebook at a time, so it is known which notebooks a
worker had when it died: they go to others. A notebook that was there twice when a worker died runs
alone on one; if that dies too, this is the status of its student. What a busy machine stopped runs
alone as well.
"""

import collections
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assignments.grading import fingerprint
from assignments.grading.cluster.station import Answer
from assignments.grading.cluster.worker import (
    STATION_GONE,
    UNPREPARED,
    Demand,
    forget,
    grade,
    prepare,
)
from assignments.grading.graders import conclude, was_held_up
from assignments.grading.results import ClusterError, Course, Job, Progress
from assignments.running.isolation import Sandbox

try:
    import distributed
except ImportError:
    raise ClusterError(
        "a cluster needs the package distributed: pip install 'netinit[cluster]'"
    ) from None

CONNECT = 20  # seconds for the scheduler to answer
PATIENCE = 120  # seconds without any worker, after which a run gives up
LOOK = 1.0  # seconds between two looks at which workers there are
FETCH = 120  # seconds for a result to arrive
SUSPECT = 2  # deaths of workers, after which a notebook runs alone
GUILTY = 3


@dataclass
class _Worker:
    """A worker of the cluster that was found fit."""

    address: str
    threads: int
    running: dict[distributed.Future, Job] = field(default_factory=dict)


def run(
    jobs: list[Job], gradebook: Path, course: Course, box: Sandbox, progress: Progress | None
) -> list[str]:
    """Grade several notebooks at a time; write each result as soon as it is here.

    Returns
    -------
    list of str
        What a teacher should know of the cluster.

    Raises
    ------
    ClusterError
        If there is no cluster at the address, a worker is not fit when the run starts, or no worker
        is left. What was graded until then is kept.
    """
    demand = Demand(
        secrets.token_hex(8),
        course.problem_set.name,
        gradebook.read_bytes(),
        fingerprint.programs(),
        course.limits,
        box.enforced(),
        box.variables(),
    )
    with _connected(course.cluster) as client:
        spread = _Spread(client, demand, jobs, progress)
        try:
            return spread.run()
        except (OSError, distributed.core.CommClosedError) as error:
            raise ClusterError(
                f"the scheduler at {course.cluster} was lost ({error}). What was graded is kept: "
                "run the same command again"
            ) from None


@contextmanager
def _connected(address: str) -> Iterator[distributed.Client]:
    try:
        client = distributed.Client(address, timeout=CONNECT)
    except (OSError, ValueError, TypeError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address}: is it started, and may this machine reach "
            f"it? ({type(error).__name__}: {str(error)[:200]})"
        ) from None
    with client:
        yield client


class _Spread:
    """A class that is being graded by a cluster."""

    def __init__(
        self,
        client: distributed.Client,
        demand: Demand,
        jobs: list[Job],
        progress: Progress | None,
    ) -> None:
        self.client, self.demand, self.progress = client, demand, progress
        self.waiting, self.suspects = collections.deque(jobs), collections.deque()
        self.total, self.done = len(jobs), 0
        self.deaths: dict[int, int] = collections.Counter()  # of workers, by the id of the job
        self.workers: dict[str, _Worker] = {}
        self.refused: dict[str, str] = {}  # workers that are not fit, and why
        self.problems: list[str] = []
        self.looked, self.last_seen = -LOOK, time.monotonic()

    def run(self) -> list[str]:
        """Grade everything; return what a teacher should know."""
        self._first_look()
        try:
            while self.done < self.total:
                if time.monotonic() - self.looked > LOOK:
                    self._look()
                self._hand_out()
                for worker, future in self._ready():
                    self._take(worker, future)
        finally:
            for worker in self.workers.values():
                self.client.cancel(list(worker.running))
            self.client.run(forget, self.demand.run, workers=list(self.workers), on_error="ignore")
        return self.problems

    def _first_look(self) -> None:
        end = time.monotonic() + PATIENCE
        while not self._look() and not self.refused:
            if time.monotonic() > end:
                raise ClusterError("the cluster has no workers: start some, then run this again")
            time.sleep(LOOK)
        if self.refused:
            raise ClusterError("; ".join(self.refused.values()))

    def _look(self) -> bool:
        """See which workers there are; return whether any of them is fit."""
        threads = self.client.nthreads()
        self.looked = time.monotonic()
        for address in self.workers.keys() - threads.keys():
            self._lose(self.workers.pop(address))
        if new := threads.keys() - self.workers.keys() - self.refused.keys():
            self._prepare(dict(threads), new)
        if self.workers:
            self.last_seen = self.looked
        elif self.looked - self.last_seen > PATIENCE and self.total > self.done:
            self._give_up()
        return bool(self.workers)

    def _prepare(self, threads: dict[str, int], addresses: set[str]) -> None:
        found = self.client.run(prepare, self.demand, workers=list(addresses), on_error="return")
        names = self.client.scheduler_info(n_workers=-1)["workers"]
        for address, faults in found.items():
            if faults == []:
                self.workers[address] = _Worker(address, threads[address])
            elif not isinstance(faults, OSError):  # an OSError: it left before it could answer
                name = names.get(address, {}).get("name", address)
                self._refuse(address, str(name), faults)

    def _refuse(self, address: str, name: str, faults: list[str] | Exception) -> None:
        if isinstance(faults, Exception):
            faults = [f"it cannot run this project's code: {type(faults).__name__}: {faults}"]
        who = address if name == address else f"{name} ({address})"
        self.refused[address] = f"the worker {who} cannot grade: {'; '.join(faults)}"
        if self.workers:
            self.problems.append(self.refused[address])

    def _hand_out(self) -> None:
        for worker in self.workers.values():
            while self.waiting and len(worker.running) < worker.threads and not self._alone(worker):
                self._send(worker, self.waiting.popleft())
            if self.suspects and not self.waiting and not worker.running:
                self._send(worker, self.suspects.popleft())

    def _alone(self, worker: _Worker) -> bool:
        return any(map(self._apart, worker.running.values()))

    def _apart(self, job: Job) -> bool:
        return job.alone or self.deaths[id(job)] >= SUSPECT

    def _send(self, worker: _Worker, job: Job) -> None:
        notebook = (job.folder / "rebuilt.ipynb").read_text("utf-8")
        future = self.client.submit(
            grade, self.demand.run, notebook, workers=[worker.address], pure=False
        )
        worker.running[future] = job

    def _ready(self) -> list[tuple[_Worker, distributed.Future]]:
        """The futures that are done, after a while at most."""
        all_running = {f: worker for worker in self.workers.values() for f in worker.running}
        if not all_running:
            time.sleep(LOOK)
            return []
        try:
            distributed.wait(list(all_running), timeout=LOOK, return_when="FIRST_COMPLETED")
        except distributed.TimeoutError:
            return []
        return [(worker, future) for future, worker in all_running.items() if future.done()]

    def _take(self, worker: _Worker, future: distributed.Future) -> None:
        try:
            answer = future.result(timeout=FETCH)
        except (distributed.TimeoutError, distributed.KilledWorker, distributed.CancelledError):
            answer = UNPREPARED  # the worker died
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            answer = Answer(({}, [], None, said, False), overdue=False)
        job = worker.running.pop(future)
        if isinstance(answer, Answer):
            if was_held_up(answer.told) and not job.alone:
                job.alone = True
                self.suspects.append(job)
            else:
                self._finish(job, answer)
            return
        self._blame(job)
        if answer != STATION_GONE:
            # If it started again at its old address, it knows nothing: it is looked at anew.
            self._lose(self.workers.pop(worker.address, worker))

    def _lose(self, worker: _Worker) -> None:
        """Take back what a worker had that is gone."""
        self.client.cancel(list(worker.running))
        for job in worker.running.values():
            self._blame(job)
        worker.running.clear()

    def _blame(self, job: Job) -> None:
        """Let a notebook wait again whose worker died, or say that it is the cause."""
        self.deaths[id(job)] += 1
        if self.deaths[id(job)] >= GUILTY:
            self._fail(job)
        else:
            (self.suspects if self._apart(job) else self.waiting).append(job)

    def _fail(self, job: Job) -> None:
        many = f"{self.deaths[id(job)]} workers of the cluster ended while they graded it"
        self._finish(job, Answer(({}, [], None, many, False), overdue=False))

    def _finish(self, job: Job, answer: Answer) -> None:
        conclude(job, answer.told, overdue=answer.overdue)
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total, job.result.student.name)

    def _give_up(self) -> None:
        """No worker came back: what ended the last ones is no reason to stop, all else is."""
        for job in [job for job in self.suspects if self.deaths[id(job)] >= SUSPECT]:
            self.suspects.remove(job)
            self._fail(job)
        if left := len(self.waiting) + len(self.suspects):
            raise ClusterError(
                f"no worker is left, {left} notebooks are not graded. What was graded is kept: "
                "start workers, then run the same command again"
            )
