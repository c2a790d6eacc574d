"""Pack the book for an e-reader: ``python book/epub.py``.

The result is ``netinit.epub`` beside the folder of the built site, and a copy in it, to which its
pages then link.
"""

import argparse
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser
from volume import epub, offer, prepare, source
from volume.browser import running

ROOT = Path(__file__).resolve().parents[1]


def make(
    browser: Browser, site: Path, order: list[source.Place], about: source.Facts, out: Path
) -> Path:
    """Pack the pages of `site`; return the file, which lies in `out`."""
    target, work = out / "netinit.epub", out / "volume"
    work.mkdir(parents=True, exist_ok=True)
    made = prepare.prepare(browser, site, order, work, folded="appendix", math="mathml")
    epub.pack(target, made.pages, about, site, epub.draw_cover(browser, about))
    return target


def main(given: list[str] | None = None) -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Pack the built book as an EPUB.")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--address", help="of the published site; else of _config.yml, if there")
    options, started = parser.parse_args(given), time.monotonic()
    site = options.site.resolve()
    try:
        about, order = source.facts(ROOT, options.address), source.places(ROOT)
        with running() as browser:
            path = make(browser, site, order, about, site.parent)
    except source.NoSite as error:
        print(error, file=sys.stderr)
        return 1
    offer.offer(site, [path])
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    print(f"packed in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
