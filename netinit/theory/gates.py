"""Gates of recurrent networks: how long a forget bias remembers."""

import numpy as np
import numpy.typing as npt

from netinit._checks import arrays

__all__ = ["kept", "memory_time"]

Array = npt.NDArray[np.float64]


def kept(bias: npt.ArrayLike, steps: npt.ArrayLike) -> Array:
    """The share of a cell's state that its forget gate keeps, sigmoid(bias)^steps.

    For inputs and recurrent weights that leave the gate at its bias, which small ones nearly do
    (Gers, Schmidhuber and Cummins, 2000). Where a gate varies from step to step, less is kept on
    average; where inputs hold it open for long, more.

    Parameters
    ----------
    bias : array
        The whole of it: the sum of PyTorch's two bias vectors.
    steps : array of a shape that broadcasts with it
        Not negative.

    Examples
    --------
    >>> kept([0.0, 1.0, 5.0], 20).round(4)
    array([0.    , 0.0019, 0.8743])
    """
    bias = _bias(bias)
    return np.exp(-arrays.nonnegative(steps, "steps") * np.logaddexp(0.0, -bias))


def memory_time(bias: npt.ArrayLike) -> Array:
    """The number of steps in which the kept share falls by a factor e, -1 / ln sigmoid(bias).

    >>> memory_time([0.0, 1.0, 3.0]).round(2)
    array([ 1.44,  3.19, 20.58])
    """
    return 1 / np.logaddexp(0.0, -_bias(bias))


def _bias(bias: npt.ArrayLike) -> Array:
    array = arrays.real_array(bias, "bias").astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"bias must be finite, not {bias!r}")
    return array
