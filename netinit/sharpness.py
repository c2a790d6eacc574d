"""The sharpness of a loss: the largest curvature around a network's parameters."""

import numpy as np
import numpy.typing as npt

from netinit import arguments
from netinit.mlp import MLP
from netinit.training import LOSSES

Array = npt.NDArray[np.float64]

# How far, as a length in parameter space, gradients are taken from the point: far enough for
# float64, near enough that next to no unit of a ReLU network changes its side.
_STEP = 1e-3


def sharpness(
    net: MLP,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    rng: arguments.Seed,
    iterations: int = 20,
    loss: str = "softmax_cross_entropy",
) -> Array:
    """The largest absolute eigenvalue of the Hessian, of all weights and biases together.

    Power iteration, with products of the Hessian and a vector from differences of gradients. What
    is returned never exceeds the true value, and comes closer with more iterations.

    Parameters
    ----------
    net : MLP
        One network, or a stack of them.
    x, y : arrays
        Examples as for `train`, over which the loss is averaged.
    rng : seed or Generator
        Of the vectors it starts from.

    Returns
    -------
    array of shape net.stack_shape

    Examples
    --------
    One weight w and the loss (w x - y)^2 / 2: the Hessian of w and the bias is x^2 + 1.

    >>> net = MLP([np.array([[0.5]])], [np.zeros(1)], "relu")
    >>> round(float(sharpness(net, [[2.0]], [[1.0]], loss="squared", rng=0)), 6)
    5.0
    """
    arguments.choice(loss, LOSSES, "loss")
    iterations = arguments.positive(iterations, "iterations")
    rng = arguments.generator(rng)
    point = [p.astype(np.float64) for p in (*net.weights, *net.biases)]
    vector = [rng.standard_normal(p.shape) for p in point]
    curvature = np.zeros(net.stack_shape)
    for _ in range(iterations):
        vector = _times(vector, 1 / _length(vector, net.depth), net.depth)
        ends = [_gradient(net, point, vector, sign * _STEP, x, y, loss) for sign in (1, -1)]
        vector = [(up - down) / (2 * _STEP) for up, down in zip(*ends, strict=True)]
        curvature = _length(vector, net.depth)
    return curvature


def _gradient(
    net: MLP,
    point: list[Array],
    vector: list[Array],
    step: float,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    loss: str,
) -> list[Array]:
    """The gradient at point + step * vector."""
    moved = [p + step * v for p, v in zip(point, vector, strict=True)]
    there = MLP(moved[: net.depth], moved[net.depth :], net.activation)
    signals = there.forward(np.asarray(x, np.float64))
    gradients = there.backward(signals, LOSSES[loss](signals.output, y)[1])
    return [*gradients.weights, *gradients.biases]


def _length(vector: list[Array], depth: int) -> Array:
    """Euclidean length over all parameters of each network of the stack."""
    squares = [np.sum(w**2, axis=(-2, -1)) for w in vector[:depth]]
    squares += [np.sum(b**2, axis=-1) for b in vector[depth:]]
    return np.sqrt(sum(squares))


def _times(vector: list[Array], factor: Array, depth: int) -> list[Array]:
    weights = [w * factor[..., None, None] for w in vector[:depth]]
    return weights + [b * factor[..., None] for b in vector[depth:]]
