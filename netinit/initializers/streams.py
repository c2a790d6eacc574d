"""One seed for a whole model: a stream for each parameter, by its name."""

import hashlib
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.random import Generator

from netinit._checks.arguments import Seed
from netinit._draw.seeds import seed_word


def streams(seed: Seed, names: Iterable[str]) -> dict[str, Generator]:
    """A generator for each parameter, which depends on the seed and the parameter's name alone.

    So a layer that is added, removed or moved leaves the numbers of all others as they were.

    Parameters
    ----------
    seed : seed or Generator
        Whatever `numpy.random.default_rng` takes; a Generator advances by one seed word.
    names : iterable of str
        The names of the parameters, each once, in any order.

    Returns
    -------
    dict of str to Generator
        The generators, in the order of the names, independent of one another.

    Raises
    ------
    ValueError
        If a name occurs twice.

    Examples
    --------
    >>> small = streams(0, ["hidden.weight", "output.weight"])
    >>> large = streams(0, ["hidden.weight", "extra.weight", "output.weight"])
    >>> bool(small["output.weight"].random() == large["output.weight"].random())
    True
    """
    names = _names(names)
    word = seed_word(seed).view(np.uint32).tolist()
    return {name: np.random.default_rng([*word, *_digest(name)]) for name in names}


def _digest(name: str) -> list[int]:
    # Eight words: two names share them with a probability of 2^-256. A block's key is one word.
    return np.frombuffer(hashlib.sha256(name.encode()).digest(), "<u4").tolist()


def _names(names: Iterable[str]) -> list[str]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(f"names must be several strings, such as a list of them, not {names!r}")
    names = list(names)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"each of names must be a string, not {name!r}")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"names must differ: {', '.join(map(repr, twice))} occurs more than once")
    return names
