"""Independent draws: uniform, normal and truncated normal, real and complex.

A seed gives the same numbers each time, for one law and one shape: `normal(100, rng=0)` does not
begin as `normal(200, rng=0)` does, and `normal((10, 10), rng=0)` is another draw again. Of one law
and shape, the draws at two scales, means or memory orders are the same numbers, scaled, shifted or
laid out differently. A Generator, a BitGenerator or a RandomState does not know the shape or the
law: each draw takes the next seed word, so two draws in turn differ.

These numbers are the same for any number of threads. The random bits behind them are the same on
every machine too, and so is a draw that adds, multiplies and divides alone: a real uniform, and a
float32 truncated normal at the usual cut of 2. The other draws may differ in the last place between
two processors, for how NumPy rounds a logarithm, sine, cosine or exponential depends on the width
of the processor's vector instructions (and in a few last places for an orthogonal matrix, which
depends on the BLAS as well). Compare such numbers with a tolerance, not bit for bit.
"""

import math

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from netinit._checks import arguments, dtypes
from netinit._checks.arguments import Seed, Shape
from netinit._draw import blocks, draws

__all__ = ["normal", "truncated_normal", "truncated_std", "uniform"]

Array = npt.NDArray[np.inexact]


def uniform(
    shape: Shape,
    *,
    std: float | None = None,
    bound: float | None = None,
    low: float | None = None,
    high: float | None = None,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Independent numbers uniform on [-bound, bound], or on [low, high].

    Give `bound`, or `std` = bound / sqrt(3), or `low` and `high`, whose draws have mean
    (low + high) / 2 and standard deviation (high - low) / sqrt(12). Complex numbers are uniform on
    the disk |w| <= bound, and std^2 = E|w|^2 = bound^2 / 2.

    >>> round(float(abs(uniform((1000, 1000), std=1.0, rng=0)).max()), 3)
    1.732
    >>> round(float(uniform(1000, low=2.0, high=3.0, rng=0).min()), 1)
    2.0
    """
    out = arguments.target(shape, dtype, out)
    given = [std is not None, bound is not None, low is not None or high is not None]
    if sum(given) != 1:
        raise TypeError("uniform takes exactly one of std and bound, or low with high")
    if std is bound is None:
        return _uniform_between(out, *_ends(low, high, out.dtype), rng)
    if bound is None:
        per_std = math.sqrt(2 if out.dtype.kind == "c" else 3)
        bound = per_std * _scale(std, "std", out.dtype)
    else:
        bound = _scale(bound, "bound", out.dtype)
    if out.dtype.kind == "c":
        return _uniform_disk(out, bound, rng)
    if out.dtype != dtypes.drawn(out.dtype):  # the rounding could carry a draw past its bound
        return _uniform_between(out, -bound, bound, rng)
    bound = dtypes.at_most(bound, out.dtype)

    def draw(stream: Generator, chunk: Array, scratch: Array) -> None:
        draws.signed_uniform(stream, chunk, bound)

    return blocks.fill(out, rng, draw, law="uniform", scratch_rows=0)


def _uniform_between(out: Array, low: float, high: float, rng: Seed) -> Array:
    if math.inf in (-low, high):
        raise TypeError("uniform takes low and high together")
    limits = _limits(low, high, out.dtype)
    half, middle = high / 2 - low / 2, high / 2 + low / 2

    def draw(stream: Generator, chunk: Array, scratch: Array) -> None:
        draws.signed_uniform(stream, chunk, half)
        _shift(chunk, middle)
        chunk.clip(*limits, out=chunk)

    return blocks.fill(out, rng, draw, law="uniform", scratch_rows=0)


def _uniform_disk(out: Array, bound: float, rng: Seed) -> Array:
    def draw(stream: Generator, chunk: Array, scratch: Array) -> None:
        draws.disk(stream, chunk, scratch)
        _place(chunk, _inside(bound, chunk.dtype))

    return blocks.fill(out, rng, draw, law="uniform", scratch_rows=draws.SCRATCH_ROWS)


def normal(
    shape: Shape,
    *,
    std: float,
    mean: float = 0.0,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Independent normal numbers of standard deviation `std`.

    Complex ones have independent parts of equal variance, and std^2 = E|w - mean|^2.

    >>> round(float(normal((1000, 1000), std=0.02, rng=0).std()), 4)
    0.02
    """
    out = arguments.target(shape, dtype, out)
    std, mean = _scale(std, "std", out.dtype), _mean(mean, out.dtype)
    part_std = std / math.sqrt(dtypes.components(out.dtype))

    def draw(stream: Generator, chunk: Array, scratch: Array) -> None:
        draws.normal(stream, chunk, scratch, part_std)
        _shift(chunk, mean)

    return blocks.fill(out, rng, draw, law="normal", scratch_rows=1)


def truncated_normal(
    shape: Shape,
    *,
    std: float | None = None,
    cut: float | None = None,
    mean: float = 0.0,
    low: float | None = None,
    high: float | None = None,
    parent_std: float | None = None,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Independent normal numbers truncated at both sides of their mean, or to any interval.

    There are two ways to say which. With `std`, the range is symmetric and `std` is that of the
    result. With `parent_std` and `low`, `high` or both, a normal of that mean and standard
    deviation is truncated to [low, high], wherever that lies, far in its tail too: the law of
    `torch.nn.init.trunc_normal_(mean, std, a, b)`.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the array.
    std : float
        Standard deviation of the result, after truncation: std^2 = E|w - mean|^2.
    cut : float
        Where the normal is truncated, in standard deviations before truncation; 2 by default,
        which bounds the result at 2.2737 std. A complex normal is truncated at that modulus: 2
        bounds it at 2.0791 std.
    mean : float
        Mean of the normal before truncation. With `std` it is that of the result as well, in the
        middle of its range.
    low, high : float
        Ends of the interval, in the units of the result; without one of them, that side is open.
    parent_std : float
        Standard deviation before truncation of the normal that `low` and `high` truncate; that of
        the result is smaller.
    rng : seed or Generator
        Whatever `numpy.random.default_rng` takes.
    dtype : dtype, optional
        float32 by default; float16, float64, complex64, complex128, or one like bfloat16. Complex
        numbers have no interval.
    out : array, optional
        An array of that shape, of any strides, to fill and return; its dtype counts.

    Raises
    ------
    TypeError
        If the two ways are mixed, or neither is complete.
    ValueError
        If a number is out of range, or the dtype has no number between `low` and `high`.

    Examples
    --------
    >>> weights = truncated_normal((1000, 1000), std=1.0, rng=0)
    >>> round(float(weights.std()), 2), round(float(abs(weights).max()), 4)
    (1.0, 2.2737)
    >>> tail = truncated_normal((1000, 1000), low=5.0, high=1e6, parent_std=1.0, rng=0)
    >>> round(float(tail.mean()), 3), round(float(tail.min()), 3)
    (5.187, 5.0)
    """
    out = arguments.target(shape, dtype, out)
    mean = _mean(mean, out.dtype)
    if parent_std is low is high is None:
        if std is None:
            raise TypeError("truncated_normal takes std, or parent_std with low, high or both")
        cut = 2.0 if cut is None else cut
        return _truncated_at(out, _scale(std, "std", out.dtype), cut, mean, rng)
    if parent_std is None or low is high is None or not (std is cut is None):
        raise TypeError(
            "low and high truncate a normal of the standard deviation parent_std: they take "
            "neither std, which is that of a result with a symmetric range, nor cut"
        )
    parent_std = _scale(parent_std, "parent_std", out.dtype)
    if not parent_std:
        raise ValueError("parent_std must be positive, not 0")
    return _truncated_between(out, *_ends(low, high, out.dtype), mean, parent_std, rng)


def _truncated_at(out: Array, std: float, cut: float, mean: float, rng: Seed) -> Array:
    parent_std = std / truncated_std(cut, components=dtypes.components(out.dtype))
    cut = min(float(cut), draws.BEYOND)
    if out.dtype.kind == "c":
        return _truncated_disk(out, parent_std, cut, mean, rng)
    bound = cut * parent_std
    limits = _limits(mean - bound, mean + bound, out.dtype, nearest=mean)

    def draw(stream: Generator, chunk: Array, scratch: Array) -> None:
        draws.truncated(stream, chunk, scratch, cut)
        _place(chunk, parent_std, mean)
        chunk.clip(*limits, out=chunk)

    return blocks.fill(out, rng, draw, law="truncated normal", scratch_rows=draws.SCRATCH_ROWS)


def _truncated_disk(out: Array, parent_std: float, cut: float, mean: float, rng: Seed) -> Array:
    def draw(stream: Generator, chunk: Array, scratch: Array) -> None:
        draws.truncated_modulus(stream, chunk, scratch, cut)
        _place(chunk, _inside(parent_std, chunk.dtype), mean)

    return blocks.fill(out, rng, draw, law="truncated normal", scratch_rows=draws.SCRATCH_ROWS)


def _truncated_between(
    out: Array, low: float, high: float, mean: float, parent_std: float, rng: Seed
) -> Array:
    limits = _limits(low, high, out.dtype)
    counted_from, sign, propose = draws.interval(
        (low - mean) / parent_std, (high - mean) / parent_std, (high - low) / parent_std
    )
    start = {"low": low, "high": high, "middle": low / 2 + high / 2, "mean": mean}[counted_from]

    def draw(stream: Generator, chunk: Array, scratch: Array) -> None:
        with np.errstate(under="ignore"):  # parent_std may be as small as the caller likes
            draws.by_rejection(stream, chunk, scratch, propose)
            _place(chunk, sign * parent_std, start)
        chunk.clip(*limits, out=chunk)

    return blocks.fill(out, rng, draw, law="truncated normal", scratch_rows=draws.SCRATCH_ROWS)


def truncated_std(cut: float, *, components: int = 1) -> float:
    """Standard deviation of a normal truncated to |z| <= cut, in units of that before.

    The variance of a real one is 1 - 1/S, S = 1 + cut^2/3 + cut^4/(3 5) + cut^6/(3 5 7) + ...: the
    usual 1 - 2 cut density(cut) / P(|z| < cut), integrated by parts so that nothing cancels. That
    of a complex one, of 2 components, has S = 1 + cut^2/2 + cut^4/(2 3) + cut^6/(2 3 4) + ...

    >>> round(truncated_std(2.0), 12), round(truncated_std(2.0, components=2), 12)
    (0.879625661034, 0.961961828008)
    """
    cut = arguments.real_number(cut, "cut", at_least=1e-6)
    if cut > 9:
        return 1.0  # off by less than exp(-cut^2 / 2) cut < 1e-16
    rest, term, divisor = 0.0, 1.0, components + 2
    while term > 1e-17 * rest:
        term *= components * cut**2 / divisor
        rest += term
        divisor += 2
    return math.sqrt(rest / (1 + rest))


def _scale(value: object, name: str, dtype: np.dtype) -> float:
    # The farthest draw, at 7 standard deviations, must not overflow.
    return arguments.real_number(value, name, at_least=0, at_most=dtypes.largest(dtype) / 8)


def _mean(value: object, dtype: np.dtype) -> float:
    return arguments.real_number(value, "mean", at_most=dtypes.largest(dtype) / 8)


def _ends(low: object, high: object, dtype: np.dtype) -> tuple[float, float]:
    """Both ends of an interval; an end that is None is infinite."""
    if dtype.kind == "c":
        raise TypeError("complex numbers have no order: low and high are for real dtypes")
    low = -math.inf if low is None else arguments.real_number(low, "low")
    high = math.inf if high is None else arguments.real_number(high, "high")
    if not low < high:
        raise ValueError(f"low must be less than high, not {low:g} and {high:g}")
    return low, high


def _limits(
    low: float, high: float, dtype: np.dtype, nearest: float | None = None
) -> tuple[float, float]:
    """The least and the largest number of a real `dtype` from `low` to `high`.

    Rounding to the nearest could otherwise carry a draw past an end. Where there is no such number,
    both are `nearest`.
    """
    least, largest = -dtypes.at_most(-low, dtype), dtypes.at_most(high, dtype)
    if least <= largest:
        return least, largest
    if nearest is None:
        raise ValueError(f"{dtype} has no number from low, {low!r}, to high, {high!r}")
    return nearest, nearest


def _inside(scale: float, dtype: np.dtype) -> float:
    """A complex number is rounded in two parts, so its modulus is kept short by more than that."""
    return scale * (1 - 4 * float(np.finfo(dtype).eps))


def _place(chunk: Array, scale: float, mean: float = 0.0) -> None:
    """Standard draws times `scale`, plus `mean`, in place."""
    real = dtypes.component(chunk.dtype).type
    parts = chunk.view(real)
    parts *= real(scale)
    _shift(chunk, mean)


def _shift(chunk: Array, mean: float) -> None:
    if mean:
        parts = chunk.real
        parts += mean
