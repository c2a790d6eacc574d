"""The dtypes a weight can have, and what each can hold.

Numbers are drawn in float32 or float64, or in pairs of them for a complex dtype. float16 and types
from outside NumPy, such as bfloat16, are drawn in float32 and rounded once.
"""

import functools
import math
import re
import struct

import numpy as np
import numpy.typing as npt

_DRAWN = tuple(np.dtype(name) for name in ("float32", "float64", "complex64", "complex128"))
_NUMPYS = (*_DRAWN, np.dtype("float16"))
_ALLOWED = "float16, float32, float64, complex64, complex128 or one like bfloat16"


def of_weights(dtype: npt.DTypeLike, name: str = "dtype") -> np.dtype:
    """`dtype` as a NumPy dtype that a weight can have.

    >>> of_weights("float16")
    dtype('float16')
    """
    try:
        found = np.dtype(dtype)
    except (TypeError, ValueError):
        found = _narrow_by_name(dtype)
    if dtype is None or found is None or not (found in _NUMPYS or _is_narrow_float(found)):
        raise TypeError(f"{name} must be {_ALLOWED}, not {dtype!r}")
    return found


def of_signals(dtype: npt.DTypeLike, name: str = "dtype") -> np.dtype:
    """`dtype` as the dtype of a network's numbers: real, bfloat16 and its like among them.

    >>> of_signals("float16")
    dtype('float16')
    """
    found = of_weights(dtype, name)
    if found.kind == "c":
        raise TypeError(f"{name} must be real: float16, float32, float64 or one like bfloat16")
    return found


def is_narrow(dtype: np.dtype) -> bool:
    """Whether a dtype is a floating one from outside NumPy, such as bfloat16.

    >>> is_narrow(np.dtype("float16"))
    False
    """
    return dtype not in _NUMPYS and _is_narrow_float(dtype)


def drawn(dtype: np.dtype) -> np.dtype:
    """The dtype in which numbers are drawn before they are rounded to `dtype`.

    >>> drawn(np.dtype("float16"))
    dtype('float32')
    """
    return dtype if dtype in _DRAWN else _DRAWN[0]


@functools.cache
def component(dtype: np.dtype) -> np.dtype:
    """The real dtype in which each component is drawn.

    >>> component(np.dtype("complex128"))
    dtype('float64')
    """
    return _DRAWN[1] if dtype in (_DRAWN[1], _DRAWN[3]) else _DRAWN[0]


def components(dtype: np.dtype) -> int:
    """How many real numbers one number is made of: 2 if it is complex."""
    return 2 if dtype.kind == "c" else 1


@functools.cache
def largest(dtype: np.dtype) -> float:
    """The largest finite number of `dtype`.

    >>> largest(np.dtype("float16"))
    65504.0
    """
    if dtype in _NUMPYS:
        return float(np.finfo(dtype).max)
    # np.finfo knows NumPy's own types only: the largest power of 2, then the bits below it.
    exponent = max(e for e in range(128) if _holds(2.0**e, dtype))
    number = 2.0**exponent
    for bit in range(1, 24):
        longer = number + 2.0 ** (exponent - bit)
        number = longer if _holds(longer, dtype) else number
    return number


def at_most(value: float, dtype: np.dtype) -> float:
    """The largest number of a real `dtype` that does not exceed `value`; -inf if there is none.

    >>> at_most(0.3, np.dtype("float16"))
    0.2998046875
    """
    if value >= largest(dtype):  # which would round to inf, or to NaN where there is no inf
        return largest(dtype)
    if value < -largest(dtype):
        return -math.inf
    if dtype == _DRAWN[1]:
        return value
    if dtype == _DRAWN[0]:
        return _at_most_float32(value)
    with np.errstate(under="ignore"):
        nearest = dtype.type(value)
        if float(nearest) > value:
            nearest = np.nextafter(nearest, dtype.type(-largest(dtype)))
    return float(nearest)


def _at_most_float32(value: float) -> float:
    # By its bits, which takes a tenth of the time of NumPy's scalars.
    (nearest,) = struct.unpack("f", struct.pack("f", value))
    if nearest <= value:
        return nearest
    (bits,) = struct.unpack("i", struct.pack("f", nearest))
    # Of two floats of one sign, that of the larger size has the larger integer.
    return struct.unpack("f", struct.pack("i", bits - 1 if nearest > 0 else bits + 1))[0]


def smallest(dtype: np.dtype) -> float:
    """The smallest positive number of a dtype, or of its parts if it is complex.

    >>> smallest(np.dtype("float16"))
    5.960464477539063e-08
    """
    real = component(dtype) if dtype.kind == "c" else dtype
    with np.errstate(under="ignore"):
        return float(np.nextafter(real.type(0), real.type(1)))


def _narrow_by_name(dtype: object) -> np.dtype | None:
    """The dtype of a name such as "bfloat16", which NumPy knows from the package ml_dtypes."""
    if not isinstance(dtype, str) or not re.fullmatch(r"bfloat16|float[468]_\w+", dtype):
        return None
    try:
        import ml_dtypes
    except ImportError:
        raise ImportError(
            f"dtype {dtype!r} needs the package ml_dtypes: pip install ml_dtypes"
        ) from None
    known = getattr(ml_dtypes, dtype, None)
    return None if known is None else np.dtype(known)


@functools.cache
def _is_narrow_float(dtype: np.dtype) -> bool:
    """Whether float32 holds all numbers of a type from outside NumPy, which are not whole."""
    if dtype.kind not in "Vf" or not dtype.isnative or not np.can_cast(dtype, np.float32):
        return False
    return all(_holds(number, dtype) for number in (0.0, -0.5, 1.5))


def _holds(number: float, dtype: np.dtype) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        there = np.array([number], np.float32).astype(dtype)
        return bool(there.astype(np.float32)[0] == np.float32(number))
