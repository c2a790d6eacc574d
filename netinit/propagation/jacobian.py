"""The Jacobian of a network, from its inputs to its outputs, and its singular values."""

import numpy as np
import numpy.typing as npt

from netinit._checks import arrays
from netinit.network.protocol import ForwardPass, Network, check_network

Array = npt.NDArray[np.floating]


def jacobian(net: Network, x: npt.ArrayLike) -> Array:
    """The derivatives of every output with respect to every input, example by example.

    Each row is one vector-Jacobian product, a backward pass from one output. Where the network
    normalizes over the batch, an example's derivatives are those with the other examples fixed.

    Parameters
    ----------
    net : network
        One or a stack.
    x : array of shape (batch, ...), or (*stack, batch, ...)
        Real numbers: a network whose inputs are tokens has no derivative with respect to them.

    Returns
    -------
    array of shape (*stack, batch, outputs, inputs)
        Outputs and inputs of one example in C order, where they have several axes.

    Examples
    --------
    >>> from netinit import init_mlp
    >>> net = init_mlp([3, 5, 2], activation="identity", rng=0, dtype=np.float64)
    >>> found = jacobian(net, np.zeros((1, 3)))[0]
    >>> bool(np.allclose(found, net.weights[1] @ net.weights[0]))
    True
    """
    check_network(net)
    x = net.check_inputs(arrays.real_array(x, "x"))
    if x.dtype.kind != "f":
        raise TypeError("a network has no derivative with respect to tokens")
    stack, axes = net.stack_shape, net.example_axes
    x = np.broadcast_to(x, (*stack, *x.shape[-1 - axes :]))
    signals = net.forward(x)
    outputs = signals.output.reshape(*x.shape[: len(stack) + 1], -1)
    rows = np.empty((*outputs.shape, int(np.prod(x.shape[len(stack) + 1 :]))), outputs.dtype)
    batch = outputs.shape[-2]
    together = _apart(net, signals, outputs)
    for some in [slice(0, batch)] if together else [slice(i, i + 1) for i in range(batch)]:
        for number in range(outputs.shape[-1]):
            upstream = np.zeros_like(outputs)
            upstream[..., some, number] = 1
            rows[..., some, number, :] = _input_gradient(net, signals, upstream)[..., some, :]
    return rows


def singular_values(net: Network, x: npt.ArrayLike) -> Array:
    """The singular values of `jacobian`, from the largest to the smallest, example by example.

    Returns
    -------
    array of shape (*stack, batch, min(outputs, inputs))

    Examples
    --------
    >>> from netinit import init_mlp
    >>> net = init_mlp([4, 4, 4], "orthogonal", activation="identity", rng=0)
    >>> singular_values(net, np.ones((1, 4))).round(5)
    array([[1., 1., 1., 1.]], dtype=float32)
    """
    return np.linalg.svd(jacobian(net, x), compute_uv=False)


def _input_gradient(net: Network, signals: ForwardPass, upstream: Array) -> Array:
    """The gradient with respect to the inputs, of shape (*stack, batch, inputs)."""
    found = net.backward(signals, upstream.reshape(signals.output.shape)).inputs
    return found.reshape(*upstream.shape[:-1], -1)


def _apart(net: Network, signals: ForwardPass, outputs: Array) -> bool:
    """Whether the outputs of one example depend on that example alone."""
    if outputs.shape[-2] == 1:
        return True
    upstream = np.zeros_like(outputs)
    upstream[..., 0, :] = np.random.default_rng(0).standard_normal(outputs.shape[-1])
    return not _input_gradient(net, signals, upstream)[..., 1:, :].any()
