"""The book in Firefox: the laboratory trains, explorers answer, cells run."""

import os

import pytest
from firefox import Firefox, firefox

pytestmark = pytest.mark.browser

LONG = 600  # seconds, against hanging only: a machine may be busy
ROOT = "document.getElementById('laboratory')"
STEP = f"Number({ROOT}?.dataset.step)"
HOSTED = "performance.getEntriesByName('ni-host-done').length > 0"
SLIDER = ".ni-explorer input[type=range]"
RUNNER = "document.querySelector('.runner')"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One Firefox for all tests; it must be there where the network is promised."""
    program = firefox()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Firefox, and none could be installed")
        pytest.skip("no Firefox on this machine; FIREFOX=/path/to/firefox names one")
    started = Firefox(program, tmp_path_factory.mktemp("firefox"))
    yield started
    started.close()


@pytest.fixture
def visit(running, addresses):
    """Open pages of the book; at the end nothing may have failed."""
    tabs = []

    def open_(name, how="http", **size):
        tabs.append((running.open(f"{addresses[how]}/{name}", **size), addresses[how]))
        return tabs[-1][0]

    yield open_
    for tab, home in tabs:
        tab.close(home)


def test_the_laboratory_trains_and_says_what_happens(visit):
    tab = visit("laboratory.html#v1&data=moons&depth=2&rate=0.1")
    tab.wait(f"{ROOT}?.dataset.ready === 'true'", LONG)
    tab.click("[data-action=play]")
    tab.wait(f"{STEP} >= 5", LONG)
    tab.click("[data-action=play]")
    tab.press("[data-control=scale]", "ArrowRight")
    tab.wait("location.hash.includes('scale=1.1')", LONG)
    assert tab.evaluate("document.querySelector('.lab-sentence').textContent.length") > 20
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280


def test_an_explorer_is_drawn_and_answers_to_the_keyboard(visit):
    tab = visit("chapters/build_an_explorer.html", width=390, height=844)
    tab.wait(HOSTED, LONG)
    shown = "document.querySelector('.ni-explorer output').textContent"
    before = tab.evaluate(shown)
    tab.press(SLIDER, "ArrowRight")
    tab.wait(f"{shown} !== {before!r}", LONG)
    assert tab.evaluate("document.querySelectorAll('.ni-stage svg path').length") > 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.nightly
def test_every_panel_of_the_laboratory_is_drawn(visit):
    tab = visit("laboratory.html#v1&data=digits&depth=3", height=3000)
    tab.wait("document.querySelectorAll('canvas[aria-label]').length === 9", LONG)
    tab.wait(f"{ROOT}?.dataset.ready === 'true'", LONG)
    least = """Math.min(...[...document.querySelectorAll("canvas")].map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, i) => i % 4 === 3 && value > 0).length;
    }))"""
    tab.wait(f"{least} > 300", LONG)


@pytest.mark.nightly
def test_the_code_of_a_page_runs_and_its_explorer_is_drawn_again(visit, engine):
    tab = visit("chapters/build_an_explorer.html")
    tab.wait(HOSTED, LONG)
    tab.click(".runner button")
    tab.wait(f"{RUNNER}.dataset.state === 'ready'", LONG)
    tab.evaluate(
        "void [...document.querySelectorAll('.runner button')]"
        ".find((button) => button.textContent === 'Run all').click()"
    )
    said = "document.querySelector('.runner > [role=status]').textContent"
    tab.wait(f"{RUNNER}.dataset.state === 'ready' && {said}.endsWith('cells have run.')", LONG)
    assert tab.evaluate("document.querySelectorAll('.new-output .live svg path').length") > 0
    assert tab.evaluate("document.querySelectorAll('.traceback').length") == 0
