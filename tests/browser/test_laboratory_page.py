"""The laboratory in a browser: played by keyboard, over http and from a file, and taken away."""

import itertools
import json
import re
from pathlib import Path

import pytest
from axe import violations

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser

PAGE = "laboratory"
READY = "document.querySelector('#laboratory[data-ready]') !== null"
STEP = "Number(document.getElementById('laboratory').dataset.step)"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# Ink of a canvas: how many of its pixels are not empty.
INK = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
  return count;
}"""


@pytest.fixture
def laboratory(visit):
    """Open the page, at an address behind the number sign if one is given."""

    def open_(fragment="", how="http", **options):
        page = visit(PAGE, how, **options).page
        if fragment:
            page.goto(f"{page.url.split('#')[0]}#{fragment}")
        page.wait_for_function(READY)
        return page

    return open_


def again(page, script=""):
    """The same address in another tab, where a script runs before those of the page."""
    other = page.context.new_page()
    other.add_init_script(script)
    other.goto(page.url)
    other.wait_for_function(READY)
    return other


def steps_to(page, step):
    page.wait_for_function(f"{STEP} >= {step}", timeout=60_000)


def drawn(page):
    """The numbers of the panels, in words."""
    return page.locator("canvas").evaluate_all("all => all.map(c => c.getAttribute('aria-label'))")


@pytest.mark.parametrize("how", ["http", "file"])
def test_it_plays_and_pauses(laboratory, how):
    page = laboratory("v1&data=moons&depth=2&rate=0.1", how)
    page.get_by_role("button", name="Play", exact=True).click()
    steps_to(page, 5)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(300)
    at = page.evaluate(STEP)
    page.wait_for_timeout(300)
    assert page.evaluate(STEP) == at


def test_without_a_worker_the_page_computes_itself(laboratory):
    page = again(laboratory(), "delete globalThis.Worker;")
    page.get_by_role("button", name="Step", exact=True).click()
    steps_to(page, 1)


def test_a_worker_that_is_refused_late_is_replaced(laboratory):
    page = again(
        laboratory(),
        "globalThis.Worker = class { postMessage() { setTimeout(() => this.onerror?.("
        "{ preventDefault() {} })); } };",
    )
    page.get_by_role("button", name="Step", exact=True).click()
    steps_to(page, 1)


def test_the_same_address_gives_the_same_run(laboratory):
    told = []
    for _ in range(2):
        page = laboratory("v1&data=clusters&depth=4&seed=7")
        for step in range(1, 4):
            page.get_by_role("button", name="Step", exact=True).click()
            steps_to(page, step)
        told.append(drawn(page)[:4])
    assert told[0] == told[1]
    assert "layer 1" in told[0][0]


def test_by_keyboard_alone_a_network_is_played_and_changed(laboratory):
    page = laboratory()
    page.keyboard.press("Tab")
    page.locator("[data-action=play]").focus()
    page.keyboard.press("Enter")
    steps_to(page, 2)
    page.keyboard.press("Enter")
    run = page.get_attribute("#laboratory", "data-run")
    page.locator("[data-control=depth]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"document.getElementById('laboratory').dataset.run !== '{run}'")
    assert page.locator("[data-control=depth]").get_attribute("aria-valuetext") == "9"
    page.wait_for_function("location.hash.includes('depth=9')")


def test_a_start_of_the_landing_page_opens_in_the_laboratory(visit):
    page = visit("index").page
    page.get_by_role("link", name="Scale 2").click()
    page.wait_for_function(READY)
    assert page.locator("[data-control=scale]").get_attribute("aria-valuetext") == "2"
    page.locator(".lab-sentence", has_text="explodes").wait_for()


def test_every_control_is_reached_by_the_tab_key(laboratory):
    page = laboratory()
    page.locator("[data-action=play]").focus()
    seen = set()
    for _ in range(45):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.dataset.control ?? ''"))
    wanted = "data seed depth width activation normalization skip scheme scale bias optimizer rate"
    assert {*wanted.split(), "batch", "speed"} <= seen


def test_a_control_that_may_change_while_it_runs_does_not_start_anew(laboratory):
    page = laboratory("v1&data=moons&depth=2")
    page.get_by_role("button", name="Step", exact=True).click()
    steps_to(page, 1)
    page.locator("[data-control=rate]").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("Changed while it ran: learning rate").wait_for()
    assert page.evaluate(STEP) == 1


def test_the_address_follows_and_leads(laboratory):
    page = laboratory("v1&data=moons&depth=3&scale=0.5")
    assert page.locator("[data-control=data]").input_value() == "moons"
    page.locator("[data-control=scheme]").select_option("orthogonal")
    page.wait_for_function("location.hash.includes('scheme=orthogonal')")
    assert again(page).locator("[data-control=scheme]").input_value() == "orthogonal"
    page.evaluate("location.hash = '#v1&data=digits&depth=2'")
    page.wait_for_function("document.querySelector('[data-control=data]').value === 'digits'")


def test_an_address_that_cannot_be_meant_says_so(laboratory):
    page = laboratory("v7&depth=400&colour=red")
    said = page.locator(".lab-problem").text_content()
    for part in ("version 7", "32 is used", "“colour”"):
        assert part in said


@pytest.mark.parametrize("data", ["spirals", "clusters", "moons", "digits", "regression"])
def test_every_panel_draws_every_kind_of_data(laboratory, data):
    page = laboratory(f"v1&data={data}&depth=3", viewport={"width": 1280, "height": 3000})
    page.wait_for_function("document.querySelectorAll('canvas[aria-label]').length === 9")
    assert min(page.locator("canvas").evaluate_all(f"all => all.map({INK})")) > 300


def test_a_panel_can_be_switched_off_and_on(laboratory):
    page = laboratory()
    box = page.locator("[data-show=histograms]")
    panel = page.locator("[data-panel=histograms]")
    # By the keyboard: what comes and goes moves the switch away from under a pointer.
    box.press("Space")
    panel.wait_for(state="hidden")
    box.press("Space")
    panel.wait_for(state="visible")


def test_the_sentence_follows_the_network(laboratory):
    page = laboratory("v1&depth=24&scale=0.5")
    page.wait_for_function(
        "document.querySelector('.lab-sentence').textContent.includes('dies out')"
    )
    page.locator("[data-control=scale]").focus()
    page.keyboard.press("End")
    page.wait_for_function(
        "document.querySelector('.lab-sentence').textContent.includes('explodes')"
    )


def test_the_sentence_of_a_new_run_is_there_with_it(laboratory):
    page = laboratory("v1&depth=16")
    page.get_by_role("button", name="Step", exact=True).click()
    steps_to(page, 1)
    for key, word in (("End", "explodes"), ("Home", "dies out")):
        run = page.get_attribute("#laboratory", "data-run")
        page.locator("[data-control=scale]").press(key)
        page.wait_for_function(f"document.getElementById('laboratory').dataset.run !== '{run}'")
        assert word in page.locator(".lab-sentence").text_content()


def test_what_is_spoken_changes_at_most_once_in_two_seconds(laboratory):
    page = laboratory()
    page.evaluate("""() => {
      window.said = [];
      new MutationObserver(() => window.said.push(performance.now())).observe(
        document.querySelector(".lab-bar [role=status]"), { childList: true, characterData: true });
    }""")
    scale = page.locator("[data-control=scale]")
    scale.focus()
    for key in ["End", "Home"] * 3:
        page.keyboard.press(key)
        page.wait_for_timeout(350)
    for key, word in (("End", "explodes"), ("Home", "dies out")):
        page.keyboard.press(key)
        page.locator(".lab-bar [role=status]", has_text=word).wait_for(state="attached")
    times = page.evaluate("window.said")
    assert len(times) >= 2
    assert all(b - a > 1900 for a, b in itertools.pairwise(times))


def test_a_pinned_start_stays_behind_the_next_one(laboratory):
    page = laboratory("v1&data=moons&depth=2&rate=0.1")
    page.get_by_role("button", name="Step", exact=True).click()
    steps_to(page, 1)
    pin = page.locator("[data-action=pin]")
    pin.click()
    page.locator("[data-control=scheme]").select_option("zeros")
    pin.click()
    pin.click()
    assert pin.is_disabled()
    assert "He, normal" in page.locator(".lab-pins li").first.text_content()
    curves = page.locator("canvas[data-canvas=curves]")
    page.wait_for_function(
        "document.querySelector('canvas[data-canvas=curves]').getAttribute('aria-label')"
        ".includes('3 pinned')"
    )
    page.locator("[data-pin='0']").click()
    assert page.locator(".lab-pins li").count() == 2
    assert pin.is_enabled()
    assert curves.is_visible()


def pin_a_run(page):
    page.get_by_role("button", name="Step", exact=True).click()
    steps_to(page, 1)
    page.locator("[data-action=pin]").click()
    page.locator(".lab-pins li").wait_for()


def test_pinned_starts_survive_a_reload_of_the_tab_and_of_no_other(laboratory):
    page = laboratory("v1&data=moons&depth=2&rate=0.1")
    pin_a_run(page)
    page.locator("[data-control=scheme]").select_option("zeros")
    page.wait_for_function("location.hash.includes('scheme=zeros')")
    page.reload()
    page.wait_for_function(READY)
    assert "He, normal" in page.locator(".lab-pins li").text_content()
    page.wait_for_function(
        "document.querySelector('canvas[data-canvas=curves]').getAttribute('aria-label')"
        ".includes('1 pinned')"
    )
    assert again(page).locator(".lab-pins li").count() == 0
    page.locator("[data-pin='0']").click()
    page.reload()
    page.wait_for_function(READY)
    assert page.locator(".lab-pins li").count() == 0


@pytest.mark.parametrize(
    "kept",
    [
        "{",
        '{"version": 1}',
        '{"version": 99, "pins": [PIN]}',
        '{"version": 1, "pins": [{"experiment": {"depth": 400}}, null, 3, {}]}',
        '{"version": 1, "pins": [{"experiment": {"depth": 2}, "history": {"step": [1]}}]}',
    ],
)
def test_kept_pins_that_cannot_be_read_are_none(laboratory, kept):
    page = laboratory("v1&data=moons&depth=2")
    pin_a_run(page)
    key = "laboratory-pins"
    pin = json.dumps(json.loads(page.evaluate(f"sessionStorage.getItem('{key}')"))["pins"][0])
    page.evaluate(
        "([key, text]) => sessionStorage.setItem(key, text)", [key, kept.replace("PIN", pin)]
    )
    page.reload()
    page.wait_for_function(READY)
    assert page.locator(".lab-pins li").count() == 0


def test_a_link_that_says_so_plays_at_once_and_can_be_made_here(laboratory):
    page = laboratory("v1&data=moons&depth=2&play=true")
    steps_to(page, 3)
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("The link, and the same experiment").click()
    link = page.get_by_role("textbox", name="Link to this")
    assert "play" not in link.input_value()
    page.get_by_label("Start playing when the link opens").check()
    assert link.input_value().endswith("&play=true")


def test_such_a_link_waits_where_little_motion_is_wished_and_where_a_guess_is_asked(laboratory):
    still = laboratory("v1&data=moons&depth=2&play=true", reduced_motion="reduce")
    still.get_by_text("your system asks for reduced motion: press Play.").wait_for()
    asked = laboratory("v1&challenge=alive&play=true")
    for page in (still, asked):
        page.wait_for_timeout(500)
        assert page.evaluate(STEP) == 0
        assert page.get_by_role("button", name="Play", exact=True).is_visible()


def test_a_challenge_asks_first_and_shows_its_proof(laboratory):
    page = laboratory()
    page.get_by_text("Challenges", exact=False).first.click()
    page.locator("[data-challenge=symmetry]").click()
    page.locator("[data-control=speed]").select_option("fast")
    page.wait_for_function("location.hash.includes('challenge=symmetry')")
    page.get_by_role("button", name="Play", exact=True).click()
    assert page.evaluate("document.activeElement.dataset.guess") == "0"
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_text("You guessed right. Equal units get equal gradients").wait_for(timeout=60_000)
    assert (
        page.locator(".lab-proof")
        .text_content()
        .startswith("Not yet: different units in the hidden layer: 1")
    )
    page.get_by_role("button", name="Restart").click()
    page.locator("[data-hand=one]").click()
    page.locator(".lab-proof[data-verdict=done]").wait_for(timeout=60_000)
    assert page.locator("[data-challenge=symmetry]").text_content().startswith("✓")
    other = again(page)
    assert other.locator("[data-challenge=symmetry]").text_content().startswith("✓")
    link = page.locator(".lab-chapter a")
    assert link.get_attribute("href") == "chapters/02_symmetry.html"


def test_a_challenge_says_what_it_keeps(laboratory):
    page = laboratory("v1&challenge=alive")
    page.locator("[data-control=depth]").focus()
    page.keyboard.press("Home")
    page.get_by_text("This challenge keeps “Hidden layers” at 32.").wait_for()
    page.locator("[data-action=first]").click()
    page.wait_for_function("document.querySelector('[data-control=depth]').value === '31'")
    page.locator(".lab-proof[data-verdict=open]").wait_for()


def test_the_first_settings_come_back(laboratory):
    page = laboratory("v1&data=digits&depth=3&scale=2")
    page.locator("[data-action=first]").click()
    page.wait_for_function("location.hash.includes('data=spirals&depth=8')")
    assert page.locator("[data-control=scale]").get_attribute("aria-valuetext") == "1"


def test_what_was_never_in_view_is_drawn_to_be_printed(laboratory):
    page = laboratory("v1&depth=6")
    last = page.locator("canvas[data-canvas=histograms]")
    assert last.evaluate("canvas => canvas.style.height") == ""  # it has never been drawn
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert last.evaluate(INK) > 300


def test_what_is_drawn_later_has_its_room_from_the_start(laboratory):
    page = laboratory("v1&depth=30")
    panels = page.locator(".lab-panels")
    height = panels.bounding_box()["height"]
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert panels.bounding_box()["height"] == height
    page.locator("[data-control=depth]").press("Home")
    page.wait_for_function(f"document.querySelector('.lab-panels').clientHeight < {height} - 200")


def test_a_picture_of_one_run_is_never_asked_for_the_next(laboratory):
    page = laboratory("v1&data=digits&depth=3")
    page.evaluate("""() => {
      const select = document.querySelector("[data-control=data]");
      select.value = "spirals";
      select.dispatchEvent(new Event("change", { bubbles: true }));
      dispatchEvent(new Event("beforeprint")); // before the new run is there
    }""")
    page.locator(".lab-sentence", has_text="Before the first step").wait_for()


def test_a_picture_is_drawn_again_only_if_it_changed(laboratory):
    page = again(
        laboratory("v1&data=moons&depth=3"),
        """window.cleared = [];
        const { clearRect } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.clearRect = function (...box) {
          window.cleared.push(this.canvas.dataset.canvas);
          clearRect.apply(this, box);
        };""",
    )
    first, again_ = page.evaluate("""() => [0, 1].map(() => {
      dispatchEvent(new Event("beforeprint"));
      return window.cleared.length;
    })""")
    assert again_ == first >= 9
    page.get_by_role("button", name="Step", exact=True).click()
    steps_to(page, 1)
    assert page.evaluate("window.cleared.length") > first


def test_on_paper_the_settings_stand_even_if_their_fold_is_closed(laboratory):
    page = laboratory("v1&data=moons&depth=6", **PHONE)
    page.emulate_media(media="print")
    assert page.get_by_text("two moons · 6 × 32 ReLU").is_visible()
    assert not page.get_by_role("button").filter(visible=True).count()


def test_on_a_low_screen_the_bar_does_not_stay_over_the_panels(laboratory):
    low = PHONE | {"viewport": {"width": 844, "height": 390}}
    position = "e => getComputedStyle(e).position"
    assert laboratory("v1", **low).locator(".lab-bar").evaluate(position) == "static"
    assert laboratory("v1", **PHONE).locator(".lab-bar").evaluate(position) == "sticky"


def test_with_forced_colors_sliders_are_the_browsers_own(laboratory):
    page = laboratory("v1", forced_colors="active")
    shown = page.locator("[data-control=depth]").evaluate("e => getComputedStyle(e).appearance")
    assert shown == "auto"


def test_link_and_python_are_copied_or_shown(laboratory):
    page = laboratory("v1&data=moons&depth=3", permissions=["clipboard-read", "clipboard-write"])
    page.locator("[data-action=link]").click()
    page.get_by_text("Copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(page.url.split("#")[0])
    assert "#v1&data=moons&depth=3&" in link
    page.locator("[data-action=python]").click()
    page.wait_for_function(
        "navigator.clipboard.readText().then((text) => text.includes('init_mlp'))"
    )


def test_where_nothing_may_be_copied_the_lines_stand_on_the_page(laboratory):
    page = laboratory("v1&data=moons&depth=3")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator("[data-action=python]").click()
    assert "init_mlp(" in page.locator(".lab-python").inner_text()


def test_the_numbers_are_a_table_on_request(laboratory):
    page = laboratory("v1&depth=5")
    assert page.locator(".lab-table table").count() == 0
    page.get_by_text("Numbers by layer").click()
    page.locator(".lab-table table").wait_for()
    assert page.locator(".lab-table tbody tr").count() == 5


@pytest.mark.parametrize(("scheme", "screen"), [("light", {}), ("dark", {}), ("dark", PHONE)])
def test_axe_finds_no_violation(laboratory, scheme, screen):
    page = laboratory("v1&challenge=rescue", color_scheme=scheme, **screen)
    for fold in page.locator("details").all():
        fold.evaluate("fold => { fold.open = true; }")
    page.locator(".lab-table table").wait_for()
    assert violations(page) == []


def test_the_pictures_take_the_colors_of_the_theme(laboratory):
    page = laboratory("v1&data=moons", color_scheme="light")
    strip = page.locator("canvas[data-canvas=network]")
    url = "canvas => canvas.toDataURL()"
    light = strip.evaluate(url)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(100)
    assert strip.evaluate(url) != light


@pytest.mark.parametrize("fragment", ["v1&challenge=deep", "v1&data=digits&depth=32"])
def test_it_fits_a_phone(laboratory, fragment):
    page = laboratory(fragment, **PHONE)
    for fold in page.locator("#laboratory details").all():
        fold.evaluate("fold => { fold.open = true; }")
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    targets = "#laboratory :is(button, select, input[type=range], summary)"
    boxes = page.locator(targets).evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().height).filter((h) => h > 0)"
    )
    assert min(boxes) >= 24


def test_with_reduced_motion_it_draws_once_a_second(laboratory):
    page = laboratory("v1&data=moons&depth=2", reduced_motion="reduce")
    page.evaluate("""() => {
      window.changes = 0;
      new MutationObserver(() => window.changes++).observe(
        document.getElementById("laboratory"), { attributeFilter: ["data-step"] });
    }""")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(3500)
    assert 1 <= page.evaluate("window.changes") <= 5


def test_without_javascript_a_picture_and_a_sentence_remain(visit):
    page = visit(PAGE, java_script_enabled=False).page
    assert "with JavaScript turned on" in page.locator("#laboratory noscript p").inner_text()
    picture = page.locator("#laboratory svg[role=img]")
    assert picture.is_visible()
    assert len(picture.get_attribute("aria-label")) > 60


def test_no_other_page_loads_its_files(site):
    for file in site.rglob("*.html"):
        loads = re.findall(r"_static/(laboratory[^\"?]*)", file.read_text("utf-8"))
        wanted = {"laboratory.js", "laboratory-digits.js", "laboratory.css"}
        assert set(loads) == (wanted if file == site / "laboratory.html" else set()), file.name


def counters(session):
    session.send("HeapProfiler.collectGarbage")
    found = session.send("Memory.getDOMCounters")
    return found["nodes"], found["jsEventListeners"]


def test_a_thousand_steps_and_many_resets_leave_nothing_behind(laboratory):
    page = laboratory("v1&data=moons&depth=2&width=8")
    page.locator("[data-control=speed]").select_option("fast")
    session = page.context.new_cdp_session(page)
    page.get_by_role("button", name="Play", exact=True).click()

    def hour():
        for _ in range(3):
            run = int(page.get_attribute("#laboratory", "data-run"))
            page.get_by_role("button", name="Restart").click()
            page.wait_for_function(
                f"document.getElementById('laboratory').dataset.run > {run} && {STEP} >= 200",
                timeout=120_000,
            )
            page.locator("[data-action=pin]").click()
            page.locator("[data-pin='0']").click()

    hour()
    before = counters(session)
    hour()
    hour()
    after = counters(session)
    assert after[0] <= before[0] + 60, (before, after)
    assert after[1] <= before[1] + 8, (before, after)


ENGINE = """
import { createRun } from "./book/laboratory/engine/run.js";
import { DEFAULT } from "./book/laboratory/engine/experiment.js";
import { replay } from "./tests/browser/replay_laboratory.js";
"""


def test_the_engine_repeats_a_golden_run_in_the_browser(laboratory, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book")
    from netbook.laboratory import module_of

    golden = json.loads((ROOT / "tests" / "golden" / "laboratory.json").read_text("utf-8"))
    golden["cases"] = golden["cases"][:1]
    engine = module_of(ENGINE, "{ createRun, DEFAULT, replay }")
    page = laboratory()
    page.evaluate(f"() => {{ globalThis.engine = (() => {{{engine}}})(); }}")
    (found,) = page.evaluate("(golden) => engine.replay(golden, engine, 'float32')", golden)
    assert len(found) > 1
    for wanted, one in zip(golden["cases"][0]["results"]["float32"], found, strict=True):
        assert one["loss"] == pytest.approx(wanted["loss"], rel=4e-5)
        for key in ("secondMoment", "spread", "gradient"):
            ours, theirs = ([layer[key] for layer in r["layers"]] for r in (one, wanted))
            assert ours == pytest.approx(theirs, rel=4e-5)
