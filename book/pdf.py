"""Print the book: ``python book/pdf.py [--paper a4 letter] [--folded appendix|place]``.

The result is ``netinit-a4.pdf`` and ``netinit-letter.pdf`` beside the folder of the built site, and
a copy of each in it, to which its pages then link. Solutions and code that the site folds away
stand in an appendix, or with ``--folded place`` where they belong.
"""

import argparse
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser
from volume import finish, offer, paper, prepare, source
from volume.browser import running

ROOT = Path(__file__).resolve().parents[1]
PRINTS = 4  # usually two: the second has the numbers of the first


def make(
    browser: Browser,
    site: Path,
    order: list[source.Place],
    about: source.Facts,
    papers: list[paper.Paper],
    out: Path,
    *,
    folded: str = "appendix",
) -> list[Path]:
    """Print the pages of `site` on each paper; return the files, which lie in `out`."""
    made, work = [], out / "volume"
    work.mkdir(parents=True, exist_ok=True)
    pages = prepare.prepare(browser, site, order, work, folded=folded, math="chtml")
    outline = paper.entries(pages.pages)
    for sheet in papers:
        made.append(out / f"netinit-{sheet.name}.pdf")
        print_ = _settled(browser, pages, about, sheet, site, work)
        finish.finish(print_, made[-1], outline, about)
    return made


def _settled(
    browser: Browser,
    pages: prepare.Prepared,
    about: source.Facts,
    sheet: paper.Paper,
    site: Path,
    work: Path,
) -> Path:
    """A print whose page numbers are right; each print shows those of the one before."""
    text, target = work / f"{sheet.name}.xhtml", work / f"{sheet.name}.pdf"
    numbers: dict[str, int] = {}
    for _ in range(PRINTS):
        whole = paper.document(pages, about, sheet, site, numbers)
        paper.print_once(browser, whole, sheet, text, target, tagged=bool(numbers))
        before, numbers = numbers, finish.page_numbers(target)
        if numbers == before:
            return target
    raise finish.BrokenVolume(f"page numbers still move the pages after {PRINTS} prints")


def main(given: list[str] | None = None) -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Print the built book.")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--paper", nargs="+", choices=paper.PAPERS, default=list(paper.PAPERS))
    parser.add_argument("--folded", choices=("appendix", "place"), default="appendix")
    parser.add_argument("--address", help="of the published site; else of _config.yml, if there")
    options, started = parser.parse_args(given), time.monotonic()
    site = options.site.resolve()
    papers = [paper.PAPERS[name] for name in options.paper]
    about, order = source.facts(ROOT, options.address), source.places(ROOT)
    try:
        with running() as browser:
            made = make(browser, site, order, about, papers, site.parent, folded=options.folded)
    except source.NoSite as error:
        print(error, file=sys.stderr)
        return 1
    offer.offer(site, made)
    for path in made:
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    print(f"printed in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
