"""Points come from what a test says itself, whatever the student's code does to the kernel.

One kernel without a sandbox serves all cases: each puts an attack beside a wrong answer.
"""

import pytest
from jupyter_client.manager import start_new_kernel

from assignments.running import watch

TEST = 'assert double(3) == 6, "twice 3 is 6"'


class Kernel:
    """A kernel that runs cells and gives the messages of a kind."""

    def __init__(self, client):
        self.client = client

    def run(self, code, kind=watch.KIND):
        """Run a cell; return the contents of the messages of that kind."""
        request, found = self.client.execute(code, store_history=False), []
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["content"].get("execution_state") == "idle":
                return found
            if message["msg_type"] == kind:
                found.append(message["content"])

    def verdict(self, test=TEST, name="double-hidden", answers=("double",)):
        """The outcome of a test, and what was replaced; None if it did not say."""
        secret = watch.new_secret()
        told = self.run(watch.test(name, test, secret, list(answers)))
        real = [each for each in told if each["secret"] == secret]
        return real[0] if real else None


@pytest.fixture(scope="module")
def started():
    extra = ["--log-level=ERROR"]  # it would warn that it is reached without encryption
    manager, client = start_new_kernel(kernel_name="python3", extra_arguments=extra)
    kernel = Kernel(client)
    assert kernel.run(watch.first().source, "error") == []
    assert kernel.run(watch.given("import numpy as np\nSIZE = 3"), "error") == []
    yield kernel
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(started):
    """The kernel; afterwards what a case has done to the shell is undone."""
    yield started
    started.run(
        "import sys; sys.displayhook = get_ipython().displayhook; sys.stdout = sys.__stdout__\n"
        "get_ipython().input_transformers_post.clear()\n"
        "get_ipython().ast_transformers.clear(); get_ipython().set_custom_exc((), None)\n"
        "[globals().pop(n, None) for n in ('sum', 'any', 'abs', 'np', 'SIZE', 'double')]"
    )
    started.verdict("pass")
    assert started.verdict("assert sum([1]) == 1 and SIZE == 3")["failed"] is None


WRONG = "def double(x):\n    return 0"
ATTACKS = {
    "nothing": WRONG,
    "a result before the error": "def double(x):\n    __import__('sys').displayhook('x')",
    "a result that is points": "import sys\ndef double(x):\n    sys.displayhook(-1)\n    return 0",
    "asserts removed": """import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""
    + WRONG,
    "errors hidden": f"get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)\n{WRONG}",
    "a forged verdict": """def double(x):
    kernel = get_ipython().kernel
    for secret in ("", None, "0" * 32):
        content = {"secret": secret, "failed": None, "replaced": []}
        kernel.session.send(kernel.iopub_socket, "netinit_verdict", content,
                            parent=kernel.get_parent("shell"))
    return 0""",
    "an exit": "import sys\ndef double(x):\n    sys.exit(0)",
    "an interrupt": "def double(x):\n    raise KeyboardInterrupt",
    "an error without words": """class Mute(Exception):
    def __str__(self):
        raise ValueError
    __repr__ = __str__
def double(x):
    raise Mute""",
    "an error that is too long": "def double(x):\n    raise ValueError('x' * 10**7)",
    "a trace that jumps": "import sys\nsys.settrace(lambda *a: None)\n" + WRONG,
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_wrong_answer_fails_whatever_it_does(kernel, attack):
    kernel.run(attack)
    told = kernel.verdict()
    assert told["failed"]
    assert len(told["failed"][1]) <= watch.LONGEST


REPLACED = {
    "numpy.array_equal": "import numpy\nnumpy.array_equal = lambda *a, **k: True",
    "numpy.allclose": "import numpy\n"
    "numpy.allclose._implementation.__code__ = (lambda *a, **k: True).__code__",
    "builtins.sum": "import builtins\nbuiltins.sum = lambda *a: 6",
    "builtins.__import__": "import builtins\nreal = builtins.__import__\n"
    "builtins.__import__ = lambda *a, **k: real(*a, **k)",
    "the module numpy": "import sys, types\nsys.modules['numpy'] = types.ModuleType('numpy')",
    "MLP.forward": "import netinit.network\nnetinit.network.MLP.forward = None",
}
USES = """import numpy
from netinit.network import MLP
assert not numpy.array_equal([1], [2]) and not numpy.allclose(1, 2)
assert sum([1, 2]) == 3 and callable(MLP.forward)"""


@pytest.mark.parametrize("name", REPLACED)
def test_what_was_replaced_is_put_back_and_named(kernel, name):
    kernel.run("import sys, os\nsys.stdout = open(os.devnull, 'w')\n" + REPLACED[name])
    told = kernel.verdict(USES)
    assert told["failed"] is None
    assert any(each.endswith(name) for each in told["replaced"])


def test_names_of_the_notebook_do_not_change_what_a_test_computes(kernel):
    kernel.run("from numpy import *\nnp, SIZE = None, 7\ndef double(x):\n    return 2 * x")
    test = "assert SIZE == 3 and np.ones(2).sum() == sum(n for n in (1, 1))"
    assert kernel.verdict(f"{TEST}\n{test}")["failed"] is None


def test_an_answer_may_be_called_like_a_builtin(kernel):
    kernel.run("def abs(x):\n    return 'mine'")
    assert kernel.verdict("assert abs(-1) == 'mine'", answers=["abs"])["failed"] is None
    assert kernel.verdict("assert abs(-1) == 1")["failed"] is None


def test_what_a_visible_test_makes_can_be_used_and_what_a_hidden_one_makes_cannot(kernel):
    kernel.verdict("seen = 1", name="x-visible")
    kernel.verdict("unseen = 2", name="x-hidden")
    assert kernel.verdict("assert seen + unseen == 3")["failed"] is None
    (error,) = kernel.run("assert seen == 1\nunseen", "error")
    assert error["ename"] == "NameError"


def test_a_test_can_replace_the_answer_that_another_answer_calls(kernel):
    kernel.run("def twice(x):\n    return 0\ndef double(x):\n    return twice(x)")
    right = '__notebook__["twice"] = lambda x: 2 * x'
    assert kernel.verdict(f"{right}\n{TEST}")["failed"] is None
    kernel.run("def twice(x):\n    return 0")
    assert kernel.verdict(f"twice = lambda x: 2 * x\n{TEST}")["failed"] is not None


def test_a_test_that_is_not_run_says_nothing(kernel):
    kernel.run("""def hide(lines):
    return ["pass\\n"] if "double-hidden" in "".join(lines) else lines
get_ipython().input_transformers_post.append(hide)""")
    assert kernel.verdict() is None
    assert kernel.verdict("pass", name="other-hidden")["failed"] is None


def test_a_verdict_says_in_which_line_of_the_notebook_an_error_arose(kernel):
    kernel.run("def double(x):\n    y = x\n    return y / 0")
    cell, line = kernel.verdict()["line"]
    assert (type(cell), line) == (int, 3)
    kernel.run(WRONG)
    assert kernel.verdict()["line"] is None
