"""Make the README's pictures of the built book, light and dark: ``python book/screenshot.py``.

Each picture carries the fingerprint of what it shows, so that a test can say that it is out of
date. The fingerprint covers the title, the contents, the text above the first explorer, the words
of that explorer, and the style sheets; it does not cover the numbers that are drawn, which differ
in their last digits from one machine to the next.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))

from netbook.fingerprints import fingerprint

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
SCHEMES = ("light", "dark")
SIZE = {"width": 1200, "height": 1500}
# The end of the first panel, where there is one.
BOTTOM = "() => document.querySelector('.ni-panel')?.getBoundingClientRect().bottom ?? 860"
DRAWN = "() => performance.getEntriesByName('ni-host-done').length > 0"
KEY = "Fingerprint"  # of the PNG's text
SHEETS = ("palette.css", "page.css", "text.css")
FOLDED = re.compile(r"<details.*?</details>", re.DOTALL)


def first_page(site: Path) -> Path:
    """The page that the README shows: the first chapter, or else the start of the book."""
    return next(iter(sorted((site / "chapters").glob("01_*.html"))), site / "index.html")


def shown(page: Path, site: Path) -> str:
    """Fingerprint of what a picture of the page shows."""
    from saved import explorers

    from netinit.widgets import Explorer

    body = page.read_text("utf-8").partition("<body>")[2].partition("widget-view+json")[0]
    specs = [explorer.spec for explorer in explorers(page)[:1]]
    sheets = [site / "_static" / name for name in SHEETS]
    return fingerprint(site, sheets, [FOLDED.sub("", body), *words(specs), str(Explorer._css)])


def words(value: object) -> Iterator[str]:
    """Every text inside nested lists and dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from words(inner)


def picture(scheme: str) -> Path:
    """The file of the picture in one color scheme."""
    return ROOT / "book" / f"screenshot-{scheme}.png"


def recorded(target: Path) -> str | None:
    """The fingerprint that a picture carries."""
    with Image.open(target) as image:
        return image.text.get(KEY)


def take(browser: Browser, page: Path, scheme: str) -> bytes:
    """What a reader sees first of a page, in one color scheme, as a PNG."""
    view = browser.new_page(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce")
    view.goto(page.as_uri())
    view.wait_for_function(DRAWN)
    view.evaluate("() => document.fonts.ready")
    height = min(view.evaluate(BOTTOM) + 12, SIZE["height"])
    taken = view.screenshot(clip={"x": 0, "y": 0, "width": SIZE["width"], "height": height})
    view.close()
    return taken


def save(taken: bytes, target: Path, mark: str) -> None:
    """Write a picture in 256 colors that carries the fingerprint `mark`."""
    text = PngInfo()
    text.add_text(KEY, mark)
    with Image.open(io.BytesIO(taken)) as image:
        image.convert("RGB").quantize(256).save(target, pnginfo=text, optimize=True)


def main() -> None:
    """Take both pictures of one page."""
    from chromium import arguments, chromium

    parser = argparse.ArgumentParser(description="Make the README's pictures of the built book.")
    parser.add_argument("--page", type=Path, default=first_page(SITE), help="a built page")
    page, program = parser.parse_args().page.resolve(), chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments())
        for scheme in SCHEMES:
            target = picture(scheme)
            save(take(browser, page, scheme), target, shown(page, SITE))
            print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
