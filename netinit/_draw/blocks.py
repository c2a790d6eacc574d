"""An array filled block by block: the same numbers for any number of threads and memory order.

A draw takes one seed word of 128 bits from the caller's `rng` and cuts the array, in C order, into
blocks of fixed size; block k has a stream of its own, seeded by the word and k. Threads share out
the blocks, so they cannot change the numbers. `NETINIT_THREADS` limits them (1: no threads).

The random bits are the same on every machine. What is computed from them may differ in the last
place: how NumPy rounds a logarithm, sine, cosine or exponential depends on the width of the
processor's vector instructions.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from threading import Thread

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


def fill(out: Array, rng: Seed, draw: Draw, *, law: str, scratch_rows: int) -> Array:
    """Fill `out`, of any dtype of weights and any strides, by `draw`, and return it.

    `draw` is given one chunk at a time, contiguous and of the dtype numbers are drawn in. `law`
    names it: of one seed, each law has numbers of its own.
    """
    plain = np.asarray(out)
    size, dtype, flags = plain.size, plain.dtype, plain.flags
    drawn, component = dtypes.drawn(dtype), dtypes.component(dtype)
    word = seeds.draw_word(rng, f"complex {law}" if dtype.kind == "c" else law, plain.shape)
    flat = plain.reshape(-1) if flags.c_contiguous else plain.flat
    in_place = dtype == drawn and flags.c_contiguous and flags.aligned

    def fill_block(block: int) -> None:
        stream = seeds.block_stream(word, block)
        first, end = block * BLOCK, min((block + 1) * BLOCK, size)
        length = min(end - first, CHUNK)
        # Made once a block: the system would clear the pages of each temporary anew.
        scratch = np.empty((scratch_rows, length), component)
        spare = None if in_place else np.empty(length, drawn)
        for start in range(first, end, CHUNK):
            stop = min(start + CHUNK, end)
            chunk = flat[start:stop] if in_place else spare[: stop - start]
            draw(stream, chunk, scratch[:, : stop - start])
            if not in_place:
                _round_into(flat, start, chunk)

    for_each(fill_block, range(-(-size // BLOCK)))
    return out


def _round_into(flat: Array | np.flatiter, start: int, chunk: Array) -> None:
    # A number may be too small for a narrow dtype, however the caller has set np.seterr.
    with np.errstate(under="ignore"):
        flat[start : start + chunk.size] = chunk


def for_each(task: Callable[[int], None], numbers: Sequence[int]) -> None:
    """Call `task` on each number, in threads where there are enough to pay for them.

    The tasks must not depend on one another. Once one has raised an error, no other is begun.
    """
    threads = min(_threads(), len(numbers)) if len(numbers) >= _WORTH_THREADS else 1
    if threads == 1:
        for number in numbers:
            task(number)
    else:
        _share_out(task, deque(numbers), threads)


def _share_out(task: Callable[[int], None], left: deque[int], count: int) -> None:
    """Call `task` on what is left, in so many threads."""
    errors = []

    def work() -> None:
        try:
            for number in _taken(left):
                task(number)
        except BaseException as error:
            left.clear()
            errors.append(error)

    threads = _started(work, count)
    if not threads:
        work()
    try:
        for thread in threads:
            thread.join()
    finally:
        left.clear()  # an interrupted caller does not wait for what no thread has begun
    if errors:
        raise errors[0]


def _taken(left: deque[int]) -> Iterator[int]:
    """The numbers from the front that no other thread has taken."""
    while True:
        try:
            number = left.popleft()
        except IndexError:
            return
        yield number


def _started(work: Callable[[], None], count: int) -> list[Thread]:
    """So many threads at work, or fewer where the interpreter, about to end, starts no more."""
    threads = []
    for _ in range(count):
        thread = Thread(target=work)
        try:
            thread.start()
        except RuntimeError:
            break
        threads.append(thread)
    return threads


def _threads() -> int:
    """NETINIT_THREADS, or else the number of processors this process may use."""
    wanted = os.environ.get("NETINIT_THREADS")
    if not wanted:
        affinity = getattr(os, "sched_getaffinity", None)  # Linux only
        return len(affinity(0)) if affinity else os.cpu_count() or 1
    if not wanted.isdecimal() or int(wanted) < 1:
        raise ValueError(f"NETINIT_THREADS must be a whole number of at least 1, not {wanted!r}")
    return int(wanted)
