"""Make the engine that runs Python in the pages: ``python book/engine.py [--site _build/html]``.

The result is ``_build/engine``, with a copy in the site. Its files are those of a pinned release
of Pyodide: taken from the folder that NETINIT_ENGINE_FILES names, from the official distribution
or from packages of the registries, whichever can be reached, and refused if their SHA-256 is not
the one that the release's lock names. What was taken is kept in ``_build/engine-files``.
``book/build.py`` does the same after each build; here, an engine that cannot be made is an error.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from live import packing, sources

ROOT = Path(__file__).resolve().parents[1]
PLACE = Path("_static", "engine")  # of the engine in the site
FILES = "NETINIT_ENGINE_FILES"


def bring(root: Path, out: Path, site: Path) -> str:
    """Bring the engine in `out` and its copy in `site` up to date; return a line that says so.

    Raises
    ------
    sources.Unavailable
        If a file cannot be had. The site is then left without an engine, not with an old one.
    """
    made, kept, target = out / "engine", out / "engine-files", site / PLACE
    try:
        found = sources.standard(kept, os.environ.get(FILES))
        told = packing.assemble(root, made, sources.Store(kept, found))
    except sources.Unavailable:
        shutil.rmtree(target, ignore_errors=True)
        raise
    if packing.manifest(target) != told:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)
    size = sum(entry["bytes"] for entry in told["files"].values()) / 1e6
    return f"Python for the pages (Pyodide {told['pyodide']}, {size:.0f} MB): {target}"


def main(arguments: list[str] | None = None) -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Make the engine that runs Python in the pages.")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    site = parser.parse_args(arguments).site.resolve()
    if not (site / "index.html").is_file():
        parser.error(f"no built book in {site}: make book")
    try:
        print(bring(ROOT, site.parent, site))
    except sources.Unavailable as error:
        print(f"The engine was not made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
