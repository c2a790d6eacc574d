"""Layers of any width without their weights: W a drawn from its law, given a."""

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments, arrays
from netinit.activations import Activation
from netinit.network.mlp import Signals

Array = npt.NDArray[np.floating]


def gaussian_layer(
    a: npt.ArrayLike, width: int, *, weight_std: float, rng: arguments.Seed
) -> Array:
    """Pre-activations of a layer with Gaussian weights, drawn without drawing the weights.

    Given the batch a, a unit's pre-activations over the batch are one Gaussian vector of
    covariance weight_std^2 a a^T, and units are independent. With a^T = Q R, R^T g has that law
    when g is standard normal: a layer 20000 wide needs no matrix of 400 million weights.

    Parameters
    ----------
    a : array of shape (*stack, batch, fan_in)
    width : int
        Units of the layer.
    weight_std : float
        Standard deviation of one weight.

    Returns
    -------
    array of shape (*stack, batch, width)
        Distributed exactly as ``a @ W.T``.

    Examples
    --------
    >>> a = np.ones((2, 10000))
    >>> h = gaussian_layer(a, 20000, weight_std=0.01, rng=0)
    >>> h.shape, bool(np.allclose(h[0], h[1])), bool(abs(h.var() - 1) < 0.03)
    ((2, 20000), True, True)
    """
    a = arrays.batch(a, "a", "fan_in")
    a = a if a.dtype in (np.float32, np.float64) else a.astype(np.float64)
    std = arguments.real_number(weight_std, "weight_std", at_least=0)
    width = arguments.size(width, "width")
    factor = np.linalg.qr(a.swapaxes(-1, -2), mode="r")
    normal = arguments.generator(rng).standard_normal(
        (*factor.shape[:-1], width), dtype=a.dtype.type
    )
    normal *= std
    return factor.swapaxes(-1, -2) @ normal


def wide_forward(
    x: npt.ArrayLike,
    *,
    width: int,
    depth: int,
    weight_std: float,
    activation: str | Activation,
    rng: arguments.Seed,
) -> Signals:
    """The signals of a random network without biases, each layer drawn by `gaussian_layer`.

    Parameters
    ----------
    x : array of shape (*stack, batch, fan_in)
    width, depth : int
        Units of every layer, number of layers; the last is linear, as in `MLP`.
    weight_std : float
        Standard deviation of every weight.

    Examples
    --------
    >>> signals = wide_forward(
    ...     np.ones((4, 64)), width=20000, depth=3, weight_std=0.01, activation="relu", rng=0
    ... )
    >>> [h.shape for h in signals.preactivations]
    [(4, 20000), (4, 20000), (4, 20000)]
    """
    record = activations.get(activation)
    for name, value in {"depth": depth, "width": width}.items():
        if not arguments.size(value, name):
            raise ValueError(f"{name} must be at least 1")
    rng = arguments.generator(rng)
    preactivations, inputs = [], [arrays.batch(x, "x", "fan_in")]
    for layer in range(depth):
        if layer:
            inputs.append(record(preactivations[-1]))
        preactivations.append(gaussian_layer(inputs[-1], width, weight_std=weight_std, rng=rng))
    return Signals(preactivations, inputs)
