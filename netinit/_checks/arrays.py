"""Checks of arrays, in the caller's words: real numbers, in batches."""

import numpy as np
import numpy.typing as npt

from netinit._checks import dtypes


def real_array(values: npt.ArrayLike, name: str) -> npt.NDArray:
    """`values` as an array, which must hold real numbers; bfloat16 and its like become float32.

    >>> real_array([1, 2.5], "x")
    array([1. , 2.5])
    """
    array = np.asarray(values)
    if dtypes.is_narrow(array.dtype):
        return array.astype(np.float32)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, not of dtype {array.dtype}")
    return array


def batch(values: npt.ArrayLike, name: str, columns: str = "width") -> npt.NDArray[np.floating]:
    """`values` as a floating array of shape (*stack, batch, columns) with something in it.

    >>> batch([[1, 2]], "x")
    array([[1., 2.]])
    """
    array = real_array(values, name)
    if array.ndim < 2 or not array.size:
        raise ValueError(f"{name} must be (*stack, batch, {columns}), not empty: {array.shape}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def nonnegative(values: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    """`values` as a float64 array, finite and not negative.

    >>> nonnegative(2, "weight_std")
    array(2.)
    """
    array = real_array(values, name)
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"{name} must be finite and not negative, not {values!r}")
    return array.astype(np.float64)
