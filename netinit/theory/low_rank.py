"""The first training step of a low-rank addition to trained weights (LoRA)."""

import math

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, arrays

__all__ = ["first_step_change", "first_step_cosine"]

Array = npt.NDArray[np.float64]


def first_step_change(
    rank: npt.ArrayLike, *, multiplier: npt.ArrayLike, step: str = "gradient"
) -> Array:
    """How far the first step moves the output of W x + multiplier B A x, per learning rate.

    For B of zero, normal A of variance 1 / fan_in, and one input whose entries have mean square 1;
    on average over A. A step of gradient descent moves the output by this number
    times its gradient. A step of the sign of the gradient, as Adam's first one is, moves each
    entry of the output by this number.

    With several inputs in the batch, the step for one also moves the outputs of the others, and
    the change need not go with these powers of the rank. To first order the fall of the loss does,
    on average over A, for any batch.

    Parameters
    ----------
    rank : array
        Of the addition: the rows of A and columns of B. At least 1.
    multiplier : array of a shape that broadcasts with it
        alpha / rank (Hu et al., 2022) or alpha / sqrt(rank) (Kalajdzievski, 2023).
    step : {"gradient", "sign"}

    Examples
    --------
    >>> rank = np.array([4, 16, 64])
    >>> first_step_change(rank, multiplier=16 / np.sqrt(rank))
    array([256., 256., 256.])
    >>> first_step_change(rank, multiplier=16 / rank, step="sign").round(2)
    array([12.77, 12.77, 12.77])
    """
    rank = _rank(rank)
    multiplier = arrays.nonnegative(multiplier, "multiplier")
    if arguments.choice(step, ("gradient", "sign"), "step") == "sign":
        return multiplier * rank * math.sqrt(2 / math.pi)
    return multiplier**2 * rank


def first_step_cosine(rank: npt.ArrayLike, fan_in: int) -> Array:
    """The cosine between the first step of gradient descent on B and a step of the full weight.

    sqrt(r / (n + r + 1)) for independent normal weights A of any variance and B of zero: the step
    is the full one, seen through r random directions of n.

    For large n this is the root mean square over A. If the gradient has many rows, as it has with
    a large batch, a single A comes close to it. For a gradient of rank one, as of a single input,
    the mean cosine is smaller at small r: at r = 1 by the factor sqrt(2 / pi).

    Parameters
    ----------
    rank : array
        At least 1.
    fan_in : int
        The number of inputs, n.

    Examples
    --------
    >>> first_step_cosine([1, 8, 64], 256).round(3)
    array([0.062, 0.174, 0.447])
    """
    rank, fan_in = _rank(rank), arguments.positive(fan_in, "fan_in")
    return np.sqrt(rank / (fan_in + rank + 1))


def _rank(rank: npt.ArrayLike) -> Array:
    array = arrays.real_array(rank, "rank").astype(np.float64)
    if not (np.isfinite(array) & (array >= 1)).all():
        raise ValueError(f"rank must be 1 or more, not {rank!r}")
    return array
