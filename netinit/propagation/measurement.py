"""What signals and gradients do on their way through a network: measured, predicted, drawn."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, arrays
from netinit.activations import Activation
from netinit.network import MLP
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
class Statistics:
    """What a batch does in a network of L layers.

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
    net: MLP,
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
    net : MLP
    x : array of shape (batch, fan_in) or (*stack, batch, fan_in)
    output_gradient : array of shape (*stack, batch, outputs)
        What is sent backward; without it, standard normal numbers drawn from `rng`.
    bins, limits
        Of the histograms, if any (see `histogram`).

    Examples
    --------
    >>> from netinit.network import init_mlp
    >>> net = init_mlp([64] + [256] * 8, "he_normal", rng=0)
    >>> x = np.random.default_rng(1).standard_normal((32, 64))
    >>> measure(net, x, rng=2).preactivations.second_moment.shape
    (8,)
    """
    signals = net.forward(x)
    if output_gradient is None:
        if rng is None:
            raise TypeError("measure needs an output_gradient, or an rng to draw one from")
        output_gradient = arguments.generator(rng).standard_normal(signals.output.shape)
    gradients = net.backward(signals, output_gradient)
    hidden, active = signals.preactivations[:-1], signals.activations[1:]
    return Statistics(
        describe(signals.preactivations, bins=bins, limits=limits),
        describe(active, bins=bins, limits=limits, stack_shape=net.stack_shape),
        _layers([_saturated(net.activation, h) for h in hidden], net.stack_shape),
        _layers([(a == 0).all(axis=-2).mean(axis=-1) for a in active], net.stack_shape),
        _layers([_mean_square(delta) for delta in gradients.preactivations]),
        _layers([_mean_square(weight) for weight in gradients.weights]),
    )


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
    return signal.mean(axis=both), _mean_square(signal), signal.var(axis=both), spread


def _mean_square(values: npt.NDArray) -> Array:
    # In float64, where the square of no float32 over- or underflows.
    return np.square(values, dtype=np.float64).mean(axis=(-2, -1))


def _saturated(activation: Activation, h: npt.NDArray) -> Array:
    return activation.saturated(h).mean(axis=(-2, -1))


def _layers(values: list[Array], stack_shape: tuple[int, ...] = ()) -> Array:
    return np.stack(values, axis=-1) if values else np.empty((*stack_shape, 0))
