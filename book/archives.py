"""The two zips of the book: the site, and the notebooks with what runs them."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

WRITTEN = (1980, 1, 1, 0, 0, 0)  # the oldest date a zip can hold: the same zip on every build
PACKED = ("netinit", "chapters", "reference", "assignments/release")
BESIDE = ("pyproject.toml", "requirements.txt", "LICENSE", "LICENSE-text")
NOT_PACKED = {"__pycache__", ".ipynb_checkpoints"}
README = """# The chapters of {title}

The notebooks in `chapters/` and `reference/`, the problem sets in `assignments/release/`, and the
package `netinit` that they use. You need Python 3.11 to 3.13. In this folder:

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


def files_below(root: Path, top: Path) -> Iterable[tuple[str, bytes]]:
    """Name relative to `root`, and content, of every file below `top`."""
    for path in sorted(top.rglob("*")):
        if path.is_file() and not NOT_PACKED & set(path.parts):
            yield path.relative_to(root).as_posix(), path.read_bytes()


def notebook_members(root: Path) -> list[tuple[str, bytes]]:
    """What one needs to run the chapters."""
    title = re.search(r"^title:\s*(.+)$", (root / "_config.yml").read_text("utf-8"), re.M)
    members = [("README.md", README.format(title=title[1] if title else "the book").encode())]
    for name in PACKED:
        members += files_below(root, root / name)
    members += [(name, (root / name).read_bytes()) for name in BESIDE if (root / name).is_file()]
    return members


def write_all(root: Path, out: Path) -> None:
    """Write both zips beside ``html``; the pages link to the notebooks, so those lie in it too."""
    site, notebooks = out / "html", out / "netinit-notebooks.zip"
    write_zip(notebooks, "netinit-notebooks", notebook_members(root))
    shutil.copyfile(notebooks, site / notebooks.name)
    pages = [(name, data) for name, data in files_below(site, site) if name != ".buildinfo"]
    write_zip(out / "netinit-site.zip", "netinit-site", pages)
