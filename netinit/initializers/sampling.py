"""Independent draws: uniform, normal and truncated normal, real and complex.

`blocks` says how an array is filled and what a seed means, `draws` how the numbers are made.
"""

import math

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from netinit._checks import arguments, dtypes
from netinit._checks.arguments import Seed, Shape
from netinit._draw import blocks, draws

Array = npt.NDArray[np.inexact]


def uniform(
    shape: Shape,
    *,
    std: float | None = None,
    bound: float | None = None,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Independent numbers uniform on [-bound, bound]; give `bound`, or `std` = bound / sqrt(3).

    Complex ones are uniform on the disk |w| <= bound, and std^2 = E|w|^2 = bound^2 / 2.

    >>> round(float(abs(uniform((1000, 1000), std=1.0, rng=0)).max()), 3)
    1.732
    """
    out = arguments.target(shape, dtype, out)
    if (std is None) == (bound is None):
        raise TypeError("uniform takes exactly one of std and bound")
    if bound is None:
        per_std = math.sqrt(2 if out.dtype.kind == "c" else 3)
        bound = per_std * _scale(std, "std", out.dtype)
    else:
        bound = _scale(bound, "bound", out.dtype)
    limits = None
    if out.dtype.kind != "c":
        if out.dtype == dtypes.drawn(out.dtype):
            bound = dtypes.at_most(bound, out.dtype)
        else:  # the rounding that follows could carry a draw past its bound
            limits = _limits(0.0, bound, out.dtype)

    def draw(stream: Generator, chunk: Array, scratch: Array) -> None:
        if chunk.dtype.kind == "c":
            draws.disk(stream, chunk, scratch)
            _place(chunk, _inside(bound, chunk.dtype))
        else:
            draws.signed_uniform(stream, chunk, bound)
            if limits is not None:
                chunk.clip(*limits, out=chunk)

    return blocks.fill(out, rng, draw, scratch_rows=draws.SCRATCH_ROWS)


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

    return blocks.fill(out, rng, draw, scratch_rows=1)


def truncated_normal(
    shape: Shape,
    *,
    std: float,
    cut: float = 2.0,
    mean: float = 0.0,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Independent truncated normal numbers whose standard deviation is `std`.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the array.
    std : float
        Standard deviation of the result, after truncation: std^2 = E|w - mean|^2.
    cut : float
        Where the normal is truncated, in standard deviations before truncation: 2 bounds the
        result at 2.2737 std. A complex normal is truncated at that modulus: 2 bounds it at
        2.0791 std.
    mean : float
        Mean of the result, in the middle of its range.
    rng : seed or Generator
        Whatever `numpy.random.default_rng` takes.
    dtype : dtype, optional
        float32 by default; float16, float64, complex64, complex128, or one like bfloat16.
    out : array, optional
        An array of that shape, of any strides, to fill and hand back; its dtype counts.

    Examples
    --------
    >>> weights = truncated_normal((1000, 1000), std=1.0, rng=0)
    >>> round(float(weights.std()), 2), round(float(abs(weights).max()), 4)
    (1.0, 2.2737)
    """
    out = arguments.target(shape, dtype, out)
    std, mean = _scale(std, "std", out.dtype), _mean(mean, out.dtype)
    parent_std = std / truncated_std(cut, components=dtypes.components(out.dtype))
    limits = None if out.dtype.kind == "c" else _limits(mean, cut * parent_std, out.dtype)

    def draw(stream: Generator, chunk: Array, scratch: Array) -> None:
        if chunk.dtype.kind == "c":
            draws.truncated_modulus(stream, chunk, scratch, cut)
            _place(chunk, _inside(parent_std, chunk.dtype), mean)
        else:
            draws.truncated(stream, chunk, scratch, cut)
            _place(chunk, parent_std, mean)
            chunk.clip(*limits, out=chunk)

    return blocks.fill(out, rng, draw, scratch_rows=draws.SCRATCH_ROWS)


def truncated_std(cut: float, *, components: int = 1) -> float:
    """Standard deviation of a normal truncated to |z| <= cut, in units of that before.

    The variance of a real one is 1 - 1/S, S = 1 + cut^2/3 + cut^4/(3 5) + cut^6/(3 5 7) + ...: the
    usual 1 - 2 cut density(cut) / P(|z| < cut), integrated by parts so that nothing cancels. That
    of a complex one, of 2 components, has S = 1 + cut^2/2 + cut^4/(2 3) + cut^6/(2 3 4) + ...

    >>> round(truncated_std(2.0), 12), round(truncated_std(2.0, components=2), 12)
    (0.879625661034, 0.961961828008)
    """
    cut = arguments.real(cut, "cut", at_least=1e-6)
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
    return arguments.real(value, name, at_least=0, at_most=dtypes.largest(dtype) / 8)


def _mean(value: object, dtype: np.dtype) -> float:
    return arguments.real(value, "mean", at_most=dtypes.largest(dtype) / 8)


def _limits(mean: float, bound: float, dtype: np.dtype) -> tuple[float, float]:
    """The least and the largest number of a real `dtype` within `bound` of `mean`.

    Rounding to the nearest could otherwise carry a draw past its bound.
    """
    high = dtypes.at_most(mean + bound, dtype)
    low = -dtypes.at_most(bound - mean, dtype) if mean else -high
    # Where no number of the dtype is within the bound, the nearest to the mean has to do.
    return (low, high) if low <= high else (mean, mean)


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
