"""What in a student's code reaches beyond its task, for a person to look at.

Code that is graded shares its process with the tests. To take points without an answer it must
look at them, or return something that lies about itself. For that it needs modules, names and
methods that no task needs. Finding them costs no points and proves nothing: `doubts` names them.
"""

import ast
import re
from collections.abc import Iterator

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from assignments.handed_in.beside import beside
from assignments.problem_sets.cells import grade_id, is_answer

MOST = 4  # things in a message
LONGEST_NAME = 60  # characters of a name in a message
LONGEST = 20_000  # characters of a cell whose commands of IPython are looked into
WHOLE = {"scipy", "matplotlib", "sklearn", "netinit", "tqdm"}  # packages, with all within
MODULES = {
    *("numpy", "numpy.linalg", "numpy.random", "numpy.typing", "numpy.polynomial", "numpy.fft"),
    *("numpy.ma", "numpy.lib", "numpy.lib.stride_tricks", "pandas", "sys", "__future__"),
    *("math", "cmath", "random", "statistics", "fractions", "decimal", "numbers", "time", "re"),
    *("itertools", "functools", "collections", "collections.abc", "copy", "typing", "enum"),
    *("dataclasses", "warnings", "abc", "heapq", "bisect", "textwrap", "pprint", "datetime"),
    *("IPython.display", "operator"),
}
OF_SYS = {"maxsize", "float_info", "version", "version_info", "stdout", "stderr"}
NAMES = {
    *("eval", "exec", "compile", "globals", "locals", "vars", "getattr", "setattr", "delattr"),
    *("get_ipython", "breakpoint", "open", "attrgetter", "methodcaller", "In", "Out"),
}
ATTRIBUTES = {
    *("sys", "os", "gc", "ctypes", "inspect", "builtins", "importlib", "subprocess", "threading"),
    *("types", "pickle", "marshal", "weakref", "atexit", "traceback", "linecache", "unittest"),
    *("ctypeslib", "memmap", "fromfile", "tofile", "as_strided", "DataSource"),
    *("f_back", "f_locals", "f_globals", "f_builtins", "gi_frame", "cr_frame", "ag_frame"),
    *("tb_frame", "tb_next", "testing", "f2py", "get_type_hints", "allow_pickle", "read_pickle"),
    *("to_pickle", "savetxt", "query"),
}
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


def doubts(notebook: NotebookNode) -> list[str]:
    """A line for the answers of a rebuilt notebook, and the student's own cells, that reach so."""
    found: dict[str, list[str]] = {}
    for cell in notebook.cells:
        own = beside(cell) is not None
        if cell.cell_type == "code" and (is_answer(cell) or own):
            where = "a cell of the student's own" if own else f"the answer {grade_id(cell)}"
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
    tree = _parsed(source)
    if tree is None:
        return []
    modules = _given(tree)
    words = _words(tree)
    return [each for node in ast.walk(tree) for each in _reached(node, modules, words)]


def _parsed(source: str) -> ast.Module | None:
    magic = len(source) <= LONGEST and re.search(r"^\s*[%!?]|\?\s*$", source, re.M)
    ways = [lambda: source, *[lambda: TransformerManager().transform_cell(source)] * bool(magic)]
    for text in ways:
        try:
            return ast.parse(text())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


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


def _reached(node: ast.AST, modules: set[str], words: set[int]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (f"imports {a.name}" for a in node.names if not _usual(a.name))
    elif isinstance(node, ast.ImportFrom):
        if not _usual(node.module or "."):
            yield f"imports {node.module}"
        yield from (f"uses {a.name}" for a in node.names if _unusual_name(a.name, node.module))
    elif isinstance(node, ast.Name):
        if node.id in NAMES or (node.id.startswith("__") and node.id not in METHODS):
            yield f"uses {node.id}"
    elif isinstance(node, ast.Attribute | ast.Subscript):
        yield from _of_place(node, modules)
    elif isinstance(node, ast.Call):
        yield from _of_call(node, modules)
    else:
        yield from _of_definition(node, words)


def _of_place(node: ast.Attribute | ast.Subscript, modules: set[str]) -> Iterator[str]:
    owner = node.value.id if isinstance(node.value, ast.Name) else ""
    if not isinstance(node.ctx, ast.Load) and _root(node) in modules:
        yield f"changes {ast.unparse(node)[:LONGEST_NAME]}"
    elif isinstance(node, ast.Attribute) and _unusual_name(node.attr, owner):
        yield f"uses {f'{owner}.' * bool(owner)}{node.attr}"


def _root(node: ast.expr) -> str:
    """The name that a chain of attributes starts from."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _of_call(node: ast.Call, modules: set[str]) -> Iterator[str]:
    func = node.func
    method = isinstance(func, ast.Attribute) and not isinstance(func.value, ast.Name)
    if method and func.attr in CHANGES and _root(func) in modules:  # not np.sort: a function
        yield f"changes {ast.unparse(func)[:LONGEST_NAME]}"
    if getattr(func, "id", "") == "type" and len(node.args) == 3:
        yield "makes a type"


def _unusual_name(name: str, owner: str | None) -> bool:
    if owner == "sys":
        return name not in OF_SYS
    hidden = name.startswith("_") and name not in METHODS and owner != "self"
    return hidden or name in ATTRIBUTES or name in NAMES - {"In", "Out"}


def _of_definition(node: ast.AST, words: set[int]) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        if _HIDDEN.fullmatch(node.name) and node.name not in METHODS:
            yield f"defines {node.name}"
    elif isinstance(node, ast.ClassDef):
        names = [getattr(base, "attr", getattr(base, "id", "")) for base in node.bases]
        yield from (f"defines a kind of {name}" for name in names if name in BASES)
    elif isinstance(node, ast.keyword | ast.MatchClass):
        names = [node.arg or ""] if isinstance(node, ast.keyword) else node.kwd_attrs
        yield from (f"names {n}" for n in names if "__" in n or _unusual_name(n, None))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words:
        yield from (f"names {found}" for found in _HIDDEN.findall(node.value)[:1])
        yield from ["a text with __"] * bool(_PART.fullmatch(node.value))


def _usual(module: str) -> bool:
    return module in MODULES or module.split(".")[0] in WHOLE
