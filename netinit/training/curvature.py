"""The Hessian of a loss: how its slopes change around a network, in all directions or the worst."""

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit.losses import LOSSES
from netinit.network.protocol import Network, check_network
from netinit.network.stacks import flatten, unflatten

Array = npt.NDArray[np.floating]
_MOST = 2000  # parameters: a Hessian of 32 MB
# How far, as a length in parameter space, gradients are taken from the point: far enough for
# float64, and so near that no unit of a ReLU network changes its side. In a deep one that starts
# small the pre-activations are as small as 1e-5, and a step across their kinks multiplies the
# result.
_STEP = 1e-7


def hessian(
    net: Network,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    loss: str = "softmax_cross_entropy",
    step: float = 1e-5,
) -> Array:
    """Second derivatives of the loss, by central differences of its gradient, in float64.

    The parameters are in the order of `flatten`: of an MLP W^1, b^1, W^2, b^2, ..., each row by
    row. For a smooth activation the entries are exact to about ``step**2``; ReLU has no second
    derivative where an input meets its kink.

    Parameters
    ----------
    net : network
        One network, of at most 2000 parameters.
    x : array of shape (batch, fan_in)
    y : array
        What the loss takes: class numbers, or targets of shape (batch, outputs).
    loss : "softmax_cross_entropy" or "squared"
    step : float
        How far each parameter is moved to either side.

    Returns
    -------
    array of shape (parameters, parameters)
        Symmetric.

    Examples
    --------
    >>> from netinit.network import MLP
    >>> net = MLP([np.zeros((1, 1)), np.zeros((1, 1))], [np.zeros(1), np.zeros(1)], "tanh")
    >>> found = hessian(net, [[-1.0], [1.0]], [[-1.0], [1.0]], loss="squared")
    >>> np.linalg.eigvalsh(found).round(6) + 0.0  # a saddle: one way down, two up
    array([-1.,  0.,  1.,  1.])
    """
    check_network(net)
    arguments.choice(loss, LOSSES, "loss")
    step = arguments.real_number(step, "step")
    if step <= 0:
        raise ValueError(f"step must be above 0, not {step!r}")
    if net.stack_shape:
        raise ValueError("hessian takes one network, not a stack")
    here = flatten(net)
    if here.size > _MOST:
        raise ValueError(f"hessian takes at most {_MOST} parameters, not {here.size}")

    def gradient(parameters: Array) -> Array:
        found = _gradient(unflatten(parameters, net), x, y, loss)
        return np.concatenate([part.ravel() for part in found.values()])

    rows = [
        (gradient(here + move) - gradient(here - move)) / (2 * step)
        for move in step * np.eye(here.size)
    ]
    found = np.array(rows)
    return (found + found.T) / 2


def sharpness(
    net: Network,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    rng: arguments.Seed,
    iterations: int = 20,
    loss: str = "softmax_cross_entropy",
) -> npt.NDArray[np.float64]:
    """The largest absolute eigenvalue of the Hessian, of all weights and biases together.

    Power iteration, with products of the Hessian and a vector from differences of gradients. What
    is returned never exceeds the true value, and comes closer with more iterations.

    Parameters
    ----------
    net : network
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

    >>> from netinit.network import MLP
    >>> net = MLP([np.array([[0.5]])], [np.zeros(1)], "relu")
    >>> round(float(sharpness(net, [[2.0]], [[1.0]], loss="squared", rng=0)), 6)
    5.0
    """
    check_network(net)
    arguments.choice(loss, LOSSES, "loss")
    iterations = arguments.positive(iterations, "iterations")
    rng = arguments.generator(rng)
    point = {name: p.astype(np.float64) for name, p in net.parameters.items()}
    vector = {name: rng.standard_normal(p.shape) for name, p in point.items()}
    axes, curvature = len(net.stack_shape), np.zeros(net.stack_shape)
    for _ in range(iterations):
        length = _length(vector, axes)
        vector = {name: v / _along(length, v) for name, v in vector.items()}
        up, down = (
            _gradient(net.replace(_moved(point, vector, sign * _STEP)), x, y, loss)
            for sign in (1, -1)
        )
        vector = {name: (up[name] - down[name]) / (2 * _STEP) for name in vector}
        curvature = _length(vector, axes)
    return curvature


def _gradient(net: Network, x: npt.ArrayLike, y: npt.ArrayLike, loss: str) -> dict[str, Array]:
    """The gradient of the loss with respect to each parameter."""
    signals = net.forward(x)
    return net.backward(signals, LOSSES[loss](signals.output, y)[1]).parameters


def _moved(point: dict[str, Array], vector: dict[str, Array], step: float) -> dict[str, Array]:
    return {name: p + step * vector[name] for name, p in point.items()}


def _length(vector: dict[str, Array], stack_axes: int) -> Array:
    """Euclidean length over all parameters of each network of the stack."""
    squares = [np.sum(v**2, axis=tuple(range(stack_axes, v.ndim))) for v in vector.values()]
    return np.sqrt(sum(squares))


def _along(lengths: Array, values: Array) -> Array:
    """A number per network, shaped to broadcast over the networks' arrays."""
    return lengths.reshape(*lengths.shape, *[1] * (values.ndim - lengths.ndim))
