"""Each problem set is whole: cells, points, statements, the teacher's note, a version that runs."""

import re

import nbformat
import pytest

from assignments.problem_sets.cells import grade_id, is_answer, is_test, is_written, points, task_of
from assignments.problem_sets.course_key import cell_key, keyed
from assignments.problem_sets.release import SECRETS, faults, released, write
from assignments.problem_sets.sets import problem_set, problem_sets

SETS = problem_sets()
each_set = pytest.mark.parametrize("one", SETS.values(), ids=SETS)


def test_there_are_seven():
    assert list(SETS) == ["ps1", "ps2", "ps3", "ps4", "ps5", "ps6", "ps7"]


@pytest.mark.parametrize("name", ["ps9", "PS1", "", "../ps1"])
def test_an_unknown_problem_set_is_refused(name):
    with pytest.raises(ValueError, match="no problem set is called"):
        problem_set(name)


@each_set
def test_every_task_has_a_statement_an_answer_and_both_kinds_of_tests(one):
    cells = one.notebook().cells
    names = [grade_id(cell) for cell in cells]
    for cell in cells:
        if is_answer(cell) and not is_written(cell):
            for test in (f"{grade_id(cell)}-visible", f"{grade_id(cell)}-hidden"):
                assert any(name and name.startswith(test) for name in names), test
    tasks = {task_of(cell) for cell in cells if is_test(cell)}
    assert tasks <= {grade_id(cell) for cell in cells if is_answer(cell)}
    assert any(is_written(cell) for cell in cells)


@each_set
def test_cells_are_named_once_and_by_their_id(one):
    cells = one.notebook().cells
    names = [grade_id(cell) for cell in cells if grade_id(cell)]
    assert len(set(names)) == len(names)
    assert all(cell.id == grade_id(cell) for cell in cells if grade_id(cell))
    assert one.notebook().nbformat_minor >= 5


@each_set
def test_the_source_stores_no_output(one):
    for cell in one.notebook().cells:
        assert cell.cell_type != "code" or (not cell.outputs and cell.execution_count is None)


@each_set
def test_every_written_answer_has_a_rubric_that_adds_up(one):
    rubrics = one.rubrics()
    written = [cell for cell in one.notebook().cells if is_written(cell)]
    assert set(rubrics) == {grade_id(cell) for cell in written}
    for heading in ("## Objectives", "## Time", "## Common errors", "## Marking"):
        assert heading in one.note()
    assert all(len(text) > 100 for text in rubrics.values())
    assert all(points(cell) > 0 for cell in written)


@each_set
def test_every_hidden_test_is_hidden_and_keyed(one):
    for cell in one.notebook().cells:
        if is_test(cell) and "-hidden" in grade_id(cell):
            assert "### BEGIN HIDDEN TESTS" in cell.source
            assert "COURSE_KEY" in cell.source, grade_id(cell)
        else:
            assert "HIDDEN TESTS" not in cell.source.replace("Hidden", "")
            assert "COURSE_KEY" not in cell.source


@each_set
def test_the_student_version_holds_no_secret(one):
    notebook = released(one)
    assert not [secret for secret in SECRETS if secret in nbformat.writes(notebook)]
    text = "\n".join(cell.source for cell in notebook.cells)
    assert [line for line in secret_lines(one) if line in text] == []


@each_set
def test_both_versions_run(one):
    assert list(faults(one)) == []


def test_releasing_twice_changes_nothing(tmp_path):
    path = write(SETS["ps1"], tmp_path)
    first = path.read_bytes(), path.stat().st_mtime_ns
    assert write(SETS["ps1"], tmp_path) == path
    assert (path.read_bytes(), path.stat().st_mtime_ns) == first


def test_the_key_decides_the_numbers():
    assert cell_key("a", "ps1", "x") == cell_key("a", "ps1", "x")
    numbers = {cell_key(*n) for n in [("a", "ps1", "x"), ("b", "ps1", "x"), ("a", "ps2", "x")]}
    assert len(numbers | {cell_key("a", "ps1", "y")}) == 4
    assert all(0 <= number < 2**128 for number in numbers)


@each_set
def test_a_keyed_notebook_has_its_numbers_and_nothing_else_changed(one):
    source, made = one.notebook(), keyed(one.notebook(), one.name, "key")
    for old, new in zip(source.cells, made.cells, strict=True):
        if "COURSE_KEY" in old.source:
            assert "COURSE_KEY" not in new.source
            assert str(cell_key("key", one.name, grade_id(old))) in new.source
        else:
            assert new.source == old.source


def secret_lines(one):
    """Lines of solutions and hidden tests long enough to be nothing else."""
    found = []
    for cell in one.notebook().cells:
        for region in re.findall(
            r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", cell.source, re.S
        ):
            found += [line.strip() for line in region.splitlines() if len(line.strip()) >= 30]
        if is_written(cell):
            found += [line.strip() for line in cell.source.splitlines() if len(line.strip()) >= 30]
    assert found
    return found
