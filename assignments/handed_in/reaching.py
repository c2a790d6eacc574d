"""What in a student's code reaches beyond its task, for a person to look at.

Code that is graded shares its process with the tests. To take points without an answer it must
look at them, or return something that lies about itself. For that it needs modules, names and
methods that no task needs. Finding them costs no points and proves nothing: `doubts` names them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from assignments.handed_in.beside import beside
from assignments.problem_sets.cells import grade_id, is_answer, labels

MOST = 4  # things in a message
LONGEST_NAME = 60  # characters of a name in a message
LONGEST = 20_000  # characters of a cell in IPython's own language that is looked into
MOST_COMMANDS = 100  # of IPython in it: it reads the whole cell again for each
WHOLE = {"scipy", "matplotlib", "sklearn", "netinit", "tqdm"}  # packages, with all within
MODULES = {
    *("numpy", "numpy.linalg", "numpy.random", "numpy.typing", "numpy.polynomial", "numpy.fft"),
    *("numpy.ma", "numpy.lib", "numpy.lib.stride_tricks", "pandas", "sys", "__future__"),
    *("math", "cmath", "random", "statistics", "fractions", "decimal", "numbers", "time", "re"),
    *("itertools", "functools", "collections", "collections.abc", "copy", "typing", "enum"),
    *("dataclasses", "warnings", "abc", "heapq", "bisect", "textwrap", "pprint", "datetime"),
    *("IPython.display", "operator"),
}
CLOSED = {
    "cbook",
    "cli",
    "sphinxext",
    "testing",
    "tests",
    "externals",
}  # parts of WHOLE that are not
OF_SYS = {"maxsize", "float_info", "version", "version_info", "stdout", "stderr"}
NAMES = {
    *("eval", "exec", "compile", "globals", "locals", "vars", "getattr", "setattr", "delattr"),
    *("get_ipython", "breakpoint", "open", "attrgetter", "methodcaller", "In", "Out"),
    *("_ih", "_oh", "mock", "singledispatch", "singledispatchmethod", "ForwardRef"),
    *("ABCMeta", "EnumMeta", "EnumType", "make_dataclass", "update_wrapper"),
}
ATTRIBUTES = {
    *("sys", "os", "gc", "ctypes", "inspect", "builtins", "importlib", "subprocess", "threading"),
    *("types", "pickle", "marshal", "weakref", "atexit", "traceback", "linecache", "unittest"),
    *("ctypeslib", "memmap", "fromfile", "tofile", "as_strided", "DataSource"),
    *("testing", "f2py", "get_type_hints", "allow_pickle", "read_pickle", "to_pickle"),
    *("savetxt", "query", "cbook", "format_meter", "StrMethodFormatter"),
    *("instance", "interactiveshell", "InteractiveShell", "user_ns", "history_manager"),
    *("ast_transformers", "display_pub", "session", "pub_thread", "parent_header"),
}
FRAMES = {
    *("f_back", "f_locals", "f_globals", "f_builtins", "f_code", "tb_frame", "tb_next"),
    *("gi_frame", "cr_frame", "ag_frame", "gi_code", "cr_code", "ag_code"),
}
FORMATS = {"format", "format_map", "vformat", "get_field"}  # they read attributes that a text names
# Methods that change the object they belong to.
CHANGES = {
    *("update", "clear", "pop", "popitem", "setdefault", "fill", "sort", "put", "setflags"),
    *("append", "insert", "extend", "remove", "reverse", "resize", "partition", "add", "discard"),
}
METHODS = {
    *("__init__", "__call__", "__repr__", "__str__", "__len__", "__iter__", "__next__"),
    *("__post_init__", "__enter__", "__exit__", "__name__"),
}
BASES = {
    *("ndarray", "MaskedArray", "matrix", "int", "float", "complex", "bool", "str", "list"),
    *("tuple", "dict", "set", "frozenset", "type", "Generator", "Fraction", "Decimal"),
}
_HIDDEN = re.compile(r"__\w+__")
_PART = re.compile(r"__\w*|\w+__")
_COMMAND = re.compile(r"^\s*[%!?,;/]|=\s*[%!]|\?\s*$", re.M)
_FIELD = re.compile(r"\{[^{}:!]*[.\[]")  # {0.real}
_FRAME = re.compile(rf"\b(?:{'|'.join(sorted(FRAMES))})\b")


@dataclass(frozen=True)
class _Places:
    """Where in a cell something stands that is usual there and nowhere else."""

    modules: set[str]  # names of modules, of what is imported from them, other names for these
    words: set[int]  # texts that stand alone, such as docstrings
    kinds: set[int]  # `type` with one argument, and in isinstance


def doubts(notebook: NotebookNode) -> list[str]:
    """A line for the answers of a rebuilt notebook, and the student's own cells, that reach so."""
    found: dict[str, list[str]] = {}
    named = labels(notebook)
    for cell in notebook.cells:
        own = beside(cell) is not None
        if cell.cell_type == "code" and (is_answer(cell) or own):
            where = "a cell of the student's own" if own else f"the answer {named[grade_id(cell)]}"
            found.setdefault(where, []).extend(reaches(cell.source))
    told = []
    for where, things in found.items():
        few = list(dict.fromkeys(things))
        if few:
            more = f" and {len(few) - MOST} more" if len(few) > MOST else ""
            told.append(
                f"code that reaches beyond its task, in {where}: {', '.join(few[:MOST])}{more}"
            )
    return told


def reaches(source: str) -> list[str]:
    """What a cell uses, imports or defines that no task needs; nothing if it cannot run."""
    try:
        tree = _parsed(source)
    except (RecursionError, MemoryError):
        return ["is nested too deeply to be read"]
    if tree is None:
        return ["is no plain Python, and too long to be read"] * _too_long(source)
    places = _Places(_given(tree), _words(tree), _kinds(tree))
    return [each for node in ast.walk(tree) for each in _reached(node, places)]


def _parsed(source: str) -> ast.Module | None:
    """The cell as IPython reads it; None if that fails, as it then does when the cell is run.

    Not only commands make a cell that Python refuses run: IPython also takes off the indentation
    that all lines share, and prompts.
    """
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        if _too_long(source):
            return None
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError):
        return None


def _too_long(source: str) -> bool:
    return len(source) > LONGEST or len(_COMMAND.findall(source)) > MOST_COMMANDS


def _given(tree: ast.Module) -> set[str]:
    """The names of modules and of what is imported from them, and simple other names for these."""
    names = {"np", "netinit"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign) and _root(node.value) in names:
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _words(tree: ast.Module) -> set[int]:
    """The texts that stand alone, such as docstrings."""
    return {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}


def _kinds(tree: ast.Module) -> set[int]:
    """Where `type` says of what kind something is, and cannot make a new type."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            one = len(node.args) == 1 and not isinstance(node.args[0], ast.Starred)
            found |= {id(node.func)} if one else set()
            asked = getattr(node.func, "id", "") in ("isinstance", "issubclass")
            found |= {id(each) for each in node.args[1:]} if asked else set()
    return found


def _reached(node: ast.AST, places: _Places) -> Iterator[str]:
    yield from (f"defines {n}" for n in _bound(node) if _is_hidden(n))
    if isinstance(node, ast.Import):
        yield from (f"imports {a.name}" for a in node.names if not _usual(a.name))
    elif isinstance(node, ast.ImportFrom):
        yield from _of_import(node)
    elif isinstance(node, ast.Name):
        yield from _of_name(node, places)
    elif isinstance(node, ast.Attribute | ast.Subscript):
        yield from _of_place(node, places.modules)
    elif isinstance(node, ast.Call):
        yield from _of_call(node, places.modules)
    else:
        yield from _of_definition(node, places.words)


def _bound(node: ast.AST) -> list[str]:
    """The names that a node gives to something, other than by an assignment."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.MatchAs | ast.MatchStar | ast.ExceptHandler):
        return [node.name or ""]
    if isinstance(node, ast.MatchMapping):
        return [node.rest or ""]
    return [node.asname or ""] if isinstance(node, ast.alias) else []


def _is_hidden(name: str) -> bool:
    return bool(_HIDDEN.fullmatch(name)) and name not in METHODS


def _of_import(node: ast.ImportFrom) -> Iterator[str]:
    module = node.module or "."
    everything = [a.name for a in node.names] == ["*"]
    if not _usual(module) or (everything and module not in MODULES | WHOLE):
        yield f"imports {'all of ' * everything}{module}"
    yield from (f"uses {a.name}" for a in node.names if _unusual_name(a.name, node.module))


def _of_name(node: ast.Name, places: _Places) -> Iterator[str]:
    hidden = node.id.startswith("__") and node.id not in METHODS
    if hidden or node.id in NAMES | FRAMES:
        yield f"uses {node.id}"
    elif node.id == "type" and id(node) not in places.kinds:
        yield "passes type on"


def _of_place(node: ast.Attribute | ast.Subscript, modules: set[str]) -> Iterator[str]:
    owner = node.value.id if isinstance(node.value, ast.Name) else ""
    if not isinstance(node.ctx, ast.Load) and _root(node) in modules:
        yield f"changes {_told(node)}"
    elif isinstance(node, ast.Attribute) and (_unusual_name(node.attr, owner) or _formats(node)):
        yield f"uses {f'{owner}.' * bool(owner)}{node.attr}"


def _formats(node: ast.Attribute) -> bool:
    """Whether a text is filled in that is not written here, or that asks for attributes."""
    text = getattr(node.value, "value", None)
    return node.attr in FORMATS and not (isinstance(text, str) and not _FIELD.search(text))


def _told(node: ast.expr) -> str:
    try:
        return ast.unparse(node)[:LONGEST_NAME]
    except RecursionError:
        return f"something of {_root(node)}"


def _root(node: ast.expr) -> str:
    """The name that a chain of attributes starts from."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _of_call(node: ast.Call, modules: set[str]) -> Iterator[str]:
    func = node.func
    method = isinstance(func, ast.Attribute) and not isinstance(func.value, ast.Name)
    if method and func.attr in CHANGES and _root(func) in modules:  # not np.sort: a function
        yield f"changes {_told(func)}"
    if _makes_a_type(node):
        yield "makes a type"
    name = getattr(func, "attr", getattr(func, "id", ""))
    if name == "wraps" and len(node.args) + len(node.keywords) > 1:
        yield "uses wraps with names of its own"


def _makes_a_type(node: ast.Call) -> bool:
    """Whether a call looks like type(name, bases, names), or like an Enum from a table."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name.endswith(("Enum", "Flag")) and len(node.args) + len(node.keywords) > 1:
        return True
    if name != "type" and len(node.args) == 3:
        _, bases, names = node.args
        made = getattr(getattr(names, "func", None), "id", "") == "dict"
        return isinstance(bases, ast.Tuple) and (made or isinstance(names, ast.Dict | ast.DictComp))
    return name == "type" and len(node.args) == 3


def _unusual_name(name: str, owner: str | None) -> bool:
    if owner == "sys":
        return name not in OF_SYS
    if owner == "IPython":
        return name != "display"
    hidden = name.startswith("_") and name not in METHODS and owner != "self"
    return hidden or name in ATTRIBUTES | FRAMES or name in NAMES - {"In", "Out"}


def _of_definition(node: ast.AST, words: set[int]) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        names = [getattr(base, "attr", getattr(base, "id", "")) for base in node.bases]
        yield from (f"defines a kind of {name}" for name in names if name in BASES)
    elif isinstance(node, ast.keyword | ast.MatchClass):
        names = [node.arg or ""] if isinstance(node, ast.keyword) else node.kwd_attrs
        yield from (f"names {n}" for n in names if "__" in n or _unusual_name(n, None))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words:
        hidden = _HIDDEN.findall(node.value)[:1] or _FRAME.findall(node.value)[:1]
        yield from (f"names {found}" for found in hidden)
        yield from ["a text with __"] * bool(_PART.fullmatch(node.value))


def _usual(module: str) -> bool:
    first, *parts = module.split(".")
    open_ = not any(part.startswith("_") or part in CLOSED for part in parts)
    return module in MODULES or (first in WHOLE and open_)
