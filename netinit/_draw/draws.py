"""Draws into one contiguous chunk, as whole-array steps: uniform, normal, truncated."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Array = npt.NDArray[np.inexact]

SCRATCH_ROWS = 3  # of the chunk's length and component dtype: what the hungriest draw needs


def signed_uniform(stream: Generator, out: Array, scale: float = 1.0) -> None:
    """Fill `out` with numbers uniform on [-scale, scale]."""
    if out.dtype == np.float64:
        stream.random(out=out)
        out -= 0.5
        out *= 2 * scale
        return
    out[...] = _signed_bits(stream, out.size)
    factor = scale * 2.0**-31
    if factor < 1e-30:  # in two steps, or float32 would lose its digits
        out *= np.float32(2.0**-31)
        factor = scale
    out *= np.float32(factor)


def normal(stream: Generator, out: Array, scratch: Array, std: float = 1.0) -> None:
    """Fill `out` with normal numbers; `std` is that of each part of a complex one."""
    if out.dtype.kind == "c":
        # Two calls, of the length that the scratch has.
        parts = out.view(scratch.dtype)
        normal(stream, parts[: out.size], scratch, std)
        normal(stream, parts[out.size :], scratch, std)
    elif out.dtype == np.float64:
        stream.standard_normal(out=out)
        out *= std
    else:
        _box_muller(stream, out, scratch[0], std)


def truncated(stream: Generator, out: Array, scratch: Array, cut: float) -> None:
    """Fill `out` with standard normal numbers truncated to [-cut, cut]."""
    if out.dtype == np.float32 and cut == 2:
        signed_uniform(stream, out)
        _inverse_distribution(out, scratch)
    else:
        _truncated_by_rejection(stream, out, scratch, cut)


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
    out *= np.float32(2.0**-32)
    out += np.float32(2.0**-33)


def _box_muller(stream: Generator, out: Array, scratch: Array, std: float) -> None:
    """Two normals from a radius and an angle (Box and Muller, 1958), within 6.77 std."""
    half = (out.size + 1) // 2
    bits = _signed_bits(stream, 2 * half)
    first, second, radius = out[:half], out[half:], scratch[:half]
    _unit_uniform(bits[:half], radius)
    np.log(radius, out=radius)
    radius *= np.float32(-2)
    np.sqrt(radius, out=radius)
    radius *= np.float32(std)
    first[...] = bits[half:]
    first *= np.float32(math.pi * 2.0**-31)
    np.sin(first[: second.size], out=second)
    np.cos(first, out=first)
    first *= radius
    second *= radius[: second.size]


def _polar(
    stream: Generator, out: Array, scratch: Array, to_modulus: Callable[[Array], object]
) -> None:
    """Complex numbers of uniform angle; `to_modulus` maps u, uniform on [0, 1], in place."""
    modulus, angle, part = scratch
    if modulus.dtype == np.float64:
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
        normal(stream, z, scratch)
        return np.abs(z, out=scratch[0]) <= cut
    signed_uniform(stream, z, cut)
    density, chance = scratch[:2]
    np.multiply(z, z, out=density)
    density *= -0.5
    np.exp(density, out=density)
    stream.random(out=chance, dtype=chance.dtype)
    return chance < density
