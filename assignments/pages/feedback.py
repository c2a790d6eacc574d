"""The page of one student."""

from pathlib import Path

from assignments.files.writing import write_whole
from assignments.marks.rows import Row
from assignments.marks.tasks import Task
from assignments.pages.environment import ENVIRONMENT
from assignments.pages.shown import Shown
from assignments.problem_sets.sets import ProblemSet


def write_feedback(
    folder: Path, problem_set: ProblemSet, each_task: list[Task], row: Row, tasks: list[Shown]
) -> Path:
    """Write the page of one student into `folder`; return its path."""
    page = ENVIRONMENT.get_template("feedback.html").render(
        title=problem_set.title(),
        row=row,
        out_of=sum(task.out_of for task in each_task),
        shown=tasks,
    )
    path = folder / f"{row.result.student.slug}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page.encode())
    return path
