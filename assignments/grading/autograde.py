"""Grade one notebook with nbgrader: a gradebook with the hidden tests, a run, the scores."""

import copy
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import preprocessors
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from traitlets.config import Config

from assignments.handed_in import beside
from assignments.problem_sets.cells import grade_id
from assignments.problem_sets.course_key import keyed
from assignments.problem_sets.sets import ProblemSet
from assignments.running.isolation import Sandbox
from assignments.running.kernel import Execute

STUDENT = "student"  # the only student in a scratch gradebook
# A socket's path has at most 104 bytes on macOS, 108 on Linux; "/ni-12345678/s/k-5" follows.
LONGEST = 80
PLACES = ("/tmp", "/var/tmp")

_STEPS = [
    Execute,
    preprocessors.IgnorePattern,
    preprocessors.LimitOutput,
    preprocessors.SaveAutoGrades,
    preprocessors.CheckCellMetadata,
]


@dataclass(frozen=True)
class Score:
    """The points of one test or written answer."""

    points: float | None  # None until a person has marked it
    out_of: float


@dataclass
class Graded:
    """The result of a run: the scores by grade_id, the notebook as it ran, unusual events.

    `held_up`: whether a limit of time was reached because the machine was busy.
    """

    scores: dict[str, Score]
    notebook: NotebookNode
    events: list[str] = field(default_factory=list)
    held_up: bool = False


class GradingError(RuntimeError):
    """A notebook could not be graded; the message says why."""


def write_gradebook(problem_set: ProblemSet, key: str, path: Path) -> None:
    """Write nbgrader's database with the tests of a problem set, hidden ones included, to `path`.

    Raises
    ------
    GradingError
        If nbgrader refuses the source notebook.
    """
    with _course() as course:
        source = course / "source" / problem_set.name
        source.mkdir(parents=True)
        nbformat.write(
            keyed(problem_set.notebook(), problem_set.name, key),
            source / problem_set.path.name,
        )
        _succeed(_api(course, Config()).generate_assignment(problem_set.name))
        shutil.move(course / "gradebook.db", path)


def autograde(
    name: str, notebook: NotebookNode, gradebook: Path, sandbox: Sandbox, slot: int = 0
) -> Graded:
    """Run a rebuilt notebook of the problem set `name` and return its scores.

    It changes the working directory and the logging, so call it in a separate process. `slot` tells
    apart the notebooks that run at the same time.

    Raises
    ------
    GradingError
        If nbgrader fails, which a student's code alone should not be able to cause.
    """
    with _course() as course:
        shutil.copy(gradebook, course / "gradebook.db")
        folder = course / "submitted" / STUDENT / name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{name}.ipynb")
        config = Config()
        config.Autograde.autograde_preprocessors = _STEPS
        config.Execute.sandbox = sandbox
        config.Execute.scratch = course
        config.Execute.slot = slot
        Execute.events = []
        _succeed(_api(course, config).autograde(name, STUDENT))
        graded = nbformat.read(course / "autograded" / STUDENT / name / f"{name}.ipynb", 4)
        scores = _scores(course, name)
        for cell in filter(beside.waits, notebook.cells):
            scores[grade_id(cell)] = Score(None, scores[grade_id(cell)].out_of)
        return Graded(scores, graded, Execute.events, Execute.held_up)


def execute(notebook: NotebookNode, sandbox: Sandbox) -> tuple[NotebookNode, list[str]]:
    """Run a rebuilt notebook as for grading, without a gradebook; return it and what happened."""
    with _course() as course:
        config = Config()
        config.Execute.sandbox = sandbox
        config.Execute.scratch = course
        Execute.events = []
        made, _ = Execute(config=config).preprocess(copy.deepcopy(notebook), {})
        return made, Execute.events


def _scores(course: Path, name: str) -> dict[str, Score]:
    scores = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(name, STUDENT)
        for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
            points = None if grade.needs_manual_grade else grade.score
            scores[grade.name] = Score(points, grade.max_score)
    return scores


@contextmanager
def _course() -> Iterator[Path]:
    """A temporary folder for a course with one student."""
    place = _short_folder()  # for the kernel's sockets
    with tempfile.TemporaryDirectory(prefix="ni-", dir=place, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def _short_folder() -> str:
    """A folder for temporary files with so short a path that sockets can be made in it."""
    usual = tempfile.gettempdir()
    for folder in (usual, *PLACES):
        if len(os.fsencode(folder)) <= LONGEST and os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise GradingError(
        f"the path of the folder for temporary files is too long for sockets: {usual}. "
        f"Set TMPDIR to one of at most {LONGEST} bytes."
    )


def _api(course: Path, config: Config) -> NbGraderAPI:
    # nbgrader runs alembic by its name, which must be on the path.
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + os.environ["PATH"]
    config.Exchange.root = str(course)  # not used
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.db_url = f"sqlite:///{course / 'gradebook.db'}"
    warnings.simplefilter("ignore")  # from SQLAlchemy and the messaging libraries, all harmless
    return NbGraderAPI(config=config, log_level=logging.ERROR)


def _succeed(result: dict[str, object]) -> None:
    if not result["success"]:
        told = str(result.get("error") or result.get("log") or "").strip()
        raise GradingError(told.splitlines()[-1] if told else "nbgrader failed and did not say why")
