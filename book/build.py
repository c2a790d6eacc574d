"""Build the book: ``python book/build.py [--out _build] [--force]``.

The result is the site in ``_build/html``, and beside it ``netinit-site.zip`` (the site, to be
opened from any folder) and ``netinit-notebooks.zip`` (the chapters with the package, to be run).
A warning is an error. If nothing has changed since the last good build, nothing is done. Last
comes the engine that runs Python in the pages, where its files can be had (``book/engine.py``).
``jupyter-book build .`` makes the same files, but goes on after a warning.
"""

import argparse
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from netbook.fingerprints import files_below, fingerprint, versions

ROOT = Path(__file__).resolve().parents[1]
INPUTS = (
    *("_config.yml", "_toc.yml", "index.md", "laboratory.md", "chapters", "reference", "netinit"),
    *("book/build.py", "book/laboratory", "book/live", "book/netbook", "book/theme"),
    *("assignments/index.md", "assignments/guide.md", "assignments/source"),
    "assignments/problem_sets",
    *("requirements.txt", "pyproject.toml", "CITATION.cff", "LICENSE", "LICENSE-text"),
)
MADE = ("html/index.html", "netinit-site.zip", "netinit-notebooks.zip")


def state(root: Path) -> str:
    """Fingerprint of everything that decides what the site is."""
    inputs = files_below(*(root / name for name in INPUTS))
    return fingerprint(root, inputs, versions(root / "requirements.txt"))


def run_sphinx(root: Path, out: Path) -> bool:
    """Build the pages; return whether there was neither an error nor a warning."""
    from jupyter_book.sphinx import build_sphinx

    result = build_sphinx(
        root,
        out / "html",
        noconfig=True,
        path_config=root / "_config.yml",
        confoverrides={
            "external_toc_path": (root / "_toc.yml").as_posix(),
            "latex_individualpages": False,
            "nitpicky": True,
        },
        warningiserror=True,
        keep_going=True,
    )
    return result == 0


def build(root: Path, out: Path, *, force: bool = False) -> int:
    """Bring the site up to date; 0 if all went well."""
    stamp, now = out / "book-built", state(root)
    complete = all((out / name).is_file() for name in MADE) and stamp.is_file()
    if not force and complete and stamp.read_text("utf-8") == now:
        return tell(out, "nothing has changed since the last build")
    started = time.monotonic()
    stamp.unlink(missing_ok=True)
    # Sphinx copies a changed style sheet only when it writes a page, so it must write them all.
    shutil.rmtree(out / "html", ignore_errors=True)
    if force or not complete:
        # Sphinx warns while it reads a page: after a failed build it must read all pages again.
        shutil.rmtree(out / ".doctrees", ignore_errors=True)
    if not run_sphinx(root, out):
        print("The book was not built: fix the warnings above.", file=sys.stderr)
        return 1
    stamp.write_text(now, "utf-8")
    return tell(out, f"built in {time.monotonic() - started:.0f} s")


def tell(out: Path, what: str) -> int:
    """Say where the book is."""
    print(f"The book ({what}): open {(out / 'html' / 'index.html').resolve()}")
    print(f"For a file server: {out / MADE[1]} and {out / MADE[2]}")
    return 0


def bring_engine(source: Path, out: Path) -> None:
    """Put the engine into the site, or say in a line why there is none."""
    import engine
    from live.packing import own_folders
    from live.sources import Unavailable

    if not all(folder.is_dir() for folder in own_folders(source)):
        return  # a book that brings nothing which its pages could run
    try:
        print(engine.bring(source, out, out / "html"))
    except Unavailable as error:
        print(f"Without Python in the pages: {error}")


def main(arguments: list[str] | None = None) -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Build the book into a static site.")
    parser.add_argument("--source", type=Path, default=ROOT, help="folder of _config.yml")
    parser.add_argument("--out", type=Path, help="where to build (default: SOURCE/_build)")
    parser.add_argument("--force", action="store_true", help="read every page again")
    options = parser.parse_args(arguments)
    source = options.source.resolve()
    if not (source / "_config.yml").is_file():
        parser.error(f"no _config.yml in {source}")
    out = options.out or source / "_build"
    failed = build(source, out, force=options.force)
    if not failed:
        bring_engine(source, out)
    return failed


if __name__ == "__main__":
    sys.exit(main())
