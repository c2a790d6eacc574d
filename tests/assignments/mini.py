"""A problem set in small: one function, tests of it, one written answer."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from assignments.problem_sets.sets import ProblemSet

NAME = "ps1"

SETUP = "import numpy as np"
ANSWER = '''def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION'''
VISIBLE = 'assert double(2) == 4, f"twice 2 is 4, not {double(2)}"'
HIDDEN = """# Hidden tests of `double`: they run when the notebook is graded.
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(COURSE_KEY)
_x = _rng.normal(size=5)
assert np.array_equal(double(_x), 2 * _x), "an array is doubled entry by entry"
### END HIDDEN TESTS"""
SUM = '''def add_up(x):
    """The sum of x."""
    ### BEGIN SOLUTION
    return sum(x)
    ### END SOLUTION'''
SUM_VISIBLE = 'assert add_up([1, 2]) == 3, "1 + 2 is 3"'
TEACHER = """# Problem set 1: Mini

## Marking

### Rubric: `why`

Two points for the word *twice*.
"""


def marked(name: str, *, points: float | None = None, solution: bool = False) -> dict:
    """nbgrader's metadata of a cell."""
    entry = {
        "grade": points is not None,
        "grade_id": name,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return {"nbgrader": entry if points is None else entry | {"points": points}}


def code(name: str, source: str, **kind: object) -> NotebookNode:
    """A code cell."""
    return v4.new_code_cell(source, id=name, metadata=marked(name, **kind))


def notebook() -> NotebookNode:
    """The source notebook."""
    cells = [
        v4.new_markdown_cell("# Problem set 1: Mini", id="title"),
        code("setup", SETUP),
        code("double", ANSWER, solution=True),
        code("double-visible", VISIBLE, points=1),
        code("double-hidden", HIDDEN, points=3),
        code("add_up", SUM, solution=True),
        code("add_up-visible", SUM_VISIBLE, points=2),
        v4.new_markdown_cell(
            "It is twice.", id="why", metadata=marked("why", points=2, solution=True)
        ),
    ]
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return v4.new_notebook(cells=cells, metadata=metadata)


def scores_by_rule(notebook: NotebookNode) -> dict[str, tuple[float | None, float]]:
    """Points and their maximum by the text of the answers, in place of a kernel."""
    text = {c.metadata.get("nbgrader", {}).get("grade_id"): c.source for c in notebook.cells}
    double, add_up = "2 * x" in text["double"], "sum(x)" in text["add_up"]
    return {
        "double-visible": (float(double), 1.0),
        "double-hidden": (3.0 * double, 3.0),
        "add_up-visible": (2.0 * add_up, 2.0),
        "why": (None, 2.0),
    }


def write(source: Path) -> ProblemSet:
    """Write the problem set into a folder of problem sets."""
    folder = source / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook(), folder / f"{NAME}.ipynb")
    notes = source.parent / "notes"
    notes.mkdir()
    (notes / f"{NAME}.md").write_text(TEACHER, "utf-8")
    return ProblemSet(folder)
