"""From what the grader found and what persons gave to marks, pages and a report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assignments.files.tables import write_table
from assignments.files.writing import write_whole
from assignments.grading.class_file import Class
from assignments.handed_back import platforms
from assignments.marks import given, store
from assignments.marks.csv_files import read_written, unknown_students, write_marks, write_written
from assignments.marks.rows import Given, Row, marks_of
from assignments.marks.tasks import Task, blank_answers, tasks_of
from assignments.pages.feedback import write_feedback
from assignments.pages.report import write_report
from assignments.pages.shown import Shown, tasks_shown
from assignments.problem_sets.sets import ProblemSet

WRITTEN = "written.csv"


@dataclass
class Finished:
    """What was written, for the teacher to be told."""

    rows: list[Row]  # of those on the roster
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Fill:
    """The tables of a learning platform that get the final marks."""

    paths: tuple[Path, ...] = ()
    column: str | None = None


def read_given(out: Path, each_task: list[Task], graded: Class) -> tuple[Given, list[str]]:
    """Everything that persons gave, and what a teacher should know about it."""
    written = read_written(out / WRITTEN, each_task)
    entries = store.Store(out / store.NAME).entries()
    students = {result.student.id for result in graded.results}
    owner = {r.student.id: r.owner or r.student.id for r in graded.results}
    asked = given.read_requests(out / given.REQUESTS, each_task, students)
    asked = [(owner[student], request) for student, request in asked]
    called = {task.name: task.short for task in each_task}
    made = given.given(entries, written, asked, called)
    problems = given.contradictions(entries, written, called)
    strangers = dict.fromkeys(e.student for e in entries if e.student not in students)
    problems += [
        f"{store.NAME} has marks of {name!r}, who is not in the class" for name in strangers
    ]
    return made, problems


def all_rows(
    each_task: list[Task], graded: Class, entered: Given, blank: Mapping[str, str]
) -> list[Row]:
    """The marks of everybody in a class; `blank` as in `marks.rows`."""
    rows = marks_of(each_task, graded.results, entered, blank)
    for row in rows:
        row.penalty = graded.penalties.get(row.result.student.id, 0.0)
    return rows


def finish(problem_set: ProblemSet, out: Path, graded: Class, fill: Fill | None = None) -> Finished:
    """Write marks.csv, written.csv, moodle.csv, the pages of the students and the report.

    Raises
    ------
    WrittenError, StoreError, RequestsError
        If what persons gave cannot be read; nothing is written.
    PlatformError
        If a platform's table cannot be filled in.
    """
    each_task, fill = tasks_of(problem_set), fill or Fill()
    entered, problems = read_given(out, each_task, graded)
    rows = all_rows(each_task, graded, entered, blank_answers(problem_set))
    problems = [*graded.problems, *problems]
    own = [row for row in rows if row.result.on_roster]
    write_written(out / WRITTEN, each_task, own)
    write_marks(out / "marks.csv", each_task, own)
    platforms.write_import(out / "moodle.csv", own)
    out_of = sum(task.out_of for task in each_task)
    for path in fill.paths:
        filled = platforms.fill(path, own, out_of, fill.column)
        write_whole(out / f"filled-{path.name}", write_table(filled.lines, guard=False, mark=False))
        problems += filled.problems
    by_csv = read_written(out / WRITTEN, each_task)
    problems += unknown_students(by_csv, rows)
    shown = [_feedback(problem_set, out, graded, each_task, row, problems) for row in rows]
    report = (problem_set, each_task, rows, shown, problems, graded.warnings)
    write_report(out / "report.html", *report)
    return Finished(own, problems)


def _feedback(
    problem_set: ProblemSet,
    out: Path,
    graded: Class,
    each_task: list[Task],
    row: Row,
    problems: list[str],
) -> list[Shown]:
    """Write one student's page and return its tasks; what keeps it from being written is told."""
    folder = out / ("feedback" if row.result.on_roster else "strangers")
    try:
        tasks = tasks_shown(each_task, row, show_hidden=graded.show_hidden)
        write_feedback(folder, problem_set, each_task, row, tasks)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        problems.append(f"{row.result.student.id}: no feedback could be written: {error!r}")
        return []
    return tasks
