"""What signals and gradients do on their way through a network: measured, predicted, drawn."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, arrays
from netinit.activations import Activation
from netinit.network.mlp import MLP, Signals
from netinit.network.protocol import Network, check_network
from netinit.propagation.histograms import check_bins, histogram

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Statistics of one kind of signal, layer by layer, over all units and inputs of a batch.

    Parameters
    ----------
    mean, second_moment, variance : arrays of shape (*stack, layers)
    spread : array of shape (*stack, layers)
        Standard deviation of a unit across the inputs, root mean square over units: what is left
        of the differences between inputs.
    histograms : array of shape (*stack, layers, bins), or None
        Fraction of the values in each cell.
    """

    mean: Array
    second_moment: Array
    variance: Array
    spread: Array
    histograms: Array | None


@dataclass(frozen=True, eq=False)
class SignalStatistics:
    """One signal on its way forward, and its gradient on the way back: arrays of the stack's shape.

    Parameters
    ----------
    mean, second_moment, variance : arrays of shape (*stack,)
        Over all inputs of the batch and all entries of the signal.
    spread : array of shape (*stack,)
        Standard deviation of an entry across the inputs, root mean square over the entries.
    gradient_second_moment : array of shape (*stack,), or None
        Of the gradient with respect to the signal, where the network keeps it.
    """

    mean: Array
    second_moment: Array
    variance: Array
    spread: Array
    gradient_second_moment: Array | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Statistics:
    """What a batch does in any network.

    Parameters
    ----------
    signals : dict of SignalStatistics
        By the name of the signal, in the order of computation.
    parameter_gradient_second_moment : dict of arrays of shape (*stack,)
        Mean square of the entries of each parameter's gradient, by the parameter's name.
    attention_entropy : dict of arrays of shape (*stack, heads)
        Entropy of each head's weights in nats, the mean over inputs and queries, by the layer's
        name. A head that looks at n positions alike has ln n; one that looks at a single one, 0.
    """

    signals: dict[str, SignalStatistics]
    parameter_gradient_second_moment: dict[str, Array]
    attention_entropy: dict[str, Array]


@dataclass(frozen=True, eq=False, kw_only=True)
class LayerStatistics(Statistics):
    """What a batch does in a multilayer perceptron of L layers: `Statistics`, and layer by layer.

    Parameters
    ----------
    preactivations : Moments
        Of h^1 to h^L.
    activations : Moments
        Of the hidden layers' a^1 to a^(L-1).
    saturated : array of shape (*stack, L - 1)
        Fraction of hidden values where the activation is nearly flat (`Activation.saturated`).
    dead : array of shape (*stack, L - 1)
        Fraction of hidden units that are 0 for every input of the batch.
    gradient_second_moment : array of shape (*stack, L)
        E (delta^l)^2, where delta^l is the gradient of the loss with respect to h^l.
    weight_gradient_second_moment : array of shape (*stack, L)
        Mean square of the entries of the gradient with respect to W^l.
    """

    preactivations: Moments
    activations: Moments
    saturated: Array
    dead: Array
    gradient_second_moment: Array
    weight_gradient_second_moment: Array


def measure(
    net: Network,
    x: npt.ArrayLike,
    *,
    output_gradient: npt.ArrayLike | None = None,
    rng: arguments.Seed = None,
    bins: int | None = None,
    limits: tuple[float, float] | None = None,
) -> Statistics:
    """Send a batch forward and a gradient backward, and describe every layer.

    Parameters
    ----------
    net : network
        An MLP, or any other that answers `netinit.network.Network`.
    x : array of shape (batch, ...) or (*stack, batch, ...)
    output_gradient : array of the shape of the output
        What is sent backward; without it, standard normal numbers drawn from `rng`.
    bins, limits
        Of the histograms of an MLP, if any (see `histogram`).

    Returns
    -------
    Statistics, or LayerStatistics of an MLP

    Examples
    --------
    >>> from netinit.network import init_mlp
    >>> net = init_mlp([64] + [256] * 8, "he_normal", rng=0)
    >>> x = np.random.default_rng(1).standard_normal((32, 64))
    >>> measure(net, x, rng=2).preactivations.second_moment.shape
    (8,)
    """
    check_network(net)
    signals = net.forward(x)
    if output_gradient is None:
        if rng is None:
            raise TypeError("measure needs an output_gradient, or an rng to draw one from")
        output_gradient = arguments.generator(rng).standard_normal(signals.output.shape)
    gradients = net.backward(signals, output_gradient)
    stack = net.stack_shape
    squares = {n: _mean_square(g, len(stack)) for n, g in gradients.parameters.items()}
    back = {n: _mean_square(g, len(stack)) for n, g in gradients.signals.items()}
    entropies = {name: _entropy(weights) for name, weights in signals.attention.items()}
    if isinstance(net, MLP):
        return _by_layer(net, signals, squares, back, bins, limits)
    if bins is not None or limits is not None:
        raise ValueError("histograms are taken of an MLP only: leave out bins and limits")
    found = {
        name: SignalStatistics(*_describe_layer(_rows(signal, len(stack))), back.get(name))
        for name, signal in signals.named.items()
    }
    return Statistics(
        signals=found, parameter_gradient_second_moment=squares, attention_entropy=entropies
    )


def _by_layer(
    net: MLP,
    signals: Signals,
    squares: dict[str, Array],
    back: dict[str, Array],
    bins: int | None,
    limits: tuple[float, float] | None,
) -> LayerStatistics:
    """The statistics of a multilayer perceptron."""
    hidden, active = signals.preactivations[:-1], signals.activations[1:]
    h = describe(signals.preactivations, bins=bins, limits=limits)
    a = describe(active, bins=bins, limits=limits, stack_shape=net.stack_shape)
    found = {
        name: SignalStatistics(*_at(h if name[0] == "h" else a, int(name[1:]) - 1), back.get(name))
        for name in signals.named
    }
    return LayerStatistics(
        signals=found,
        parameter_gradient_second_moment=squares,
        attention_entropy={},
        preactivations=h,
        activations=a,
        saturated=_layers([_saturated(net.activation, h) for h in hidden], net.stack_shape),
        dead=_layers([(a == 0).all(axis=-2).mean(axis=-1) for a in active], net.stack_shape),
        gradient_second_moment=_layers([back[f"h{n}"] for n in range(1, net.depth + 1)]),
        weight_gradient_second_moment=_layers([squares[f"W{n}"] for n in range(1, net.depth + 1)]),
    )


def _at(moments: Moments, layer: int) -> tuple[Array, Array, Array, Array]:
    """The moments of one layer, in the order of `SignalStatistics`."""
    kinds = (moments.mean, moments.second_moment, moments.variance, moments.spread)
    return tuple(values[..., layer] for values in kinds)


def _rows(signal: npt.NDArray, stack_axes: int) -> Array:
    """A signal in float64 as (*stack, batch, entries)."""
    return signal.reshape(*signal.shape[: stack_axes + 1], -1).astype(np.float64)


def _entropy(weights: npt.NDArray) -> Array:
    """Entropy in nats of attention weights (*stack, batch, heads, queries, keys), per head."""
    weights = weights.astype(np.float64)
    logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
    return -(weights * logs).sum(axis=-1).mean(axis=(-3, -1))


def describe(
    signals: list[npt.ArrayLike],
    *,
    bins: int | None = None,
    limits: tuple[float, float] | None = None,
    stack_shape: tuple[int, ...] = (),
) -> Moments:
    """The statistics of a list of layers, in float64.

    Parameters
    ----------
    signals : list of arrays of shape (*stack, batch, width)
    bins, limits
        Of the histograms, if any (see `histogram`).
    stack_shape : tuple of int
        What an empty list has for a stack.

    Examples
    --------
    >>> moments = describe([np.array([[1.0, 2.0], [3.0, 2.0]])])
    >>> moments.second_moment, moments.spread.round(3)
    (array([4.5]), array([0.707]))
    """
    if bins is not None or limits is not None:
        bins, limits = check_bins(bins, limits)
    signals = [arrays.batch(signal, "each signal") for signal in signals]
    columns = [_describe_layer(signal.astype(np.float64)) for signal in signals]
    moments = [_layers(list(column), stack_shape) for column in zip(*columns, strict=True)]
    moments = moments or [np.empty((*stack_shape, 0))] * 4
    if bins is None:
        return Moments(*moments, None)
    counted = [histogram(signal, bins=bins, limits=limits) for signal in signals]
    empty = np.empty((*stack_shape, 0, bins))
    return Moments(*moments, np.stack(counted, axis=-2) if counted else empty)


def _describe_layer(signal: Array) -> tuple[Array, Array, Array, Array]:
    """Mean, second moment, variance and spread of one layer."""
    both = (-2, -1)
    spread = np.sqrt(signal.var(axis=-2).mean(axis=-1))
    second_moment = _mean_square(signal, signal.ndim - 2)
    return signal.mean(axis=both), second_moment, signal.var(axis=both), spread


def _mean_square(values: npt.NDArray, stack_axes: int) -> Array:
    # In float64, where the square of no float32 over- or underflows.
    squares = np.square(values.astype(np.float64))
    return squares.mean(axis=tuple(range(stack_axes, values.ndim)))


def _saturated(activation: Activation, h: npt.NDArray) -> Array:
    return activation.saturated(h).mean(axis=(-2, -1))


def _layers(values: list[Array], stack_shape: tuple[int, ...] = ()) -> Array:
    return np.stack(values, axis=-1) if values else np.empty((*stack_shape, 0))
