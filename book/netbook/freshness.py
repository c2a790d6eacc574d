"""A page is read and run again when the package or the data it shows has changed.

The notebook cache knows a chapter by its code cells alone, so an edit to ``netinit``, to the stored
data or to the pinned requirements would leave old figures on the page. Here all three decide where
the cache lies.
"""

import hashlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

SUFFIXES = {".py", ".js", ".css"}


def fingerprint(root: Path) -> str:
    """Hash of everything under `root` that decides what a cell shows."""
    digest = hashlib.sha256()
    package = (path for path in (root / "netinit").rglob("*") if path.suffix in SUFFIXES)
    data = (root / "chapters" / "data").rglob("*")
    for path in [*sorted(package), *sorted(data), root / "requirements.txt"]:
        if path.is_file():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def place_cache(app: Sphinx, config: Config) -> None:
    """Give each state of the package a notebook cache of its own."""
    if config.nb_execution_mode == "cache":
        root = Path(app.outdir).parent / ".jupyter_cache"
        config.nb_execution_cache_path = str(root / fingerprint(Path(app.srcdir)))


def outdated(app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set) -> list:
    """Every notebook, if the package differs from the one the pages were read with."""
    now, before = fingerprint(Path(app.srcdir)), getattr(env, "netbook_fingerprint", None)
    env.netbook_fingerprint = now
    if before in (None, now):
        return []
    return sorted(name for name in env.found_docs if str(env.doc2path(name)).endswith(".ipynb"))


def setup(app: Sphinx) -> None:
    """Register both."""
    app.connect("config-inited", place_cache, priority=1)
    app.connect("env-get-outdated", outdated)
