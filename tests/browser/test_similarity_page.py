"""The page of similar answers: both sides, shared passages marked, nothing of a student's runs."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from assignments.grading.autograde import Score
from assignments.grading.results import Result
from assignments.pages.environment import SIMILARITY
from assignments.people.roster import Student
from assignments.problem_sets.sets import problem_set
from assignments.similarity import page as alike
from tests.assignments.answer_file import answers

pytestmark = pytest.mark.browser

HOSTILE = (
    "# <script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">\n"
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The page of a class in which one of three copied, and only changed a comment."""
    out, one = tmp_path_factory.mktemp("out"), problem_set("ps1")
    listed = [each.code for each in answers("ps1") if each.kind == "right"]
    results = []
    for number, source in enumerate([listed[0], HOSTILE + listed[0], listed[1]]):
        notebook = one.notebook()
        answered = next(
            c for c in notebook.cells if c.metadata.nbgrader.grade_id == "moving-layers"
        )
        answered.source = source + "\nx = '" + "y" * 300 + "'"
        folder = out / f"s{number}"
        folder.mkdir()
        (folder / "rebuilt.ipynb").write_text(json.dumps(notebook))
        student = Student(f"s{number}", f"Name <b>{number}</b>", frozenset())
        results.append(Result(student, "graded", scores={"x": Score(1, 1)}, folder=folder))
    assert alike.write(out, one, results, {}) == 1
    assert alike.write(out, one, results[::2], {}) == 0
    assert "No two answers are alike" in (out / SIMILARITY).read_text("utf-8")
    assert alike.write(out, one, results, {"s0": "red", "s1": "red"}) == 0
    assert alike.write(out, one, results, {"s0": "red", "s1": "blue"}) == 1
    return out / SIMILARITY


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_both_sides_are_shown_and_nothing_runs(browser, written, scheme, width):
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(written.as_uri())
    assert page.title() == f"{problem_set('ps1').title()}: similar answers"
    assert page.locator("script, img, b").count() == 0
    assert page.get_by_text("A reason to look, not a verdict.").is_visible()
    assert page.locator("h2").inner_text().splitlines() == [
        "Task 1: Which gradients are zero? moving-layers",
        "Name <b>0</b> and Name <b>1</b>",
    ]
    sides = page.locator(".sides pre")
    assert sides.count() == 2
    marked = [" ".join(side.locator("mark").all_inner_texts()) for side in sides.all()]
    assert marked[0] == marked[1]
    assert "below = value == 0" in marked[0]
    assert "document.title" not in marked[1]
    boxes = [side.bounding_box() for side in sides.all()]
    assert (boxes[0]["y"] == boxes[1]["y"]) == (width > 800)  # side by side, or one below the other
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Axe().run(page).response["violations"] == []
    page.close()
