"""Seeds: the word a call takes from the caller's `rng`, and the streams that grow from one seed."""

import hashlib
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from numpy.random import PCG64, PCG64DXSM, SFC64, Generator, Philox
from numpy.random.bit_generator import ISeedSequence

from netinit import arguments
from netinit.arguments import Seed

Word = npt.NDArray[np.uint64]  # of 2

# Those whose raw output is 64 bits long, which integers() would hand on, ten times slower.
_OF_64_BITS = (PCG64, PCG64DXSM, SFC64, Philox)


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


def seed_word(rng: Seed) -> Word:
    """128 random bits as two integers; a Generator advances by them."""
    generator = arguments.generator(rng)
    if isinstance(generator.bit_generator, _OF_64_BITS):
        return generator.bit_generator.random_raw(2)
    return generator.integers(0, 2**64, size=2, dtype=np.uint64)


def block_stream(word: Word, block: int) -> Generator:
    """The stream of one block of a draw.

    The bits of the word are random already, so they start the generator as they are, beside the
    number of the block; hashing them first would take longer than a small draw. SFC64 discards its
    first 12 numbers, after which the streams of neighbouring blocks have nothing in common.
    """
    start = np.empty(3, np.uint64)
    start[:2], start[2] = word, block
    return Generator(SFC64(_Start(start)))


class _Start(ISeedSequence):
    """The words a generator starts from."""

    def __init__(self, words: npt.NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: npt.DTypeLike = np.uint32) -> npt.NDArray:
        """The words, which are as many as SFC64 asks for."""
        return self._words


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
