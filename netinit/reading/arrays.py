"""The laws of a model whose weights are arrays, whatever the framework."""

from collections.abc import Mapping

import numpy as np

from netinit.initializers.fans import Fans
from netinit.reading.law import ROUNDING, Law, read


def values_of(array: object) -> np.ndarray:
    """An array as real numbers of at least 32 bits.

    >>> values_of(np.float16([1, 2])).dtype, values_of(np.array([1 + 2j])).shape
    (dtype('float32'), (1, 2))
    """
    values = np.asarray(array)
    if np.iscomplexobj(values):
        values = np.ascontiguousarray(values).view(values.real.dtype).reshape(*values.shape, 2)
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float32)


def laws_of(
    arrays: Mapping[str, np.ndarray],
    fans: Mapping[str, Fans | None],
    dtypes: Mapping[str, str],
) -> dict[str, Law]:
    """The law of each array by name; without a fan no rule is looked for."""
    return {
        name: read(values, fans.get(name), ROUNDING.get(dtypes.get(name, ""), 0.0))
        for name, values in arrays.items()
    }


def units_first(kernel: np.ndarray) -> np.ndarray:
    """A kernel (..., inputs, outputs) as (outputs, inputs, ...), as PyTorch has it.

    >>> units_first(np.zeros((3, 5, 16, 32))).shape
    (32, 16, 3, 5)
    """
    return np.moveaxis(kernel, (-1, -2), (0, 1))
