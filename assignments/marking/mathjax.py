"""Where MathJax is: in the installed package that the book takes it from as well."""

import importlib.util
from functools import cache
from pathlib import Path

FILES = (
    "startup.js",
    "core.js",
    "input/tex-base.js",
    "input/tex/extensions/ams.js",
    "input/tex/extensions/noerrors.js",
    "input/tex/extensions/noundefined.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "output/chtml/fonts/woff-v2/",
    "a11y/assistive-mml.js",
    "ui/safe.js",
)


@cache
def mathjax_source() -> Path:
    """The folder of the installed MathJax.

    Raises
    ------
    FileNotFoundError
        If it is not installed.
    """
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if found is None or found.origin is None:
        raise FileNotFoundError("sphinx-mathjax-offline is missing: pip install netinit[classroom]")
    return Path(found.origin).parent / "static" / "mathjax"
