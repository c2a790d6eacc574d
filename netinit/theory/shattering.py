"""Shattered gradients: how alike the gradients at two inputs are, layer by layer.

For great width, the gradients at two inputs pass the same random weights and different slopes. In
each layer their correlation is multiplied by that of the slopes, E phi'(u) phi'(v) / E phi'^2, at
the correlation that the two signals have there.
"""

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments, arrays
from netinit.activations import ActivationLike
from netinit.theory import moments
from netinit.theory.correlated import product_moment

__all__ = ["gradient_correlation"]

Array = npt.NDArray[np.float64]


def gradient_correlation(
    activation: ActivationLike,
    *,
    depth: int,
    c: float,
    q: float = 1.0,
    scaled_variance: float,
    bias_variance: float = 0.0,
    branch_scale: npt.ArrayLike | None = None,
) -> Array:
    """Correlation of the gradients at two inputs, after 1 to `depth` layers.

    For relu with He weights it falls as the third power of the depth, because the two signals
    themselves grow alike. The exponential law (1/2)^depth of Balduzzi et al. (2017) is that of
    gates which are independent in every layer, as batch normalization keeps them.

    Parameters
    ----------
    activation : str, Activation or callable
    depth : int
        Number of layers that the gradients pass.
    c : float
        Correlation of the two signals before the first activation, from -1 to 1.
    q : float
        Their second moment there, positive.
    scaled_variance, bias_variance : float
        sigma_w^2 and sigma_b^2 of every layer, W phi(h) + b.
    branch_scale : float, optional
        Of residual layers h + s (W phi(h) + b): s. By default there is no skip connection.

    Returns
    -------
    array of shape (depth,)

    Examples
    --------
    >>> plain = gradient_correlation("relu", depth=24, c=0.0, scaled_variance=2.0)
    >>> plain[[0, 4, 23]].round(5)
    array([0.5    , 0.10456, 0.00546])
    """
    record, depth = activations.get(activation), arguments.positive(depth, "depth")
    c = arguments.real_number(c, "c")
    weight = float(arrays.nonnegative(scaled_variance, "scaled_variance"))
    bias = float(arrays.nonnegative(bias_variance, "bias_variance"))
    q = arguments.real_number(q, "q", at_least=0)
    if q == 0 or weight == 0:
        raise ValueError("q and scaled_variance must be positive: nothing passes otherwise")
    skip = 0.0 if branch_scale is None else 1.0
    scale = 1.0 if branch_scale is None else arguments.real_number(branch_scale, "branch_scale")
    factors, branch = [], scale**2
    for _ in range(depth):
        slopes = weight * float(product_moment(record, q, c, derivative=True))
        square = weight * float(moments.derivative_second_moment(record, q))
        if skip + branch * square == 0:
            raise ValueError(f"no gradient passes {record.name} at a second moment of {q:g}")
        factors.append((skip + branch * slopes) / (skip + branch * square))
        length = skip * q + branch * (weight * float(moments.second_moment(record, q)) + bias)
        if length == 0:
            raise ValueError("the signals are 0: their gradients have no correlation")
        shared = weight * float(product_moment(record, q, c)) + bias
        c = float(np.clip((skip * q * c + branch * shared) / length, -1.0, 1.0))
        q = length
    return np.cumprod(factors)
