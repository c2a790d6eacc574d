"""What runs a cell in a page, tried outside of one, and the rules of its JavaScript."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest
from project import ROOT

sys.path.insert(0, str(ROOT / "book"))

LIVE = ROOT / "book" / "live"


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a cell; the events it sends, and whether it came to its end."""
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("cells", LIVE / "python" / "cells.py")
    cells = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cells)
    begun = []

    def begin():
        begun.append(True)
        cells.begin(str(tmp_path / "chapters"))

    def one(source):
        if not begun:  # not in the fixture: pytest changes sys.stdout before the test
            begin()
        events = []
        ok = cells.run(source, "cell 1", lambda event: events.append(json.loads(event)))
        return ok, events

    one.begin = begin
    return one


def printed(events, name="stdout"):
    return "".join(e["text"] for e in events if e["kind"] == "stream" and e["name"] == name)


def shown(events):
    return [event["data"]["text/plain"] for event in events if event["kind"] == "show"]


def test_what_a_cell_prints_and_its_last_value_come_in_order(run):
    ok, events = run("print('one')\nprint('two', end='')\n6 * 7")
    assert ok
    assert printed(events) == "one\ntwo"
    assert [event["kind"] for event in events][-1] == "show"
    assert shown(events) == ["42"]


@pytest.mark.parametrize("source", ["x = 1", "None", "6 * 7;", "", "# a comment"])
def test_a_cell_without_a_value_shows_nothing(run, source):
    assert run(source) == (True, [])


def test_names_last_from_cell_to_cell_until_it_begins_again(run):
    run("kept = 1")
    assert shown(run("kept + 1")[1]) == ["2"]
    run.begin()
    ok, (event,) = run("kept")
    assert not ok
    assert event["name"] == "NameError"


def test_a_traceback_begins_in_the_cell_and_quotes_its_line(run):
    ok, events = run("print('before')\n\ndef broken():\n    return 1 / 0\n\nbroken()")
    assert not ok
    assert printed(events) == "before\n"
    traceback = events[-1]["traceback"]
    assert events[-1]["name"] == "ZeroDivisionError"
    assert "return 1 / 0" in traceback
    assert "cells.py" not in traceback


def test_a_cell_that_is_no_python_says_where(run):
    ok, (event,) = run("x = (")
    assert not ok
    assert event["name"] == "SyntaxError"
    assert "x = (" in event["traceback"]
    assert "cells.py" not in event["traceback"]


@pytest.mark.parametrize("source", ["raise SystemExit(3)", "raise KeyboardInterrupt"])
def test_a_cell_cannot_end_python(run, source):
    ok, events = run(source)
    assert not ok
    assert events[-1]["name"] in source
    assert run("1")[0]


def test_text_on_stderr_is_apart(run):
    _, events = run("import sys\nprint('out')\nprint('err', file=sys.stderr)")
    assert (printed(events), printed(events, "stderr")) == ("out\n", "err\n")


def test_a_picture_follows_the_theme_and_keeps_its_words(run):
    alt = "One line that falls from 1 on the left to 0 on the right."
    _, (event,) = run(
        "from netinit import plots\nax = plots.axes()\nax.plot([0, 1], [1, 0])\n"
        f"plots.show(ax, alt={alt!r})"
    )
    assert "var(--page)" in event["data"]["image/svg+xml"]
    assert event["data"]["text/plain"] == alt


def test_a_picture_is_drawn_where_the_stand_in_of_ipython_was_imported():
    # Matplotlib asks an IPython that it finds for its shell. In a process of its own, where the
    # stand-ins hide the libraries of the same names, as they do in the page.
    alt = "An empty frame from 0 to 1 in both directions."
    source = f"from netinit import plots\nplots.show(plots.axes(), alt={alt!r})"
    program = (
        "import IPython.display, cells, sys\n"
        f"assert IPython.__file__.startswith({str(LIVE)!r})\n"
        "assert IPython.get_ipython() is None  # the page's matplotlib asks; a newer one may not\n"
        "cells.begin('.')\n"
        f"sys.exit(not cells.run({source!r}, 'cell 1', sys.__stdout__.write))"
    )
    paths = [LIVE / "python", ROOT / "book", ROOT]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["data"]["text/plain"] == alt


# The rules of JavaScript ------------------------------------------------------------------------

deno = pytest.mark.skipif(
    importlib.util.find_spec("deno") is None, reason="there is no deno for this machine"
)


def javascript(module, expression):
    """The value of an expression in which `m` is a module of the page."""
    program = f"import * as m from {(LIVE / 'page' / module).as_uri()!r};\n"
    program += f"console.log(JSON.stringify({expression}));\n"
    command = [sys.executable, "-m", "deno", "run", "--no-remote", "--no-config", "-"]
    ran = subprocess.run(command, input=program, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@deno
def test_slow_cells_go_through_two_seeds_and_nothing_else_changes():
    source = (
        "nets = start(seeds=range(10))\nfor seed in range(5):\n    x = [f(s) for s in range(20)]\n"
        "for layer in range(16):\n    steps = range(300)\nseeds = range(2)\nfor seed in range(n):"
    )
    expected = (
        "nets = start(seeds=range(2))\nfor seed in range(2):\n    x = [f(s) for s in range(2)]\n"
        "for layer in range(16):\n    steps = range(300)\nseeds = range(2)\nfor seed in range(n):"
    )
    assert javascript("seeds.js", f"m.fewer({json.dumps(source)})") == expected


@deno
def test_times_are_said_in_words():
    said = javascript("seeds.js", "[12, 40, 59, 100, 290].map(m.about)")
    assert said == [
        *("about 10 seconds", "about 40 seconds", "about a minute", "about 2 minutes"),
        "about 5 minutes",
    ]


@deno
def test_seeds_are_offered_only_where_fewer_make_a_slow_cell_faster():
    many, none = "run(seeds=range(5))", "run(steps=range(5))"
    cells = [
        {"seconds": 10, "source": many},
        {"seconds": 9, "source": many},
        {"seconds": 10, "source": none},
        {"seconds": 10, "source": "run(seeds=range(2))"},
        {"source": many},
        {"seconds": 10, "source": many, "whole": True},
    ]
    found = javascript("seeds.js", f"{json.dumps(cells)}.map(m.hasSeeds)")
    assert found == [True, False, False, False, False, False]


@deno
def test_a_long_run_of_cells_says_how_long_all_of_them_take():
    slow, quick = {"seconds": 70, "source": "run(seeds=range(5))"}, {"source": "1"}
    dull = {"seconds": 35, "source": "run(seeds=5)"}
    runs = [[slow], [slow, quick], [dull, dull, quick], [{**dull, "seconds": 19}, quick]]
    assert javascript("seeds.js", f"{json.dumps(runs)}.map(m.lengthOf)") == [
        "",  # what is said beside the cell is enough
        "All 2 cells take about a minute with all seeds.",
        "All 3 cells take about a minute.",
        "",
    ]


@deno
def test_the_notebook_that_is_handed_in_is_the_given_one_but_for_the_answers():
    given = json.loads((ROOT / "assignments/source/ps1/ps1.ipynb").read_text("utf-8"))
    answers = {"moving-layers": "a = 1\nb = 2\n", "two-zeros": "In words."}
    notebook = json.dumps(given)
    expression = f"m.written({notebook}, new Map({json.dumps(list(answers.items()))}))"
    made = json.loads(javascript("notebook.js", expression))
    for cell, before in zip(made["cells"], given["cells"], strict=True):
        if cell["id"] in answers:
            assert "".join(cell["source"]) == answers[cell["id"]]
            cell["source"] = before["source"]
    assert made == given
