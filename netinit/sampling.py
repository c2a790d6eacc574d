"""Independent draws: fast, and the same whatever the number of threads.

A call takes one seed word of 128 bits from the caller's `rng` and cuts the array into blocks of
fixed size; block k has a stream of its own, seeded by the word and k. Threads share out the
blocks, so they cannot change the numbers. `NETINIT_THREADS` limits them (1: no threads).
"""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from numpy.random import SFC64, Generator, SeedSequence

from netinit import arguments
from netinit.arguments import Seed, Shape

Array = npt.NDArray[np.floating]
Draw = Callable[[Generator, Array, Array], None]  # stream, what to fill, scratch rows of its size

# Both are part of what a seed means: another size gives other numbers.
BLOCK = 1 << 18  # elements a stream: seeding one costs 10 us, drawing it 250 us or more
CHUNK = 1 << 16  # elements at a time within a block: larger temporaries leave the L2 cache

_WORTH_THREADS = 4  # tasks: below, starting threads costs more than they save


def uniform(
    shape: Shape,
    *,
    std: float | None = None,
    bound: float | None = None,
    rng: Seed,
    dtype: npt.DTypeLike = np.float32,
) -> Array:
    """Independent numbers uniform on [-bound, bound]; give `bound`, or `std` = bound / sqrt(3).

    >>> round(float(abs(uniform((1000, 1000), std=1.0, rng=0)).max()), 3)
    1.732
    """
    dtype = arguments.float_dtype(dtype)
    if (std is None) == (bound is None):
        raise TypeError("uniform takes exactly one of std and bound")
    if bound is None:
        half = math.sqrt(3) * _scale(std, "std", dtype)
    else:
        half = _scale(bound, "bound", dtype)

    def draw(stream: Generator, out: Array, scratch: Array) -> None:
        _signed_uniform(stream, out)
        out *= out.dtype.type(half)

    return _filled(shape, rng, dtype, draw)


def normal(
    shape: Shape, *, std: float, mean: float = 0.0, rng: Seed, dtype: npt.DTypeLike = np.float32
) -> Array:
    """Independent normal numbers of standard deviation `std`.

    >>> round(float(normal((1000, 1000), std=0.02, rng=0).std()), 4)
    0.02
    """
    dtype = arguments.float_dtype(dtype)
    std, mean = _scale(std, "std", dtype), _mean(mean, dtype)

    def draw(stream: Generator, out: Array, scratch: Array) -> None:
        _standard_normal(stream, out, scratch)
        _place(out, std, mean)

    return _filled(shape, rng, dtype, draw)


def truncated_normal(
    shape: Shape,
    *,
    std: float,
    cut: float = 2.0,
    mean: float = 0.0,
    rng: Seed,
    dtype: npt.DTypeLike = np.float32,
) -> Array:
    """Independent truncated normal numbers whose standard deviation is `std`.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the array.
    std : float
        Standard deviation of the result, after truncation.
    cut : float
        Where the normal is truncated, in standard deviations before truncation: 2 bounds the
        result at 2.2737 std.
    mean : float
        Mean of the result, in the middle of its range.
    rng : seed or Generator
        Whatever `numpy.random.default_rng` takes.
    dtype : dtype
        One of float16, float32 and float64.

    Examples
    --------
    >>> weights = truncated_normal((1000, 1000), std=1.0, rng=0)
    >>> round(float(weights.std()), 2), round(float(abs(weights).max()), 4)
    (1.0, 2.2737)
    """
    dtype = arguments.float_dtype(dtype)
    std, mean = _scale(std, "std", dtype), _mean(mean, dtype)
    parent_std = std / truncated_std(cut)

    def draw(stream: Generator, out: Array, scratch: Array) -> None:
        if out.dtype == np.float32 and cut == 2:
            _signed_uniform(stream, out)
            _inverse_distribution(out, scratch)
        else:
            _truncated_by_rejection(stream, out, scratch, cut)
        _place(out, parent_std, mean)

    return _filled(shape, rng, dtype, draw)


def truncated_std(cut: float) -> float:
    """Standard deviation of a standard normal truncated to [-cut, cut].

    The variance is 1 - 1/S with S = 1 + cut^2/3 + cut^4/(3 5) + cut^6/(3 5 7) + ...: the usual
    1 - 2 cut density(cut) / P(|z| < cut), integrated by parts so that nothing cancels.

    >>> round(truncated_std(2.0), 12)
    0.879625661034
    """
    cut = arguments.real(cut, "cut", at_least=1e-6)
    if cut > 30:
        return 1.0  # off by less than exp(-400)
    rest, term, odd = 0.0, 1.0, 3
    while term > 1e-17 * rest:
        term *= cut**2 / odd
        rest += term
        odd += 2
    return math.sqrt(rest / (1 + rest))


def for_each(task: Callable[[int], None], numbers: Sequence[int]) -> None:
    """Call `task` on each number, in threads where there are enough to pay for them.

    The tasks must not depend on one another.
    """
    threads = min(_threads(), len(numbers))
    if threads < 2 or len(numbers) < _WORTH_THREADS:
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


def _filled(shape: Shape, rng: Seed, dtype: np.dtype, draw: Draw) -> Array:
    """A new array, its blocks filled by `draw`, each from its own stream."""
    shape = arguments.shape_tuple(shape)
    # float16 is drawn as float32 and rounded once.
    out = np.empty(math.prod(shape), np.promote_types(dtype, np.float32))
    word = _seed_word(rng)

    def fill(block: int) -> None:
        stream = Generator(SFC64(SeedSequence(word, spawn_key=(block,))))
        part = out[block * BLOCK : (block + 1) * BLOCK]
        # Made once a block: the system would clear the pages of each temporary anew.
        scratch = np.empty((3, min(part.size, CHUNK)), out.dtype)
        for first in range(0, part.size, CHUNK):
            chunk = part[first : first + CHUNK]
            draw(stream, chunk, scratch[:, : chunk.size])

    for_each(fill, range(math.ceil(out.size / BLOCK)))
    return out.astype(dtype, copy=False).reshape(shape)


def _seed_word(rng: Seed) -> int:
    """A word of 128 bits; a Generator advances by it."""
    low, high = arguments.generator(rng).integers(0, 2**64, size=2, dtype=np.uint64).tolist()
    return high << 64 | low


def _scale(value: object, name: str, dtype: np.dtype) -> float:
    # The farthest draw, at 7 standard deviations, must not overflow.
    return arguments.real(value, name, at_least=0, at_most=float(np.finfo(dtype).max) / 8)


def _mean(value: object, dtype: np.dtype) -> float:
    return arguments.real(value, "mean", at_most=float(np.finfo(dtype).max) / 8)


def _place(out: Array, std: float, mean: float) -> None:
    """Standard draws to that std and mean, in place."""
    out *= out.dtype.type(std)
    if mean:
        out += out.dtype.type(mean)


def _signed_bits(stream: Generator, count: int) -> npt.NDArray[np.int32]:
    """Random bits as `count` int32 words, each of the 2^32 values equally likely."""
    return stream.bit_generator.random_raw((count + 1) // 2).view(np.int32)[:count]


def _signed_uniform(stream: Generator, out: Array) -> None:
    """Fill `out` with numbers uniform on [-1, 1]."""
    if out.dtype == np.float64:
        stream.random(out=out)
        out -= 0.5
        out *= 2
    else:
        out[...] = _signed_bits(stream, out.size)
        out *= np.float32(2.0**-31)


def _standard_normal(stream: Generator, out: Array, scratch: Array) -> None:
    if out.dtype == np.float64:
        stream.standard_normal(out=out)
    else:
        _box_muller(stream, out, scratch[0])


def _box_muller(stream: Generator, out: Array, scratch: Array) -> None:
    """Two normals from a radius and an angle (Box and Muller, 1958), as whole-array steps."""
    half = (out.size + 1) // 2
    bits = _signed_bits(stream, 2 * half)
    first, second, radius = out[:half], out[half:], scratch[:half]
    # Uniform on (0, 1]: the half step keeps the logarithm finite, and |z| below 6.77.
    radius[...] = bits[:half].view(np.uint32)
    radius *= np.float32(2.0**-32)
    radius += np.float32(2.0**-33)
    np.log(radius, out=radius)
    radius *= np.float32(-2)
    np.sqrt(radius, out=radius)
    first[...] = bits[half:]
    first *= np.float32(math.pi * 2.0**-31)
    np.sin(first[: second.size], out=second)
    np.cos(first, out=first)
    first *= radius
    second *= radius[: second.size]


# The normal cut at 2 has the inverse distribution function u (A + sum r / (p - u^2)), u in
# [-1, 1], to within 6e-7 (a minimax fit). Every term is positive, so nothing cancels.
_CENTRE = 0.4095324145847667
_POLES = (
    (2.482041671968685, 5.022065541678478),
    (0.3666757580212669, 1.7671503683675174),
    (0.08552969518469355, 1.251630827398722),
    (0.01870734631322977, 1.1203133283194702),
)


def _inverse_distribution(u: Array, scratch: Array) -> None:
    """Map u, uniform on [-1, 1], to the standard normal cut at 2, in place."""
    square, total, term = scratch
    np.multiply(u, u, out=square)
    total[...] = _CENTRE
    for residue, pole in _POLES:
        np.subtract(u.dtype.type(pole), square, out=term)
        np.divide(u.dtype.type(residue), term, out=term)
        total += term
    u *= total


def _truncated_by_rejection(stream: Generator, out: Array, scratch: Array, cut: float) -> None:
    refused = np.flatnonzero(~_propose(stream, out, scratch, cut))
    while refused.size:
        again = np.empty(refused.size, out.dtype)
        kept = _propose(stream, again, scratch[:, : again.size], cut)
        out[refused] = again
        refused = refused[~kept]


def _propose(stream: Generator, z: Array, scratch: Array, cut: float) -> npt.NDArray[np.bool_]:
    """Fill `z` with proposals; which of them to keep."""
    # Normal proposals are kept more often than uniform ones when 2 cut > sqrt(2 pi).
    if cut > math.sqrt(math.pi / 2):
        _standard_normal(stream, z, scratch)
        return np.abs(z, out=scratch[0]) <= cut
    _signed_uniform(stream, z)
    z *= z.dtype.type(cut)
    density, chance = scratch[:2]
    np.multiply(z, z, out=density)
    density *= -0.5
    np.exp(density, out=density)
    stream.random(out=chance, dtype=chance.dtype)
    return chance < density
