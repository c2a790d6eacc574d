"""All parameters of a model from one seed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit._checks.arguments import Seed, Shape
from netinit.initializers.registry import Initializer, get
from netinit.initializers.streams import streams

__all__ = ["init_parameters"]

Array = npt.NDArray[np.inexact]
Result = TypeVar("Result")
Tree = Mapping[str, "Tree"] | list["Tree"] | Shape  # a list holds parameters, no lengths
Schemes = str | Initializer | Mapping[str, str | Initializer]


def init_parameters(
    shapes: Tree, initializer: Schemes, *, rng: Seed, dtype: npt.DTypeLike | None = None
) -> dict | list | Array:
    """Draw every parameter of a model, each from a stream of its own.

    A parameter depends on the seed, its name, its shape and its initializer alone: one that is
    added, removed or moved leaves all others as they were. Its name is the path to it, joined by
    dots, as in a PyTorch `state_dict`: {"layers": [{"weight": (4, 3)}]} has "layers.0.weight",
    and a dict with that one key gets the same numbers. They are those of
    ``initializer(shape, rng=streams(rng, [name])[name])``.

    Parameters
    ----------
    shapes : mapping or list
        The shape of each parameter by name, to any depth. A shape is a tuple, an int in a mapping,
        or anything with a `shape`, such as an array of a framework; a list holds parameters.
    initializer : str, callable or mapping
        One for all parameters, by name or as a callable ``(shape, *, rng)``. Or a mapping of
        patterns to them, of which the first that fits a name counts: {"*.bias": "zeros", "*":
        "he_normal"}. A pattern is a name in which * stands for any characters.
    rng : seed or Generator
        Whatever `numpy.random.default_rng` takes; a Generator advances by one seed word.
    dtype : dtype, optional
        Passed on to the initializers.

    Returns
    -------
    dict or list
        The arrays, in the structure of `shapes`.

    Raises
    ------
    ValueError
        If two parameters have one name, a parameter fits no pattern, a pattern fits no parameter,
        or an initializer gives another shape.
    TypeError
        If a shape or a name is none.

    Examples
    --------
    >>> shapes = {"hidden": {"weight": (64, 10), "bias": 64}, "output": {"weight": (3, 64)}}
    >>> drawn = init_parameters(shapes, {"*.bias": "zeros", "*": "he_normal"}, rng=0)
    >>> drawn["hidden"]["weight"].shape, drawn["output"]["weight"].shape
    ((64, 10), (3, 64))
    >>> flat = init_parameters({"output.weight": (3, 64)}, "he_normal", rng=0)
    >>> bool((flat["output.weight"] == drawn["output"]["weight"]).all())
    True
    """
    if not isinstance(shapes, Mapping | list):
        raise TypeError(f"shapes must be a mapping or a list of parameters, not {shapes!r}")
    leaves = list(_leaves(shapes, ""))
    generators = streams(rng, [name for name, _ in leaves])
    chosen = _chosen(initializer, list(generators))
    options = {} if dtype is None else {"dtype": dtype}
    drawn = {
        name: _drawn(name, shape, chosen[name], rng=generators[name], **options)
        for name, shape in leaves
    }
    return _rebuilt(shapes, iter(drawn.values()))


def _leaves(tree: Tree, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and shapes of a tree, in order."""
    for key, value in tree.items() if isinstance(tree, Mapping) else enumerate(tree):
        if isinstance(tree, Mapping) and not isinstance(key, str):
            raise TypeError(f"each name in shapes must be a string, not {key!r}")
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping | list):
            yield from _leaves(value, name)
        else:
            yield name, _shape(value, name, in_list=isinstance(tree, list))


def _shape(value: object, name: str, *, in_list: bool) -> tuple[int, ...]:
    value = getattr(value, "shape", value)
    if in_list and not isinstance(value, tuple):
        raise TypeError(
            f"shape of {name!r}: in shapes a list holds parameters, and their shapes are tuples, "
            f"not {value!r}"
        )
    return _noting(name, lambda: arguments.shape_tuple(value))


def _chosen(initializer: Schemes, names: list[str]) -> dict[str, Initializer]:
    """The initializer of each name."""
    if not isinstance(initializer, Mapping):
        return dict.fromkeys(names, get(initializer))
    chosen = by_pattern(initializer, names, "initializer")
    if missing := [name for name in names if name not in chosen]:
        raise ValueError(f"initializer: no pattern fits the parameters {missing}")
    return chosen


def by_pattern(
    schemes: Mapping[str, str | Initializer], names: Iterable[str], argument: str
) -> dict[str, Initializer]:
    """The initializer of each name that a pattern fits; the first that fits counts.

    `argument` is what the caller calls the schemes. A pattern that fits no name is an error.

    >>> list(by_pattern({"*.bias": "zeros"}, ["a.weight", "a.bias"], "schemes"))
    ['a.bias']
    """
    known, names = {pattern: get(scheme) for pattern, scheme in schemes.items()}, list(names)
    for pattern in known:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(f"{argument}: no parameter fits the pattern {pattern!r}")
    first = {n: next((p for p in known if fnmatchcase(n, p)), None) for n in names}
    return {name: known[pattern] for name, pattern in first.items() if pattern is not None}


def _drawn(name: str, shape: tuple[int, ...], initializer: Initializer, **options: object) -> Array:
    drawn = _noting(name, lambda: initializer(shape, **options))
    if np.shape(drawn) != shape:
        raise ValueError(f"{initializer} gave shape {np.shape(drawn)} for {name!r}, not {shape}")
    return drawn


def _noting(name: str, work: Callable[[], Result]) -> Result:
    """Do the work; an error says for which parameter."""
    try:
        return work()
    except Exception as error:
        error.add_note(f"for the parameter {name!r}")
        raise


def _rebuilt(tree: Tree, arrays: Iterator[Array]) -> dict | list | Array:
    """The tree with the arrays in the places of the shapes."""
    if isinstance(tree, Mapping):
        return {name: _rebuilt(value, arrays) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_rebuilt(value, arrays) for value in tree]
    return next(arrays)
