"""Each page of the site as XHTML that needs no script, made in Chromium by `prepare.js`."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from volume.source import Place, texts

HERE = Path(__file__).resolve().parent
SETTINGS = re.compile(r"<script>window\.MathJax = (\{.*?\})</script>", re.DOTALL)
WORKBENCH = """<!DOCTYPE html>
<meta charset="utf-8">
<script>window.MathJax = {settings};</script>
<script src="{site}/_static/mathjax/startup.js"></script>
<script>{script}</script>
"""
PATIENCE = 600_000  # ms, after which Chromium is taken to hang, however busy the machine
STYLES = "() => MathJax.chtmlStylesheet().textContent"


@dataclass(frozen=True)
class Heading:
    """A heading of the volume."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Folded:
    """What a page folds away: its place in the appendix, what it belongs to, and its XHTML."""

    id: str
    label: str
    summary: str
    entry: str


@dataclass(frozen=True)
class Page:
    """A page of the volume."""

    place: Place
    label: str
    headings: tuple[Heading, ...]
    body: str
    answers: tuple[Folded, ...]
    code: tuple[Folded, ...]

    @property
    def title(self) -> str:
        """The words of its first heading."""
        return self.headings[0].text

    @property
    def called(self) -> str:
        """The title, after the number of a chapter."""
        return f"{self.label}: {self.title}" if self.label else self.title


@dataclass(frozen=True)
class Prepared:
    """All pages, and the style sheet of their formulas (empty for MathML)."""

    pages: tuple[Page, ...]
    math_styles: str


def prepare(
    browser, site: Path, order: list[Place], work: Path, *, folded: str, math: str
) -> Prepared:
    """Prepare the pages of `site`.

    Parameters
    ----------
    browser
        A running Chromium of playwright.
    site
        Folder of the built site.
    order
        The pages to take.
    work
        Folder for what is written on the way.
    folded
        "appendix" moves solutions and code that are folded away into `Page.answers` and
        `Page.code`; "place" shows them where they are.
    math
        "chtml" for formulas set by MathJax, "mathml" for MathML.

    Raises
    ------
    volume.source.NoSite
        If a page has not been built.
    """
    sources = texts(site, order)
    options = {
        "keys": {place.name: place.key for place in order},
        "folded": folded,
        "math": math,
    }
    bench = work / "workbench.html"
    bench.write_text(_workbench(site, sources), "utf-8")
    view = browser.new_page()
    view.set_default_timeout(PATIENCE)
    try:
        view.goto(bench.as_uri())
        each = zip(order, sources, strict=True)
        made = [_page(view, place, html, options) for place, html in each]
        styles = view.evaluate(STYLES) if math == "chtml" else ""
    finally:
        view.close()
    return Prepared(tuple(made), styles)


def _workbench(site: Path, sources: list[str]) -> str:
    found = next((match for text in sources if (match := SETTINGS.search(text))), None)
    settings = json.loads(found[1]) if found else {}
    settings["startup"] = {"typeset": False}
    script = (HERE / "prepare.js").read_text("utf-8")
    return WORKBENCH.format(
        settings=json.dumps(settings), site=site.resolve().as_uri(), script=script
    )


def _page(view, place: Place, html: str, options: dict) -> Page:
    page = {"name": place.name, "key": place.key, "html": html}
    made = view.evaluate("([page, options]) => prepare(page, options)", [page, options])
    return Page(
        place,
        made["label"],
        tuple(Heading(**heading) for heading in made["headings"]),
        made["body"],
        tuple(Folded(**one) for one in made["answers"]),
        tuple(Folded(**one) for one in made["code"]),
    )
