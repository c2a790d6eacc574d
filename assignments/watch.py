"""Two cells around a graded notebook that detect whether it replaced a function of a library.

A student's code runs in the same process as the tests, so it can make any test pass. This finds the
obvious ways of doing so, intended or not; it is no defense against someone who reads it.
"""

from nbformat import NotebookNode, v4

BEFORE = """
def _watch():
    import builtins, math, sys
    import numpy, numpy.linalg, numpy.random, numpy.testing
    import netinit
    watched = (builtins, math, numpy, numpy.linalg, numpy.random, numpy.testing, netinit)
    kept = [(module, dict(vars(module))) for module in watched]

    def replaced():
        return [
            f"{module.__name__}.{name}"
            for module, before in kept
            for name, value in before.items()
            # IPython itself replaces input.
            if not name.startswith("_") and name != "input" and vars(module).get(name) is not value
        ]

    sys.modules["netinit-watch"] = replaced
_watch()
del _watch
"""
AFTER = """
import sys
for _name in sys.modules["netinit-watch"]():
    print(_name)
"""


def surrounded(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells, with the two cells before and after them."""
    return [v4.new_code_cell(BEFORE), *cells, v4.new_code_cell(AFTER)]


def replaced(last: NotebookNode) -> list[str]:
    """The names of replaced functions, from the second cell after it has run."""
    found = []
    for output in last.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            found += output.text.split()
        elif output.output_type == "error" and output.ename not in ("NotRun", "DeadKernel"):
            found.append("the watch itself")
    return found
