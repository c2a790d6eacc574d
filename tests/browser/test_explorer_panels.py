"""Heatmap, Scatter and Text in a static page: what is drawn is the frame, for every reader."""

import re

import numpy as np
import pytest
from axe import violations
from drawn import (
    READ,
    check_cells,
    check_points,
    check_tails,
    painted,
    settle,
    visits,
    write_page,
)

from netinit.widgets import Explorer, Heatmap, Play, Points, Range, Scatter, Text
from netinit.widgets.formatting import number

pytestmark = pytest.mark.browser

STDS, DEPTHS = [0.5, 1.0, 1.5, 2.0], [2, 4, 8]
TIMES = np.arange(6)
WALKS = np.random.default_rng(1).normal(size=(2, 6, 5)).cumsum(axis=1)
CODE = "for layer in layers:\n    layer.weight = he(layer)  # <b>not bold</b> & `kept`"


def frame_of(std, depth):
    grid = np.array([[s**d for s in STDS] for d in DEPTHS])
    grid[2, 3] = np.nan
    ticks = WALKS * std
    ticks[0, 3, 2] = np.nan
    return {
        "grid": grid,
        "signed": np.sin(np.arange(40.0).reshape(5, 8) * std),
        "x": ticks[0],
        "y": ticks[1],
        "u": 10.0 ** WALKS[0, :, :2],
        "v": WALKS[1, :, :2],
        "why": f"At `{std}` each of the {depth} layers does <i>much</i>.\n\n" + "So. " * depth,
        "code": CODE,
    }


def build():
    return Explorer(
        frame_of,
        panels=[
            Heatmap("grid", x="std", y="depth", scale="log", limits=(0.1, 100), label="growth"),
            Heatmap("signed", center=0, bits=8, x_label="input", y_label="unit"),
            Scatter(
                [
                    Points("x", "y", label="units", tail=True),
                    Points("y", "x", label="mirrored", role="backward"),
                ],
                equal=True,
                x_label="first weight",
                y_label="second weight",
            ),
            Scatter(Points("u", "v", role="focus"), x_scale="log", x_limits=(0.5, 2)),
            Text("why", title="Why"),
            Text("code", title="Code", code=True),
        ],
        title="Panels",
        std=Range(STDS, label="weight std"),
        depth=Range(DEPTHS),
        time=Play(TIMES, keys=["x", "y", "u", "v"], start=5),
    )


@pytest.fixture(scope="module")
def explorer():
    return build()


@pytest.fixture
def visit(browser):
    yield from visits(browser)


@pytest.fixture
def page_url(tmp_path, explorer):
    return write_page(tmp_path, explorer).as_uri()


def check(view, explorer, **selection):
    frame = explorer.frame(**selection)
    grid, signed, plane, logs = view["drawings"]
    for drawing, panel in ((grid, 0), (signed, 1)):
        described = explorer.spec["panels"][panel]
        check_cells(drawing, described, frame[described["key"]])
    tails, units, mirrored = plane["marks"]
    check_points(units, plane["axes"], frame["x"], frame["y"])
    check_points(mirrored, plane["axes"], frame["y"], frame["x"])
    check_points(logs["marks"][0], logs["axes"], frame["u"], frame["v"])
    now = frame_time(explorer, selection)
    past = [explorer.frame(**selection | {"time": t}) for t in TIMES[: now + 1]]
    check_tails(tails, plane["axes"], *(np.array([f[key] for f in past]) for key in "xy"))


def frame_time(explorer, selection):
    return selection.get("time", explorer.selection["time"])


def test_the_first_view_draws_the_frame_python_computed(visit, page_url, explorer):
    check(visit(page_url).evaluate(READ)[0], explorer)


def test_a_wrong_frame_is_told_from_the_drawing(visit, page_url, explorer):
    view = visit(page_url).evaluate(READ)[0]
    for wrong in ({"std": 1.0}, {"time": 4}):
        with pytest.raises(AssertionError):
            check(view, explorer, **wrong)
    swapped = {**view, "drawings": [view["drawings"][i] for i in (1, 0, 2, 3)]}
    with pytest.raises((AssertionError, IndexError)):
        check(swapped, explorer)


@pytest.mark.parametrize(
    ("control", "key", "change"),
    [
        ("std", "ArrowLeft", {"std": 1.0}),
        ("depth", "End", {"depth": 8}),
        ("time", "Home", {"time": 0}),
        ("time", "ArrowLeft", {"time": 4}),
    ],
)
def test_a_key_press_draws_its_frame(visit, page_url, explorer, control, key, change):
    page = visit(page_url)
    page.locator(f"[data-control={control}]").focus()
    page.keyboard.press(key)
    check(settle(page, 1), explorer, **change)


def outlined(page):
    return page.locator(".ni-outline").last.evaluate("(e) => [e.dataset.row, e.dataset.column]")


def test_the_outlined_cell_follows_the_controls_and_a_click_moves_them(visit, page_url, explorer):
    page = visit(page_url)
    assert outlined(page) == ["1", "2"]
    page.locator("[data-control=std]").focus()
    page.keyboard.press("ArrowRight")
    settle(page, 1)
    assert outlined(page) == ["1", "3"]
    axes = page.evaluate(READ)[0]["drawings"][0]["axes"]
    (left, right), (bottom, top) = axes["x"]["to"], axes["y"]["to"]
    place = {"x": left + (right - left) / 8, "y": bottom + (top - bottom) * 5 / 6}
    page.locator(".ni-heatmap .ni-stage").first.click(position=place)
    view = settle(page, 2)
    assert outlined(page) == ["2", "0"]
    assert page.locator("[data-control=depth]").input_value() == "2"
    check(view, explorer, std=0.5, depth=8)


def test_a_click_where_no_control_stands_changes_nothing(visit, page_url):
    page = visit(page_url)
    page.locator(".ni-heatmap .ni-stage").nth(1).click(position={"x": 150, "y": 120})
    page.locator(".ni-heatmap .ni-stage").first.click(position={"x": 3, "y": 3})
    painted(page)
    assert page.evaluate(READ)[0]["drawn"] == 1


def test_the_pointer_reads_cells_and_points(visit, page_url, explorer):
    page = visit(page_url)
    stage = page.locator(".ni-heatmap .ni-stage").first
    axes = page.evaluate(READ)[0]["drawings"][0]["axes"]
    stage.hover(position={"x": axes["x"]["to"][0] + 5, "y": axes["y"]["to"][0] - 5})
    said = stage.locator(".ni-tip > div").all_text_contents()
    assert said == ["weight std 0.5", "depth 2", "growth: 0.25"]
    stage.hover(position={"x": axes["x"]["to"][0] + 5, "y": 5})
    assert stage.locator(".ni-tip").is_hidden()
    plane = page.locator(".ni-scatter .ni-stage").first
    axes, frame = page.evaluate(READ)[0]["drawings"][2]["axes"], explorer.frame()
    x, y = (
        np.interp(frame[key][1], axes[key]["from"], axes[key]["to"])
        if key == "x"
        else np.interp(-frame[key][1], [-v for v in axes[key]["from"][::-1]], axes[key]["to"][::-1])
        for key in "xy"
    )
    plane.hover(position={"x": float(x), "y": float(y)})
    assert plane.locator(".ni-tip > div").first.text_content() == "units 2"


def test_missing_cells_are_hatched_and_points_beyond_are_said(visit, page_url):
    page = visit(page_url)
    notes = page.locator(".ni-notes").text_content()
    assert "Hatched where values are not numbers: growth (1 of 12)." in notes
    assert "In an end color where values lie beyond the scale: growth" in notes
    assert "At the edge where points lie beyond the axes: v." in notes
    assert page.locator("[data-missing=grid]").get_attribute("d").count("M") == 1
    page.locator("[data-control=time]").focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    settle(page, 2)
    notes = page.locator(".ni-notes").text_content()
    assert "Left out where values are not numbers: units (1 of 10); mirrored (1 of 10)." in notes


def test_a_screen_reader_is_told_cell_points_and_words(visit, page_url):
    page = visit(page_url)
    said = page.locator("[aria-live]").text_content()
    assert "growth: 5.06" in said
    assert re.search(r"units: 5 points, first weight −?[\d.]+ to −?[\d.]+", said)
    assert "Why: At 1.5 each of the 4 layers does <i>much</i>." in said
    label = page.locator("svg[role=img]").nth(1).get_attribute("aria-label")
    assert re.match(r"Heatmap of signed, 5 by 8 cells. signed: lowest −0.99\d* at input", label)


def test_words_are_shown_as_they_are(visit, page_url):
    page = visit(page_url)
    text = page.locator(".ni-words")
    assert text.locator("p").first.text_content() == (
        "At 1.5 each of the 4 layers does <i>much</i>."
    )
    assert text.locator("code").text_content() == "1.5"
    assert page.locator(".ni-code code").text_content() == CODE
    assert page.locator(".ni-panel b, .ni-panel i").count() == 0


def test_the_page_does_not_jump_when_the_words_grow(visit, page_url):
    page = visit(page_url)
    before = page.evaluate("document.documentElement.scrollHeight")
    page.locator("[data-control=depth]").focus()
    page.keyboard.press("End")
    settle(page, 1)
    assert page.evaluate("document.documentElement.scrollHeight") == before


@pytest.mark.parametrize("clipboard", ["given", "none", "refused"])
def test_code_is_copied_from_a_file_with_or_without_a_clipboard(visit, page_url, clipboard):
    page = visit(page_url, permissions=["clipboard-read", "clipboard-write"])
    refuse = "{ writeText: () => Promise.reject(new Error('refused')) }"
    if clipboard != "given":
        other = "undefined" if clipboard == "none" else refuse
        page.evaluate(f"Object.defineProperty(navigator, 'clipboard', {{ value: {other} }})")
    button = page.get_by_role("button", name="Copy this code")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.ni-copy').textContent === 'Copied'")
    page.evaluate("document.querySelector('main').prepend(document.createElement('textarea'))")
    page.locator("textarea").focus()
    page.keyboard.press("Control+V")
    assert page.locator("textarea").input_value() == CODE


def test_the_numbers_are_given_as_tables_and_words_are_not(visit, page_url, explorer):
    page = visit(page_url)
    page.get_by_text("Show the numbers").click()
    page.wait_for_selector("table")
    assert page.locator("table").count() == 4
    rows = page.locator("table").first.locator("tbody tr")
    assert rows.nth(0).locator("th, td").all_text_contents()[::4] == ["8", "not a number"]
    first = number(float(explorer.frame()["grid"][0, 0]), ".4g")
    assert rows.nth(2).locator("th, td").all_text_contents()[:2] == ["2", first]
    assert page.locator("table").nth(2).locator("tbody tr").count() == 10


def test_an_explorer_of_words_alone_offers_no_numbers(visit, tmp_path):
    words = Explorer(lambda n: {"t": f"n is {n}"}, panels=[Text("t")], n=[1, 2])
    page = visit(write_page(tmp_path, words).as_uri())
    assert page.get_by_text("n is 2").first.is_visible()
    assert page.get_by_text("Show the numbers").is_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(visit, tmp_path, explorer, theme):
    page = visit(write_page(tmp_path, explorer, theme=theme).as_uri())
    page.get_by_text("Show the numbers").click()
    page.wait_for_selector("table")
    assert violations(page) == []


def test_on_a_phone_nothing_overflows(visit, page_url):
    page = visit(page_url, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 800})
    painted(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    clipped = page.evaluate("""() => [...document.querySelectorAll('.ni-explorer text')]
      .filter((text) => { const box = text.getBoundingClientRect();
        return box.right > innerWidth + 0.5 || box.left < -0.5; })
      .map((text) => text.textContent)""")
    assert clipped == []
