"""Parameters that hold the same random numbers, though each should have its own."""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from netinit.reporting.findings import Finding, found

_PARTS = re.compile(r"[./]?[^./]+")
_NUMBER = re.compile(r"[._]?\d+")
_FEWEST = 16  # values that are not equal by chance, in any dtype


def clones(parameters: Mapping[str, np.ndarray]) -> Iterator[Finding]:
    """A finding for each set of modules whose parameters are copies of one module's.

    Equal layers of one stack are errors. A copy elsewhere, such as a teacher's of its student, is
    often meant: it is information.
    """
    sets: dict[tuple[str, bool], dict[str, list[str]]] = {}
    for original, copy in _pairs({n: p for n, p in parameters.items() if p.size >= _FEWEST}):
        first, second = _differing(original, copy)
        stacked = _are_numbered(first, second)
        sets.setdefault((first, stacked), {}).setdefault(second, []).append(copy)
    for (first, stacked), copies in sets.items():
        yield _found(first, copies, stacked=stacked)


def _found(first: str, copies: Mapping[str, list[str]], *, stacked: bool) -> Finding:
    """What is said of all copies of one module, or of one parameter."""
    names = [name for each in copies.values() for name in each]
    owner = f"{first}'s" if first else "an earlier one's"
    # A place of which one parameter is a copy is named by that parameter.
    places = [place if len(each) > 1 else each[0] for place, each in copies.items()]
    return found(
        "CLONES",
        places[0],
        f"the values of {_few(places if len(places) > 1 else names)} equal {owner}",
        "values of their own" if len(places) > 1 else "values of its own",
        "Copies start as one function. In a stack they get different inputs and drift apart, but "
        "they begin without the independence that their scale assumes.",
        f"initialize {_few(places)} again after the copy is made",
        severity="error" if stacked else "info",
        count=len(places),
        names=names,
        places=places,
    )


def _few(names: list[str]) -> str:
    """The first names, and how many more there are.

    >>> _few(["a", "b"]), _few(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c and 2 more')
    """
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _pairs(parameters: Mapping[str, np.ndarray]) -> Iterator[tuple[str, str]]:
    """The first parameter with some values, and each later one with the same."""
    seen: dict[tuple, list[str]] = {}
    for name, values in parameters.items():
        few = values.reshape(-1)[: 2 * _FEWEST].tolist()
        for first in seen.setdefault((values.shape, values.dtype, *few), []):
            if np.array_equal(parameters[first], values):
                yield first, name
                break
        else:
            seen[values.shape, values.dtype, *few].append(name)


def _differing(original: str, copy: str) -> tuple[str, str]:
    """The modules in which two names differ for the first time.

    >>> _differing("layers.0.fc.weight", "layers.2.fc.weight")
    ('layers.0', 'layers.2')
    >>> _differing("net/dense/kernel", "net/dense_1/kernel")
    ('net/dense', 'net/dense_1')
    """
    ours, theirs = _PARTS.findall(original), _PARTS.findall(copy)
    same = next(
        (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), len(ours)
    )
    return "".join(ours[: same + 1]), "".join(theirs[: same + 1])


def _are_numbered(first: str, second: str) -> bool:
    """Whether two names differ in their numbers alone.

    >>> _are_numbered("layers.0", "layers.2"), _are_numbered("net/dense", "net/dense_1")
    (True, True)
    >>> _are_numbered("fc1", "fc2"), _are_numbered("student", "teacher")
    (True, False)
    """
    return _NUMBER.sub("", first) == _NUMBER.sub("", second)
