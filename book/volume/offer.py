"""The files to take home are offered at the foot of every page, once they have been made.

A build of the site removes them with everything else in its folder, and their links with them.
"""

import re
import shutil
from pathlib import Path

FILES = {
    "netinit-a4.pdf": "PDF (A4)",
    "netinit-letter.pdf": "PDF (letter)",
    "netinit.epub": "EPUB",
}
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
    made = {name: words for name, words in FILES.items() if (site / name).is_file()}
    for path in sorted(site.rglob("*.html")):
        text = path.read_text("utf-8")
        above = found[1] if (found := ROOT.search(text)) else "./"
        offered = PLACE.sub(lambda _, above=above: _links(site, made, above), text)
        if offered != text:
            path.write_text(offered, "utf-8")
    return list(made)


def _links(site: Path, made: dict[str, str], above: str) -> str:
    if not made:
        return "<!-- to take home --><!-- end -->"
    links = ", ".join(
        f'<a href="{above}{name}" download>{words}, {_size(site / name)}</a>'
        for name, words in made.items()
    )
    return f"<!-- to take home --><p>The book to take home: {links}.</p><!-- end -->"


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"
