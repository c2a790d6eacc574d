"""The Hessian of a loss: how its slopes change, in every direction around a network."""

import numpy as np
import numpy.typing as npt

from netinit import arguments
from netinit.losses import softmax_cross_entropy, squared_loss
from netinit.mlp import MLP

Array = npt.NDArray[np.floating]
_LOSSES = {"softmax_cross_entropy": softmax_cross_entropy, "squared": squared_loss}
_MOST = 2000  # parameters: a Hessian of 32 MB


def hessian(
    net: MLP,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    loss: str = "softmax_cross_entropy",
    step: float = 1e-5,
) -> Array:
    """Second derivatives of the loss, by central differences of its gradient, in float64.

    The parameters stand in the order W^1, b^1, W^2, b^2, ..., each row by row. For a smooth
    activation the entries are exact to about ``step**2``; ReLU has no second derivative where an
    input meets its kink.

    Parameters
    ----------
    net : MLP
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
    >>> net = MLP([np.zeros((1, 1)), np.zeros((1, 1))], [np.zeros(1), np.zeros(1)], "tanh")
    >>> found = hessian(net, [[-1.0], [1.0]], [[-1.0], [1.0]], loss="squared")
    >>> np.linalg.eigvalsh(found).round(6) + 0.0  # a saddle: one way down, two up
    array([-1.,  0.,  1.,  1.])
    """
    slope_of = _LOSSES[arguments.choice(loss, _LOSSES, "loss")]
    step = arguments.real(step, "step")
    if step <= 0:
        raise ValueError(f"step must be above 0, not {step!r}")
    if net.stack_shape:
        raise ValueError("hessian takes one network, not a stack")
    here = flatten(net)
    if here.size > _MOST:
        raise ValueError(f"hessian takes at most {_MOST} parameters, not {here.size}")

    def gradient(parameters: Array) -> Array:
        there = unflatten(parameters, net)
        signals = there.forward(x)
        gradients = there.backward(signals, slope_of(signals.output, y)[1])
        return _joined(gradients.weights, gradients.biases)

    rows = [
        (gradient(here + move) - gradient(here - move)) / (2 * step)
        for move in step * np.eye(here.size)
    ]
    found = np.array(rows)
    return (found + found.T) / 2


def flatten(net: MLP) -> Array:
    """All parameters of one network in a row, in float64: W^1, b^1, W^2, b^2, ...

    >>> flatten(MLP([np.array([[1.0, 2.0]])], [np.array([3.0])], "tanh"))
    array([1., 2., 3.])
    """
    return _joined(net.weights, net.biases).astype(np.float64)


def unflatten(parameters: npt.ArrayLike, like: MLP) -> MLP:
    """The network of the shape of `like` whose `flatten` is `parameters`.

    >>> net = MLP([np.array([[1.0, 2.0]])], [np.array([3.0])], "tanh")
    >>> unflatten([4.0, 5.0, 6.0], net).weights
    [array([[4., 5.]])]
    """
    parameters = np.asarray(parameters)
    wanted = flatten(like).shape
    if parameters.shape != wanted:
        raise ValueError(f"parameters must be {wanted}, not {parameters.shape}")
    weights, biases, start = [], [], 0
    for w, b in zip(like.weights, like.biases, strict=True):
        weights.append(parameters[start : start + w.size].reshape(w.shape))
        biases.append(parameters[start + w.size : start + w.size + b.size].reshape(b.shape))
        start += w.size + b.size
    return MLP(weights, biases, like.activation)


def _joined(weights: list[Array], biases: list[Array]) -> Array:
    pairs = zip(weights, biases, strict=True)
    return np.concatenate([part.ravel() for pair in pairs for part in pair])
