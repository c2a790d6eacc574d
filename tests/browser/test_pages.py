"""Every page of the built book, over http and as a file, with nothing outside in reach."""

import io
import json
import re
import sys
import tomllib
from collections import Counter
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag
from zipfile import ZipFile

import nbformat
import numpy as np
import pytest
from axe import violations
from drawn import check_cells, check_points
from PIL import Image
from pypdf import PdfReader
from saved import explorers, models, quizzes, views
from sphinx_external_toc.events import remove_suffix
from sphinx_external_toc.parsing import parse_toc_yaml

from netinit.widgets.formatting import number

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))

from volume.offer import FILES

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
# The root and all pages of the table of contents, in reading order.
WRITTEN = [remove_suffix(page, (".md", ".ipynb")) for page in parse_toc_yaml(ROOT / "_toc.yml")]
PAGES = [*WRITTEN, "search"]
NOTEBOOKS = [name for name in WRITTEN if (ROOT / f"{name}.ipynb").exists()]
WAYS = ["http", "file"]
WORD = "initialization"
ENGINE = Path("_static", "engine")
# The pages of the API have one template: the longest of them stands for all. To axe, notebooks are
# alike too.
STANDS = "reference/api/network.layers"
VARIED = {name for name in PAGES if "/api/" not in name or name == STANDS}
ALIKE = set(NOTEBOOKS) - {"chapters/03_random_scale", "chapters/06_he", "chapters/11_residual"}
LOOKED_AT = VARIED - ALIKE | {"assignments/release/ps1"}


def nightly_unless(chosen, value, **options):
    """A parameter whose test is left to the night if its page is not among the chosen."""
    name = value if isinstance(value, str) else value[0]
    return pytest.param(value, marks=() if name in chosen else pytest.mark.nightly, **options)


OVER_HTTP, OPENED = (
    pytest.mark.parametrize(
        "opened",
        [
            nightly_unless(chosen[how], (name, how), id=f"{name}-{how}")
            for name in PAGES
            for how in chosen
        ],
        indirect=True,
    )
    for chosen in ({"http": LOOKED_AT}, {"http": VARIED, "file": VARIED})
)


def notebooks(how):
    """All notebooks, each opened once for this and the other tests that say so."""
    places = [pytest.param((name, how), id=f"{name}-{how}") for name in NOTEBOOKS]
    return pytest.mark.parametrize("opened", places, indirect=True)


PHONE = {"viewport": {"width": 390, "height": 844}}
# What a page may hold of Jupyter widgets: our own, boxes around them, links between them.
LIVE = re.compile(r"AnyModel|LayoutModel|[VH]?BoxModel|(Directional)?LinkModel")
DRAWN = """(root) => ({
  drawings: [...root.querySelectorAll("svg[data-axes]")].map((svg) => ({
    axes: JSON.parse(svg.dataset.axes),
    marks: [...svg.querySelectorAll("[data-key]")].map((mark) =>
      ({ ...mark.dataset, d: mark.getAttribute("d"), fill: mark.getAttribute("fill") })),
  })),
  numbers: [...root.querySelectorAll("dd[data-key]")].map((dd) => [dd.dataset.key, dd.textContent]),
  texts: [...root.querySelectorAll("[data-text]")].map((t) => [t.dataset.text, t.textContent]),
  frame: root.dataset.drawn,
})"""
WHERE = """(root) => Object.fromEntries([...root.querySelectorAll("[data-control]")]
  .filter((i) => i.type !== "radio" || i.checked)
  .map((i) => [i.dataset.control, i.type === "radio"
    ? [...i.parentElement.querySelectorAll("input")].indexOf(i)
    : i.tagName === "SELECT" ? i.selectedIndex : Number(i.value)]))"""


@OPENED
def test_a_page_draws_every_widget_and_asks_for_nothing_outside(opened, site):
    name, seen = opened
    page = seen.page
    seen.check()
    assert page.locator(".ni-message").count() == 0
    shown = page.locator(".ni-explorer[data-drawn], .ni-quiz[data-state]").count()
    assert shown >= views(site / f"{name}.html")


def saved_beside(page, file):
    """Each Explorer on the page with what is saved of it, matched by its title."""
    roots = page.locator(".ni-explorer").all()
    titles = {saved.spec["title"] or "Explorer": saved for saved in explorers(file)}
    return [(root, titles[root.get_attribute("aria-label")]) for root in roots]


def points(d):
    return [tuple(map(float, p)) for p in re.findall(r"[ML](-?[\d.]+),(-?[\d.]+)", d)]


def undone(pixel, axis):
    (low, high), (start, end) = axis["from"], axis["to"]
    return low + (pixel - start) / (end - start) * (high - low)


def check_lines(panel, drawing, frame):
    axes, curves = drawing["axes"], [m for m in drawing["marks"] if "beyond" not in m]
    assert [m["key"] for m in curves] == [line["key"] for line in panel["lines"]]
    low, high = axes["y"]["from"]
    fine = 0.02 * (high - low) / abs(np.subtract(*axes["y"]["to"]))
    for mark in curves:
        with np.errstate(divide="ignore"):
            values = np.log10(frame[mark["key"]]) if panel["log"] else frame[mark["key"]]
        at = frame[panel["x"]] if panel["x"] else np.arange(1, len(values) + 1)
        drawn = {}
        for px, py in points(mark["d"]):
            drawn[int(np.argmin(np.abs(at - undone(px, axes["x"]))))] = undone(py, axes["y"])
        for i, value in drawn.items():
            assert value == pytest.approx(np.clip(values[i], low, high), abs=fine)
        assert set(np.flatnonzero((values > low) & (values < high))) <= set(drawn)


def check_histogram(panel, drawing, frame):
    rows, bars = frame[panel["key"]], [m for m in drawing["marks"] if "row" in m]
    assert len(bars) == len(rows)
    for mark in bars:
        row, unit = rows[int(mark["row"])], float(mark["unit"])
        tops = re.findall(r"M-?[\d.]+,-?[\d.]+V(-?[\d.]+)H", mark["d"])
        heights = [(float(mark["base"]) - float(top)) / unit for top in tops]
        assert np.allclose(
            heights, np.minimum(row[row > 0], drawing["axes"]["top"]), atol=0.02 / unit
        )


def check_scatter(panel, drawing, frame):
    assert len(drawing["marks"]) == len(panel["points"])
    for mark, group in zip(drawing["marks"], panel["points"], strict=True):
        check_points(mark, drawing["axes"], frame[group["x"]], frame[group["y"]])


def squeezed(text):
    return re.sub(r"\s+", "", text)


def check(root, saved):
    """All that is drawn equals the frame that Python decodes for where the controls stand."""
    drawn, frame = root.evaluate(DRAWN), saved.frame(root.evaluate(WHERE))
    drawings = iter(drawn["drawings"])
    for panel in saved.spec["panels"]:
        if panel["kind"] == "lines":
            check_lines(panel, next(drawings), frame)
        elif panel["kind"] == "histogram":
            check_histogram(panel, next(drawings), frame)
        elif panel["kind"] == "heatmap":
            check_cells(next(drawings), panel, frame[panel["key"]])
        elif panel["kind"] == "scatter":
            check_scatter(panel, next(drawings), frame)
    texts = [p["key"] for p in saved.spec["panels"] if p["kind"] == "text"]
    assert [key for key, _ in drawn["texts"]] == texts
    for key, text in drawn["texts"]:
        assert squeezed(text) == squeezed(str(frame[key]).replace("`", ""))
    entries = [e for p in saved.spec["panels"] if p["kind"] == "numbers" for e in p["numbers"]]
    expected = [[e["key"], number(float(frame[e["key"]]), e["format"])] for e in entries]
    assert drawn["numbers"] == expected


def press(page, root, control):
    """Move one control by a key, and wait until the figure has been drawn again."""
    before = root.get_attribute("data-drawn")
    field = root.locator(f'[data-control="{control["name"]}"]:is(:checked, select, [type=range])')
    field.focus()
    last = root.evaluate(WHERE)[control["name"]] == len(control["values"]) - 1
    page.keyboard.press("ArrowLeft" if last else "ArrowRight")
    root.page.wait_for_function(
        "([root, before]) => root.dataset.drawn !== before", arg=[root.element_handle(), before]
    )


def same(saved, place, root):
    """Whether Python, too, computed the same numbers for both selections."""
    one, other = saved.frame(place), saved.frame(root.evaluate(WHERE))
    return all(np.array_equal(one[key], other[key], equal_nan=True) for key in one)


# Half the elements of a chapter are words of its code. Of those that look alike the first stays.
THIN = """() => {
  const seen = new Set();
  for (const word of document.querySelectorAll(".highlight pre span[class]")) {
    const block = getComputedStyle(word.closest("pre")), own = getComputedStyle(word);
    const look = [word.className, own.color, own.backgroundColor, own.fontSize,
      block.backgroundColor].join();
    if (word.children.length) continue;
    if (seen.has(look)) word.replaceWith(...word.childNodes);
    seen.add(look);
  }
}"""


def violations_anywhere(page, **options):
    """Return what axe finds on the whole page, its folds opened."""
    for fold in page.locator("details").all():
        fold.evaluate("fold => { fold.open = true; }")
    page.evaluate(THIN)
    return violations(page, **options)


def test_one_word_of_code_that_cannot_be_read_is_found(visit):
    page = visit("reference/glue").page
    last = page.locator(".highlight pre span.n", has_text=re.compile("...")).last
    last.evaluate("word => { word.style.color = '#eeeeee'; }")
    found = violations_anywhere(page, runOnly=["color-contrast"])
    assert [(kind, len(places)) for kind, places in found] == [("color-contrast", 1)]


# What differs between the two ways, axe does not look at.
@OVER_HTTP
def test_a_page_is_accessible(opened):
    assert violations_anywhere(opened[1].page) == []


@pytest.mark.parametrize("name", [nightly_unless(LOOKED_AT, name) for name in PAGES])
def test_the_colors_of_the_dark_theme_have_contrast(visit, name):
    page = visit(name, color_scheme="dark").page
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert violations_anywhere(page, runOnly=["color-contrast"]) == []


@pytest.mark.parametrize("name", [nightly_unless(VARIED, name) for name in PAGES])
def test_a_page_fits_a_phone_and_its_contents_open(visit, name):
    page = visit(name, **PHONE).page
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator(".menu-button").click()
    page.locator(".chapters a").first.wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator(".chapters a").first.wait_for(state="hidden")


EDGE = """(pre) => {
  const wide = pre.scrollWidth > pre.clientWidth + 60;
  return wide && !pre.closest("details, .fold") ? [pre.clientWidth, pre.clientHeight] : null;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", [".cell_input pre", ".cell_output pre"])
def test_code_that_is_wider_than_a_phone_shows_that_it_scrolls(visit, kind, scheme):
    page = visit("chapters/14_width", color_scheme=scheme, **PHONE).page
    places = page.locator(kind).all()
    pre, (width, height) = next((p, size) for p in places if (size := p.evaluate(EDGE)))

    def edge(left):
        """What is drawn in the last row of pixels, below the text: in the middle, at the edge."""
        pre.evaluate("(pre, left) => { pre.scrollLeft = left; }", left)
        image = Image.open(io.BytesIO(pre.screenshot())).convert("RGB")
        middle, right = (image.getpixel((x, height - 3)) for x in (width // 2, width - 1))
        return np.abs(np.subtract(middle, right)).max()

    assert edge(0) > 20
    assert edge(10_000) < 4


# Counts how often the width of something folded is asked for, which makes a browser lay it out.
WATCH_FOLDS = """
window.asked = 0;
const { get } = Object.getOwnPropertyDescriptor(Element.prototype, "scrollWidth");
Object.defineProperty(Element.prototype, "scrollWidth", {
  get() {
    window.asked += this.closest("details:not([open])") !== null;
    return get.call(this);
  },
});
"""
UNREACHED = """() => [...document.querySelectorAll("pre")].filter((pre) =>
  !pre.closest("details:not([open])") && pre.scrollWidth > pre.clientWidth && pre.tabIndex !== 0
).length"""


def test_code_that_scrolls_is_reached_by_the_tab_key_and_measured_when_it_unfolds(visit):
    first = visit("chapters/14_width", **PHONE).page
    page = first.context.new_page()
    page.add_init_script(WATCH_FOLDS)
    page.goto(first.url)
    page.wait_for_load_state("load")
    reached = "[...document.querySelectorAll('pre')].filter((pre) => pre.tabIndex === 0).length"
    assert page.evaluate(UNREACHED) == 0
    before = page.evaluate(reached)
    assert before > 0
    assert page.evaluate("window.asked") == 0
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true;")
    page.wait_for_function(f"{reached} > {before}")
    assert page.evaluate(UNREACHED) == 0


@OPENED
def test_every_picture_says_what_it_shows(opened):
    page = opened[1].page
    silent = page.evaluate("""() => [...document.querySelectorAll("img, svg")].filter((picture) =>
      !picture.closest("[aria-hidden=true]")
      && !(picture.getAttribute("alt") || picture.getAttribute("aria-label") || "").trim()
    ).map((picture) => picture.outerHTML.slice(0, 100))""")
    assert silent == []


@pytest.mark.parametrize("name", WRITTEN)
def test_a_page_holds_no_widget_that_needs_a_kernel(site, name):
    kinds = {model["model_name"] for model in models(site / f"{name}.html").values()}
    assert {kind for kind in kinds if not LIVE.fullmatch(kind)} == set()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_without_javascript_each_widget_is_a_described_picture(visit, site, name):
    page = visit(name, "file", java_script_enabled=False).page
    pictures = page.locator(".live noscript img").all()
    asked = quizzes(site / f"{name}.html")
    assert len(pictures) + len(asked) == views(site / f"{name}.html")
    for quiz, place in zip(asked, page.locator(".live noscript:has(details)").all(), strict=True):
        assert place.locator("li").count() == 2 * len(quiz["answers"])
        assert place.is_visible()
    for picture in pictures:
        assert len(picture.get_attribute("alt")) > 20
        assert picture.evaluate("picture => picture.naturalWidth") > 100


@pytest.mark.parametrize("how", WAYS)
def test_search_finds_a_word_in_sections_and_leads_there(visit, how):
    page = visit("index", how).page
    page.locator("#find").fill(WORD)
    page.keyboard.press("Enter")
    page.locator(".search-results li").first.wait_for()
    assert page.locator(".search-results mark").count() > 0
    page.locator("#query").fill("zzzz")
    assert page.locator(".search-results li").count() == 0
    page.locator("#query").fill(WORD)
    page.locator(".search-results a").first.click()
    page.wait_for_url("**#*")
    assert page.locator(":target").count() == 1


@OPENED
def test_mathematics_is_set_with_fonts_that_load(opened):
    page = opened[1].page
    page.evaluate(
        "async () => { await window.MathJax?.startup?.promise; await document.fonts.ready; }"
    )
    raw = page.locator("span.math, div.math").count()
    assert (page.locator("mjx-container").count() > 0) == (raw > 0)
    assert page.locator("mjx-merror").count() == 0
    left = page.locator("span.math:not(:has(mjx-container)), div.math:not(:has(mjx-container))")
    assert left.count() == 0
    failed = "[...document.fonts].filter((f) => f.status === 'error').map((f) => f.family)"
    assert page.evaluate(failed) == []
    if raw:
        loaded = (
            "[...document.fonts].some((f) => f.family.startsWith('MJX') && f.status === 'loaded')"
        )
        assert page.evaluate(loaded)


@notebooks("http")
def test_a_page_offers_its_notebook(opened, site):
    name, page = opened[0], opened[1].page
    with page.expect_download() as download:
        page.locator(".run a[download]").first.click()
    assert download.value.suggested_filename == f"{Path(name).name}.ipynb"
    given = Path(download.value.path()).read_bytes()
    nbformat.validate(nbformat.reads(given, as_version=4))
    assert given == (ROOT / f"{name}.ipynb").read_bytes()
    assert (site / f"{name}.ipynb").read_bytes() == given


# These change the page that others only look at, so they stand below them. Widgets that are drawn
# work alike over http and from a file: keys are tried in one way, answers in the other.
@notebooks("http")
def test_a_key_on_each_control_draws_the_frame_that_python_computed(opened, site):
    name, page = opened[0], opened[1].page
    for root, saved in saved_beside(page, site / f"{name}.html"):
        check(root, saved)
        for control in saved.spec["controls"]:
            before, place = root.evaluate(DRAWN), root.evaluate(WHERE)
            press(page, root, control)
            after = root.evaluate(DRAWN)
            assert root.evaluate(WHERE)[control["name"]] != place[control["name"]]
            assert {**before, "frame": 0} != {**after, "frame": 0} or same(saved, place, root)
            check(root, saved)


@notebooks("file")
def test_every_answer_of_a_quick_question_is_told_why(opened, site):
    name, page = opened[0], opened[1].page
    for quiz in quizzes(site / f"{name}.html"):
        root = page.locator(".ni-quiz", has_text=quiz["question"].split("`")[0])
        for i, answer in enumerate(quiz["answers"]):
            root.locator("input").nth(i).focus()
            page.keyboard.press("Space")
            page.keyboard.press("Enter")
            said = root.locator("[role=status]").text_content()
            told = f"{'Right' if answer['right'] else 'Not right'}. {answer['feedback']}"
            assert told.replace("`", "") in said
            if quiz["several"]:  # ticks add up: take this one back
                root.locator("input").nth(i).press("Space")


def test_the_site_zip_holds_the_site_and_the_notebook_zip_runs_it(site):
    with ZipFile(site.parent / "netinit-site.zip") as archive:
        packed = {Path(name).relative_to("netinit-site") for name in archive.namelist()}
    built = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    # From a file no page can start Python, so the zip does without its 24 MB.
    built = {path for path in built if ENGINE not in path.parents}
    taken_home = {Path(name) for name in FILES}  # made after it, by commands of their own
    assert built - packed - taken_home == {Path(".buildinfo")}
    with ZipFile(site.parent / "netinit-notebooks.zip") as archive:
        names = {name.removeprefix("netinit-notebooks/") for name in archive.namelist()}
    needed = {"README.md", "pyproject.toml", "requirements.txt", "LICENSE", "LICENSE-text"}
    assert needed | {"netinit/__init__.py", "netinit/widgets/host.js"} <= names
    assert {f"{name}.ipynb" for name in NOTEBOOKS} <= names


@pytest.mark.parametrize("name", PAGES)
def test_links_inside_the_book_arrive_and_ids_are_unique(site, name):
    text = (site / f"{name}.html").read_text("utf-8")
    ids = Counter(re.findall(r'\sid="([^"]+)"', text))
    assert [one for one, count in ids.items() if count > 1] == []
    for link in re.findall(r'<a [^>]*href="([^"]+)"', text):
        if re.match(r"[a-z]+:", link):
            continue
        file, anchor = urldefrag(unquote(unescape(link)))
        target = (site / f"{name}.html").parent / file if file else site / f"{name}.html"
        assert target.is_file(), link
        # What opens an experiment is read by the laboratory (tests/test_laboratory.py).
        if anchor and not anchor.startswith("v1&"):
            assert f'id="{anchor}"' in target.read_text("utf-8"), link


def test_no_page_names_a_script_or_a_style_elsewhere(site):
    loads = re.compile(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(?:https?:)?//')
    for file in site.rglob("*.html"):
        assert loads.findall(file.read_text("utf-8")) == []


def test_the_theme_chosen_stays_chosen(visit):
    page = visit("index", color_scheme="light").page
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    button = page.locator(".theme-button")
    button.click()
    button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_page_is_cited_with_one_click(visit):
    allowed = ["clipboard-read", "clipboard-write"]
    page = visit("chapters/glossary", permissions=allowed).page
    block = page.locator("details.cite")
    block.locator("summary").click()
    button = block.get_by_role("button", name="Copy the entry")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.cite button').textContent === 'Copied'")
    entry = page.evaluate("() => navigator.clipboard.readText()")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert entry.startswith("@misc{netinit")
    assert "title = {{Glossary}}" in entry
    assert f"note = {{Version {version}}}" in entry


def test_a_page_printed_from_the_browser_is_its_text_alone(visit, tmp_path):
    page = visit("reference/frameworks").page
    page.pdf(path=tmp_path / "chapter.pdf", format="A4")
    text = " ".join(p.extract_text() for p in PdfReader(tmp_path / "chapter.pdf").pages)
    for word in ("What your framework does by default", "Figure R.3", "The default of each layer"):
        assert word in text
    for word in ("Show the code", "Cite this page", "Run this page", "Theme:", "Previous"):
        assert word not in text


def test_the_search_text_is_a_script_that_lists_every_page(site):
    script = (site / "_static" / "search-text.js").read_text("utf-8")
    entries = json.loads(
        script.removeprefix("globalThis.bookSections = ").rstrip().removesuffix(";")
    )
    assert {entry["page"] for entry in entries} == set(WRITTEN)
