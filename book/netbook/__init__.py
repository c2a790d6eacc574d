"""Sphinx extension that turns the chapters into pages: figures, boxes, search, downloads.

The chapters are plain notebooks, without directives or roles, so that they read well in
JupyterLab too. Whatever else a page needs is recognized here by its shape: a caption by its bold
``Figure 1.2.``, a box by its bold label, a citation by its link.
"""

from importlib import import_module
from pathlib import Path

PARTS = (
    "api",
    "archives",
    "boxes",
    "citations",
    "cite",
    "execution",
    "experiments",
    "figures",
    "folds",
    "frameworks",
    "freshness",
    "laboratory",
    "launch",
    "live",
    "markup",
    "names",
    "offline",
    "pages",
    "problem_sets",
    "schemes",
    "search",
    "starts",
    "tables",
    "widgets",
)
THEME = Path(__file__).parents[1] / "theme"


def setup(app) -> dict:
    """Register every part with Sphinx."""
    app.add_html_theme("netbook", str(THEME))
    # Jupyter Book always sets this one, for an extension that the book does not load.
    app.add_config_value("comments_config", {}, "html")
    for part in PARTS:
        import_module(f"netbook.{part}").setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
