"""An Explorer with every panel and control in a static page: what is drawn is the frame."""

import ipywidgets
import numpy as np
import pytest
from drawn import (
    READ,
    WAIT,
    check,
    every_kind,
    painted,
    served,
    settle,
    simple,
    visits,
    write_page,
)

from netinit.widgets.bundle import bundle
from netinit.widgets.formatting import number

pytestmark = pytest.mark.browser


# Calls a function of a JavaScript module once for each list of arguments.
CALL = """async ([source, name, calls]) => {
  const module = await import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})));
  return calls.map((given) => module.default[name](...given));
}"""


def module(name, function):
    """Source of a script whose default export is one function of a module."""
    return bundle(f'import {{ {function} }} from "./{name}";\nexport default {{ {function} }};\n')


@pytest.fixture(scope="module")
def explorer():
    return every_kind()


@pytest.fixture
def visit(browser):
    yield from visits(browser)


@pytest.fixture(params=["http", "file"])
def address(request, tmp_path, explorer):
    page = write_page(tmp_path, explorer)
    if request.param == "file":
        yield page.as_uri()
        return
    with served(tmp_path) as base:
        yield f"{base}/page.html"


def test_the_first_view_draws_the_frame_python_computed(visit, address, explorer):
    check(visit(address).evaluate(READ)[0], explorer.frame())


def test_a_wrong_frame_is_told_from_the_drawing(visit, address, explorer):
    drawn = visit(address).evaluate(READ)[0]
    with pytest.raises(AssertionError):
        check(drawn, explorer.frame(scale=1.25))
    with pytest.raises(AssertionError):
        check(drawn, explorer.frame(step=10))


@pytest.mark.parametrize(
    ("control", "key", "change"),
    [
        ("activation", "ArrowRight", {"activation": "ReLU"}),
        ("scheme", "ArrowDown", {"scheme": "orthogonal"}),
        ("depth", "ArrowLeft", {"depth": 5}),
        ("scale", "ArrowRight", {"scale": 1.25}),
        ("scale", "End", {"scale": 3.0}),
        ("scale", "Home", {"scale": 0.5}),
        ("step", "ArrowRight", {"step": 10}),
        ("step", "PageUp", {"step": 10}),
    ],
)
def test_a_key_press_on_a_control_draws_its_frame(visit, address, explorer, control, key, change):
    page = visit(address)
    before = page.evaluate(READ)[0]
    page.locator(f"[data-control={control}]").first.focus()
    page.keyboard.press(key)
    after = settle(page, before["drawn"])
    assert after != before
    check(after, explorer.frame(**change))


def test_reset_returns_to_the_start(visit, address, explorer):
    page = visit(address)
    page.locator("[data-control=scale]").focus()
    page.keyboard.press("End")
    moved = settle(page, 1)
    page.get_by_role("button", name="Reset").press("Enter")
    check(settle(page, moved["drawn"]), explorer.frame())


@pytest.fixture
def page_url(tmp_path, explorer):
    return write_page(tmp_path, explorer).as_uri()


def test_two_views_of_one_explorer_stay_in_step(visit, tmp_path, explorer):
    page = visit(write_page(tmp_path, explorer, explorer).as_uri())
    page.locator("[data-control=scale]").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "[...document.querySelectorAll('.ni-explorer')].every((r) => r.dataset.drawn >= 2)"
    )
    for view in page.evaluate(READ):
        check(view, explorer.frame(scale=1.25))


def test_boxes_and_links_work_without_a_kernel(visit, tmp_path):
    one, other, follower = simple(title="a"), simple(title="b"), simple(title="c")
    ipywidgets.jslink((one, "selection"), (other, "selection"))
    ipywidgets.jsdlink((one, "selection"), (follower, "selection"))
    box = ipywidgets.VBox([one, ipywidgets.HBox([other, follower])])
    page = visit(write_page(tmp_path, box).as_uri())
    outputs = page.locator("output")
    assert outputs.all_text_contents() == ["2", "2", "2"]
    page.locator("[data-control=gain]").nth(1).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("[...document.querySelectorAll('output')].every((o) => o.value === '3')")
    page.locator("[data-control=gain]").nth(2).focus()
    page.keyboard.press("Home")
    page.wait_for_function("document.querySelectorAll('output')[2].value === '1'")
    assert outputs.all_text_contents() == ["3", "3", "1"]


def test_a_widget_that_needs_a_kernel_is_named_in_its_place(visit, tmp_path):
    page = visit(write_page(tmp_path, ipywidgets.IntSlider(), simple()).as_uri())
    assert "IntSliderModel needs a running notebook" in page.locator(".ni-message").text_content()
    assert page.locator(".ni-explorer").count() == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"kind": "lines"',
            '"kind": "bars"',
            'no panel is of kind "bars"; this script draws '
            "lines, histogram, heatmap, scatter, numbers, text",
        ),
        ('"kind": "lines"', '"kind": "constructor"', 'no panel is of kind "constructor"'),
    ],
)
def test_a_panel_that_the_script_does_not_know_is_said_in_its_place(
    visit, tmp_path, old, new, message
):
    path = write_page(tmp_path, simple())
    assert old in path.read_text("utf8")
    path.write_text(path.read_text("utf8").replace(old, new), "utf8")
    page = visit(path.as_uri())
    assert message in page.locator(".ni-message").text_content()
    assert page.locator(".ni-explorer").count() == 0


def test_the_picture_leaves_when_the_widget_has_come(visit, tmp_path):
    extra = '<img class="ni-picture" alt="picture" src="data:,"><noscript>picture</noscript>'
    page = visit(write_page(tmp_path, simple(), extra=extra).as_uri())
    assert page.locator(".ni-picture, noscript").count() == 0


def test_play_runs_through_time_and_stops_at_its_end(visit, page_url, explorer):
    page = visit(page_url)
    page.get_by_role("button", name="Play training step").click()
    page.get_by_role("button", name="Pause training step").wait_for()
    page.wait_for_function(
        "document.querySelector('[data-control=step]').value === '4'", timeout=WAIT
    )
    page.get_by_role("button", name="Play training step").wait_for()
    painted(page)
    check(page.evaluate(READ)[0], explorer.frame(step=40))


def test_play_pauses_when_it_leaves_the_screen(visit, page_url):
    page = visit(page_url)
    page.get_by_role("button", name="Play training step").click()
    page.evaluate("document.querySelector('.ni-explorer').style.marginTop = '5000px'")
    page.wait_for_function("document.querySelector('.ni-play').textContent === '▶'", timeout=WAIT)


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [
        (-4, 4, 3, [-4, -2, 0, 2, 4]),
        (0, 1, 4, [0, 0.5, 1]),
        (-20, 20, 5, [-20, -10, 0, 10, 20]),
        (0.1, 0.4, 3, [0.1, 0.2, 0.3, 0.4]),
        (0, 300, 5, [0, 100, 200, 300]),
    ],
)
def test_an_axis_has_round_ticks_and_never_too_few(visit, page_url, low, high, count, expected):
    written = visit(page_url).evaluate(
        CALL, [module("marks.js", "ticks"), "ticks", [[low, high, count]]]
    )
    assert written == [pytest.approx(expected)]


def test_a_key_press_is_drawn_once_and_before_the_second_frame(visit, page_url):
    """Counted in frames of the page, which a busy machine makes longer and not more."""
    page = visit(page_url)
    painted(page)
    counts = page.evaluate("""async () => {
      const input = document.querySelector('[data-control=scale]');
      const root = document.querySelector('.ni-explorer'), counts = [];
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      for (let i = 0; i < 30; i++) {
        const before = Number(root.dataset.drawn);
        input.value = (Number(input.value) + 1) % 11;
        input.dispatchEvent(new Event('input'));
        let frames = 0;
        while (Number(root.dataset.drawn) === before && frames < 10) { await frame(); frames++; }
        await frame();
        await frame();
        counts.push([frames, Number(root.dataset.drawn) - before]);
      }
      return counts;
    }""")
    assert max(frames for frames, _ in counts) < 2
    assert {draws for _, draws in counts} == {1}


def test_javascript_writes_numbers_as_python_does(visit, page_url):
    page = visit(page_url)
    rng = np.random.default_rng(7)
    values = [*(rng.normal(size=200) * 10.0 ** rng.integers(-12, 12, 200)), 0.0, 1.0, -3.0, 1e5]
    for spec in (".3g", ".2f", ".1e", ".1%", "d", ".1g", ".6g"):
        calls = [[float(value), spec] for value in values]
        written = page.evaluate(CALL, [module("formatting.js", "number"), "number", calls])
        assert written == [number(float(v), spec) for v in values], spec
