"""The initializers by name; the names are those of the catalogue."""

import functools
from typing import Protocol

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit._checks.arguments import Seed, Shape
from netinit._checks.spelling import plain
from netinit.initializers import biases, sampling, scaling, structured
from netinit.initializers.catalogue import Scheme, catalogue


class Initializer(Protocol):
    """Any callable that draws an array of a shape."""

    def __call__(self, shape: Shape, *, rng: Seed) -> npt.NDArray[np.floating]:
        """Draw the array."""


def _listed() -> list[Scheme]:
    """The schemes that need no data."""
    return [scheme for scheme in catalogue() if scheme.kind != "data"]


@functools.cache
def _functions() -> dict[str, Initializer]:
    """The function of each name in the catalogue."""
    defined = vars(scaling) | vars(sampling) | vars(structured) | vars(biases)
    return {name: defined[name] for scheme in _listed() for name in (scheme.name, *scheme.aliases)}


@functools.cache
def _spellings() -> dict[str, str]:
    """Every name that `get` knows, without capitals and underscores, and whose name it is."""
    return {
        plain(name): scheme.name
        for scheme in _listed()
        for name in (scheme.name, *scheme.aliases, *scheme.elsewhere)
    }


def names() -> list[str]:
    """The names `get` knows; `netinit.catalogue` says what they stand for.

    >>> "kaiming_normal" in names()
    True
    """
    return list(_functions())


def get(initializer: str | Initializer) -> Initializer:
    """The initializer of that name; a callable is returned as it is.

    The spellings of other libraries are understood: capitals, underscores and hyphens make no
    difference. The law is the one of `netinit.catalogue` whatever the spelling: "HeNormal" is a
    normal that is not truncated, though Keras truncates its own.

    >>> get("he_normal") is get("HeNormal") is get("kaiming_normal_") is scaling.he_normal
    True
    """
    if callable(initializer):
        return initializer
    if not isinstance(initializer, str):
        raise TypeError(f"initializer must be a name or a callable, not {initializer!r}")
    name = _spellings().get(plain(initializer))
    return _functions()[name or arguments.choice(initializer, _functions(), "initializer")]
