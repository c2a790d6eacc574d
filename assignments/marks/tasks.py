"""The tasks of a problem set, and what they are called."""

from collections.abc import Iterable
from dataclasses import dataclass

from assignments.handed_in.beside import digests
from assignments.people.roster import plain
from assignments.problem_sets.cells import grade_id, is_test, is_written, points, task_of
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import ProblemSet


@dataclass(frozen=True)
class Task:
    """A task and the graded cells that give its points, `out_of` at most."""

    name: str  # that of its cells
    cells: tuple[str, ...]
    out_of: float
    written: bool
    short: str = ""  # as the student sees it, such as Task 3; the name if it has no heading
    title: str = ""  # such as Task 3: A detector of symmetry

    def __post_init__(self) -> None:
        object.__setattr__(self, "short", self.short or self.name)
        object.__setattr__(self, "title", self.title or self.short)

    @property
    def column(self) -> str:
        """What it is called where there is no room for its title, and both names may be needed."""
        return self.name if self.short == self.name else f"{self.short} ({self.name})"


def tasks_of(problem_set: ProblemSet) -> list[Task]:
    """The tasks in the order of the notebook."""
    found: dict[str, list] = {}
    for cell in problem_set.notebook().cells:
        if is_test(cell) or is_written(cell):
            found.setdefault(task_of(cell), []).append(cell)
    headings = problem_set.headings()
    made = []
    for name, cells in found.items():
        number, title = headings.get(name, (name, ""))
        title = f"{number}: {title}" if title else number
        given = (tuple(map(grade_id, cells)), sum(map(points, cells)), is_written(cells[0]))
        made.append(Task(name, *given, number, title))
    return made


def named(each_task: Iterable[Task], words: str) -> Task | None:
    """The task that is called so, by the student's name for it or by that of its cells."""
    wanted = plain(words)
    for task in each_task:
        if wanted in map(plain, (task.name, task.short, task.title, task.column)):
            return task
    return None


def blank_answers(problem_set: ProblemSet) -> dict[str, str]:
    """The digest of each answer of a problem set as students get it."""
    return digests(released(problem_set))
