"""A problem set solved in the page: tests run, answers are kept, the notebook is graded."""

import csv
import json

import nbformat
import pytest
from conftest import HOUR, visiting

from assignments import __main__ as command
from assignments.marks.tasks import tasks_of
from assignments.problem_sets.cells import grade_id, is_answer
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import problem_sets

pytestmark = pytest.mark.browser

NAME = "ps1"
PAGE = f"assignments/release/{NAME}"
READY = "document.querySelector('.runner[data-state=ready]') !== null"
WRITTEN = "The claim holds by induction, *written* in the page: φ(0) = 0.\n\nA second paragraph."


@pytest.fixture(scope="module")
def page(browser, addresses, engine):
    """The problem set, with Python ready."""
    with visiting(browser, addresses, HOUR) as open_:
        page = open_(PAGE).page
        start(page)
        yield page


def start(page):
    page.get_by_role("button", name="Run the code of this page").click()
    page.wait_for_function(READY)


def code_cells():
    """Number, released cell and reference of each code cell."""
    one = problem_sets()[NAME]
    pairs = zip(released(one).cells, one.notebook().cells, strict=True)
    code = [pair for pair in pairs if pair[0].cell_type == "code"]
    return [(number, *pair) for number, pair in enumerate(code, 1)]


def text_of(page, number):
    names = [f"Code of cell {number}", f"Code of cell {number}, not to be changed"]
    for name in names:
        found = page.get_by_role("textbox", name=name, exact=True)
        if found.count():
            return found
    raise AssertionError(f"cell {number} has no editor")


def run(page, number):
    page.get_by_role("button", name=f"Run: cell {number}", exact=True).click()
    page.wait_for_function(READY)
    return page.locator(".cell-live").filter(has=text_of(page, number))


def download(page):
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my notebook").click()
    assert download.value.suggested_filename == f"{NAME}.ipynb"
    return download.value


def test_only_answers_can_be_changed(page):
    for number, cell, _ in code_cells():
        locked = text_of(page, number).get_attribute("readonly") is not None
        assert locked == (not is_answer(cell)), grade_id(cell)


def test_an_empty_answer_fails_its_visible_tests_and_a_right_one_passes(page):
    setup, answer, tests = code_cells()[:3]
    assert is_answer(answer[1])
    for number, *_ in (setup, answer):
        assert "Ran" in run(page, number).locator(".note").inner_text()
    assert "NotImplementedError" in run(page, tests[0]).locator(".new-output").inner_text()
    text_of(page, answer[0]).fill(answer[2].source)
    run(page, answer[0])
    assert "These tests pass." in run(page, tests[0]).locator(".note").inner_text()


def test_answers_are_kept_by_the_browser(page):
    number = next(number for number, cell, _ in code_cells() if is_answer(cell))
    text_of(page, number).fill("kept = True")
    page.get_by_text("Saved in this browser.").wait_for()
    page.reload()
    start(page)
    assert text_of(page, number).input_value() == "kept = True"
    page.get_by_role("button", name=f"Reset: cell {number}", exact=True).click()
    assert "NotImplementedError" in text_of(page, number).input_value()


def test_the_downloaded_notebook_is_graded_as_any_other(page, tmp_path, monkeypatch):
    for number, cell, reference in code_cells():
        if is_answer(cell):
            text_of(page, number).fill(reference.source)
    for answer in page.get_by_role("textbox", name="Written answer").all():
        answer.fill(WRITTEN)
    (tmp_path / "in" / "ada").mkdir(parents=True)
    handed_in = tmp_path / "in" / "ada" / f"{NAME}.ipynb"
    download(page).save_as(handed_in)
    notebook, one = nbformat.read(handed_in, as_version=4), problem_sets()[NAME]
    nbformat.validate(notebook)
    for cell, empty in zip(notebook.cells, released(one).cells, strict=True):
        assert cell.metadata == empty.metadata
        assert is_answer(cell) or cell.source == empty.source
    written = [c.source for c in notebook.cells if is_answer(c) and c.cell_type == "markdown"]
    assert written
    assert set(written) == {WRITTEN}

    monkeypatch.setenv("NETINIT_COURSE_KEY", "a key of this test")
    monkeypatch.setattr(command, "KEY_FILE", tmp_path / "none")
    (tmp_path / "roster.csv").write_text("id\nada\n")
    arguments = ["grade", NAME, str(tmp_path / "in"), "--roster", str(tmp_path / "roster.csv")]
    assert command.main([*arguments, "--out", str(tmp_path / "out")]) == 0
    with (tmp_path / "out" / "marks.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["status"] == "graded", row["notes"]
    for task in tasks_of(one):
        assert row[task.column] == "" if task.written else float(row[task.column]) == task.out_of


def test_what_the_browser_kept_in_another_form_is_left_alone(page):
    key = f"netinit:{PAGE}"
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, "no JSON"])
    page.reload()
    start(page)
    number = next(number for number, cell, _ in code_cells() if is_answer(cell))
    assert "NotImplementedError" in text_of(page, number).input_value()
    text_of(page, number).fill("again = 1")
    kept = page.evaluate("(key) => localStorage.getItem(key)", key)
    assert list(json.loads(kept).values()) == ["again = 1"]
