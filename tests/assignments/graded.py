"""A class that was graded, made without running anything: for tests of what comes after."""

import nbformat
from nbformat import v4

from assignments.grading import class_file
from assignments.grading.autograde import Score
from assignments.grading.class_file import Class
from assignments.grading.results import Result
from assignments.handed_in import beside
from assignments.people.roster import Student
from assignments.problem_sets.release import released
from tests.assignments import hostile

MESSAGE = "twice 2 is 4, not 5"


def graded(problem_set, out, answers, *, failing=(), **kinds):
    """Write what grading leaves of a class.

    `answers` has, for each student, the text of the written answer (None: left blank), or a
    function that changes the notebook. The code of those in `failing` fails its visible test.
    """
    release = beside.digests(released(problem_set))
    results = []
    for name, answer in answers.items():
        notebook = hostile.right_notebook(problem_set)
        if callable(answer):
            answer(notebook)
        elif answer is None:
            hostile.by_name(notebook, "why").source = hostile.by_name(
                released(problem_set), "why"
            ).source
        else:
            hostile.by_name(notebook, "why").source = answer
        digests = beside.digests(notebook)
        blank = digests["why"] == release["why"]
        if name in failing:
            visible = hostile.by_name(notebook, "double-visible")
            visible.outputs = [
                v4.new_output("error", ename="AssertionError", evalue=MESSAGE, traceback=[])
            ]
        folder = out / "students" / name
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / "graded.ipynb")
        scores = {
            "double-visible": Score(0.0 if name in failing else 1.0, 1.0),
            "double-hidden": Score(3.0, 3.0),
            "add_up-visible": Score(2.0, 2.0),
            "why": Score(0.0 if blank else None, 2.0),
        }
        student = Student(name, f"Name of {name}", frozenset([name]), f"{name}@example.org")
        results.append(Result(student, "graded", scores=scores, written=digests, folder=folder))
    made = Class(problem_set.name, str(problem_set.folder.parent), results, **kinds)
    class_file.write(out, made)
    return made
