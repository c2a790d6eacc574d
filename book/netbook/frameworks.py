"""Notebooks that need PyTorch, which the book is built without.

The book shows what they store: it runs them neither when it is built nor in the page. Their outputs
are made, and compared, where the frameworks are: `make outputs-frameworks`, `make test-frameworks`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the frameworks' environment has no Sphinx
    from sphinx.application import Sphinx
    from sphinx.config import Config

NEEDS = re.compile(r"^(?:import|from) torch\b", re.MULTILINE)


def needs_torch(path: Path) -> bool:
    """Whether a cell of the notebook imports PyTorch."""
    return path.suffix == ".ipynb" and imports_torch(json.loads(path.read_text("utf-8")))


def imports_torch(notebook: dict) -> bool:
    """Whether a cell of a notebook that was read does."""
    code = ("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")
    return any(NEEDS.search(source) for source in code)


def torch_notebooks(root: Path) -> list[Path]:
    """Those of the book that do."""
    found = [*(root / "chapters").glob("*.ipynb"), *(root / "reference").glob("*.ipynb")]
    return sorted(path for path in found if needs_torch(path))


def leave_out(app: Sphinx, config: Config) -> None:
    """Keep the build from running them."""
    root = Path(app.srcdir)
    left_out = [path.relative_to(root).as_posix() for path in torch_notebooks(root)]
    config.nb_execution_excludepatterns = [*config.nb_execution_excludepatterns, *left_out]


def setup(app: Sphinx) -> None:
    """Before MyST-NB reads its settings."""
    app.connect("config-inited", leave_out, priority=1)
