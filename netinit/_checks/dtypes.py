"""The dtypes a weight can have, and what each can hold.

Numbers are drawn in float32 or float64, or in pairs of them for a complex dtype. float16 and types
from outside NumPy, such as bfloat16, are drawn in float32 and rounded once.
"""

import functools

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
        found = None
    if dtype is None or found is None or not (found in _NUMPYS or _is_narrow_float(found)):
        raise TypeError(f"{name} must be {_ALLOWED}, not {dtype!r}")
    return found


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
    return np.dtype(np.float64) if dtype in (np.float64, np.complex128) else _DRAWN[0]


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
    """The largest number of a real `dtype` that does not exceed `value`.

    >>> at_most(0.3, np.dtype("float16"))
    0.2998046875
    """
    nearest = dtype.type(value)
    if float(nearest) > value:
        nearest = np.nextafter(nearest, dtype.type(-largest(dtype)))  # not every one has inf
    return float(nearest)


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
