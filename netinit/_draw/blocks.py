"""An array filled block by block: the same numbers for any number of threads and memory order.

A call takes one seed word of 128 bits from the caller's `rng` and cuts the array, in C order, into
blocks of fixed size; block k has a stream of its own, seeded by the word and k. Threads share out
the blocks, so they cannot change the numbers. `NETINIT_THREADS` limits them (1: no threads).
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from netinit._checks import dtypes
from netinit._checks.arguments import Seed
from netinit._draw import seeds

Array = npt.NDArray[np.inexact]
Draw = Callable[[Generator, Array, Array], None]  # stream, what to fill, scratch rows of its size

# Both are part of what a seed means: another size gives other numbers.
BLOCK = 1 << 18  # elements a stream: seeding one costs 10 us, drawing it 250 us or more
CHUNK = 1 << 16  # elements at a time within a block: larger temporaries leave the L2 cache

_WORTH_THREADS = 4  # tasks: below, starting threads costs more than they save


def fill(out: Array, rng: Seed, draw: Draw, *, scratch_rows: int) -> Array:
    """Fill `out`, of any dtype of weights and any strides, by `draw`; hand it back.

    `draw` is given one chunk at a time, contiguous and of the dtype numbers are drawn in.
    """
    word = seeds.seed_word(rng)
    size, drawn = out.size, dtypes.drawn(out.dtype)
    plain = np.asarray(out)
    flat = plain.reshape(-1) if plain.flags.c_contiguous else plain.flat
    in_place = plain.flags.c_contiguous and plain.dtype == drawn

    def fill_block(block: int) -> None:
        stream = seeds.block_stream(word, block)
        first, end = block * BLOCK, min((block + 1) * BLOCK, size)
        length = min(end - first, CHUNK)
        # Made once a block: the system would clear the pages of each temporary anew.
        scratch = np.empty((scratch_rows, length), dtypes.component(drawn))
        spare = None if in_place else np.empty(length, drawn)
        for start in range(first, end, CHUNK):
            stop = min(start + CHUNK, end)
            chunk = flat[start:stop] if in_place else spare[: stop - start]
            draw(stream, chunk, scratch[:, : stop - start])
            if not in_place:
                flat[start:stop] = chunk

    for_each(fill_block, range(-(-size // BLOCK)))
    return out


def for_each(task: Callable[[int], None], numbers: Sequence[int]) -> None:
    """Call `task` on each number, in threads where there are enough to pay for them.

    The tasks must not depend on one another.
    """
    threads = min(_threads(), len(numbers)) if len(numbers) >= _WORTH_THREADS else 1
    if threads == 1:
        for number in numbers:
            task(number)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(task, numbers))


def _threads() -> int:
    """NETINIT_THREADS, or else the number of processors this process may use."""
    wanted = os.environ.get("NETINIT_THREADS")
    if wanted is None:
        affinity = getattr(os, "sched_getaffinity", None)  # Linux only
        return len(affinity(0)) if affinity else os.cpu_count() or 1
    if not wanted.isdecimal() or int(wanted) < 1:
        raise ValueError(f"NETINIT_THREADS must be a whole number of at least 1, not {wanted!r}")
    return int(wanted)
