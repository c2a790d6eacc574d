"""Code that needs more than its task is named; honest code is not."""

import pytest

from assignments.handed_in.reaching import LONGEST, doubts, reaches
from assignments.problem_sets.cells import is_answer
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import problem_sets
from tests.assignments.answer_file import answers
from tests.assignments.attacks import ATTACKS
from tests.assignments.hostile import by_name, right_notebook

# These get no points, and look like an honest mistake; see the log of attacks in test_watch.
HARMLESS = {
    *("arguments made equal to the answer", "no numbers", "not a number", "a masked array"),
    "a generator object that never ends",
}


def test_every_recipe_is_named_but_those_that_are_plain_mistakes():
    assert {name for name, source in ATTACKS.items() if not reaches(source)} == HARMLESS


@pytest.mark.parametrize("name", problem_sets())
def test_no_listed_answer_is_named_right_or_wrong(name):
    given = [c.source for c in problem_sets()[name].notebook().cells if is_answer(c)]
    code = [each.code for each in answers(name)] + given
    assert [reaches(source) for source in code if reaches(source)] == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import numpy as np\nnp.random.seed = 3", "changes np.random.seed"),
        ("from os.path import join", "imports os.path"),
        ("from IPython import get_ipython", "imports IPython"),
        ("import collections\ncollections.abc.sys.exit()", "uses sys"),
        ("x = type('T', (), {})", "makes a type"),
        ("'{0.__class__}'.format(3)", "names __class__"),
        ("class T(int):\n    pass", "defines a kind of int"),
        ("!ls", "uses get_ipython"),
        ("match f:\n    case object(__globals__=g):\n        pass", "names __globals__"),
        ("dict(__eq__=f)", "names __eq__"),
        ("'__' + 'eq__'", "a text with __"),
        ("import numpy as np\nnp.testing.runstring('3', {})", "uses np.testing"),
        ("from numpy.f2py.crackfortran import myeval", "imports numpy.f2py.crackfortran"),
        ("import timeit", "imports timeit"),
        ("np.load('x', allow_pickle=True)", "names allow_pickle"),
        ("import netinit\nnetinit.gains['relu'] = 1", "changes netinit.gains['relu']"),
        ("from netinit import gains as g\ng['relu'] = 1", "changes g['relu']"),
        ("n = netinit.tables\nn.gains.update(relu=1)", "changes n.gains.update"),
        ("del np.linalg.svd", "changes np.linalg.svd"),
        ("%timeit 3", "uses get_ipython"),
        ("f = (lambda: 0).__code__", "uses __code__"),
    ],
)
def test_what_is_named(source, told):
    assert told in reaches(source)


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nprint(sys.maxsize, file=sys.stderr)",
        "class Net:\n    def __init__(self):\n        self._w = 0\n        self.load = 3",
        'def f(x):\n    """The method __eq__ of x."""\n    return netinit.network.load',
        "import numpy as np\nx = np.zeros(3)\nx[0] = 1\nx.fill(2)\nnp.sort(x)\ny = x.T\ny[0] = 2",
        "def broken(:",
        "(" * 100_000,
        "%" * (LONGEST + 1),
    ],
)
def test_what_is_not_named(source):
    assert reaches(source) == []


def test_a_student_who_reaches_beyond_is_looked_at(small):
    assert doubts(right_notebook(small)) == []
    assert doubts(released(small)) == []
    notebook = right_notebook(small)
    source = "import gc, os\n" + by_name(notebook, "double").source + "\neval('getattr')\nexec('')"
    by_name(notebook, "double").source = source + "\nvars()"
    assert doubts(notebook) == [
        "code that reaches beyond its task, in the answer double: imports gc, imports os, "
        "uses eval, uses exec and 1 more"
    ]
