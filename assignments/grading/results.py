"""The records of grading: how a class is graded, a notebook to grade, a person's result."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assignments.grading.autograde import Score
from assignments.handed_in.choosing import CHECK
from assignments.people.roster import Student
from assignments.problem_sets.sets import ProblemSet
from assignments.running.limits import Limits


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
    scores: dict[str, Score] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)  # a digest of each answer
    owner: str = ""  # the id of the member of the group whose notebook it is, if not one's own
    folder: Path | None = None  # with submitted.ipynb, rebuilt.ipynb, graded.ipynb, result.json

    def take(self, scores: dict[str, Score], events: list[str]) -> None:
        """Have the scores of a graded notebook; what happened while it ran is to be looked at."""
        self.scores = scores
        self.doubts += events
        if self.doubts:
            self.status = CHECK


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
