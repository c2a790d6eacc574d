"""Multilayer perceptrons drawn at random."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, dtypes
from netinit.activations import Activation
from netinit.initializers import registry, zeros
from netinit.network.composed import UNSET, draw_one, drawn_networks
from netinit.network.layers.base import Parameter
from netinit.network.mlp import MLP

Array = npt.NDArray[np.floating]
Initializer = str | Callable[..., Array]


def init_mlp(
    widths: Sequence[int],
    weights: Initializer | Sequence[Initializer] = "he_normal",
    *,
    activation: str | Activation = "relu",
    biases: Initializer = zeros,
    output: Initializer | None = None,
    rng: arguments.Seed = UNSET,
    seeds: Iterable[arguments.Seed] | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> MLP:
    """A multilayer perceptron with freshly drawn parameters, or a stack of them.

    Parameters
    ----------
    widths : sequence of int
        Number of inputs, then of units in each layer.
    weights : initializer, or a list of one per layer
        A name that `netinit.get` knows, or a callable ``(shape, *, rng)``.
    biases, output : initializer
        Of all biases, and of the last layer's weights (default: as the other layers').
    rng : seed or Generator
        Of one network. The weights are drawn first, from the bottom up, then the biases.
    seeds : iterable of seeds
        Instead of `rng`: one network for each, along a leading axis, each as it would be alone.

    Examples
    --------
    >>> net = init_mlp([64, 100, 10], "glorot_uniform", activation="tanh", rng=0)
    >>> net.widths, net.depth, net.weights[0].dtype
    ([64, 100, 10], 2, dtype('float32'))
    """
    widths = arguments.layer_widths(widths)
    dtype = dtypes.of_signals(dtype)
    schemes = _schemes(weights, output, len(widths) - 1)
    bias = registry.get(biases)
    shapes = list(zip(widths[1:], widths[:-1], strict=True))

    def draw(seed: arguments.Seed) -> MLP:
        generator = arguments.generator(seed)
        pairs = zip(schemes, shapes, strict=True)
        drawn = [draw_one(s, Parameter(shape, "weight"), generator, dtype) for s, shape in pairs]
        shifts = [draw_one(bias, Parameter((n,), "bias"), generator, dtype) for n in widths[1:]]
        return MLP(drawn, shifts, activation)

    return drawn_networks(draw, rng, seeds)


def _schemes(
    weights: Initializer | Sequence[Initializer], output: Initializer | None, depth: int
) -> list[Callable[..., Array]]:
    """One initializer per layer."""
    if isinstance(weights, str) or callable(weights):
        weights = [weights] * depth
    schemes = [registry.get(scheme) for scheme in weights]
    if len(schemes) != depth:
        raise ValueError(
            f"weights must be one initializer or one per layer, {depth}, not {len(schemes)}"
        )
    return schemes if output is None else [*schemes[:-1], registry.get(output)]
