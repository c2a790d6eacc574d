"""The course key: where hidden tests take their seeds, shapes and constants from.

The sources lie open, so a number that was read there must not pass. A hidden test writes the name
``COURSE_KEY``; before it is graded the name is replaced by an integer of 128 bits that depends on
the teacher's key, the problem set and the cell, and on nothing else.
"""

import copy
import hashlib
import re

from nbformat import NotebookNode

from assignments.problem_sets import grade_id, is_test

PUBLIC = "public"  # used while no key is set: anyone can compute its numbers
_NAME = re.compile(r"\bCOURSE_KEY\b")


def cell_key(key: str, problem_set: str, cell: str) -> int:
    """The integer that stands for ``COURSE_KEY`` in one test cell."""
    digest = hashlib.sha256("\0".join([key, problem_set, cell]).encode()).digest()
    return int.from_bytes(digest[:16], "big")


def keyed(notebook: NotebookNode, problem_set: str, key: str) -> NotebookNode:
    """A copy of a source notebook whose tests have their integers."""
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if is_test(cell):
            cell.source = _NAME.sub(str(cell_key(key, problem_set, grade_id(cell))), cell.source)
    return made
