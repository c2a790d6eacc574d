"""Submissions that must end well: each is a way to hand in a notebook, and what must come of it."""

import copy
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v3

from assignments.problem_sets.release import released
from assignments.problem_sets.sets import ROOT, ProblemSet
from tests.assignments import mini
from tests.assignments.hostile_code import (
    CONNECTS,
    FLOODS,
    FORK_BOMB,
    GROWS,
    KILLS,
    LONG_ERROR,
    PATCHES,
    PEEK,
    RESULT_FIRST,
    ROUND,
    SHOWS_HTML,
    SWALLOWS,
    TALKS,
    TRANSFORMS,
    UNWATCHED,
    WORDLESS,
    WRITES,
)

ALL, PART, NOTHING = (4.0, 2.0), (1.0, 2.0), (0.0, 0.0)  # points of double and of add_up
SECONDS = 6  # of the processor for a cell


@dataclass(frozen=True)
class Case:
    """One submission."""

    name: str
    write: Callable[[Path, NotebookNode], None]  # into the student's folder, from a right notebook
    status: str = "graded"
    points: tuple[float, float] | None = ALL
    told: str = ""  # must be among the notes and doubts
    student: str | None = None  # if not the name


def put(folder: Path, notebook: NotebookNode, name: str = "ps1.ipynb") -> None:
    """Write a notebook."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(nbformat.writes(notebook), "utf-8")


def raw(data: bytes) -> Callable[[Path, NotebookNode], None]:
    """Hand in bytes as they are."""

    def write(folder: Path, right: NotebookNode) -> None:
        folder.mkdir(parents=True)
        (folder / "ps1.ipynb").write_bytes(data)

    return write


def edited(change: Callable[[NotebookNode], object]) -> Callable[[Path, NotebookNode], None]:
    """Hand in the right notebook after a change."""

    def write(folder: Path, right: NotebookNode) -> None:
        notebook = copy.deepcopy(right)
        change(notebook)
        put(folder, notebook)

    return write


def double_is(source: str) -> Callable[[Path, NotebookNode], None]:
    """Hand in another answer to the first task."""
    return edited(lambda nb: by_name(nb, "double").update(source=source))


def by_name(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell of that grade_id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


def right_notebook(problem_set: ProblemSet) -> NotebookNode:
    """The released notebook as a good student hands it in."""
    notebook, source = released(problem_set), problem_set.notebook()
    for name in ("double", "add_up", "why"):
        by_name(notebook, name).source = by_name(source, name).source
    return notebook


def _strip(notebook: NotebookNode, *, ids: bool = False) -> None:
    for n, cell in enumerate(notebook.cells):
        cell.metadata = {}
        if ids:
            cell.id = f"new-{n}"


def _split(notebook: NotebookNode) -> None:
    cell = by_name(notebook, "double")
    place = notebook.cells.index(cell)
    second = copy.deepcopy(cell)
    cell.source, second.source, second.id = (
        'def double(x):\n    """Twice."""',
        "    return 2 * x",
        "b",
    )
    notebook.cells.insert(place + 1, second)


def _copied(notebook: NotebookNode) -> None:
    cell = by_name(notebook, "double")
    draft = copy.deepcopy(cell)
    draft.source, draft.id = "def double(x):\n    return 3 * x  # (", "draft"
    notebook.cells.insert(notebook.cells.index(cell), draft)


def _helper_below(notebook: NotebookNode) -> None:
    by_name(notebook, "double").update(
        source="def double(x):\n    return twice(x)", execution_count=5
    )
    helper = nbformat.v4.new_code_cell("def twice(x):\n    return 2 * x", execution_count=4)
    notebook.cells.append(helper)


def _older(folder: Path, right: NotebookNode) -> None:
    folder.mkdir(parents=True)
    text = nbformat.writes(nbformat.convert(copy.deepcopy(right), 3), version=3)
    assert v3.reads_json(text).nbformat == 3
    (folder / "ps1.ipynb").write_text(text, "utf-8")


def _link(folder: Path, right: NotebookNode) -> None:
    outside = folder.parent.parent / "outside.ipynb"
    outside.write_text(nbformat.writes(right), "utf-8")
    folder.mkdir()
    (folder / "ps1.ipynb").symlink_to(outside)


def _photo(folder: Path, right: NotebookNode) -> None:
    folder.mkdir()
    (folder / "proof.jpg").write_bytes(b"\xff\xd8")


def _proof_below(folder: Path, right: NotebookNode) -> None:
    notebook = copy.deepcopy(right)
    by_name(notebook, "why").source = "YOUR ANSWER HERE"
    notebook.cells.append(nbformat.v4.new_markdown_cell("It is twice, for it is."))
    put(folder, notebook)


def _two(folder: Path, right: NotebookNode) -> None:
    put(folder, right)
    wrong = copy.deepcopy(right)
    by_name(wrong, "double").source = "def double(x):\n    return 0"
    put(folder, wrong, "ps1-draft.ipynb")
    os.utime(folder / "ps1.ipynb", (1, 1))


def _other(folder: Path, right: NotebookNode) -> None:
    notebook = copy.deepcopy(right)
    for cell in notebook.cells:
        cell.id = f"other-{cell.id}"
        cell.source = cell.source.replace("double", "halve").replace("add_up", "subtract")
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id = f"other-{cell.metadata.nbgrader.grade_id}"
    put(folder, notebook)


def _latin(folder: Path, right: NotebookNode) -> None:
    notebook = copy.deepcopy(right)
    by_name(notebook, "why").source = "Café: it is twice."
    folder.mkdir(parents=True)
    text = json.dumps(json.loads(nbformat.writes(notebook)), ensure_ascii=False)
    (folder / "ps1.ipynb").write_bytes(text.encode("latin-1"))


def cases(problem_set: ProblemSet, outside: str) -> list[Case]:
    """All of them; `outside` is a folder that must stay empty."""
    right = mini.notebook()
    wrong_everywhere = "def double(x):\n    return 3 * x"
    unreadable = {"status": "unreadable", "points": None}
    return [
        Case("correct", put),
        Case("wrong", double_is(wrong_everywhere), points=(0.0, 2.0)),
        Case("untouched", lambda folder, _: put(folder, released(problem_set)), points=NOTHING),
        Case(
            "partly right",
            double_is("def double(x):\n    return 4 if isinstance(x, int) else 0"),
            points=PART,
        ),
        Case(
            "infinite loop",
            double_is("def double(x):\n    while True:\n        pass"),
            "check",
            (0.0, 2.0),
            f"used more than {SECONDS} s",
        ),
        Case(
            "loop swallowing exceptions",
            double_is(SWALLOWS),
            "check",
            NOTHING,
            "could not be interrupted",
        ),
        Case(
            "killed kernel",
            double_is("import os\ndef double(x):\n    os._exit(1)"),
            "check",
            NOTHING,
            "the kernel died",
        ),
        Case(
            "killed at the last test",
            edited(lambda nb: by_name(nb, "add_up").update(source=KILLS)),
            "check",
            (4.0, 0.0),
            "the kernel died",
        ),
        Case(
            "out of memory",
            double_is("def double(x):\n    y = bytearray(10**11)\n    return 2 * x"),
            points=(0.0, 2.0),
        ),
        Case("fork bomb", double_is(FORK_BOMB), "check", None),
        Case(
            "50 MB of output",
            double_is("def double(x):\n    print('x' * 50_000_000)\n    return 2 * x"),
            "check",
            ALL,
            "was cut",
        ),
        Case("an error of 50 MB", double_is(LONG_ERROR), "check", (0.0, 2.0), "was cut"),
        Case("display that grows", double_is(GROWS), "check", ALL, "was cut"),
        Case(
            "HTML in output",
            double_is(SHOWS_HTML + ROUND),
        ),
        Case(
            "deleted test cell",
            edited(lambda nb: nb.cells.remove(by_name(nb, "double-hidden"))),
            told="double-hidden was deleted",
        ),
        Case(
            "edited test cell",
            edited(lambda nb: by_name(nb, "double-visible").update(source="assert True")),
            told="double-visible was edited",
        ),
        Case(
            "edited test, wrong answer",
            edited(
                lambda nb: (
                    by_name(nb, "double").update(source="def double(x):\n    return 0"),
                    by_name(nb, "double-visible").update(source="pass"),
                )
            ),
            points=(0.0, 2.0),
        ),
        Case(
            "retyped cell",
            edited(
                lambda nb: nb.cells.__setitem__(
                    3,
                    nbformat.v4.new_markdown_cell(
                        nb.cells[3].source, id=nb.cells[3].id, metadata=nb.cells[3].metadata
                    ),
                )
            ),
            told="changed back",
        ),
        Case("stripped metadata", edited(_strip)),
        Case("stripped of all", edited(lambda nb: _strip(nb, ids=True))),
        Case("split answer cell", edited(_split), "check", ALL, "in 2 cells"),
        Case("copied answer cell", edited(_copied), "check", ALL, "in 2 cells"),
        Case("helper below, run before", edited(_helper_below), told="that the student added"),
        Case(
            "reordered cells",
            edited(lambda nb: nb.cells.insert(0, nb.cells.pop(6))),
            "check",
            ALL,
            "reordered",
        ),
        Case(
            "renamed notebook",
            lambda folder, nb: put(folder, nb, "ps1 (1).ipynb"),
            told="is called ps1 (1).ipynb",
        ),
        Case("two notebooks", _two, "check", ALL, "ps1-draft.ipynb"),
        Case("no notebook", lambda folder, _: folder.mkdir(), "missing", None),
        Case("not there at all", lambda folder, _: None, "missing", None),
        Case("truncated JSON", raw(nbformat.writes(right)[:300].encode()), **unreadable),
        Case("empty file", raw(b""), **unreadable, told="is empty"),
        Case(
            "not a notebook", raw(b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5}'), **unreadable
        ),
        Case("notebook of another assignment", _other, "wrong notebook", None),
        Case("older notebook format", _older),
        Case("non-UTF-8 file", _latin, "check", ALL, "not in UTF-8"),
        Case('Zoë O\'Brien "Z"', put),
        Case("path/separators\\..", put, student="path-separators"),
        Case("symlink out of the folder", _link, **unreadable, told="a link that leads out of the"),
        Case("no notebook but another file", _photo, **unreadable, told="not read: proof.jpg"),
        Case(
            "result before the error",
            double_is(RESULT_FIRST),
            "check",
            (0.0, 2.0),
            "sys.displayhook",
        ),
        Case("transforms cells", double_is(TRANSFORMS), "check", NOTHING, "kept this test from"),
        Case("removes the watch", double_is(UNWATCHED), "check", NOTHING, "kept this test from"),
        Case("error without words", double_is(WORDLESS), points=(0.0, 2.0)),
        Case("a thread talks", double_is(TALKS), "check", ALL, "imports threading"),
        Case("flood of displays", double_is(FLOODS)),
        Case(
            "a package that is not here",
            double_is(f"import pandas_of_mine\n{ROUND}"),
            "check",
            (0.0, 2.0),
            "not installed where this was graded: No module named 'pandas_of_mine'",
        ),
        Case(
            "names of NumPy in place of builtins",
            double_is(f"from numpy import *\n{ROUND}\nassert sum([[1], [2]]) == 3"),
        ),
        Case("proof below the answer", _proof_below, "check", ALL, "beside the answer why: 1"),
        Case(
            "import added to the setup",
            edited(
                lambda nb: (
                    by_name(nb, "setup").update(source="import numpy as np\nimport math"),
                    by_name(nb, "double").update(
                        source="def double(x):\n    return math.floor(2) * x"
                    ),
                )
            ),
            "check",
            ALL,
            "the cell setup was edited",
        ),
        Case("reads the solutions", double_is(PEEK.format(root=str(ROOT))), "check"),
        Case("writes outside", double_is(WRITES.format(outside=outside)), "check"),
        Case("opens a connection", double_is(CONNECTS), "check", ALL, "beyond its task"),
        Case("patches NumPy", double_is(PATCHES), "check", PART, "numpy.array_equal was replaced"),
        Case(
            "writes to stderr",
            double_is(
                "import sys\ndef double(x):\n    print('debug', file=sys.stderr)\n    return 2 * x"
            ),
        ),
    ]
