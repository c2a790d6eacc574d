"""An Explorer for every reader: keyboard, screen reader, phone, dark page, reduced motion."""

import numpy as np
import pytest
from axe import violations
from drawn import READ, check, every_kind, painted, settle, simple, visits, write_page

from netinit.style import ROLES
from netinit.widgets import Explorer, Histogram, Lines, Play
from netinit.widgets.formatting import number

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def explorer():
    return every_kind()


@pytest.fixture
def visit(browser):
    yield from visits(browser)


@pytest.fixture
def page_url(tmp_path, explorer):
    return write_page(tmp_path, explorer).as_uri()


def test_every_control_can_be_reached_and_worked_by_tab_alone(visit, page_url):
    page, seen = visit(page_url), []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.dataset.control"))
    reached = list(dict.fromkeys(name for name in seen if name))
    assert reached == ["activation", "scheme", "depth", "scale", "step"]


def test_a_screen_reader_is_told_the_selection_and_the_result(visit, page_url, explorer):
    page = visit(page_url)
    page.locator("[data-control=scale]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("/scale 1.25/.test(document.querySelector('[aria-live]').textContent)")
    said = page.locator("[aria-live]").text_content()
    last = number(float(explorer.frame(scale=1.25)["last"]))
    assert f"at the end: {last}" in said
    assert "scheme He" in said
    assert page.locator("[data-control=scale]").get_attribute("aria-valuetext") == "1.25"
    label = page.locator("svg[role=img]").first.get_attribute("aria-label")
    assert label.startswith("second moment over layer. measured: ")


def test_a_page_that_opens_does_not_talk(visit, page_url):
    page = visit(page_url)
    said = page.locator("[aria-live]").text_content()
    assert "at the end: " in said
    page.wait_for_timeout(400)
    assert page.locator("[aria-live]").text_content() == said


def test_the_pointer_reads_the_values_beneath_it(visit, page_url, explorer):
    page = visit(page_url)
    stage = page.locator(".ni-lines .ni-stage").first
    stage.hover(position={"x": 5, "y": 100})
    tip = stage.locator(".ni-tip > div")
    first = explorer.frame()["signal"][0]
    assert tip.all_text_contents()[:2] == ["layer 1", f"measured: {number(first)}"]
    assert page.locator(".ni-guide").count() == 1
    page.mouse.move(2, 2)
    assert page.locator(".ni-guide").count() == 0
    assert stage.locator(".ni-tip").is_hidden()


def test_missing_numbers_leave_a_gap_that_is_said(visit, page_url):
    page = visit(page_url)
    page.locator("[data-control=step]").focus()
    page.keyboard.press("ArrowRight")
    before = settle(page, 1)
    assert before["drawings"][1]["marks"][0]["d"].count("M") == 1
    assert "not numbers" not in before["notes"]
    page.keyboard.press("ArrowRight")
    after = settle(page, before["drawn"])
    assert after["drawings"][1]["marks"][0]["d"].count("M") == 2
    assert "Gaps where values are not numbers: loss (1 of 7)." in after["notes"]


def growing():
    """Curves that grow as time plays, one of them with a gap, one that ends early for good."""
    steps = np.arange(0, 50, 10)
    so_far = np.tri(5, dtype=bool)
    late = np.arange(5) >= 3
    curves = {
        "loss": np.where(so_far, np.arange(1.0, 6), np.nan),
        "gap": np.where(so_far & (np.arange(5) != 1), np.arange(2.0, 7), np.nan),
        "lost": np.where(so_far & ~late, np.arange(3.0, 8), np.nan),
    }
    return Explorer(
        lambda: curves | {"steps": steps},
        panels=[Lines(list(curves), x="steps", x_label="step")],
        step=Play(steps, keys=list(curves)),
    )


def test_the_part_of_a_curve_that_is_not_played_yet_is_no_gap(visit, tmp_path):
    page = visit(write_page(tmp_path, growing()).as_uri())
    first = page.evaluate(READ)[0]
    assert first["notes"] == ""
    page.locator("[data-control=step]").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    now = settle(page, first["drawn"] + 1)
    assert now["notes"] == "Gaps where values are not numbers: gap (1 of 3); lost (2 of 5)."
    assert "loss: 1 at step 0, 3 at 20;" in now["drawings"][0]["label"]
    page.locator("summary").click()
    rows = [row.split("\t") for row in page.locator(".ni-tables tbody").inner_text().split("\n")]
    assert rows == [
        ["0", "1", "2", "3"],
        ["10", "2", "not a number", "4"],
        ["20", "3", "4", "5"],
        ["30", "", "", "not a number"],
        ["40", "", "", "not a number"],
    ]


def test_values_beyond_the_axis_are_marked_with_an_arrow_that_is_said(visit, page_url):
    page = visit(page_url)
    assert page.locator("[data-beyond]").count() == 0
    page.locator("[data-control=scale]").focus()
    page.keyboard.press("End")
    after = settle(page, 1)
    assert page.locator("[data-beyond=signal]").count() == 1
    assert "Arrows where values lie beyond the axis: measured; predicted." in after["notes"]


def test_a_spike_is_cut_so_that_broad_rows_stay_visible_and_that_is_said(visit, tmp_path):
    rows = np.ones((3, 8))
    rows[2, 4] = 100
    spiky = Explorer(lambda: {"y": rows}, panels=[Histogram("y", limits=(0, 1))])
    page = visit(write_page(tmp_path, spiky).as_uri())
    notes = page.locator(".ni-notes")
    assert notes.text_content() == "Arrows where bars are cut: layer 3."
    assert notes.is_visible()
    first = page.locator("[data-row='0']").get_attribute("d")
    assert first.count("V") == 16


def test_the_numbers_are_given_as_tables_on_request(visit, page_url, explorer):
    page = visit(page_url)
    assert page.locator("table").count() == 0
    page.get_by_text("Show the numbers").click()
    page.wait_for_selector("table")
    assert page.locator("table").count() == 4
    cells = page.locator("table").first.locator("tbody tr").nth(4).locator("th, td")
    frame = explorer.frame()
    expected = [frame[key][4] for key in ("signal", "low", "high", "theory")]
    assert cells.all_text_contents() == ["5", *(number(v, ".4g") for v in expected)]
    page.locator("[data-control=scale]").focus()
    page.keyboard.press("ArrowRight")
    settle(page, 1)
    assert cells.all_text_contents()[1] == number(explorer.frame(scale=1.25)["signal"][4], ".4g")


def test_nothing_moves_by_itself_where_reduced_motion_is_wished(visit, page_url, explorer):
    page = visit(page_url, reduced_motion="reduce")
    page.get_by_role("button", name="Next step of training step").click()
    check(settle(page, 1), explorer.frame(step=10))
    page.wait_for_timeout(1600)
    assert page.locator("[data-control=step]").input_value() == "1"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation_and_colors_follow_the_theme(visit, tmp_path, explorer, theme):
    page = visit(write_page(tmp_path, explorer, theme=theme).as_uri())
    page.get_by_text("Show the numbers").click()
    page.wait_for_selector("table")
    assert violations(page) == []
    stroke = page.locator("[data-key=signal]").evaluate("(e) => getComputedStyle(e).stroke")
    color = getattr(ROLES["forward"], theme)
    assert stroke == f"rgb({', '.join(str(int(color[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_the_systems_dark_preference_holds_only_where_the_page_says_nothing(visit, tmp_path):
    page_path = write_page(tmp_path, simple())
    stroke = "getComputedStyle(document.querySelector('[data-key=y]')).stroke"
    assert visit(page_path.as_uri(), color_scheme="dark").evaluate(stroke) == "rgb(0, 114, 178)"
    page_path.write_text(page_path.read_text("utf8").replace(' data-theme="light"', ""), "utf8")
    assert visit(page_path.as_uri(), color_scheme="dark").evaluate(stroke) == "rgb(86, 180, 233)"


def test_on_a_phone_nothing_overflows_and_text_and_targets_are_large_enough(
    browser, visit, page_url
):
    page = visit(page_url, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 800})
    painted(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = page.evaluate("""() => [...document.querySelectorAll('.ni-explorer text')].map((t) => {
      const svg = t.ownerSVGElement;
      return parseFloat(getComputedStyle(t).fontSize) * svg.clientWidth / svg.viewBox.baseVal.width;
    })""")
    assert min(sizes) >= 11.99
    targets = page.evaluate("""() => [...document.querySelectorAll(
      'button, select, input[type=range], .ni-segments label, summary')]
      .map((e) => e.getBoundingClientRect()).map(({width, height}) => [width, height])""")
    assert np.min(targets) >= 24
    clipped = page.evaluate("""() => [...document.querySelectorAll('.ni-explorer text')]
      .filter((text) => text.getBoundingClientRect().right > innerWidth + 0.5)
      .map((text) => text.textContent)""")
    assert clipped == []
