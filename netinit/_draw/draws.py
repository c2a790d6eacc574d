"""Draws into one contiguous chunk, as whole-array steps: uniform, normal, truncated."""

import functools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Array = npt.NDArray[np.inexact]
Propose = Callable[[Generator, Array, Array], npt.NDArray[np.bool_]]

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

# Factors of a float32 draw as arrays, which NumPy multiplies by in half the time of a scalar.
_STEP, _HALF_STEP, _QUARTER_STEP, _PI_STEP, _MINUS_2 = (
    np.array(factor, np.float32)
    for factor in (2.0**-31, 2.0**-32, 2.0**-33, math.pi * 2.0**-31, -2.0)
)

BEYOND = 37.0  # no normal number is as large; the square of a larger one may overflow
_IN_THE_TAIL = 0.5  # of the normal, an interval that begins there: exponential proposals pay

SCRATCH_ROWS = 3  # of the chunk's length and component dtype: the most that a draw needs


def signed_uniform(stream: Generator, out: Array, scale: float = 1.0) -> None:
    """Fill `out` with numbers uniform on [-scale, scale]."""
    if out.dtype == _FLOAT64:
        stream.random(out=out)
        out -= 0.5
        out *= 2 * scale
        return
    out[...] = _signed_bits(stream, out.size)
    factor = scale * 2.0**-31
    if factor < 1e-30:  # in two steps, or float32 would lose its digits
        np.multiply(out, _STEP, out)
        factor = scale
    np.multiply(out, np.array(factor, np.float32), out)


def normal(stream: Generator, out: Array, scratch: Array, std: float = 1.0) -> None:
    """Fill `out` with normal numbers; `std` is that of each part of a complex one."""
    if out.dtype.kind == "c":
        # Two calls, of the length that the scratch has.
        parts = out.view(scratch.dtype)
        normal(stream, parts[: out.size], scratch, std)
        normal(stream, parts[out.size :], scratch, std)
    elif out.dtype == _FLOAT64:
        stream.standard_normal(out=out)
        out *= std
    else:
        _box_muller(stream, out, scratch[0], std)


def truncated(stream: Generator, out: Array, scratch: Array, cut: float) -> None:
    """Fill `out` with standard normal numbers truncated to [-cut, cut]."""
    if out.dtype == _FLOAT32 and cut == 2:
        signed_uniform(stream, out)
        _inverse_distribution(out, scratch)
    else:
        by_rejection(stream, out, scratch, _symmetric(cut))


def disk(stream: Generator, out: Array, scratch: Array) -> None:
    """Fill `out` with complex numbers uniform on the unit disk."""
    _polar(stream, out, scratch, lambda u: np.sqrt(u, out=u))


def truncated_modulus(stream: Generator, out: Array, scratch: Array, cut: float) -> None:
    """Fill `out` with complex normal numbers, E|z|^2 = 1 before they are truncated to |z| <= cut.

    |z|^2 is exponential, so P(|z| <= r) = (1 - exp(-r^2)) / (1 - exp(-cut^2)).
    """
    inside = -math.expm1(-(cut**2))

    def modulus(u: Array) -> None:
        u *= u.dtype.type(-inside)
        np.log1p(u, out=u)
        np.sqrt(np.negative(u, out=u), out=u)

    _polar(stream, out, scratch, modulus)


def _signed_bits(stream: Generator, count: int) -> npt.NDArray[np.int32]:
    """Random bits as `count` int32 words, each of the 2^32 values equally likely."""
    return stream.bit_generator.random_raw((count + 1) // 2).view(np.int32)[:count]


def _unit_uniform(bits: npt.NDArray[np.int32], out: Array) -> None:
    """Uniform on (0, 1] from 32 bits: the half step keeps the logarithm finite."""
    out[...] = bits.view(np.uint32)
    np.multiply(out, _HALF_STEP, out)
    np.add(out, _QUARTER_STEP, out)


def _box_muller(stream: Generator, out: Array, scratch: Array, std: float) -> None:
    """Two normals from a radius and an angle (Box and Muller, 1958), within 6.77 std."""
    half = (out.size + 1) // 2
    bits = _signed_bits(stream, 2 * half)
    first, second, radius = out[:half], out[half:], scratch[:half]
    _unit_uniform(bits[:half], radius)
    np.log(radius, radius)
    np.multiply(radius, _MINUS_2, radius)
    np.sqrt(radius, radius)
    np.multiply(radius, np.array(std, np.float32), radius)
    first[...] = bits[half:]
    np.multiply(first, _PI_STEP, first)
    np.sin(first[: second.size], second)
    np.cos(first, first)
    np.multiply(first, radius, first)
    np.multiply(second, radius[: second.size], second)


def _polar(
    stream: Generator, out: Array, scratch: Array, to_modulus: Callable[[Array], object]
) -> None:
    """Complex numbers of uniform angle; `to_modulus` maps u, uniform on [0, 1], in place."""
    modulus, angle, part = scratch
    if modulus.dtype == _FLOAT64:
        stream.random(out=modulus)
    else:
        _unit_uniform(_signed_bits(stream, out.size), modulus)
    signed_uniform(stream, angle, math.pi)
    to_modulus(modulus)
    np.multiply(np.cos(angle, out=part), modulus, out=out.real)
    np.multiply(np.sin(angle, out=part), modulus, out=out.imag)


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


def by_rejection(stream: Generator, out: Array, scratch: Array, propose: Propose) -> None:
    """Fill `out` with proposals that were kept."""
    refused = np.flatnonzero(~propose(stream, out, scratch))
    while refused.size:
        again = np.empty(refused.size, out.dtype)
        kept = propose(stream, again, scratch[:, : again.size])
        out[refused] = again
        refused = refused[~kept]


def interval(low: float, high: float, width: float) -> tuple[str, int, Propose]:
    """How to draw standard normal numbers truncated to [low, high], which is `width` wide.

    Returns
    -------
    start : {"low", "high", "middle", "mean"}
        What the numbers are counted from, so that no digit of them is lost far from the mean.
    sign : {1, -1}
        Whether they are counted upward or downward.
    propose : callable
        For `by_rejection`, which keeps 3 in 10 of its proposals or more.
    """
    distance = max(low, -high)  # from the mean to the interval
    if distance >= _IN_THE_TAIL:
        propose = functools.partial(_propose_tail, distance, width)
        return ("low", 1, propose) if low > 0 else ("high", -1, propose)
    if width > math.sqrt(2 * math.pi):  # normal proposals are then kept more often
        return "mean", 1, functools.partial(_propose_normal, max(low, -BEYOND), min(high, BEYOND))
    middle = low / 2 + high / 2
    return "middle", 1, functools.partial(_propose_uniform, middle, width / 2, max(distance, 0.0))


def _symmetric(cut: float) -> Propose:
    """As `interval` for [-cut, cut], whose numbers are counted from the mean."""
    if cut > math.sqrt(math.pi / 2):
        return functools.partial(_propose_normal, -cut, cut)
    return functools.partial(_propose_uniform, 0.0, cut, 0.0)


# Each fills `z` with proposals and returns which of them to keep.


def _propose_normal(
    low: float, high: float, stream: Generator, z: Array, scratch: Array
) -> npt.NDArray[np.bool_]:
    normal(stream, z, scratch)
    return (z >= low) & (z <= high)


def _propose_uniform(
    middle: float, half: float, nearest: float, stream: Generator, z: Array, scratch: Array
) -> npt.NDArray[np.bool_]:
    """Uniform on [-half, half] about `middle`, kept in proportion to the normal density.

    The density is divided by that at `nearest`, the largest of the interval.
    """
    signed_uniform(stream, z, half)
    density, chance = scratch[:2]
    position = np.add(z, middle, out=density) if middle else z
    np.multiply(position, position, out=density)
    if nearest:
        density -= nearest**2
    density *= -0.5
    np.exp(density, out=density)
    stream.random(out=chance, dtype=chance.dtype)
    return chance < density


def _propose_tail(
    distance: float, width: float, stream: Generator, z: Array, scratch: Array
) -> npt.NDArray[np.bool_]:
    """Exponential of rate `distance`, truncated at `width` (after Robert, 1995).

    At z from the near end the normal density is proportional to exp(-distance z) exp(-z^2 / 2): the
    second factor is the chance of being kept, which is large where the tail is far.
    """
    inside = -math.expm1(-distance * width)
    # In float64, for the logarithm of a number near 0 has the digits of that number.
    exponential = np.log1p(-inside * stream.random(z.size)) / -distance
    z[...] = exponential
    square = np.minimum(exponential, BEYOND) ** 2
    return stream.random(z.size) < np.exp(square / -2)
