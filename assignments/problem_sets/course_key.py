"""The course key, from which hidden tests take their seeds, shapes and constants.

The sources are public, so an answer must not pass by returning a number that was read there. A
hidden test contains the name ``COURSE_KEY``. Before grading, the name is replaced by an integer of
128 bits that depends only on the teacher's key, the problem set and the cell.
"""

import copy
import hashlib
import re

from nbformat import NotebookNode

from assignments.problem_sets.cells import grade_id, is_test

PUBLIC = "public"  # used if no key is set: anyone can compute the numbers
_NAME = re.compile(r"\bCOURSE_KEY\b")


def cell_key(key: str, problem_set: str, cell: str) -> int:
    """The integer, from 0 to 2**128 - 1, that replaces ``COURSE_KEY`` in one test cell."""
    digest = hashlib.sha256("\0".join([key, problem_set, cell]).encode()).digest()
    return int.from_bytes(digest[:16], "big")


def keyed(notebook: NotebookNode, problem_set: str, key: str) -> NotebookNode:
    """A copy of a source notebook with ``COURSE_KEY`` replaced in its tests."""
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if is_test(cell):
            cell.source = _NAME.sub(str(cell_key(key, problem_set, grade_id(cell))), cell.source)
    return made
