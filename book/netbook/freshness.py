"""A page is read, and its notebook run, again when anything it depends on has changed.

The notebook cache compares the code cells of a chapter, and Sphinx compares the file of a page.
Neither knows that a chapter shows what the package, a stored sweep or the installed packages
make of its code, or that this extension decides what a page looks like.
"""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from netbook.fingerprints import files_below, fingerprint, versions

# No notebook of the book imports these: the core build is without PyTorch.
UNUSED = tuple(
    f"netinit/{name}" for name in ("torch", "flax", "keras", "judging", "reading", "reporting")
)
PAGES = {".ipynb", ".md", ".bib"}  # Sphinx itself reads these, and notices a change


def of_outputs(root: Path) -> str:
    """Fingerprint of everything besides its own code that decides what a cell shows."""
    lock = root / "requirements.txt"
    beside = files_below(root / "chapters", root / "reference")
    data = (path for path in beside if path.suffix not in PAGES)
    unused = files_below(*(root / folder for folder in UNUSED))
    package = set(files_below(root / "netinit", lock)) - set(unused)
    return fingerprint(root, [*sorted(package), *data], versions(lock))


def of_pages(root: Path) -> str:
    """Fingerprint of everything besides its own text that decides what a page says."""
    ours = [root / "book" / "netbook", root / "_toc.yml", *(root / folder for folder in UNUSED)]
    return fingerprint(root, files_below(*ours), [of_outputs(root)])


def place_cache(app: Sphinx, config: Config) -> None:
    """Give each state of the package and its data a notebook cache of its own."""
    if config.nb_execution_mode == "cache":
        root = Path(app.outdir).parent / ".jupyter_cache"
        config.nb_execution_cache_path = str(root / of_outputs(Path(app.srcdir)))


def outdated(app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set) -> list:
    """Every page, if something that pages depend on differs from when they were read."""
    now, before = of_pages(Path(app.srcdir)), getattr(env, "netbook_fingerprint", None)
    env.netbook_fingerprint = now
    return [] if before in (None, now) else sorted(env.found_docs)


def setup(app: Sphinx) -> None:
    """Register both."""
    app.connect("config-inited", place_cache, priority=1)
    app.connect("env-get-outdated", outdated)
