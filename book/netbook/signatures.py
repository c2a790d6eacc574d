"""What a module offers, and how each function and class is called, as its source writes it.

Signatures are read from the source, because it names types briefly: ``Shape``, where the object
itself holds a union of five types.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import ModuleType

WIDTH = 62  # characters of a signature on one line; longer ones take a line per argument


def public(module: ModuleType) -> list[str]:
    """Names of the functions and classes that a module offers, in the order of the source.

    These are the names in ``__all__``, with those that the module defines itself first, and of the
    others functions before classes; without ``__all__``, the public names that it defines.
    """
    listed = getattr(module, "__all__", None)
    found = {
        name: value
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__name__ == name
        if (name in listed if listed else not name.startswith("_") and _own(value, module))
    }

    def order(name: str) -> tuple:
        value = found[name]
        own = _own(value, module)
        return not own, not own and inspect.isclass(value), _place(value)

    return sorted(found, key=order)


def aliases(module: ModuleType, name: str) -> list[str]:
    """Other names of the same object in the module."""
    value = getattr(module, name)
    return [other for other, same in vars(module).items() if same is value and other != name]


def members(cls: type) -> list[str]:
    """The methods and properties that a class defines for its users."""
    kinds = (property, classmethod, staticmethod)
    return [
        name
        for name, value in vars(cls).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, kinds))
    ]


def records(module: ModuleType) -> dict[str, list[str]]:
    """Public values of a module that are instances of its own classes, by class."""
    found: dict[str, list[str]] = {}
    for name, value in vars(module).items():
        if not name.startswith("_") and type(value).__module__ == module.__name__:
            found.setdefault(type(value).__name__, []).append(name)
    return found


def signature(value: object, name: str) -> str:
    """``name(argument: type = default, ...)``; a property is its name alone."""
    if isinstance(value, property):
        return name
    value = getattr(value, "__func__", value)
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(value))).body
    if isinstance(tree, ast.ClassDef):
        return _class(name, _maker(value))
    return _called(name, _arguments(tree.args), tree.returns)


def _maker(cls: type) -> ast.ClassDef:
    """The source of the class that says how an instance is made: its own, or one it inherits."""
    trees = [
        ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        for base in cls.__mro__
        if base is cls or base.__module__.startswith("netinit.")
    ]
    return next((tree for tree in trees if any(map(_makes, tree.body))), trees[0])


def _makes(node: ast.stmt) -> bool:
    is_call = isinstance(node, ast.FunctionDef) and node.name in ("__init__", "__call__")
    return is_call or isinstance(node, ast.AnnAssign)


def _own(value: object, module: ModuleType) -> bool:
    return value.__module__ == module.__name__


def _place(value: object) -> tuple[str, int]:
    return value.__module__, inspect.getsourcelines(value)[1]


def _class(name: str, tree: ast.ClassDef) -> str:
    """How an instance is made, or what a protocol is called with, or else its annotated fields."""
    protocol = any(ast.unparse(base) == "Protocol" for base in tree.bases)
    made = "__call__" if protocol else "__init__"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == made:
            return _called(name, _arguments(node.args), node.returns if protocol else None)
    fields = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
    return _called(name, [_written(f.target.id, f.annotation, f.value) for f in fields], None)


def _arguments(found: ast.arguments) -> list[str]:
    """Each argument as written, ``*`` and ``/`` among them, without self."""
    positional = [*found.posonlyargs, *found.args]
    defaults = [*[None] * (len(positional) - len(found.defaults)), *found.defaults]
    written = [
        _written(argument.arg, argument.annotation, default)
        for argument, default in zip(positional, defaults, strict=True)
        if argument.arg not in {"self", "cls"}
    ]
    if found.vararg:
        written.append("*" + _written(found.vararg.arg, found.vararg.annotation, None))
    elif found.kwonlyargs:
        written.append("*")
    for argument, default in zip(found.kwonlyargs, found.kw_defaults, strict=True):
        written.append(_written(argument.arg, argument.annotation, default))
    if found.kwarg:
        written.append("**" + _written(found.kwarg.arg, found.kwarg.annotation, None))
    return written


def _written(name: str, annotation: ast.expr | None, default: ast.expr | None) -> str:
    if annotation is None:
        return name if default is None else f"{name}={ast.unparse(default)}"
    typed = f"{name}: {ast.unparse(annotation)}"
    return typed if default is None else f"{typed} = {ast.unparse(default)}"


def _called(name: str, arguments: list[str], returns: ast.expr | None) -> str:
    result = "" if returns is None else f" -> {ast.unparse(returns)}"
    line = f"{name}({', '.join(arguments)}){result}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {one}," for one in arguments), f"){result}"])


def paragraphs(lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Whether each paragraph of a docstring is an example, and its text.

    Blank lines inside an example, between a prompt and the next, do not end it.
    """
    text = "\n".join(lines).strip("\n")
    for block in text.split("\n\n"):
        if block.strip():
            yield block.lstrip().startswith(">>>"), textwrap.dedent(block)


def headed(docstring: str) -> str:
    """`docstring` with the heading "Examples" above an example that follows a list without one.

    A short docstring may end with a bare example; below "Parameters" it would be read as one.
    """
    lines, section = docstring.splitlines(), ""
    for number, line in enumerate(lines):
        if set(line) == {"-"}:
            section = lines[number - 1]
        if section not in {"", "Examples"} and line.startswith(">>>"):
            return "\n".join([*lines[:number], "Examples", "--------", *lines[number:]])
    return docstring
