"""The files to take home are offered at the foot of every page, once they have been made.

A build of the site removes them with everything else in its folder, and their links with them.
"""

import re
import shutil
from pathlib import Path

OFFERS = {
    "The book to take home": {
        "netinit-a4.pdf": "PDF (A4)",
        "netinit-letter.pdf": "PDF (letter)",
        "netinit.epub": "EPUB",
    },
    "Each part on one sheet": {
        "netinit-part-1.pdf": "Part I (PDF)",
        "netinit-part-1.svg": "Part I (SVG)",
        "netinit-part-2.pdf": "Part II (PDF)",
        "netinit-part-2.svg": "Part II (SVG)",
    },
}
FILES = {name: words for offered in OFFERS.values() for name, words in offered.items()}
PLACE = re.compile(r"<!-- to take home -->.*?<!-- end -->", re.DOTALL)
ROOT = re.compile(r'data-root="([^"]*)"')


def offer(site: Path, new: list[Path]) -> list[str]:
    """Copy what is `new` into `site`, and link to all such files from each of its pages.

    Returns
    -------
    list
        Names of the files that the pages now offer.
    """
    for path in new:
        shutil.copyfile(path, site / path.name)
    made = [name for name in FILES if (site / name).is_file()]
    for path in sorted(site.rglob("*.html")):
        text = path.read_text("utf-8")
        above = found[1] if (found := ROOT.search(text)) else "./"
        offered = PLACE.sub(lambda _, above=above: _links(site, made, above), text)
        if offered != text:
            path.write_text(offered, "utf-8")
    return made


def _links(site: Path, made: list[str], above: str) -> str:
    lines = []
    for title, offered in OFFERS.items():
        links = [
            f'<a href="{above}{name}" download>{words}, {_size(site / name)}</a>'
            for name, words in offered.items()
            if name in made
        ]
        lines += [f"<p>{title}: {', '.join(links)}.</p>"] * bool(links)
    return f"<!-- to take home -->{''.join(lines)}<!-- end -->"


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"
