"""Singular values of products of random matrices, and of the Jacobians of deep networks.

The mean square of the singular values is what the variance recursion keeps. These laws say how far
the single values lie from it.
"""

import math

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments
from netinit.activations import ActivationLike
from netinit.theory import moments
from netinit.theory.finite_width import log_chi_squared

__all__ = [
    *["gaussian_product_edge", "gaussian_product_moment", "jacobian_variance"],
    *["lyapunov_exponents", "spectral_norm"],
]

Array = npt.NDArray[np.float64]


def gaussian_product_moment(depth: int, order: int) -> float:
    """Mean s^(2 order) of a product of `depth` square Gaussian matrices, for great width.

    The entries have variance 1 / width, so that mean s^2 = 1. The numbers are those of Fuss and
    Catalan, binomial((depth + 1) order, order) / (depth order + 1); that of order 2 is depth + 1,
    so the relative variance of s^2 is the depth (Penson and Zyczkowski, 2011).

    >>> gaussian_product_moment(10, 2)
    11.0
    """
    depth, order = arguments.positive(depth, "depth"), arguments.positive(order, "order")
    return math.comb((depth + 1) * order, order) / (depth * order + 1)


def gaussian_product_edge(depth: int) -> float:
    """The largest singular value of a product of `depth` square Gaussian matrices of great width.

    The entries have variance 1 / width: sqrt((depth + 1)^(depth + 1) / depth^depth), which is about
    sqrt(e (depth + 1/2)) (Penson and Zyczkowski, 2011).

    >>> round(gaussian_product_edge(1), 6), round(gaussian_product_edge(10), 3)
    (2.0, 5.341)
    """
    depth = arguments.positive(depth, "depth")
    return math.exp(((depth + 1) * math.log(depth + 1) - depth * math.log(depth)) / 2)


def lyapunov_exponents(width: int, *, scaled_variance: float = 1.0) -> Array:
    """What each singular value of a product of Gaussian matrices grows by, ln s per matrix.

    For a depth much greater than the width; from the largest to the smallest. Number i, counted
    from 0, is E ln chi^2_(width - i) / 2 + ln(scaled_variance / width) / 2 (Newman, 1986).

    Returns
    -------
    array of shape (width,)

    Examples
    --------
    >>> lyapunov_exponents(64)[[0, 63]].round(4)
    array([-0.0079, -2.7146])
    """
    width = arguments.positive(width, "width")
    scale = arguments.real_number(scaled_variance, "scaled_variance", at_least=0)
    if scale == 0:
        raise ValueError("scaled_variance must be positive: matrices of zeros have no exponents")
    mean, _ = log_chi_squared(width)
    return (mean[::-1] + math.log(scale / width)) / 2


def spectral_norm(rows: int, columns: int, *, std: float) -> float:
    """The largest singular value of a large matrix of independent entries of that `std`.

    std (sqrt(rows) + sqrt(columns)), the edge of the law of Marchenko and Pastur (Geman, 1980).

    >>> round(spectral_norm(2048, 512, std=512**-0.5), 3)
    3.0
    """
    rows, columns = arguments.positive(rows, "rows"), arguments.positive(columns, "columns")
    std = arguments.real_number(std, "std", at_least=0)
    return std * (math.sqrt(rows) + math.sqrt(columns))


def jacobian_variance(
    activation: ActivationLike, *, depth: int, q: float, orthogonal: bool = False
) -> float:
    """Relative variance of the squared singular values of a deep network's Jacobian.

    At criticality, chi = 1, and for great width it is depth (m_2 / m_1^2 - 1) for orthogonal
    weights and depth (m_2 / m_1^2) for Gaussian ones, where m_k = E phi'^(2k) at the fixed point
    `q` (Pennington, Schoenholz and Ganguli, 2017). For relu that is the depth and twice
    the depth.

    Parameters
    ----------
    activation : str, Activation or callable
    depth : int
        Number of layers, each of a weight matrix and the activation.
    q : float
        Second moment of the pre-activations, the same in every layer.
    orthogonal : bool
        Whether the weights are orthogonal; otherwise they are independent.

    Examples
    --------
    >>> jacobian_variance("relu", depth=20, q=1.0, orthogonal=True)
    20.0
    """
    record = activations.get(activation)
    depth = arguments.positive(depth, "depth")
    q = arguments.real_number(q, "q", at_least=0)
    first = float(moments.derivative_second_moment(record, q))
    if first == 0:
        raise ValueError(f"{record.name} has the slope 0 at every input: its Jacobian is 0")
    second = moments.expectation(
        lambda x: np.asarray(record.derivative(x), np.float64) ** 4,
        q,
        kinks=record.kinks,
        precision=record.derivative_precision,
    )
    ratio = float(second) / first**2
    return depth * (ratio - 1 if arguments.flag(orthogonal, "orthogonal") else ratio)
