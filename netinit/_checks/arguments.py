"""Checks of arguments, in the caller's words: what was wrong, what is allowed, the nearest name."""

import difflib
import functools
import math
import numbers
import operator
import sys
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from netinit._checks import dtypes

Shape = int | Sequence[int]
Seed = (
    int
    | Sequence[int]
    | np.random.SeedSequence
    | np.random.BitGenerator
    | np.random.Generator
    | np.random.RandomState
    | None
)
FLOATS = ("float16", "float32", "float64")


def integer(value: object, name: str) -> int:
    """`value` as an int; a bool or a float is refused.

    >>> integer(np.int64(3), "width")
    3
    """
    if type(value) is int:  # most often, and twice as fast
        return value
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be an integer, not {value!r}")
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {value!r}") from None


def flag(value: object, name: str) -> bool:
    """`value` as a bool: True, False, or NumPy's.

    >>> flag(np.True_, "transposed")
    True
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, not {_shown(value)}")
    return bool(value)


def size(value: object, name: str) -> int:
    """`value` as an int of at least 0."""
    number = integer(value, name)
    if number < 0:
        raise ValueError(f"{name} must not be negative, not {number}")
    return number


def positive(value: object, name: str) -> int:
    """`value` as an int of at least 1, and no more than an array can count."""
    number = integer(value, name)
    if not 1 <= number <= sys.maxsize:
        shown = number if number < 1 else "more than an array can count"
        raise ValueError(f"{name} must be at least 1, not {shown}")
    return number


def shape_tuple(shape: Shape) -> tuple[int, ...]:
    """`shape` as a tuple of non-negative ints; an int n means (n,).

    >>> shape_tuple([3, 4])
    (3, 4)
    """
    if not isinstance(shape, tuple) and (isinstance(shape, str) or not isinstance(shape, Iterable)):
        return (size(shape, "shape"),)
    return tuple([size(length, "each length in shape") for length in shape])


def layer_widths(widths: Sequence[int]) -> list[int]:
    """`widths` as a list of two or more positive ints."""
    if isinstance(widths, str) or not np.iterable(widths):
        raise TypeError(f"widths must be a sequence of integers, not {widths!r}")
    widths = [size(width, "each width") for width in widths]
    if len(widths) < 2 or 0 in widths:
        raise ValueError(f"widths must name two or more positive sizes, not {widths}")
    return widths


def float_dtype(dtype: npt.DTypeLike) -> np.dtype:
    """`dtype` as a NumPy dtype, which must be float16, float32 or float64."""
    allowed = f"dtype must be {', '.join(FLOATS[:-1])} or {FLOATS[-1]}, not {dtype!r}"
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise TypeError(allowed) from None
    if dtype is None or not found.isnative or found.name not in FLOATS:
        raise TypeError(allowed)
    return found


def target(
    shape: Shape, dtype: npt.DTypeLike | None, out: npt.NDArray | None
) -> npt.NDArray[np.inexact]:
    """The array to fill: `out`, or else a new one, of float32 unless `dtype` says otherwise.

    >>> target((2, 3), None, None).dtype
    dtype('float32')
    """
    shape = shape_tuple(shape)
    if dtype is not None:
        dtype = dtypes.of_weights(dtype)
    if out is None:
        try:
            return np.empty(shape, np.float32 if dtype is None else dtype)
        except (ValueError, OverflowError) as error:  # or a MemoryError, which says it all
            raise ValueError(f"no array has the shape {shape}: {error}") from None
    _check_out(out, shape, dtype)
    return out


def _check_out(out: object, shape: tuple[int, ...], dtype: np.dtype | None) -> None:
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a NumPy array, not of type {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}, not the shape asked for, {shape}")
    found = dtypes.of_weights(out.dtype, "the dtype of out")
    if dtype is not None and dtype != found:  # to NumPy, float64 equals None
        raise ValueError(f"out is of {out.dtype}, not of the dtype asked for, {dtype}")
    if not out.flags.writeable:
        raise ValueError("out is read-only: it cannot be filled")
    if not out.flags.forc and _overlaps_itself(out):
        raise ValueError("out overlaps itself: several of its entries share one place in memory")


def _overlaps_itself(array: npt.NDArray) -> bool:
    """Whether two entries of an array share bytes, as broadcast or sliding windows do."""
    axes = [(abs(s), n) for s, n in zip(array.strides, array.shape, strict=True) if n > 1]
    end = array.itemsize  # of the bytes that the axes so far reach
    for stride, length in sorted(axes):
        if stride < end:
            break
        end += stride * (length - 1)
    else:
        return False
    # Interleaved axes, which no slice or transpose makes, may still keep apart.
    starts = functools.reduce(np.add.outer, [np.arange(n) * s for s, n in axes], np.zeros(()))
    return bool((np.diff(np.sort(starts, axis=None)) < array.itemsize).any())


def real_number(
    value: object, name: str, *, at_least: float | None = None, at_most: float | None = None
) -> float:
    """`value` as a finite float of at least `at_least` and of size at most `at_most`.

    An array without axes counts as the number it holds, whichever framework it is of.

    >>> real_number(2, "gain", at_least=0)
    2.0
    """
    if type(value) is float:  # most often
        number = value
    else:
        scalar = _scalar(value)
        if isinstance(scalar, bool | np.bool_) or not isinstance(scalar, numbers.Real):
            raise TypeError(_wrong_number(value, name, at_least, at_most))
        try:
            number = float(scalar)
        except OverflowError:  # an int that no float can hold
            number = math.inf
    too_small = at_least is not None and number < at_least
    too_large = at_most is not None and abs(number) > at_most
    if not math.isfinite(number) or too_small or too_large:
        raise ValueError(_wrong_number(value, name, at_least, at_most))
    return number


def _scalar(value: object) -> object:
    """What an array without axes holds, of NumPy or of a framework; another value as it is."""
    if isinstance(value, np.generic) or getattr(value, "shape", None) != ():
        return value
    return value.item() if hasattr(value, "item") else np.asarray(value).item()


def _wrong_number(value: object, name: str, at_least: float | None, at_most: float | None) -> str:
    limits = "" if at_least is None else f" of at least {at_least:g}"
    limits += "" if at_most is None else f", in size at most {at_most:.3g}"
    return f"{name} must be a finite number{limits}, not {_shown(value)}"


def _shown(value: object) -> str:
    """How a message shows a value: no array or huge number in full."""
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python prints
        text = f"an int of {value.bit_length()} bits"
    return text if len(text) <= 80 else f"{text[:77]}..."


def choice(value: object, allowed: Iterable[str], name: str) -> str:
    """`value`, which must be one of `allowed`; the error names the nearest one.

    >>> choice("fan_inn", ["fan_in", "fan_out"], "mode")
    Traceback (most recent call last):
    ValueError: mode 'fan_inn' is unknown: did you mean 'fan_in'? Allowed: 'fan_in', 'fan_out'
    """
    allowed = allowed if isinstance(allowed, dict) else list(allowed)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {_listed(allowed)}, not {_shown(value)}")
    if value in allowed:
        return value
    near = difflib.get_close_matches(value.lower(), allowed, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ValueError(f"{name} {value!r} is unknown: {hint}Allowed: {_listed(allowed)}")


def generator(rng: Seed) -> np.random.Generator:
    """`rng` as a Generator, by `numpy.random.default_rng`; a Generator is returned as it is."""
    if isinstance(rng, np.random.Generator):
        return rng
    allowed = (
        "rng must be a non-negative int, a sequence of them, a SeedSequence, a BitGenerator, "
        f"a Generator, a RandomState, or None for a seed from the system, not {_shown(rng)}"
    )
    if isinstance(rng, bool | np.bool_):
        raise TypeError(allowed)
    if isinstance(rng, np.random.RandomState):  # default_rng takes one from NumPy 2.2 on
        return np.random.Generator(rng._bit_generator)
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise type(error)(allowed) from None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
