"""Build the book: ``python book/build.py [--out _build] [--force]``.

Leaves the site in ``_build/html``, and beside it ``netinit-site.zip`` (the site, to be opened
from any folder) and ``netinit-notebooks.zip`` (the chapters with the package, to be run). A
warning is an error. While nothing has changed since the last good build, nothing is done.
"""

import argparse
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import archives

ROOT = Path(__file__).resolve().parents[1]
INPUTS = ("_config.yml", "_toc.yml", "index.md", "chapters", "reference", "netinit", "book")
INPUTS += ("assignments/index.md", "assignments/guide.md", "assignments/source")
INPUTS += ("assignments/problem_sets.py", "assignments/release.py")
INPUTS += ("requirements.txt", "pyproject.toml", "LICENSE", "LICENSE-text")
NOT_INPUTS = {"__pycache__", ".ipynb_checkpoints"}
MADE = ("html/index.html", "netinit-site.zip", "netinit-notebooks.zip")


def input_files(root: Path) -> Iterator[Path]:
    """Every file that decides what the site is."""
    for name in INPUTS:
        path = root / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (f for f in found if f.is_file() and not NOT_INPUTS & set(f.parts))


def fingerprint(root: Path) -> str:
    """Hash of all inputs and of the programs that read them."""
    digest = hashlib.sha256(f"{sys.version}{version('sphinx')}{version('myst-nb')}".encode())
    for path in input_files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def release_problem_sets(root: Path) -> None:
    """Write the student versions of the problem sets, which are pages of the book."""
    if not (root / "assignments" / "source").is_dir():
        return
    sys.path.insert(0, str(ROOT))
    from assignments.problem_sets import problem_sets
    from assignments.release import write

    for problem_set in problem_sets(root / "assignments" / "source").values():
        write(problem_set, root / "assignments" / "release")


def run_sphinx(root: Path, out: Path) -> bool:
    """Build the pages; whether that went without an error or a warning."""
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
    stamp, now = out / "book-built", fingerprint(root)
    complete = all((out / name).is_file() for name in MADE) and stamp.is_file()
    if not force and complete and stamp.read_text("utf-8") == now:
        return tell(out, "nothing has changed since the last build")
    started = time.monotonic()
    # Threads of BLAS wait for each other, which on a busy machine makes a chapter ten times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    stamp.unlink(missing_ok=True)
    # Sphinx copies a changed style sheet only if it writes a page: let it write all of them.
    shutil.rmtree(out / "html", ignore_errors=True)
    if force or not complete:
        # Warnings are given when a page is read, so a failed build must read all pages again.
        shutil.rmtree(out / ".doctrees", ignore_errors=True)
    release_problem_sets(root)
    if not run_sphinx(root, out):
        print("The book was not built: fix the warnings above.", file=sys.stderr)
        return 1
    archives.write_all(root, out)
    stamp.write_text(now, "utf-8")
    return tell(out, f"built in {time.monotonic() - started:.0f} s")


def tell(out: Path, what: str) -> int:
    """Say where the book is."""
    print(f"The book ({what}): open {(out / 'html' / 'index.html').resolve()}")
    print(f"For a file server: {out / MADE[1]} and {out / MADE[2]}")
    return 0


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
    return build(source, options.out or source / "_build", force=options.force)


if __name__ == "__main__":
    sys.exit(main())
