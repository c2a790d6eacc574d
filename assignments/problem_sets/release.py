"""Student versions: the source without solutions, hidden tests and outputs; they are run too."""

import copy
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader import preprocessors

from assignments.problem_sets.cells import grade_id, is_answer, is_test
from assignments.problem_sets.course_key import PUBLIC, keyed
from assignments.problem_sets.sets import ROOT, ProblemSet

RELEASE = ROOT / "release"  # made, never committed
SECRETS = ("BEGIN HIDDEN TESTS", "BEGIN SOLUTION", "COURSE_KEY")

# What nbgrader's generate_assignment does, except for its database.
_STEPS = (
    preprocessors.LockCells,
    preprocessors.ClearSolutions,
    preprocessors.ClearOutput,
    preprocessors.CheckCellMetadata,
    preprocessors.ClearHiddenTests,
    preprocessors.ComputeChecksums,
    preprocessors.CheckCellMetadata,
)


def released(problem_set: ProblemSet) -> NotebookNode:
    """The notebook that a student gets.

    Raises
    ------
    ValueError
        If a solution, a hidden test or the course key would be left in it.
    """
    notebook, resources = problem_set.notebook(), {}
    for step in _STEPS:
        notebook, resources = step().preprocess(notebook, resources)
    for secret in SECRETS:
        if secret in nbformat.writes(notebook):
            raise ValueError(f"{problem_set.name}: the student version still has {secret!r} in it")
    return notebook


def write(problem_set: ProblemSet, folder: Path = RELEASE) -> Path:
    """Write the student version unless the file is up to date; return its path."""
    path, text = folder / f"{problem_set.name}.ipynb", nbformat.writes(released(problem_set)) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8", newline="\n")
    return path


def faults(problem_set: ProblemSet, key: str = PUBLIC) -> Iterator[str]:
    """Run both versions and yield a line for each fault.

    With its solutions, no cell may fail. In the student version only an empty answer and its tests
    may.
    """
    for cell, error in _failures(keyed(problem_set.notebook(), problem_set.name, key)):
        yield f"{problem_set.name}, with its solutions: {grade_id(cell) or cell.id}: {error}"
    empty = ("NotImplementedError", "NameError", "AssertionError")
    for cell, error in _failures(released(problem_set)):
        expected = is_answer(cell) or (is_test(cell) and error.startswith(empty))
        if not expected:
            yield f"{problem_set.name}, as released: {grade_id(cell) or cell.id}: {error}"


def _failures(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, str]]:
    """The cells that fail, and how. Text on stderr is a failure too: it costs the points."""
    notebook = copy.deepcopy(notebook)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        allow_errors=True,
        # It would warn that it is reached without encryption, on this machine alone.
        extra_arguments=["--log-level=ERROR"],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the messaging libraries
        client.execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                yield cell, f"{output.ename}: {output.evalue}"
            elif output.output_type == "stream" and output.name == "stderr":
                yield cell, f"on stderr: {output.text.strip()}"
