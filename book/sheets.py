"""Draw the summary sheets: ``python book/sheets.py [--out _build] [--site _build/html]``.

One A3 page for each part of the book, as PDF and SVG: the summaries and laws of its chapters, what
to look at before the first step, and which start to choose. They lie beside the folder of the site,
with a copy in it, to which its pages then link.
"""

import argparse
import sys
from pathlib import Path

from volume import offer, sheet, sheet_text, source

ROOT = Path(__file__).resolve().parents[1]


def main(given: list[str] | None = None) -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Draw the summary sheets.")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--out", type=Path, help="else the folder in which the site's lies")
    parser.add_argument("--address", help="of the published site; else of _config.yml, if there")
    options = parser.parse_args(given)
    out = options.out or options.site.resolve().parent
    out.mkdir(parents=True, exist_ok=True)
    about = source.facts(ROOT, options.address)
    made = [path for one in sheet_text.sheets(ROOT) for path in sheet.save(one, about, out)]
    if options.site.is_dir():
        offer.offer(options.site, made)
    for path in made:
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
