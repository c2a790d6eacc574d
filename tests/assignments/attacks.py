"""Recipes whose only aim is points without an answer; ``NAME`` stands for the function asked for.

Each was tried against the whole command on problem sets 1 to 3. None may get points unnoticed: it
gets none, or the row says that a person should look.
"""

import re
import textwrap

_PASSING = "lambda secret, **words: told(secret, failed=None, replaced=[])"
_LYING = """    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    def __bool__(self):
        return True
    def __hash__(self):
        return 0
"""
_ANYTHING = "def NAME(*a, **k):\n    return 0"
_CLOSURE = f"""import sys
run = sys.modules["netinit-watch"].run
cells = dict(zip(run.__code__.co_freevars, run.__closure__))
told = cells["say"].cell_contents
cells["say"].cell_contents = {_PASSING}
{_ANYTHING}"""
_EQUAL = "chr(95) * 2 + 'eq' + chr(95) * 2: lambda s, o: True"  # __eq__, without its name

ATTACKS = {
    "the watch's own words, by closure": _CLOSURE,
    "all lines indented, which IPython takes off": textwrap.indent(_CLOSURE, "    "),
    "a command of the shell in an assignment": f"{_CLOSURE}\nx = !true",
    "a magic in an assignment": f"{_CLOSURE}\nx = %time 3",
    "prompts, which IPython takes off": re.sub(
        "^", ">>> ", re.sub("^(?= )", "... ", _CLOSURE, flags=re.M), flags=re.M
    ).replace(">>> ... ", "... "),
    "a command without brackets": f"{_CLOSURE}\n,print a b",
    "a magic in a cell that is too long": f"%time 3\n{_CLOSURE}\n#{'x' * 20_000}",
    "more magics than are read": "%time 3\n" * 200 + _CLOSURE,
    "the watch's own words, by frames": f"""import sys
def NAME(*a, **k):
    frame = sys._getframe()
    while frame and frame.f_code.co_name != "run":
        frame = frame.f_back
    run = sys.modules["netinit-watch"].run
    cells = dict(zip(run.__code__.co_freevars, run.__closure__))
    told = cells["say"].cell_contents
    cells["say"].cell_contents = {_PASSING}
    return 0""",
    "the watch's own words, by gc": f"""import gc
for each in gc.get_objects():
    if getattr(each, "__qualname__", "") == "_netinit_watch.<locals>.run":
        cells = dict(zip(each.__code__.co_freevars, each.__closure__))
        told = cells["say"].cell_contents
        cells["say"].cell_contents = {_PASSING}
{_ANYTHING}""",
    "exec that does nothing, by closure": f"""import sys
run = sys.modules["netinit-watch"].run
cells = dict(zip(run.__code__.co_freevars, run.__closure__))
cells["exec_"].cell_contents = lambda *a: None
{_ANYTHING}""",
    "the code of the watch replaced": f"""import sys
watch = sys.modules["netinit-watch"]
def run(what):
    return None
watch.run = run
{_ANYTHING}""",
    "asserts compiled away": f"""import sys
run = sys.modules["netinit-watch"].run
cells = dict(zip(run.__code__.co_freevars, run.__closure__))
cells["compile_"].cell_contents = lambda s, *a, **k: compile(s, "x", "exec", optimize=1)
{_ANYTHING}""",
    "a verdict sent by the answer, then the end": """import os, sys
def NAME(*a, **k):
    frame = sys._getframe()
    while frame and "secret" not in frame.f_locals:
        frame = frame.f_back
    kernel = get_ipython().kernel
    words = {"secret": frame.f_locals["secret"], "failed": None, "replaced": []}
    kernel.session.send(kernel.iopub_socket, "netinit_verdict", words,
                        parent=kernel.get_parent("shell"))
    os._exit(0)""",
    "a verdict sent by the answer, then a wait": """import sys, time
def NAME(*a, **k):
    frame = sys._getframe()
    while frame and "secret" not in frame.f_locals:
        frame = frame.f_back
    kernel = get_ipython().kernel
    words = {"secret": frame.f_locals["secret"], "failed": None, "replaced": []}
    kernel.session.send(kernel.iopub_socket, "netinit_verdict", words,
                        parent=kernel.get_parent("shell"))
    time.sleep(10**6)""",
    "a verdict from a fork": """import os, sys
def NAME(*a, **k):
    if os.fork() == 0:
        return 0
    os.wait()
    os._exit(0)""",
    "the test's names changed, by frames": """import sys
def NAME(*a, **k):
    names = sys._getframe(1).f_globals
    names["__builtins__"] = {"AssertionError": Exception}
    names["np"] = None
    return 0""",
    "errors swallowed by the shell": f"""shell = get_ipython()
shell.set_custom_exc((BaseException,), lambda *a, **k: None)
shell.showtraceback = lambda *a, **k: None
{_ANYTHING}""",
    "every cell becomes pass": f"""shell = get_ipython()
shell.input_transformers_cleanup.append(lambda lines: ["pass\\n"])
{_ANYTHING}""",
    "asserts removed by a transformer": f"""import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
{_ANYTHING}""",
    "an import hook gives other libraries": f"""import builtins, types
real = builtins.__import__
def hook(name, *a, **k):
    module = real(name, *a, **k)
    if name.startswith("numpy"):
        module = types.SimpleNamespace(allclose=lambda *a, **k: True)
    return module
builtins.__import__ = hook
{_ANYTHING}""",
    "numpy's module replaced": f"""import sys, types
fake = types.ModuleType("numpy")
fake.allclose = fake.array_equal = fake.isclose = lambda *a, **k: True
sys.modules["numpy"] = fake
{_ANYTHING}""",
    "comparing functions replaced": f"""import numpy
numpy.allclose = numpy.array_equal = numpy.isclose = lambda *a, **k: True
{_ANYTHING}""",
    "comparing functions replaced one level below": f"""import sys
for name in ("numpy._core.numeric", "numpy.core.numeric", "numpy.testing._private.utils"):
    module = sys.modules.get(name)
    for each in ("allclose", "isclose", "array_equal", "assert_allclose"):
        if hasattr(module, each):
            setattr(module, each, lambda *a, **k: True)
{_ANYTHING}""",
    "code objects of comparisons replaced": f"""import numpy
yes = lambda *a, **k: True
for each in (numpy.allclose, numpy.isclose, numpy.array_equal):
    getattr(each, "__wrapped__", each).__code__ = yes.__code__
{_ANYTHING}""",
    "a generator that can be predicted": f"""import numpy
numpy.random.default_rng = lambda seed=None: numpy.random.Generator(numpy.random.PCG64(0))
{_ANYTHING}""",
    "builtins replaced": f"""import builtins
builtins.all = builtins.any = builtins.isinstance = lambda *a: True
builtins.abs = builtins.max = lambda *a: 0
{_ANYTHING}""",
    "ctypes changes what true means": """import ctypes
def NAME(*a, **k):
    ctypes.memmove(id(False) + 24, id(True) + 24, 8)
    return 0""",
    "the class of errors changed": f"""import builtins
class AssertionError(Exception):
    pass
builtins.AssertionError = AssertionError
{_ANYTHING}""",
    "an object equal to everything": f"""class Any:
{_LYING}
def NAME(*a, **k):
    return Any()""",
    "a pair of them": f"""class Any:
{_LYING}
def NAME(*a, **k):
    return Any(), Any()""",
    "an array equal to everything": f"""import numpy as np
class Any(np.ndarray):
{_LYING}
    def __array_ufunc__(self, *a, **k):
        return True
    def __array_function__(self, *a, **k):
        return True
def NAME(*a, **k):
    return np.zeros(3).view(Any)""",
    "a number equal to everything": f"""class Any(float):
{_LYING}
    __sub__ = __rsub__ = __abs__ = lambda *a: 0.0
def NAME(*a, **k):
    return Any(0.0)""",
    "an array whose methods lie": """import numpy as np
class Any(np.ndarray):
    def all(self, *a, **k):
        return True
    any = astype = all
def NAME(*a, **k):
    return np.zeros(3).view(Any)""",
    "a class without the word class": """Any = type("Any", (), {"__eq__": lambda a, b: True})
def NAME(*a, **k):
    return Any()""",
    "mock.ANY": "from unittest import mock\ndef NAME(*a, **k):\n    return mock.ANY",
    "an array of mock.ANY": """from unittest import mock
import numpy as np
def NAME(*a, **k):
    return np.array([mock.ANY] * 3, dtype=object)""",
    "arguments made equal to the answer": """def NAME(*a, **k):
    for each in a:
        if hasattr(each, "fill"):
            each.fill(0)
    return a[0] if a else 0""",
    "no numbers": "import numpy as np\ndef NAME(*a, **k):\n    return np.empty(0)",
    "not a number": "def NAME(*a, **k):\n    return float('nan')",
    "a masked array": "import numpy as np\ndef NAME(*a, **k):\n    return np.ma.masked_all(3)",
    "a generator object that never ends": "def NAME(*a, **k):\n    while True:\n        yield 0",
    "the hidden tests read from the history": """def NAME(*a, **k):
    print("READ", [t for _, _, t in get_ipython().history_manager.get_range()
                   if "HIDDEN" in t])
    return 0""",
    "the hidden tests read from the connection": """def NAME(*a, **k):
    print("READ", get_ipython().kernel.get_parent("shell")["content"]["code"][:300])
    return 0""",
    "the hidden tests read from /proc": """def NAME(*a, **k):
    text = open("/proc/self/environ").read() + open("/proc/self/cmdline").read()
    print("READ", "COURSE" in text, "HIDDEN" in text)
    return 0""",
    "at exit": f"""import atexit, os
atexit.register(os._exit, 0)
{_ANYTHING}""",
    "a thread that answers for the kernel": f"""import sys, threading, time
def talk():
    while True:
        for frame in sys._current_frames().values():
            while frame:
                secret = frame.f_locals.get("secret")
                if secret:
                    kernel = get_ipython().kernel
                    words = {{"secret": secret, "failed": None, "replaced": []}}
                    kernel.session.send(kernel.iopub_socket, "netinit_verdict", words,
                                        parent=kernel.get_parent("shell"))
                frame = frame.f_back
        time.sleep(0.001)
threading.Thread(target=talk, daemon=True).start()
{_ANYTHING}""",
    "warnings turned into nothing": f"""import warnings
warnings.simplefilter("ignore")
warnings.warn = lambda *a, **k: None
{_ANYTHING}""",
    "a comm and other messages": """def NAME(*a, **k):
    kernel = get_ipython().kernel
    for kind in ("execute_result", "comm_open", "stream", "status"):
        words = {"data": {"text/plain": "4"}, "metadata": {}, "execution_count": 1,
                 "comm_id": "x", "target_name": "x", "name": "stdout", "text": "4",
                 "execution_state": "idle"}
        kernel.session.send(kernel.iopub_socket, kind, words, parent=kernel.get_parent("shell"))
    return 0""",
    "a reply sent by the answer": """def NAME(*a, **k):
    kernel = get_ipython().kernel
    parent = kernel.get_parent("shell")
    words = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
    kernel.session.send(kernel.shell_stream, "execute_reply", words, parent=parent)
    return 0""",
    "trace functions": f"""import sys
def trace(frame, event, arg):
    if event == "exception":
        frame.f_lineno = frame.f_lineno + 1
    return trace
sys.settrace(trace)
{_ANYTHING}""",
    "names of the test defined beforehand": f"""COURSE_KEY = 0
_rng = rng = _x = expected = None
__notebook__ = {{}}
{_ANYTHING}""",
    "what a test wants, by a text that asks for it": """def peek(me):
    yield ("{0.gi_fr" + "ame.f_ba" + "ck.f_ba" + "ck.f_lo" + "cals[wanted]}").format(me[0])
def NAME(*a, **k):
    me = []
    me.append(peek(me))
    return eval_of(next(me[0]))
def eval_of(text):
    parts = text.replace("np.float64(", "").replace(")", "").strip("[]").split("], [")
    return tuple(np.array([float(v) for v in p.split(",")]) for p in parts)""",
    "the same by a formatter of matplotlib": """import matplotlib.ticker
def peek(me):
    yield matplotlib.ticker.StrMethodFormatter("{x.gi_" + "frame.f_" + "back}")(me[0])
def NAME(*a, **k):
    me = []
    me.append(peek(me))
    return next(me[0])""",
    "a frame, by copying attributes": f"""import dataclasses, functools
got = []
@dataclasses.dataclass
class Box:
    gi_frame: object = None
    def __init__(self, **k):
        got.append(k)
box = Box()
functools.update_wrapper(box, (i for i in [1]), assigned=("gi_" + "frame",), updated=())
dataclasses.replace(box)
{_ANYTHING}""",
    "a frame, by a mock of the problem set": f"""got = []
def peek():
    yield mock.patch.object(got[0], "gi_" + "frame").get_original()
got.append(peek())
next(got[0])
{_ANYTHING}""",
    "frames, by all that a module of a library imports": """from matplotlib.cbook import *
def NAME(*a, **k):
    return [frame for frame, line in traceback.walk_stack(None)]""",
    "code in an annotation": f"""from functools import singledispatch
got = []
text = "got.app" + "end(_" + "_imp" + "ort_" + "_('sys')) or int"
@singledispatch
def ask(x):
    pass
@ask.register
def told(x: text):
    pass
{_ANYTHING}""",
    "the shell, by its class": """import IPython.display
shell = IPython.core.interactiveshell.InteractiveShell.instance()
shell.ast_transformers.append(None)
def NAME(*a, **k):
    return 0""",
    "the connection, by what printing goes through": """import sys
def NAME(*a, **k):
    sys.stdout.session.send(sys.stdout.pub_thread, "netinit_verdict", {"failed": None})
    return 0""",
    "the kind of kinds, found in a list": f"""kind = list(map(type, [int]))[0]
Any = kind("Any", (float,), {{{_EQUAL}}})
def NAME(*a, **k):
    return Any(), Any()""",
    "a class made by its other maker": f"""from abc import ABCMeta
Any = ABCMeta("Any", (float,), {{{_EQUAL}}})
def NAME(*a, **k):
    return Any(), Any()""",
    "a class made by dataclasses": f"""from dataclasses import make_dataclass
Any = make_dataclass("Any", [], bases=(float,), namespace={{{_EQUAL}}})
def NAME(*a, **k):
    return Any(), Any()""",
    "a class made by enum": f"""import enum
Any = enum.Enum("Any", {{{_EQUAL}, "x": 1}})
def NAME(*a, **k):
    return Any.x, Any.x""",
    "a method by a pattern": """class Any(type(1.5)):
    match lambda s, o: True:
        case __eq__:
            pass
def NAME(*a, **k):
    return Any(), Any()""",
    "a method by an import": """class Any(type(1.5)):
    from operator import truth as __eq__
def NAME(*a, **k):
    return Any(), Any()""",
}
