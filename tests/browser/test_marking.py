"""The page for marking in a browser: with the keyboard alone, narrow, dark, and attacked."""

import nbformat
import pytest
from axe import violations
from playwright.sync_api import expect

from assignments.grading import class_file
from assignments.handed_back.finish import finish
from assignments.marking.desk import Desk
from assignments.marks.store import Entry, Store
from tests.assignments import mini
from tests.assignments.graded import MESSAGE, graded
from tests.assignments.hostile import by_name
from tests.assignments.marking_page import TOKEN, serving
from tests.assignments.test_marking_page import HOSTILE

pytestmark = pytest.mark.browser

NOTE = """# Problem set 1: Mini

### Rubric: `why`

One point each:

- **The word.** *Twice*, or $2x$.
- **The reason.** $\\frac{1}{2} + \\frac{1}{2}$.

Nothing for a guess.
"""
DOUBLE = "## Task 1: Twice the number that was given, whatever it is (4 points)"
SUM = "## Task 2: The sum (2 points)"
WHY = "## Task 3: Why the answer is right for all numbers (2 points, written)"
ATTACK = "\n\n".join(
    [
        *HOSTILE,
        '$\\mmlToken{mi}[href="javascript:document.title=1"]{x}$',
        "$\\href{javascript:document.title=1}{y}$ $\\unicode{x3C}script\\unicode{x3E}$",
        "$\\def\\frac#1{\\text{stolen}}$ $\\frac{1}{2}$",
        "word" * 5_000,
    ]
)


def bad(notebook):
    by_name(notebook, "why").source = ATTACK


@pytest.fixture(scope="module")
def problem_set(tmp_path_factory):
    one = mini.write(tmp_path_factory.mktemp("mini") / "source")
    notebook = one.notebook()
    for place, words in ((7, WHY), (5, SUM), (2, DOUBLE)):
        notebook.cells.insert(place, nbformat.v4.new_markdown_cell(words))
    nbformat.write(notebook, one.path)
    (one.folder.parents[1] / "notes" / "ps1.md").write_text(NOTE)
    return one


@pytest.fixture
def desk(problem_set, tmp_path):
    answers = {"s1": "It is *twice* $x^2$.", "s2": "$$\\sum_i x_i$$", "s3": "hm", "s4": None}
    graded(problem_set, tmp_path, answers, failing=["s2"])
    return Desk(problem_set, tmp_path, "grace")


@pytest.fixture
def opened(browser, watch, desk):
    """Open pages of the desk; at the end nothing may have failed or asked for the outside."""
    contexts, visits = [], []
    with serving(desk) as port:
        home = f"http://127.0.0.1:{port}/{TOKEN}/"

        def open_(path="", **options):
            contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}, **options))
            visits.append(watch(contexts[-1].new_page(), home))
            visits[-1].page.goto(home + path)
            return visits[-1].page

        yield open_
        for context in contexts:
            context.close()
    for visit in visits:
        # A font may still be on its way when a key leads to the next page.
        visit.errors = [each for each in visit.errors if not each.endswith(".woff")]
        visit.check()


def ready(page):
    page.locator("body[data-math=set]").wait_for()


def said(page, text):
    page.locator("#said").get_by_text(text).wait_for()


def code_of(page):
    return page.locator("#mark").get_attribute("data-code")


def current(desk, code):
    return desk.state().rows[desk.student("why", code)]


def test_three_answers_are_marked_with_the_keyboard_alone(opened, desk):
    page = opened()
    press = page.keyboard.press
    press("n")
    ready(page)
    first = code_of(page)
    press("f")  # all parts, all points
    said(page, "Saved: 2 points.")
    press("c")
    page.keyboard.type("well done, f")  # letters of a comment are no commands
    press("Control+Enter")
    page.wait_for_url(lambda url: first not in url)
    ready(page)
    second = code_of(page)
    press("1")
    said(page, "Saved: no points yet.")
    assert page.locator("#sum").inner_text() == "So far 1, 1 part to go."
    assert current(desk, second).points["why"] is None
    press("2")
    said(page, "Saved: 2 points.")
    press("2")
    said(page, "Saved: 1.5 points.")
    press("b")
    press("Enter")  # the comment of the first answer, used again
    expect(page.locator("#comment")).to_have_value("well done, f")
    press("Escape")
    press("n")
    page.wait_for_url(lambda url: second not in url)
    ready(page)
    third = code_of(page)
    assert len({first, second, third}) == 3
    press("p")
    page.keyboard.type("1,25")
    press("Enter")
    said(page, "Saved: 1.25 points.")
    points = {code: current(desk, code).points["why"] for code in (first, second, third)}
    assert points == {first: 2, second: 1.5, third: 1.25}
    press("n")
    said(page, "Every other answer has its points.")
    assert {current(desk, c).comments["why"] for c in (first, second)} == {"well done, f"}
    press("u")
    said(page, "The last action was undone.")
    ready(page)
    assert current(desk, third).points["why"] is None
    press("i")
    page.locator("#who").get_by_text("Name of s").wait_for()
    press("k")
    page.wait_for_url(lambda url: third not in url)
    ready(page)
    page.reload()
    ready(page)
    assert page.locator("#points").input_value() == "1.5"
    assert page.locator(".part input:checked").evaluate_all("(all) => all.map((i) => i.value)") == [
        "1",
        "0.5",
    ]


def test_of_two_tabs_the_older_page_is_told_and_shows_the_newer(opened, desk):
    code = desk.code("why", "s1")
    one, two = opened(f"answer/why/{code}"), None
    ready(one)
    two = one.context.new_page()
    two.goto(one.url)
    ready(two)
    one.keyboard.press("f")
    said(one, "Saved: 2 points.")
    two.keyboard.press("z")
    two.wait_for_selector("#conflict:not([hidden])")
    assert "You, in another window gave 2 points" in two.locator("#conflict").inner_text()
    assert current(desk, code).points["why"] == 2
    two.keyboard.press("Enter")  # the first choice: what is saved
    expect(two.locator("#points")).to_have_value("2")
    ready(two)
    one.keyboard.press("z")
    said(one, "Saved: 0 points.")
    two.keyboard.press("f")
    two.wait_for_selector("#conflict:not([hidden])")
    two.locator("#mine").click()
    said(two, "Saved: 2 points.")
    assert current(desk, code).points["why"] == 2


def test_an_override_needs_a_reason_and_nothing_typed_is_lost(opened, desk):
    code = desk.code("double", "s2")
    page = opened(f"answer/double/{code}")
    ready(page)
    page.keyboard.press("p")
    page.keyboard.type("4")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("#said")).to_contain_text("need a reason")
    assert code in page.url
    page.keyboard.press("r")
    page.keyboard.type("the message misled")
    page.keyboard.press("Enter")
    said(page, "Saved: 4 points.")
    assert desk.state().rows["s2"].reasons == {"double": "the message misled"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_phone(opened, desk, scheme):
    graded(desk.problem_set, desk.out, {"s1": "It is $x^2$.", "s2": "b", "s9": bad}, failing=["s2"])
    (desk.out / "requests.csv").write_text("student,task,request\ns9,why,look again\n")
    entry = Entry("mark", "s9", "double", 1, "a comment", "a reason", who="ada")
    Store(desk.store.path).add(entry, 0)
    tasks = {"double": "s9", "why": "s9"}
    paths = ["", "students", *(f"answer/{t}/{desk.code(t, s)}" for t, s in tasks.items())]
    page = opened(color_scheme=scheme)
    for path in paths:
        page.goto(page.url.split(TOKEN)[0] + f"{TOKEN}/{path}")
        if path.startswith("answer"):
            ready(page)
            page.keyboard.press("?")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (path, width)
        page.locator("details").evaluate_all("(all) => all.forEach((each) => each.open = true)")
        assert violations(page) == [], path


def test_a_hostile_answer_runs_nothing_and_leads_nowhere(opened, desk):
    graded(desk.problem_set, desk.out, {"s1": bad})
    page = opened(f"answer/why/{desk.code('why', 's1')}")
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    ready(page)
    where = page.url
    answer = page.locator("#answer")
    tags = answer.evaluate(
        "(a) => [...new Set([...a.querySelectorAll('*')].map((e) => e.localName))]"
    )
    for tag in ("script", "img", "svg", "meta", "a", "style", "form", "iframe", "link", "object"):
        assert tag not in tags
    linked = answer.evaluate(
        "(a) => [...a.querySelectorAll('*')].flatMap((e) => [...e.attributes])"
        ".filter((x) => /^on|href|src|xlink/.test(x.name)).map((x) => x.name + x.value)"
    )
    assert linked == []
    assert "stolen" not in page.locator(".part").last.inner_text()
    for at in answer.locator("mjx-container").all():
        at.click(force=True)
    assert page.url == where
    assert page.title() != "1"


def test_nothing_in_a_students_page_overlaps_on_a_phone(browser, desk):
    finish(desk.problem_set, desk.out, class_file.read(desk.out))
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((desk.out / "feedback" / "s1.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    headings = page.locator("h2").all()
    assert headings[0].inner_text().startswith("Task 1: Twice")
    for heading in headings:
        name, points = (part.bounding_box() for part in heading.locator("> span").all())
        beside = name["x"] + name["width"] <= points["x"]
        assert beside or name["y"] + name["height"] <= points["y"] + 1, heading.inner_text()
    assert violations(page) == []
    page.close()


def test_the_messages_in_the_report_can_be_read_on_a_phone(browser, desk):
    finish(desk.problem_set, desk.out, class_file.read(desk.out))
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((desk.out / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    messages = page.get_by_role("cell", name=MESSAGE)
    assert messages.bounding_box()["width"] >= 200
    page.close()
