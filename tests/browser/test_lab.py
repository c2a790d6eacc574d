"""A notebook in a real JupyterLab: the widget draws, a key changes it and the trait in Python."""

import contextlib
import functools
import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from drawn import READ, check_bars, check_curve
from lab import START, ask, page_of, until
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from netinit.widgets.formatting import number

pytestmark = pytest.mark.lab

DRAW, RUN = 120_000, 600_000  # milliseconds that it may take to draw, and to run a chapter
CHAPTER = Path(__file__).parents[2] / "chapters" / "04_vanishing_exploding.ipynb"

SETUP = """\
import ipywidgets
import numpy as np
from netinit.widgets import Explorer, Histogram, Line, Lines, Number, Numbers


def powers(kind, gain):
    signal = gain ** np.arange(1, 9.0) * (2 if kind == "double" else 1)
    bars = np.outer([1, 2], np.linspace(0, gain, 6))
    return {"signal": signal, "bars": bars, "last": signal[-1]}


def build(title):
    return Explorer(
        powers,
        panels=[
            Lines([Line("signal")], y_scale="log", y_label="size"),
            Histogram("bars", limits=(0, 1), x_label="value"),
            Numbers([Number("last")]),
        ],
        title=title,
        kind=["single", "double"],
        gain=[0.5, 1.0, 2.0, 4.0],
    )
"""
OBSERVE = """\
import json
from pathlib import Path


def note(change):
    frame = {key: array.tolist() for key, array in explorer.frame().items()}
    Path("seen.part").write_text(json.dumps({"selection": change["new"], "frame": frame}))
    Path("seen.part").rename("seen.json")


explorer.observe(note, "selection")
"""
EXPLORER = f'explorer = build("alone")\n{OBSERVE}explorer\n'
BESIDE = """\
@ipywidgets.interact(n=(1, 5))
def square(n=2):
    print("the square is", n * n)
"""
ASK = """\
from netinit.widgets import Quiz

quiz = Quiz("Which?", {"this": "It is not.", "that": "It is."}, correct="that")
quiz.observe(lambda change: Path("asked.json").write_text(json.dumps(quiz.chosen)), "checked")
quiz
"""
FIND = """\
explorer = next(shown for shown in Out.values() if isinstance(shown, Explorer))
"""
BOXED = """\
boxed = build("boxed")
link = ipywidgets.jslink((explorer, "selection"), (boxed, "selection"))
ipywidgets.VBox([ipywidgets.HTML("<b>in a box</b>"), boxed])
"""

EDITED = """\
from netinit.widgets.explorer import script

edited = build("edited")


def reload(change):
    edited._esm = script().replace("Show the numbers", "Read the numbers")


edited.observe(reload, "selection")
edited
"""


@pytest.fixture(scope="module")
def lab(lab_server):
    base, work = lab_server
    cells = [
        new_markdown_cell("# A chapter"),
        *map(new_code_cell, (SETUP, EXPLORER, BESIDE, BOXED, ASK)),
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, work / "small.ipynb")
    edited = new_notebook(cells=[new_code_cell(SETUP + EDITED)], metadata=notebook.metadata)
    (work / "edited").mkdir()
    nbformat.write(edited, work / "edited" / "edited.ipynb")
    chapter = nbformat.read(CHAPTER, as_version=4)
    chapter.cells.append(new_code_cell(FIND + OBSERVE + 'print("observed")'))
    (work / "chapter").mkdir()
    nbformat.write(chapter, work / "chapter" / "chapter.ipynb")
    return base, work


@contextlib.contextmanager
def opened(browser, base, name):
    """The page of a notebook after Run All."""
    with page_of(browser, base, f"/tree/{name}", width=1200, height=2600) as page:
        breathe = functools.partial(page.wait_for_timeout, 100)
        started = functools.partial(idle, base, name)
        until(started, START, "the kernel's start", breathe)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=DRAW)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        yield page


@pytest.fixture(scope="module")
def notebook(browser, lab):
    """A small notebook's page after Run All, and the folder its kernel works in."""
    base, work = lab
    with opened(browser, base, "small.ipynb") as page:
        page.wait_for_function(
            "document.querySelectorAll('.ni-explorer[data-drawn]').length === 2", timeout=DRAW
        )
        page.get_by_text("the square is 4").wait_for(timeout=DRAW)
        yield page, work


def idle(base, name) -> bool:
    """Whether the kernel of a notebook listens; pages that were closed left theirs behind."""
    sessions = ask(base, "/api/sessions")
    kernels = [session["kernel"] for session in sessions if session["path"] == name]
    return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)


def press(notebook, control, key, **wanted):
    """Press a key on a control of the first Explorer; what Python then said it shows."""
    page, work = notebook
    page.locator(f"[data-control={control}]").first.focus()
    page.keyboard.press(key)

    def seen():
        told = json.loads((work / "seen.json").read_text("utf8"))
        return told if wanted.items() <= told["selection"].items() else None

    return until(seen, START, f"Python's {wanted}", functools.partial(page.wait_for_timeout, 20))


def check(view, frame):
    first, bars = view["drawings"]
    assert len(first["marks"]) == 1
    check_curve(first["marks"][0], first["axes"], np.arange(1, 9), np.array(frame["signal"]))
    assert len(bars["marks"]) == 2
    for mark in bars["marks"]:
        check_bars(mark, bars["axes"], np.array(frame["bars"]))
    assert view["numbers"] == [["last", number(frame["last"])]]


@pytest.mark.parametrize(
    ("control", "key", "wanted"),
    [
        ("gain", "ArrowLeft", {"gain": 1.0}),
        ("gain", "End", {"gain": 4.0}),
        ("kind", "ArrowRight", {"kind": "double"}),
    ],
)
def test_a_key_press_changes_the_drawing_and_the_trait_in_python(notebook, control, key, wanted):
    told = press(notebook, control, key, **wanted)
    for view in notebook[0].evaluate(READ):  # the one alone and the one linked to it, in a box
        check(view, told["frame"])


def test_a_chapter_of_the_book_runs_and_its_explorer_answers(browser, lab):
    base, work = lab
    with opened(browser, base, "chapter/chapter.ipynb") as page:
        page.locator(".ni-explorer[data-drawn]").wait_for(timeout=RUN)
        page.locator(".jp-Notebook .jp-Cell").last.scroll_into_view_if_needed()
        page.get_by_text("observed", exact=True).wait_for(timeout=RUN)
        told = press((page, work / "chapter"), "activation", "ArrowLeft", activation="sigmoid")
        curves = page.evaluate(READ)[0]["drawings"][0]
        for key in ("signal", "gradient"):
            mark = next(mark for mark in curves["marks"] if mark.get("key") == key)
            check_curve(mark, curves["axes"], np.arange(1, 51), np.array(told["frame"][key]))


def test_interact_works_beside_it(notebook):
    page, _ = notebook
    handle = page.locator(".widget-slider .noUi-handle").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("the square is 9").wait_for(timeout=DRAW)


def test_a_script_that_was_edited_draws_the_figure_again_with_the_selection_it_had(browser, lab):
    with opened(browser, lab[0], "edited/edited.ipynb") as page:
        page.locator(".ni-explorer[data-drawn]").wait_for(timeout=RUN)
        page.locator("[data-control=gain]").focus()
        page.keyboard.press("End")
        summary = page.locator(".ni-explorer summary")
        summary.get_by_text("Read the numbers").wait_for(timeout=DRAW)
        assert page.locator("output").text_content() == "4"


def test_a_quick_question_is_answered_by_keys_and_python_knows_the_answer(notebook):
    page, work = notebook
    page.locator(".ni-quiz input").first.focus()
    for key in ("Space", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.locator(".ni-quiz [role=status]").text_content() == "Right. It is."
    read = (work / "asked.json").read_text
    assert json.loads(until(read, START, "the answer", lambda: page.wait_for_timeout(20))) == [
        "that"
    ]


def test_a_key_on_a_control_does_not_move_the_notebooks_selection(notebook):
    page, _ = notebook
    page.locator("[data-control=gain]").first.click()
    active = page.locator(".jp-Notebook .jp-Cell.jp-mod-active").first
    before = active.get_attribute("data-windowed-list-index")
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    assert active.get_attribute("data-windowed-list-index") == before


def test_the_dark_theme_of_jupyterlab_is_followed(notebook):
    page, _ = notebook
    stroke = "() => getComputedStyle(document.querySelector('[data-key=signal]')).stroke"
    assert page.evaluate(stroke) == "rgb(0, 114, 178)"
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    assert page.evaluate(stroke) == "rgb(86, 180, 233)"
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
