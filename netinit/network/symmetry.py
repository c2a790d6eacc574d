"""Hidden units as rows of numbers: which of them are equal, and what changes when they swap places.

A hidden unit is its incoming weights, its bias and its outgoing weights. Two units in which all of
these are equal compute the same number and receive the same gradient, step after step. The reverse
does not hold: units whose outgoing weights lead to units that mirror one another differ as rows of
numbers, and still compute the same number after every step.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit.network.mlp import MLP

Array = npt.NDArray[np.floating]


def units(net: MLP, layer: int = 1) -> Array:
    """The hidden units of one layer, one a row: incoming weights, bias, outgoing weights.

    Parameters
    ----------
    net : MLP
    layer : int
        Which hidden layer, from 1 to ``net.depth - 1``.

    Returns
    -------
    array of shape (*stack, width, fan_in + 1 + fan_out)

    Examples
    --------
    >>> net = MLP([np.full((3, 2), 0.5), np.ones((1, 3))], [np.zeros(3), np.zeros(1)], "tanh")
    >>> units(net)[0]
    array([0.5, 0.5, 0. , 1. ])
    """
    layer = _hidden(net, layer)
    outgoing = net.weights[layer].swapaxes(-1, -2)
    return np.concatenate([net.weights[layer - 1], net.biases[layer - 1][..., None], outgoing], -1)


def distinct_units(
    net: MLP, layer: int = 1, *, x: npt.ArrayLike | None = None, tolerance: float = 1e-4
) -> int | npt.NDArray[np.integer]:
    """How many units of a hidden layer differ: in what they compute for `x`, or in their numbers.

    Give a batch `x` to find the units that work as one. Without it the parameters are compared bit
    for bit, which misses two kinds of equal units: those of a symmetry that two layers share, and
    those that differ by so little that it does not matter yet.

    Units with equal activations and different outgoing weights part at the first step of training:
    count after a few steps, not before.

    Parameters
    ----------
    net : MLP
    layer : int
        Which hidden layer, from 1 to ``net.depth - 1``.
    x : array of shape (batch, fan_in), or (*stack, batch, fan_in)
        Inputs to compare activations on. One input rarely tells units apart.
    tolerance : float
        Two units count as one if their activations differ nowhere by more than this fraction of the
        largest activation of the layer. It has no meaning without `x`.

    Returns
    -------
    int, or an array of shape (*stack,)

    Examples
    --------
    >>> net = MLP([np.full((3, 2), 0.5), np.ones((1, 3))], [np.zeros(3), np.zeros(1)], "tanh")
    >>> distinct_units(net)
    1

    Constant weights around an identity: all numbers differ, and the units compute the same.

    >>> weights = [np.full((3, 2), 0.5), np.eye(3), np.ones((1, 3))]
    >>> net = MLP(weights, [np.zeros(3), np.zeros(3), np.zeros(1)], "tanh")
    >>> distinct_units(net), distinct_units(net, x=np.eye(2))
    (3, 1)
    """
    layer = _hidden(net, layer)
    if x is None:
        found = units(net, layer)
        counts = [len(np.unique(rows, axis=0)) for rows in found.reshape(-1, *found.shape[-2:])]
    else:
        tolerance = arguments.real_number(tolerance, "tolerance", at_least=0)
        found = net.forward(x).activations[layer].astype(np.float64)
        if not np.isfinite(found).all():
            raise ValueError(f"x: layer {layer} computes numbers that are not finite")
        counts = [_distinct(a.T, tolerance) for a in found.reshape(-1, *found.shape[-2:])]
    return np.reshape(counts, net.stack_shape) if net.stack_shape else counts[0]


def _distinct(rows: Array, tolerance: float) -> int:
    """How many rows are left if each that is close to one before it is dropped."""
    room, kept = tolerance * np.abs(rows).max(), rows[:0]
    for row in rows:
        if (np.abs(kept - row).max(axis=1) > room).all():
            kept = np.vstack([kept, row])
    return len(kept)


def permute_units(net: MLP, order: Sequence[int], layer: int = 1) -> MLP:
    """The network with the units of one hidden layer in another order; it computes the same.

    Parameters
    ----------
    net : MLP
    order : sequence of int
        The old number of each new unit.
    layer : int
        Which hidden layer, from 1 to ``net.depth - 1``.

    Examples
    --------
    >>> net = MLP([np.eye(2), np.array([[3.0, 4.0]])], [np.zeros(2), np.zeros(1)], "tanh")
    >>> permute_units(net, [1, 0]).weights[1]
    array([[4., 3.]])
    """
    layer = _hidden(net, layer)
    width, order = net.widths[layer], np.asarray(order)
    if order.shape != (width,) or sorted(order.tolist()) != list(range(width)):
        raise ValueError(f"order must hold each of 0 to {width - 1} once, not {order.tolist()}")
    other = net.copy()
    other.weights[layer - 1] = other.weights[layer - 1][..., order, :]
    other.biases[layer - 1] = other.biases[layer - 1][..., order]
    other.weights[layer] = other.weights[layer][..., order]
    return other


def _hidden(net: MLP, layer: int) -> int:
    layer = arguments.size(layer, "layer")
    if net.depth < 2:
        raise ValueError("this network has no hidden layer: it has one layer of weights")
    if not 1 <= layer < net.depth:
        raise ValueError(f"layer must be a hidden layer, from 1 to {net.depth - 1}, not {layer}")
    return layer
