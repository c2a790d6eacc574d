"""Make the README's pictures of the built book, light and dark: ``python book/screenshot.py``."""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
SIZE = {"width": 1200, "height": 1300}
# Down to the end of the first panel, where there is one.
BOTTOM = "() => document.querySelector('.ni-panel')?.getBoundingClientRect().bottom ?? 860"
DRAWN = "() => performance.getEntriesByName('ni-host-done').length > 0"

sys.path.insert(0, str(ROOT / "tests" / "browser"))


def take(browser: Browser, page: Path, scheme: str, target: Path) -> None:
    """Write what a reader sees first of a page, in one color scheme."""
    view = browser.new_page(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce")
    view.goto(page.as_uri())
    view.wait_for_function(DRAWN)
    view.evaluate("() => document.fonts.ready")
    height = min(view.evaluate(BOTTOM) + 24, SIZE["height"])
    view.screenshot(path=target, clip={"x": 0, "y": 0, "width": SIZE["width"], "height": height})
    view.close()


def main() -> None:
    """Take both pictures of one page."""
    from chromium import arguments, chromium

    first = next(iter(sorted((SITE / "chapters").glob("01_*.html"))), SITE / "index.html")
    parser = argparse.ArgumentParser(description="Make the README's pictures of the built book.")
    parser.add_argument("--page", type=Path, default=first, help="a built page")
    page, program = parser.parse_args().page.resolve(), chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments())
        for scheme in ("light", "dark"):
            target = ROOT / "book" / f"screenshot-{scheme}.png"
            take(browser, page, scheme, target)
            print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
