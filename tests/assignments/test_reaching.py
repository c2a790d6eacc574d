"""Code that needs more than its task is named; honest code is not."""

import pytest

from assignments.handed_in.reaching import LONGEST, MOST_COMMANDS, doubts, reaches
from assignments.problem_sets.cells import grade_id, is_answer
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
        # What IPython takes and Python does not
        ("    import gc\n    gc.collect()", "imports gc"),
        ("import gc\nx = !true", "imports gc"),
        ("import gc\nx = %time 3", "imports gc"),
        (">>> import gc\n... y = 3", "imports gc"),
        ("In [1]: import gc", "imports gc"),
        ("import gc\n,print a b", "imports gc"),
        ("import gc\n/print a", "imports gc"),
        ("%" * (LONGEST + 1), "is no plain Python, and too long to be read"),
        ("%time 3\n" * (MOST_COMMANDS + 1), "is no plain Python, and too long to be read"),
        ("x = " + "-" * 100_000 + "1", "is nested too deeply to be read"),
        # Attributes that a text or an argument names
        ("'{0.gi_frame.f_back}'.format(g)", "names gi_frame"),
        ("('{0.gi_fr' + 'ame}').format(g)", "uses format"),
        ("text.format(g)", "uses text.format"),
        ("'{0.real}'.format(3)", "uses format"),
        ("'{0:{1.real}}'.format(3, 4)", "uses format"),
        ("list(map(str.format, texts))", "uses str.format"),
        ("class D:\n    gi_frame: object = None", "uses gi_frame"),
        ("from functools import update_wrapper as u", "uses update_wrapper"),
        ("functools.wraps(g, assigned=names)(h)", "uses wraps with names of its own"),
        ("from functools import singledispatch", "uses singledispatch"),
        ("mock.patch.object(g, name).get_original()", "uses mock"),
        # Types made without the statement
        ("T = list(map(type, [3]))[0]", "passes type on"),
        ("make = type", "passes type on"),
        ("type(*parts)", "passes type on"),
        ("kind('T', (float,), {})", "makes a type"),
        ("kind('T', (float,), dict(a=3))", "makes a type"),
        ("Enum('T', names, type=float)", "makes a type"),
        ("from abc import ABCMeta", "uses ABCMeta"),
        ("from dataclasses import make_dataclass", "uses make_dataclass"),
        # Methods that are given without `def`
        ("class T:\n    match f:\n        case __eq__:\n            pass", "defines __eq__"),
        ("class T:\n    match f:\n        case [*__eq__]:\n            pass", "defines __eq__"),
        ("class T:\n    from m import f as __eq__", "defines __eq__"),
        ("class T:\n    class __eq__:\n        pass", "defines __eq__"),
        # Doors in libraries
        ("from matplotlib.cbook import *", "imports all of matplotlib.cbook"),
        ("from matplotlib.pyplot import *", "imports all of matplotlib.pyplot"),
        ("from matplotlib.cbook import Path", "imports matplotlib.cbook"),
        ("import scipy._lib.doccer", "imports scipy._lib.doccer"),
        ("import IPython.display\nIPython.core", "uses IPython.core"),
        ("sys.stdout.session.send", "uses session"),
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
        "(" * 1000,
        "print('{:.3f} {0} {name!r:>{width}}'.format(3, name=4, width=5))",
        "assert isinstance(f, type) and type(3)(4) == 4",
        "from functools import wraps\n@wraps(f)\ndef g():\n    pass",
        "from numpy import *\nfrom netinit import *\nimport scipy.stats, matplotlib.pyplot as plt",
        "plt.text(0, (1, 2), 'x')",
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


def test_a_doubt_names_the_task_as_the_student_does():
    notebook = released(problem_sets()["ps1"])
    name, cell = next((grade_id(c), c) for c in notebook.cells if is_answer(c))
    cell.source = "import gc"
    assert doubts(notebook) == [
        f"code that reaches beyond its task, in the answer {name} of Task 1: imports gc"
    ]
