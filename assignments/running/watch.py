"""What runs in a student's kernel to test the answers fairly.

A student's code shares its process with the tests. `PROGRAM` runs before any of it, keeps the
originals of what tests rely on, and then runs each test:

- The test runs in a namespace of its own. In it the names that the problem set gives have their
  own values, builtins are builtins, and what the student defined is there. As `__notebook__` it
  holds the namespace of the notebook, where the answers look up each other.
- Library functions that were replaced are put back and named.
- The outcome is a message of its own kind with a secret of that test, sent when the test has
  ended. Nothing that is printed or displayed counts, a test that was not run sends nothing, and
  without the message there are no points.

IPython sees one line that calls it, so transformers of source have nothing to change; that line
holds the test as data. This is no defense against someone who reads it and works against it.
"""

import json
import secrets

from nbformat import NotebookNode, v4

from assignments.problem_sets.cells import bound

KIND = "netinit_verdict"  # of the messages
LONGEST = 10_000  # characters of the text of an error

PROGRAM = r'''
def _netinit_watch():
    import builtins, json, math, sys, threading
    import numpy, numpy.linalg, numpy.random, numpy.testing
    import netinit, netinit.network, netinit.propagation, netinit.theory, netinit.training
    from types import FunctionType, ModuleType

    shell = get_ipython()
    kernel, compile_, exec_, text_of = shell.kernel, compile, exec, str
    send, parent, socket = kernel.session.send, kernel.get_parent, kernel.iopub_socket
    loads, settrace, setprofile, vars_ = json.loads, sys.settrace, sys.setprofile, vars
    own, given, seen = shell.user_ns, {}, []
    cells = shell.compile._filename_map  # the numbers of cells, by the names of their code
    HOOKS = ("__import__", "__build_class__")

    def inside(value):
        value = getattr(value, "_implementation", value)  # of a function that NumPy dispatches
        if isinstance(value, FunctionType):
            return value, value.__code__, value.__defaults__, value.__kwdefaults__
        return None

    def kept(owner):
        names = [n for n in vars(owner) if not n.startswith("_") or n in HOOKS or owner in classes]
        values = [(n, vars(owner)[n]) for n in names if n not in ("input", "__doc__", "__dict__")]
        return owner, [(name, value, inside(value)) for name, value in values]

    ours = [m for name, m in list(sys.modules.items()) if name.split(".")[0] == "netinit"]
    modules = [builtins, math, numpy, numpy.linalg, numpy.random, numpy.testing, json, *ours]
    here = inside.__code__.co_filename  # of this program
    classes = [
        value
        for module in ours
        for value in list(vars(module).values())
        if isinstance(value, type) and value.__module__.startswith("netinit")
    ]
    before = [kept(owner) for owner in [*modules, *classes]]
    kind, none, missing, module_type = type, None, object(), ModuleType
    parts_of_shell = {
        shell: ("run_cell", "run_cell_async", "run_ast_nodes", "run_code", "transform_cell"),
        kernel: ("do_execute", "execute_request", "get_parent"),
        kernel.session: ("send", "msg", "serialize", "sign"),
        socket: ("send_multipart",),
    }
    methods = [
        (owner, name, getattr(kind(owner), name))
        for owner, names in parts_of_shell.items()
        for name in names
    ]
    loaded = {module.__name__: module for module in modules}

    def replaced():
        """Put back what was replaced in the libraries; return the names."""
        found = [f"the module {n}" for n, m in loaded.items() if sys.modules.get(n) is not m]
        sys.modules.update(loaded)
        for owner, values in before:
            for name, value, parts in values:
                if vars_(owner).get(name, missing) is not value:
                    found.append(f"{owner.__name__}.{name}")
                    setattr(owner, name, value)
                elif parts is not none:
                    function, *original = parts
                    now = [function.__code__, function.__defaults__, function.__kwdefaults__]
                    if not all(a is b for a, b in zip(now, original, strict=True)):
                        found.append(f"{owner.__name__}.{name}")
                        function.__code__, function.__defaults__, function.__kwdefaults__ = original
        for owner, name, method in methods:
            if vars_(owner).pop(name, none) is not none or getattr(kind(owner), name) is not method:
                found.append(f"the notebook's own {name}")
                setattr(kind(owner), name, method)
        seen.extend(found)

    def say(secret, **words):
        send(socket, "netinit_verdict", {"secret": secret, **words}, parent=parent("shell"))

    def shown(make):
        try:
            text = make()
            return text_of.__getitem__(text, slice(0, LONGEST))
        except BaseException as error:
            return f"(its text cannot be shown: {kind(error).__name__})"

    def place(error):
        """The last line of a cell of the notebook in which an error arose: [cell, line]."""
        try:
            found, trace = none, error.__traceback__
            while trace is not none:
                name = trace.tb_frame.f_code.co_filename
                cell = none if name == here else cells.get(name)
                found = [int(cell), int(trace.tb_lineno)] if cell else found
                trace = trace.tb_next
            return found
        except BaseException:
            return none

    def begin(_):
        replaced()

    def keep(names):
        given.update((name, own[name]) for name in loads(names) if name in own)

    def run(what):
        """Run a test and say how it ended."""
        settrace(none)
        setprofile(none)
        replaced()
        test = loads(what)
        secret, answers = test.pop("secret"), test["answers"]
        names = {n: v for n, v in own.items() if n in answers or n not in vars_(builtins)}
        names.update((n, v) for n, v in given.items() if n not in answers)
        names["__builtins__"], names["__notebook__"] = builtins, own
        failed = line = none
        try:
            exec_(compile_(test["source"], f"<{test['name']}>", "exec", dont_inherit=True), names)
        except BaseException as error:
            failed = [shown(lambda: kind(error).__name__), shown(lambda: text_of(error))]
            line = place(error)
        made = {name: names[name] for name in test["makes"] if name in names}
        given.update(made)
        if test["shared"]:
            own.update(made)
        replaced()
        say(secret, failed=failed, line=line, replaced=seen)

    def check(what):
        replaced()
        say(loads(what)["secret"], failed=none, replaced=seen)

    class Watch(ModuleType):
        pass

    watch = Watch("netinit-watch")
    watch.begin, watch.keep, watch.run, watch.check = begin, keep, run, check
    sys.modules["netinit-watch"] = watch

_netinit_watch()
del _netinit_watch
'''.replace("LONGEST", str(LONGEST))
_CALL = 'if __import__("sys").modules["netinit-watch"].{what}({argument!r}): pass'


def first() -> NotebookNode:
    """The cell that runs before all others."""
    return v4.new_code_cell(PROGRAM)


def given(source: str) -> str:
    """A cell that the problem set gives, in libraries as they were; its values are kept."""
    keep = _CALL.format(what="keep", argument=json.dumps(bound(source)))
    return f"{_CALL.format(what='begin', argument='')}\n{source}\n{keep}"


def new_secret() -> str:
    """A secret for one test."""
    return secrets.token_hex(16)


def test(name: str, source: str, secret: str, answers: list[str]) -> str:
    """The line that runs a test.

    Parameters
    ----------
    name : str
        The name of its cell.
    source : str
        The test.
    secret : str
        What the message with its outcome must hold.
    answers : list of str
        The names that answers define, which a test sees even if they are those of builtins.
    """
    what = {"name": name, "source": source, "secret": secret, "answers": answers}
    what |= {"makes": bound(source), "shared": "-hidden" not in name}
    return _CALL.format(what="run", argument=json.dumps(what))


def check(secret: str) -> str:
    """The line that only looks for what was replaced."""
    return _CALL.format(what="check", argument=json.dumps({"secret": secret}))
