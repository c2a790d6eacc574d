"""The fingerprint under which a result is kept: it changes with whatever can change a mark.

That is the rebuilt notebook, the problem set, the course key, the limits and what enforces them,
and the programs: the grader's own code, netinit with its data, the versions of Python and of all
installed packages. Pages and messages are written anew in each run, so they do not count.
"""

import functools
import hashlib
import importlib.metadata
import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import netinit
from assignments.problem_sets.sets import ROOT, ProblemSet
from assignments.running.isolation import Sandbox

_MADE = {"__pycache__", ".ipynb_checkpoints"}
# Folders beside the grader's code: problem sets, the hub's settings, and what nbgrader leaves.
_NOT_CODE = {"source", "notes", "hub", "release", "submitted", "autograded", "feedback"}


def of_result(problem_set: ProblemSet, key: str, box: Sandbox, notebook: NotebookNode) -> str:
    """The fingerprint of one result.

    Parameters
    ----------
    problem_set : ProblemSet
        The problem set, solutions and hidden tests included.
    key : str
        The course key.
    box : Sandbox
        Where the notebook runs, and within which limits.
    notebook : NotebookNode
        The rebuilt notebook. The ids of its cells do not count: those of the student's own cells
        are new in each rebuilding.
    """
    cells = [[c.cell_type, c.source, c.get("attachments"), c.metadata] for c in notebook.cells]
    where = [asdict(box.limits), box.enforced(), box.variables()]
    return _joined(json.dumps([cells, where]), of_tests(problem_set, key))


def of_tests(problem_set: ProblemSet, key: str) -> str:
    """The fingerprint of a gradebook: the problem set, the key, and the programs that make it."""
    return _joined(nbformat.writes(problem_set.notebook()), key, programs())


@functools.cache
def programs() -> str:
    """The fingerprint of Python, its packages, netinit and the grader's own code."""
    digest = hashlib.sha256("\n".join(_versions()).encode())
    for name, path in _files():
        digest.update(f"\0{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _versions() -> Iterator[str]:
    """Python's version, the machine's kind, and every installed package."""
    yield sys.version
    yield platform.machine()
    yield from sorted({f"{d.name}=={d.version}" for d in importlib.metadata.distributions()})


def _files() -> Iterator[tuple[str, Path]]:
    """The name and the place of each file that runs or grades a notebook."""
    package = Path(netinit.__file__).parent
    for folder, pattern, without in [(package, "*", _MADE), (ROOT, "*.py", _MADE | _NOT_CODE)]:
        for path in sorted(folder.rglob(pattern)):
            name = path.relative_to(folder)
            if path.is_file() and not without & set(name.parts):
                yield f"{folder.name}/{name.as_posix()}", path


def _joined(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
