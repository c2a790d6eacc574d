"""Notebooks that need PyTorch, which the book is built without.

The book shows what they store: it runs them neither when it is built nor in the page. Their outputs
are made, and compared, where the frameworks are: `make outputs-frameworks`, `make test-frameworks`.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the frameworks' environment has no Sphinx
    from sphinx.application import Sphinx
    from sphinx.config import Config

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
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


def bring_questions(app: Sphinx, page: str, source: list[str]) -> None:
    """Give the quick questions of a page that is not run the state that a run would leave."""
    if not needs_torch(Path(app.env.doc2path(page))):
        return
    notebook, states = json.loads(source[0]), {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if VIEW in output.get("data", {}):
                states |= question(cell, output["data"][VIEW]["model_id"])
    saved = {"version_major": 2, "version_minor": 0, "state": states}
    notebook["metadata"]["widgets"] = {STATE: saved}
    source[0] = json.dumps(notebook)


def question(cell: dict, model: str) -> dict[str, dict]:
    """State of the question that a cell asks, under the name of its stored view."""
    from ipywidgets.embed import dependency_state

    from netinit.widgets import Quiz

    call = ast.parse("".join(cell["source"])).body[-1].value
    if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "Quiz"):
        raise ValueError(f"cell {cell['id']}: a widget that only a run can make; ask a Quiz")
    options = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    quiz = Quiz(*map(ast.literal_eval, call.args), **options)
    saved = dependency_state([quiz], drop_defaults=False)[quiz.model_id]
    del saved["state"]["layout"]  # a model of its own, with a new name each time
    return {model: saved}


def setup(app: Sphinx) -> None:
    """Before MyST-NB reads its settings, and before it reads a page."""
    app.connect("config-inited", leave_out, priority=1)
    app.connect("source-read", bring_questions)
