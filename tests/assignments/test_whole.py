"""Each problem set through the whole grade command: a right and a wrong answer, side by side."""

import csv

import nbformat
import pytest

from assignments import __main__ as command
from assignments.marks.tasks import tasks_of
from assignments.problem_sets.cells import grade_id, is_answer
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import problem_sets
from tests.assignments.answer_file import answers

SETS = problem_sets()


def answered(one, **instead):
    """The released notebook with the reference's answers, some of them replaced."""
    notebook = released(one)
    for cell, reference in zip(notebook.cells, one.notebook().cells, strict=True):
        if is_answer(cell):
            cell.source = instead.get(grade_id(cell), reference.source)
    return notebook


@pytest.mark.parametrize("one", SETS.values(), ids=SETS)
def test_the_reference_has_all_points_and_a_wrong_answer_loses_its_own(
    walls, one, tmp_path, monkeypatch
):
    monkeypatch.setenv("NETINIT_COURSE_KEY", "a key of this test")
    monkeypatch.setattr(command, "KEY_FILE", tmp_path / "none")
    wrong = next(each for each in answers(one.name) if each.kind == "wrong")
    for name, instead in [("right", {}), ("wrong", {wrong.task: wrong.code})]:
        (tmp_path / "in" / name).mkdir(parents=True)
        notebook = answered(one, **instead)
        nbformat.write(notebook, tmp_path / "in" / name / f"{one.name}.ipynb")
    (tmp_path / "roster.csv").write_text("id\nright\nwrong\n")
    arguments = ["grade", one.name, str(tmp_path / "in"), "--roster", f"{tmp_path}/roster.csv"]
    assert command.main([*arguments, "--out", f"{tmp_path}/out", "--require-isolation"]) == 0
    with (tmp_path / "out" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    for task in tasks_of(one):
        right, other = rows["right"][task.column], rows["wrong"][task.column]
        if task.written:
            assert right == other == ""
        else:
            assert float(right) == task.out_of, task.name
            lost = task.out_of - float(other)
            # A visible test of a later task may use this one's function; hidden ones do not.
            assert lost > 0 if task.name == wrong.task else lost <= 1, task.name
    assert rows["right"]["status"] == "graded", rows["right"]["notes"]
