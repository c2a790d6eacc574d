"""The draws beneath the initializers: fast, and the same whatever the number of threads.

A call takes one seed word of 128 bits from the caller's `rng` and cuts the array into blocks of
fixed size; block k has a stream of its own, seeded by the word and k. Threads share out the
blocks, so they cannot change the numbers. `NETINIT_THREADS` limits them (1: no threads).
"""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from numpy.random import SFC64, Generator, SeedSequence

from netinit import arguments
from netinit.arguments import Seed, Shape

Array = npt.NDArray[np.floating]
Draw = Callable[[Generator, Array], None]

# Both are part of what a seed means: another size gives other numbers.
BLOCK = 1 << 18  # elements a stream; seeding one costs 12 us, drawing one 400 us or more
CHUNK = 1 << 15  # elements at a time within a block, so that temporaries stay in the L2 cache

_WORTH_THREADS = 4  # blocks: below, starting threads costs more than they save
_REFLECTORS = 64  # at a time in the compact WY form
_FACTORIZE_BELOW = 128  # columns: below, a QR factorization is faster than reflectors


def uniform(shape: Shape, *, bound: float, rng: Seed, dtype: npt.DTypeLike = np.float32) -> Array:
    """Uniform on [-bound, bound].

    >>> uniform(3, bound=1.0, rng=0).dtype
    dtype('float32')
    """

    def draw(stream: Generator, out: Array) -> None:
        if out.dtype == np.float64:
            stream.random(out=out)
            out -= 0.5
            out *= 2 * bound
        else:
            out[...] = _signed_bits(stream, out.size)
            out *= np.float32(bound * 2.0**-31)

    return _filled(shape, rng, dtype, draw)


def normal(
    shape: Shape, *, std: float, mean: float = 0.0, rng: Seed, dtype: npt.DTypeLike = np.float32
) -> Array:
    """Normal of that mean and standard deviation.

    >>> normal(3, std=1.0, rng=0).shape
    (3,)
    """

    def draw(stream: Generator, out: Array) -> None:
        _standard_normal(stream, out)
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
    """Normal truncated at `cut` of its own standard deviations, then brought to `std`.

    >>> bool(np.abs(truncated_normal(1000, std=1.0, rng=0)).max() <= 2.2737)
    True
    """
    parent_std = std / truncated_std(cut)

    def draw(stream: Generator, out: Array) -> None:
        if out.dtype == np.float32 and cut == 2:
            _truncated_at_two(stream, out)
        else:
            _truncated_by_rejection(stream, out, cut)
        _place(out, parent_std, mean)

    return _filled(shape, rng, dtype, draw)


def truncated_std(cut: float) -> float:
    """Standard deviation of a standard normal truncated to [-cut, cut].

    The variance is 1 - 1/S with S = 1 + cut^2/3 + cut^4/(3 5) + cut^6/(3 5 7) + ...: the usual
    1 - 2 cut density(cut) / P(|z| < cut), integrated by parts so that nothing cancels.

    >>> round(truncated_std(2.0), 12)
    0.879625661034
    """
    if cut > 30:
        return 1.0  # differs by less than exp(-400)
    rest, term, odd = 0.0, 1.0, 3
    while term > 1e-17 * rest:
        term *= cut**2 / odd
        rest += term
        odd += 2
    return math.sqrt(rest / (1 + rest))


def orthogonal(rows: int, columns: int, *, rng: Seed, dtype: npt.DTypeLike = np.float32) -> Array:
    """Haar matrix: orthonormal columns, or rows if wide, every such matrix equally likely.

    >>> q = orthogonal(3, 2, rng=0)
    >>> bool(np.allclose(q.T @ q, np.eye(2), atol=1e-6))
    True
    """
    dtype = arguments.float_dtype(dtype)
    tall = max(rows, columns), min(rows, columns)
    if dtype == np.float64 or tall[1] < _FACTORIZE_BELOW:
        q = _haar_by_factorization(*tall, rng)
    else:
        q = _haar_by_reflectors(*tall, rng)
    return np.ascontiguousarray(q if rows >= columns else q.T, dtype=dtype)


def _filled(shape: Shape, rng: Seed, dtype: npt.DTypeLike, draw: Draw) -> Array:
    """A new array whose blocks `draw` has filled, each from its own stream."""
    shape = arguments.shape_tuple(shape)
    dtype = arguments.float_dtype(dtype)
    # float16 is drawn as float32 and rounded once.
    out = np.empty(math.prod(shape), np.promote_types(dtype, np.float32))
    word = _seed_word(rng)

    def fill(block: int) -> None:
        stream = Generator(SFC64(SeedSequence(word, spawn_key=(block,))))
        draw(stream, out[block * BLOCK : (block + 1) * BLOCK])

    _for_each(fill, math.ceil(out.size / BLOCK))
    return out.astype(dtype, copy=False).reshape(shape)


def _seed_word(rng: Seed) -> int:
    """One word of 128 bits; a Generator advances by it."""
    low, high = arguments.generator(rng).integers(0, 2**64, size=2, dtype=np.uint64).tolist()
    return high << 64 | low


def _for_each(fill: Callable[[int], None], blocks: int) -> None:
    """Call `fill` on each block, by threads where that pays."""
    threads = min(_threads(), blocks)
    if threads < 2 or blocks < _WORTH_THREADS:
        for block in range(blocks):
            fill(block)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(blocks)))


def _threads() -> int:
    """NETINIT_THREADS, or else the number of processors this process may use."""
    wanted = os.environ.get("NETINIT_THREADS")
    if wanted is None:
        affinity = getattr(os, "sched_getaffinity", None)  # Linux only
        return len(affinity(0)) if affinity else os.cpu_count() or 1
    if not wanted.isdecimal() or int(wanted) < 1:
        raise ValueError(f"NETINIT_THREADS must be a whole number of at least 1, not {wanted!r}")
    return int(wanted)


def _place(out: Array, std: float, mean: float) -> None:
    """Standard draws to that std and mean, in place."""
    out *= out.dtype.type(std)
    if mean:
        out += out.dtype.type(mean)


def _chunks(out: Array) -> list[Array]:
    return [out[first : first + CHUNK] for first in range(0, out.size, CHUNK)]


def _signed_bits(stream: Generator, count: int) -> npt.NDArray[np.int32]:
    """Random bits as `count` int32 words, each of the 2^32 values equally likely."""
    words = stream.integers(0, 2**64, size=(count + 1) // 2, dtype=np.uint64)
    return words.view(np.int32)[:count]


def _standard_normal(stream: Generator, out: Array) -> None:
    if out.dtype == np.float64:
        stream.standard_normal(out=out)
        return
    for chunk in _chunks(out):
        _box_muller(stream, chunk)


def _box_muller(stream: Generator, out: Array) -> None:
    """Box and Muller, 1958: a radius and an angle give two normals; three times the ziggurat."""
    half = (out.size + 1) // 2
    bits = _signed_bits(stream, 2 * half)
    # Uniform on (0, 1]: the half step keeps the logarithm finite; |z| reaches 6.76.
    radius = bits[:half].view(np.uint32).astype(np.float32)
    radius *= np.float32(2.0**-32)
    radius += np.float32(2.0**-33)
    np.log(radius, out=radius)
    radius *= np.float32(-2)
    np.sqrt(radius, out=radius)
    first, second = out[:half], out[half:]
    first[...] = bits[half:]
    first *= np.float32(math.pi * 2.0**-31)
    np.sin(first[: second.size], out=second)
    np.cos(first, out=first)
    first *= radius
    second *= radius[: second.size]


# Inverse distribution function of N(0, 1) cut at 2, as u (A + sum r / (p - u^2)) for u in
# [-1, 1]: a minimax fit, off by 5e-7 at most. Every term is positive, so nothing cancels.
_CENTRE = 0.4095324145847667
_POLES = (
    (2.482041671968685, 5.022065541678478),
    (0.3666757580212669, 1.7671503683675174),
    (0.08552969518469355, 1.251630827398722),
    (0.01870734631322977, 1.1203133283194702),
)


def _truncated_at_two(stream: Generator, out: Array) -> None:
    for chunk in _chunks(out):
        chunk[...] = _signed_bits(stream, chunk.size)
        chunk *= np.float32(2.0**-31)
        _inverse_distribution(chunk)


def _inverse_distribution(u: Array) -> None:
    """Map u, uniform on [-1, 1], to the normal cut at 2, in place."""
    square = u * u
    total = np.full_like(u, _CENTRE)
    term = np.empty_like(u)
    for residue, pole in _POLES:
        np.subtract(np.float32(pole), square, out=term)
        np.divide(np.float32(residue), term, out=term)
        total += term
    u *= total


def _truncated_by_rejection(stream: Generator, out: Array, cut: float) -> None:
    for chunk in _chunks(out):
        refused = np.arange(chunk.size)
        while refused.size:
            proposal = np.empty(refused.size, out.dtype)
            kept = _propose(stream, proposal, cut)
            chunk[refused] = proposal
            refused = refused[~kept]


def _propose(stream: Generator, z: Array, cut: float) -> npt.NDArray[np.bool_]:
    """Fill `z` with proposals; which of them to keep."""
    # Normal proposals are kept more often than uniform ones when 2 cut > sqrt(2 pi).
    if cut > math.sqrt(math.pi / 2):
        _standard_normal(stream, z)
        return np.abs(z) <= cut
    stream.random(out=z, dtype=z.dtype)
    z -= 0.5
    z *= 2 * cut
    return stream.random(z.size) < np.exp(-(z**2) / 2)


def _haar_by_factorization(rows: int, columns: int, rng: Seed) -> Array:
    """Q of a Gaussian matrix, columns signed so that R has a positive diagonal.

    Without the signs the law is LAPACK's, not Haar's (Mezzadri, 2007).
    """
    q, r = np.linalg.qr(normal((rows, columns), std=1.0, rng=rng, dtype=np.float64))
    return q * np.where(np.diagonal(r) < 0, -1.0, 1.0)


def _haar_by_reflectors(rows: int, columns: int, rng: Seed) -> Array:
    """Product of random reflections, by matrix products alone.

    Reflection k sends a Gaussian vector of rows - k entries to an axis (Stewart, 1980).
    """
    vectors = np.triu(normal((columns, rows), std=1.0, rng=rng))
    diagonal = np.arange(columns)
    signs = np.where(vectors[diagonal, diagonal] < 0, np.float32(-1), np.float32(1))
    vectors[diagonal, diagonal] += signs * np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    q = np.zeros((rows, columns), np.float32)
    q[diagonal, diagonal] = -signs
    for first in reversed(range(0, columns, _REFLECTORS)):
        _reflect(vectors[first : first + _REFLECTORS, first:], q[first:, first:])
    return q


def _reflect(vectors: Array, q: Array) -> None:
    """Apply the product of the reflections I - 2 v v^T / v^T v to `q`, in place.

    It is I - V^T T V with T upper triangular (Schreiber and Van Loan, 1989).
    """
    # The Gram matrix in float64: float32 would cost a factor 8 in orthogonality.
    gram = vectors.astype(np.float64)
    gram = gram @ gram.T
    inverse = np.triu(gram, 1) + np.diag(np.diagonal(gram) / 2)
    q -= vectors.T @ (np.linalg.inv(inverse).astype(np.float32) @ (vectors @ q))
