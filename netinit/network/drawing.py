"""Networks on plain arrays: drawn, run forward and backward, stacked, with their losses.

A layer is ``h = a @ W.T + b``, batch first, with W of shape (fan_out, fan_in). Hidden layers apply
the activation, the last layer is linear. Every array may carry leading stack axes: then many
networks of one shape run together, each exactly as it would alone: bit for bit on every OpenBLAS
kernel for processors since 2008. (The older ones sum a float64 dot product in an order that depends
on its address, so there a layer of one unit on a batch of one may differ in the last digit.)
"""

import inspect
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit.activations import Activation
from netinit.initializers import registry, zeros
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
    rng: arguments.Seed,
    dtype: npt.DTypeLike = np.float32,
) -> MLP:
    """A network with freshly drawn parameters.

    Parameters
    ----------
    widths : sequence of int
        Number of inputs, then of units in each layer.
    weights : initializer, or a list of one per layer
        A name that `netinit.get` knows, or a callable ``(shape, *, rng)``.
    biases, output : initializer
        Of all biases, and of the last layer's weights (default: as the other layers').
    rng : seed or Generator
        The weights are drawn first, from the bottom up, then the biases.

    Examples
    --------
    >>> net = init_mlp([64, 100, 10], "glorot_uniform", activation="tanh", rng=0)
    >>> net.widths, net.depth, net.weights[0].dtype
    ([64, 100, 10], 2, dtype('float32'))
    """
    widths = arguments.layer_widths(widths)
    dtype = arguments.float_dtype(dtype)
    rng = arguments.generator(rng)
    schemes = _schemes(weights, output, len(widths) - 1)
    shapes = list(zip(widths[1:], widths[:-1], strict=True))
    drawn = [_draw(s, shape, rng, dtype) for s, shape in zip(schemes, shapes, strict=True)]
    scheme = registry.get(biases)
    return MLP(drawn, [_draw(scheme, (n,), rng, dtype) for n in widths[1:]], activation)


def stack(nets: Sequence[MLP]) -> MLP:
    """Networks of one shape as a single one with a leading axis, to run them together.

    >>> stack([init_mlp([4, 3, 2], rng=seed) for seed in range(5)]).stack_shape
    (5,)
    """
    nets = list(nets)
    kinds = {(tuple(n.widths), n.stack_shape, n.dtype, n.activation.name) for n in nets}
    if len(kinds) != 1:
        found = ", ".join(str(kind) for kind in sorted(kinds, key=str)) or "no network"
        raise ValueError(
            f"stack takes networks of one shape, dtype and activation, at least one: {found}"
        )
    weights = [np.stack(group) for group in zip(*(n.weights for n in nets), strict=True)]
    biases = [np.stack(group) for group in zip(*(n.biases for n in nets), strict=True)]
    return MLP(weights, biases, nets[0].activation)


def unstack(net: MLP) -> list[MLP]:
    """The networks along the first stack axis, each on arrays of its own.

    >>> nets = [init_mlp([4, 3, 2], rng=seed) for seed in range(5)]
    >>> bool((unstack(stack(nets))[3].weights[0] == nets[3].weights[0]).all())
    True
    """
    if not net.stack_shape:
        raise ValueError("this network is not a stack: its weights have no leading axis")
    return [
        MLP([w[i] for w in net.weights], [b[i] for b in net.biases], net.activation).copy()
        for i in range(net.stack_shape[0])
    ]


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


def _draw(
    scheme: Callable[..., Array], shape: tuple[int, ...], rng: np.random.Generator, dtype: np.dtype
) -> Array:
    """The initializer's array, in `dtype` from the start where the initializer can."""
    known = inspect.signature(scheme).parameters.values()
    takes_dtype = any(p.name == "dtype" or p.kind is p.VAR_KEYWORD for p in known)
    drawn = np.asarray(scheme(shape, rng=rng, **({"dtype": dtype} if takes_dtype else {})))
    if drawn.shape != shape:
        raise ValueError(f"{scheme} gave an array of shape {drawn.shape} for shape {shape}")
    return drawn.astype(dtype, copy=False)
