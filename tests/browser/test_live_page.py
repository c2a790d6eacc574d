"""Python in a page: loaded when a button is pressed; cells edited, run, stopped."""

import re

import nbformat
import pytest
from axe import violations
from conftest import HOUR, ROOT, visiting

from benchmarks.live import known

pytestmark = pytest.mark.browser

CHAPTER, EXPLORER = "chapters/01_what_and_why", "chapters/build_an_explorer"
SEEDLESS = "chapters/08_best_practice"  # its slow cells name no seeds
READY = "document.querySelector('.runner[data-state=ready]') !== null"


def python_on(browser, addresses, name):
    """A page whose Python is ready, for all tests of a module, which takes seconds to start."""
    with visiting(browser, addresses, HOUR) as open_:
        page = open_(name).page
        start(page)
        # What is folded cannot be reached by its name.
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        yield page


@pytest.fixture(scope="module")
def chapter(browser, addresses, engine):
    """The first chapter; each test writes its own code into the first cell."""
    yield from python_on(browser, addresses, CHAPTER)


@pytest.fixture(scope="module")
def explorer(browser, addresses, engine):
    """The page that builds an explorer."""
    yield from python_on(browser, addresses, EXPLORER)


def start(page):
    press(page)
    page.wait_for_function(READY, timeout=HOUR)


def press(page):
    page.get_by_role("button", name="Run the code of this page").click()


def status(page):
    return page.locator(".runner > [role=status]")


def editor(page, number):
    return page.get_by_role("textbox", name=f"Code of cell {number}", exact=True)


def cell(page, number):
    return page.locator(".cell-live").filter(has=editor(page, number))


def run(page, number):
    """Press the cell's button, wait for its end; what it gave."""
    page.get_by_role("button", name=f"Run: cell {number}", exact=True).click()
    return ended(page, number)


def ended(page, number):
    page.wait_for_function(READY, timeout=HOUR)
    return cell(page, number).locator(".new-output")


# Before it starts --------------------------------------------------------------------------------


def test_nothing_of_the_engine_is_loaded_before_the_button_is_pressed(visit, engine):
    page = visit(CHAPTER).page
    loaded = page.evaluate("performance.getEntriesByType('resource').map(r => r.name)")
    assert [name for name in loaded if "/engine/" in name or "live-" in name] == []


def test_a_page_grows_little_by_the_offer(site):
    text = (site / f"{CHAPTER}.html").read_text("utf-8")
    (offer,) = re.findall(r'<div class="runner".*?</div>', text, re.DOTALL)
    marks = re.findall(r" code-\d+", text)
    script = (site / "_static" / "live.js").stat().st_size
    assert marks
    assert len(offer) + len("".join(marks)) + script < 10_000


def test_from_a_file_the_button_says_what_to_do_instead(visit):
    page = visit(CHAPTER, "file").page
    press(page)
    assert "cannot start in a page that is opened from a file" in status(page).inner_text()
    assert "make serve" in status(page).inner_text()
    page.get_by_role("link", name="how to run it").click()
    assert page.url.endswith("#run-this-chapter")


def test_where_the_engine_was_not_built_in_the_button_says_so(browser, addresses):
    context = browser.new_context()
    page = context.new_page()
    page.route("**/engine.json", lambda route: route.fulfill(status=404))
    page.goto(f"{addresses['http']}/{CHAPTER}.html")
    press(page)
    page.get_by_text("was built without Python for the page").wait_for()
    assert page.get_by_role("link", name="how to run it").is_visible()
    context.close()


def test_without_javascript_there_is_no_button(visit):
    page = visit(CHAPTER, java_script_enabled=False).page
    assert not page.locator(".runner").is_visible()


def test_a_page_without_code_has_no_button(visit):
    assert visit("chapters/notation").page.locator(".runner").count() == 0


def test_loading_tells_how_much_and_can_be_cancelled(visit, engine):
    page = visit(CHAPTER).page
    said = []
    page.expose_function("hear", lambda text: said.append(text))
    page.evaluate(
        """() => new MutationObserver(() => hear(document.querySelector(
        ".runner > [role=status]").textContent)).observe(document.querySelector(".runner"),
        { childList: true, subtree: true, characterData: true })"""
    )
    press(page)
    page.get_by_role("button", name="Cancel").click()
    button = page.get_by_role("button", name="Run the code of this page")
    button.wait_for()
    assert button.is_enabled()
    assert page.locator(".cell-live").count() == 0
    button.click()
    page.wait_for_function(READY, timeout=HOUR)
    total = sum(file["bytes"] for file in engine["files"].values()) / 1e6
    assert any(re.fullmatch(rf"Loading Python: \d+ of {total:.0f} MB", text) for text in said)


# Cells -------------------------------------------------------------------------------------------


def test_a_cell_runs_as_it_stands_and_says_that_it_prints_the_same(chapter):
    page = chapter
    given = run(page, 1)
    assert "mean square after 16 layers 5e-41" in given.inner_text()
    assert "It prints the same as the original." in cell(page, 1).locator(".note").inner_text()
    stored = page.locator(".cell_output").first.inner_text().strip()
    assert given.locator("pre").inner_text().strip() == stored


def test_an_edited_cell_gives_another_output_and_resets(chapter):
    page = chapter
    text = editor(page, 1)
    original = text.input_value()
    text.fill("print(6 * 7)\n'last value'")
    text.press("Control+Enter")
    given = ended(page, 1).inner_text()
    assert "42" in given
    assert "'last value'" in given
    assert "something else than" in cell(page, 1).locator(".note").inner_text()
    page.get_by_role("button", name="Reset: cell 1", exact=True).click()
    assert text.input_value() == original
    assert cell(page, 1).locator(".new-output pre").count() == 0


def test_a_new_line_keeps_the_indentation_and_tab_leaves_the_editor(chapter):
    page = chapter
    text = editor(page, 1)
    text.fill("for i in range(2):")
    text.press("End")
    text.press("Enter")
    text.press_sequentially("print(i)")
    assert text.input_value() == "for i in range(2):\n    print(i)"
    text.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"


def test_an_error_shows_its_line_and_what_helps(chapter):
    page = chapter
    editor(page, 1).fill("x = 1\nprint(undefined_name)")
    given = run(page, 1).inner_text()
    assert "NameError" in given
    assert "print(undefined_name)" in given
    assert "Run all above" in given
    assert "cells.py" not in given, "the traceback begins in the cell"
    editor(page, 1).fill("x = (")
    assert "SyntaxError" in run(page, 1).inner_text()


def test_text_on_stderr_is_shown_apart(chapter):
    page = chapter
    editor(page, 1).fill("import warnings\nprint('out')\nwarnings.warn('mind this')")
    given = run(page, 1)
    assert "mind this" in given.locator(".stderr").inner_text()
    assert given.locator(".stream").inner_text().strip() == "out"


def test_a_figure_is_drawn_in_the_colors_of_the_page(chapter):
    page = chapter
    editor(page, 1).fill(
        "from netinit import plots\nax = plots.axes()\nax.plot([0, 1], [1, 0])\n"
        "plots.show(ax, alt='One line that falls from 1 on the left to 0.')"
    )
    picture = run(page, 1).locator(".picture svg")
    assert picture.get_attribute("aria-label") == "One line that falls from 1 on the left to 0."
    assert "var(--page)" in picture.inner_html()
    assert picture.bounding_box()["height"] > 50


def test_run_all_above_runs_what_has_not_been_run_as_it_is(explorer):
    page = explorer
    page.get_by_role("button", name="Run all above: cell 3", exact=True).click()
    ended(page, 3)
    assert "Ran" in cell(page, 1).locator(".note").inner_text()
    assert "Ran" in cell(page, 2).locator(".note").inner_text()
    page.get_by_role("button", name="Run all above: cell 3", exact=True).click()
    assert "All cells above have been run" in cell(page, 3).locator(".note").inner_text()
    assert run(page, 3).locator(".live").count() == 1


def test_an_explorer_remade_from_changed_code_is_drawn_by_the_same_host(explorer):
    page = explorer
    editor(page, 2).fill(
        editor(page, 2).input_value().replace('moments.length_map("tanh", ', "(lambda *a, **k: 4)(")
    )
    page.get_by_role("button", name="Run: cell 1", exact=True).click()
    ended(page, 1)
    run(page, 2)
    given = run(page, 3)
    given.locator(".live [data-control]").first.wait_for()
    assert "4" in given.locator(".ni-panel.ni-numbers").inner_text()
    slider = given.get_by_role("slider").first
    before = given.locator("output").first.inner_text()
    slider.press("ArrowRight")
    assert given.locator("output").first.inner_text() != before


def test_a_run_can_be_stopped_and_python_starts_again_knowing_nothing(chapter):
    page = chapter
    editor(page, 1).fill("kept = 1\nprint('begun')\nwhile True:\n    pass")
    page.get_by_role("button", name="Run: cell 1", exact=True).click()
    page.get_by_text("begun", exact=True).wait_for()
    page.get_by_role("button", name="Stop: cell 1", exact=True).click()
    page.wait_for_function(READY, timeout=HOUR)
    assert "Nothing has been run in the new Python" in status(page).inner_text()
    editor(page, 1).fill("print('kept' in globals())")
    assert "False" in run(page, 1).inner_text()


def box_of_seeds(page):
    return page.get_by_role("checkbox", name="2 seeds instead of all in slow cells")


def slow_cell(name):
    """The number of the first slow cell of a page that goes through seeds."""
    notebook = nbformat.read(ROOT / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    slow = {key for key, seconds in known()[name].items() if seconds >= 10}
    return next(n for n, c in enumerate(cells, 1) if c.id in slow and "seeds=range(" in c.source)


def test_a_slow_cell_says_how_long_it_takes_and_goes_through_two_seeds_on_wish(chapter):
    page, number = chapter, slow_cell(CHAPTER)
    note = cell(page, number).locator(".note")
    assert re.fullmatch(r"Slow: about .+ in the page with all seeds\.", note.inner_text())
    editor(page, number).fill("seeds = range(7)\nprint(len(seeds), 'seeds')")
    assert box_of_seeds(page).is_checked()
    assert "2 seeds" in run(page, number).inner_text()
    assert "with 2 seeds instead of all" in note.inner_text()
    box_of_seeds(page).uncheck()
    assert "7 seeds" in run(page, number).inner_text()
    assert "instead of all" not in note.inner_text()
    box_of_seeds(page).check()


def test_a_page_whose_slow_cells_go_through_no_seeds_offers_no_fewer(browser, addresses, engine):
    for page in python_on(browser, addresses, SEEDLESS):
        notes = page.locator(".note").all_inner_texts()
        assert any(re.fullmatch(r"Slow: about .+ in the page\.", note) for note in notes)
        assert box_of_seeds(page).count() == 0


def test_while_all_cells_run_the_page_says_how_long_they_take(chapter):
    page = chapter
    editor(page, 1).fill("while True:\n    pass")
    page.get_by_role("button", name="Run all", exact=True).click()
    said = r"Running cell 1 … All \d+ cells take about .+ with all seeds\."
    status(page).get_by_text(re.compile(said)).wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_function(READY, timeout=HOUR)


def test_start_again_forgets_names_and_keeps_texts(chapter):
    page = chapter
    editor(page, 1).fill("kept = 1")
    run(page, 1)
    page.get_by_role("button", name="Start again").click()
    status(page).get_by_text("Python has forgotten").wait_for()
    assert editor(page, 1).input_value() == "kept = 1"
    editor(page, 1).fill("print('kept' in globals())")
    assert "False" in run(page, 1).inner_text()


# How it looks and is reached ---------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_running_page_has_no_accessibility_violation(chapter, theme):
    page = chapter
    page.emulate_media(color_scheme=theme)
    editor(page, 1).fill("import sys\nprint('out')\nprint('err', file=sys.stderr)\n1 / 0")
    run(page, 1)
    assert violations(page) == []


def test_on_a_phone_nothing_scrolls_sideways(chapter):
    page = chapter
    page.set_viewport_size({"width": 390, "height": 844})
    editor(page, 1).fill("print('x' * 300)\nraise ValueError('y' * 300)")
    run(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_engine_is_kept_by_the_browser_for_the_next_page(chapter):
    page = chapter
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.on("request", lambda request: asked.append(request.url))
    page.goto(page.url.replace(CHAPTER, EXPLORER))
    press(page)
    page.wait_for_function(READY, timeout=HOUR)
    assert any(url.endswith("engine.json") for url in asked), "requests are seen"
    assert [url for url in asked if ".wasm" in url or ".zip" in url] == []
