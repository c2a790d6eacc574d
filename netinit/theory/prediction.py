"""What the variance recursion predicts for the signals and gradients of a random network."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments, arrays
from netinit.activations import Activation
from netinit.theory import moments

__all__ = ["Prediction", "predict"]

Array = npt.NDArray[np.float64]

# E phi(sqrt(q) z)^2 is analytic in ln q around the real line, so 16 Chebyshev points on each
# interval of length 1 interpolate it to rounding.
_POINTS = 16
_CHEBYSHEV = np.cos(np.pi * np.arange(_POINTS) / (_POINTS - 1))
_BARYCENTRIC = (-1.0) ** np.arange(_POINTS) * np.r_[0.5, np.ones(_POINTS - 2), 0.5]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Second moments predicted for each layer, averaged over the inputs.

    Parameters
    ----------
    preactivation_second_moment : array of shape (*settings, L)
        E (h^l)^2 for l = 1 to L.
    activation_second_moment : array of shape (*settings, L - 1)
        E (a^l)^2 of the hidden layers.
    gradient_factor : array of shape (*settings, L - 1)
        What E (delta^(l+1))^2 is multiplied by on the way to layer l, for l = 1 to L - 1.
    gradient_second_moment : array of shape (*settings, L)
        E (delta^l)^2 where E (delta^L)^2 = 1.
    """

    preactivation_second_moment: Array
    activation_second_moment: Array
    gradient_factor: Array
    gradient_second_moment: Array


def predict(
    activation: str | Activation,
    *,
    widths: Sequence[int],
    weight_variance: npt.ArrayLike,
    bias_variance: npt.ArrayLike = 0.0,
    x: npt.ArrayLike,
) -> Prediction:
    """The variance recursion, run for each input on its own and then averaged.

    For an input x, q^1 = Var W |x|^2 + Var b, then
    q^(l+1) = n_l Var W E phi(sqrt(q^l) z)^2 + Var b (Poole et al., 2016), and backward
    E (delta^l)^2 = n_(l+1) Var W E phi'(sqrt(q^l) z)^2 E (delta^(l+1))^2 (Schoenholz et al., 2017).
    The signal of the first layer is exact at any width, as is that of every layer of a homogeneous
    activation without biases; all else is a limit of great width. Gradients of a ReLU network fall
    short by the chance that all units of a layer are off: of the order of 2^-width for each layer.

    Parameters
    ----------
    activation : str or Activation
        Of the hidden layers; the last layer is linear.
    widths : sequence of int
        Number of inputs, then of units in each of the L layers.
    weight_variance, bias_variance : number, or array of shape (*settings, L) or (*settings, 1)
        Of one weight (not times fan_in) and of one bias.
    x : array of shape (batch, widths[0])

    Examples
    --------
    >>> x = np.ones((1, 100))
    >>> he = predict("relu", widths=[100] * 4, weight_variance=2 / 100, x=x)
    >>> he.preactivation_second_moment.round(9), he.gradient_second_moment.round(9)
    (array([2., 2., 2.]), array([1., 1., 1.]))
    """
    record = activations.get(activation)
    widths = arguments.layer_widths(widths)
    lengths = _squared_lengths(x, widths[0])
    weights, biases = _per_layer(weight_variance, bias_variance, len(widths) - 1)
    with np.errstate(over="ignore"):
        forward, hidden, slopes = _recursion(record, widths, lengths, weights, biases)
        factors = [
            n * w * slope for n, w, slope in zip(widths[2:], weights[1:], slopes, strict=True)
        ]
        backward = [np.ones_like(forward[0])]
        for factor in reversed(factors):
            backward.insert(0, factor * backward[0])
    groups = (forward, hidden, factors, backward)
    return Prediction(*(_averages(group, forward[0].shape[:-1]) for group in groups))


def _recursion(
    record: Activation, widths: list[int], lengths: Array, weights: Array, biases: Array
) -> tuple[list[Array], list[Array], list[Array]]:
    """The q of each layer, and E phi^2 and E phi'^2 of each hidden layer, per input."""
    q = weights[0] * lengths + biases[0]
    forward, hidden, slopes = [q], [], []
    for width, weight, bias in zip(widths[1:-1], weights[1:], biases[1:], strict=True):
        hidden.append(interpolated(moments.second_moment, record, q))
        slopes.append(interpolated(moments.derivative_second_moment, record, q))
        q = width * weight * hidden[-1] + bias
        forward.append(q)
    return forward, hidden, slopes


def interpolated(
    moment: Callable[[Activation, Array], Array], record: Activation, q: Array
) -> Array:
    """`moment(record, q)` of `netinit.moments` for many q at once, from few quadratures.

    >>> q = np.geomspace(1e-9, 1e9, 1000)
    >>> exact = moments.second_moment("tanh", q)
    >>> found = interpolated(moments.second_moment, activations.tanh, q)
    >>> bool(np.abs(found / exact - 1).max() < 1e-12)
    True
    """
    regular = (q > 0) & (q < 1e300)
    position = np.log(q, out=np.zeros_like(q), where=regular)
    cells, cell = np.unique(np.floor(position), return_inverse=True)
    table = np.stack([_values(moment, record, int(c)) for c in cells])
    offset = 2 * (position - np.floor(position)) - 1
    away = offset[..., None] - _CHEBYSHEV
    exact = away == 0
    weights = _BARYCENTRIC / np.where(exact, 1.0, away)
    weights = np.where(exact.any(axis=-1, keepdims=True), exact, weights)
    values = (weights * table[cell.reshape(q.shape)]).sum(axis=-1) / weights.sum(axis=-1)
    if regular.all():
        return values
    return np.where(regular, values, np.where(q == 0, moment(record, 0.0), np.inf))


@functools.lru_cache(maxsize=4096)
def _values(moment: Callable[[Activation, Array], Array], record: Activation, cell: int) -> Array:
    """The moment at the Chebyshev points of ln q in [cell, cell + 1]."""
    return moment(record, np.exp(cell + (1 + _CHEBYSHEV) / 2))


def _averages(group: list[Array], settings: tuple[int, ...]) -> Array:
    """The mean over the inputs (the last axis), one layer after another."""
    if not group:
        return np.empty((*settings, 0))
    return np.stack([values.mean(axis=-1) for values in group], axis=-1)


def _squared_lengths(x: npt.ArrayLike, fan_in: int) -> Array:
    x = arrays.real_array(x, "x")
    if x.ndim != 2 or x.shape[1] != fan_in or not len(x):
        raise ValueError(f"x must be (batch, {fan_in}), not {x.shape}")
    return np.square(x, dtype=np.float64).sum(axis=1)


def _per_layer(
    weight_variance: npt.ArrayLike, bias_variance: npt.ArrayLike, depth: int
) -> tuple[Array, Array]:
    """Both variances as arrays of shape (L, *settings, 1)."""
    given = {"weight_variance": weight_variance, "bias_variance": bias_variance}
    for name, value in given.items():
        array = arrays.nonnegative(value, name)
        if array.ndim and array.shape[-1] not in (1, depth):
            raise ValueError(
                f"the last axis of {name} is the layers, 1 or {depth} long, not {array.shape}"
            )
    weight, bias, _ = np.broadcast_arrays(*given.values(), np.empty(depth))
    return tuple(np.moveaxis(np.float64(v), -1, 0)[..., None] for v in (weight, bias))
