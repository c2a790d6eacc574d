"""The two zips of the book: the site, and the notebooks with the package that they import.

Both are beside the folder of the site; a page with a notebook links to a copy of the second.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sphinx.application import Sphinx

from netbook.fingerprints import files_below

WRITTEN = (1980, 1, 1, 0, 0, 0)  # the oldest date a zip can hold: the same zip on every build
PACKED = ("netinit", "chapters", "reference", "assignments/release")
BESIDE = ("pyproject.toml", "requirements.txt", "LICENSE", "LICENSE-text")
SITE, NOTEBOOKS = "netinit-site.zip", "netinit-notebooks.zip"
README = """# The chapters of {title}

The notebooks in `chapters/` and `reference/`, the problem sets in `assignments/release/`, and the
package `netinit` that they use. You need Python 3.11 or newer. In this folder:

    python -m venv .venv
    . .venv/bin/activate          (Windows: .venv\\Scripts\\activate)
    python -m pip install -r requirements.txt
    jupyter lab chapters

Code: MIT (LICENSE). Text and figures: CC BY 4.0 (LICENSE-text).
"""


def write_zip(target: Path, folder: str, members: Iterable[tuple[str, bytes]]) -> None:
    """Write `members` (name, content) below one `folder`, the same bytes for the same content."""
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(members):
            entry = ZipInfo(f"{folder}/{name}", WRITTEN)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)


def members(root: Path, *tops: Path) -> list[tuple[str, bytes]]:
    """The name below `root`, and the content, of every file of `tops`."""
    found = files_below(*tops)
    return [(path.relative_to(root).as_posix(), path.read_bytes()) for path in found]


def notebooks(root: Path, title: str) -> list[tuple[str, bytes]]:
    """What is needed to run the chapters."""
    packed = members(root, *(root / name for name in (*PACKED, *BESIDE)))
    return [("README.md", README.format(title=title).encode()), *packed]


def write_all(app: Sphinx, error: Exception | None) -> None:
    """Write both zips; the site's contains a copy of the notebooks'."""
    if error or app.builder.name != "html":
        return
    site, beside = Path(app.outdir), Path(app.outdir).parent
    packed = notebooks(Path(app.srcdir), app.config.html_title)
    write_zip(beside / NOTEBOOKS, "netinit-notebooks", packed)
    shutil.copyfile(beside / NOTEBOOKS, site / NOTEBOOKS)
    pages = [(name, content) for name, content in members(site, site) if name != ".buildinfo"]
    write_zip(beside / SITE, "netinit-site", pages)


def setup(app: Sphinx) -> None:
    """Run last, when all files of the site are there."""
    app.connect("build-finished", write_all, priority=900)
