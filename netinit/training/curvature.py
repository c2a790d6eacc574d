"""The Hessian of a loss: how its slopes change around a network, in all directions or the worst."""

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit.losses import LOSSES
from netinit.network.mlp import MLP

Array = npt.NDArray[np.floating]
_MOST = 2000  # parameters: a Hessian of 32 MB
# How far, as a length in parameter space, gradients are taken from the point: far enough for
# float64, and so near that no unit of a ReLU network changes its side. In a deep one that starts
# small the pre-activations are as small as 1e-5, and a step across their kinks multiplies the
# result.
_STEP = 1e-7


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
    slope_of = LOSSES[arguments.choice(loss, LOSSES, "loss")]
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


def sharpness(
    net: MLP,
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
        ends = [_gradient_beside(net, point, vector, sign * _STEP, x, y, loss) for sign in (1, -1)]
        vector = [(up - down) / (2 * _STEP) for up, down in zip(*ends, strict=True)]
        curvature = _length(vector, net.depth)
    return curvature


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


def _gradient_beside(
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
