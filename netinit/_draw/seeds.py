"""Seeds: the word a draw takes from the caller's `rng`, and the stream of each block of a draw.

A *seed* is what stands for a fixed sequence of numbers: an int, a sequence of them, a SeedSequence,
or None for one from the system. A Generator, a BitGenerator or a RandomState is a place in such a
sequence, and every draw moves it on by one seed word.
"""

import hashlib

import numpy as np
import numpy.typing as npt
from numpy.random import (
    PCG64,
    PCG64DXSM,
    SFC64,
    BitGenerator,
    Generator,
    Philox,
    RandomState,
)
from numpy.random.bit_generator import ISeedSequence

from netinit._checks import arguments
from netinit._checks.arguments import Seed

Word = npt.NDArray[np.uint64]  # of 2

# Those whose raw output is 64 bits long, which integers() would hand on, ten times slower.
_OF_64_BITS = (PCG64, PCG64DXSM, SFC64, Philox)
_MOVING = (Generator, BitGenerator, RandomState)  # no two draws find one of them in the same place
_PARTS = 2**64 - 1  # in the place of a block's number, which no array is large enough to reach


def seed_word(rng: Seed) -> Word:
    """128 random bits as two integers; a Generator advances by them."""
    generator = arguments.generator(rng)
    if isinstance(generator.bit_generator, _OF_64_BITS):
        return generator.bit_generator.random_raw(2)
    return generator.integers(0, 2**64, size=2, dtype=np.uint64)


def draw_word(rng: Seed, law: str, shape: tuple[int, ...]) -> Word:
    """The seed word of one draw: of a seed, it depends on the law and on the shape as well.

    One seed thus gives unrelated numbers to two layers of different shapes, and to a normal and a
    uniform draw of one shape. The scale is no part of the law.
    """
    if isinstance(rng, _MOVING):
        return seed_word(rng)
    # Two draws share the 128 bits with a probability of 2^-128.
    digest = hashlib.blake2b(f"{law} {shape}".encode(), digest_size=16).digest()
    return seed_word(rng) ^ np.frombuffer(digest, "<u8")


def draw_generator(rng: Seed, law: str, shape: tuple[int, ...]) -> Generator:
    """A generator for a draw that is made of other draws; see `draw_word`."""
    if isinstance(rng, _MOVING):
        return arguments.generator(rng)
    return block_stream(draw_word(rng, law, shape), _PARTS)


def block_stream(word: Word, block: int) -> Generator:
    """The stream of one block of a draw.

    The bits of the word are random already, so they start the generator as they are, with the
    number of the block; hashing them first would take longer than a small draw. SFC64 discards its
    first 12 numbers, after which the streams of neighboring blocks have nothing in common.
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
