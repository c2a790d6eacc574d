"""Pages load nothing from other hosts: MathJax is copied from the installed package.

Of the 31 MB that `sphinx-mathjax-offline` installs, the pages need the parts listed here.
"""

import importlib.util
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PARTS = (
    "startup.js",
    "core.js",
    "input/tex-base.js",
    "input/tex/extensions/ams.js",
    "input/tex/extensions/newcommand.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "a11y/assistive-mml.js",
)
FONTS = "output/chtml/fonts/woff-v2"


def mathjax_source() -> Path:
    """Folder of the installed MathJax."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise ExtensionError("sphinx-mathjax-offline is missing: pip install -r requirements.txt")
    return Path(spec.origin).parent / "static" / "mathjax"


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Put the parts and the fonts into the built site, once."""
    target = Path(app.outdir, "_static", "mathjax")
    if error or app.builder.format != "html" or target.exists():
        return
    source = mathjax_source()
    fonts = [path.relative_to(source).as_posix() for path in (source / FONTS).glob("*.woff")]
    for part in [*PARTS, *fonts]:
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / part, target / part)


def setup(app: Sphinx) -> None:
    """Run after the pages are written."""
    app.connect("build-finished", copy_mathjax)
