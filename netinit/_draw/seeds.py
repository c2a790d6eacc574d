"""Seeds: the word a call takes from the caller's `rng`, and the stream of each block of a draw."""

import numpy as np
import numpy.typing as npt
from numpy.random import PCG64, PCG64DXSM, SFC64, Generator, Philox
from numpy.random.bit_generator import ISeedSequence

from netinit._checks import arguments
from netinit._checks.arguments import Seed

Word = npt.NDArray[np.uint64]  # of 2

# Those whose raw output is 64 bits long, which integers() would hand on, ten times slower.
_OF_64_BITS = (PCG64, PCG64DXSM, SFC64, Philox)


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
