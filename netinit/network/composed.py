"""A network composed of layers, and how its parameters are drawn."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit.initializers import constant, normal, registry, streams, zeros
from netinit.initializers.parameters import by_pattern
from netinit.network import tape
from netinit.network.layers.base import Layer, Parameter, Scope
from netinit.network.layers.composition import Layers, as_layer
from netinit.network.protocol import Net, check_output_gradient
from netinit.network.stacks import stack
from netinit.network.tape import Variable

__all__ = ["LayerGradients", "LayerNetwork", "LayerSignals", "init_network"]

Array = npt.NDArray[np.floating]
Initializer = str | Callable[..., Array]

UNSET: Any = object()  # no seed was given, which None would ask the system for
_STARTS = {
    "bias": zeros,
    "gain": functools.partial(constant, value=1.0),
    "embedding": functools.partial(normal, std=1.0),
}


@dataclass(frozen=True, eq=False)
class LayerSignals:
    """What one forward pass of a network of layers leaves behind.

    Parameters
    ----------
    named : dict of arrays of shape (*stack, batch, ...)
        What each layer made, by the layer's name, in the order of computation.
    output : array of shape (*stack, batch, ...)
    attention : dict of arrays of shape (*stack, batch, heads, queries, keys)
        Attention weights, by the layer's name.
    stream : list of arrays
        What entered the first residual block, and what each block left.
    """

    named: dict[str, Array]
    output: Array
    attention: dict[str, Array]
    stream: list[Array]
    _inputs: Variable
    _output: Variable
    _scope: Scope


@dataclass(frozen=True, eq=False)
class LayerGradients:
    """Gradients of a scalar, shaped as what they belong to.

    Parameters
    ----------
    parameters : dict of arrays
        Summed over the batch, in the order of the network's parameters.
    signals : dict of arrays
        Of each named signal.
    inputs : array, or None
        None where the inputs are whole numbers (tokens).
    """

    parameters: dict[str, Array]
    signals: dict[str, Array]
    inputs: Array | None


@dataclass(frozen=True, eq=False)
class LayerNetwork:
    """Layers with their parameters: one network, or a stack of them.

    Parameters
    ----------
    layers : layer, or a list or mapping of layers
    parameters : dict of arrays of shape (*stack, ...)
        All of ``layers.parameters()``, of one floating dtype.

    Raises
    ------
    ValueError, TypeError
        If a parameter is missing, unknown, or of another shape or dtype than the rest.

    Examples
    --------
    >>> from netinit.network.layers import Dense
    >>> layers = [Dense(2, 2, bias=False), "relu"]
    >>> LayerNetwork(layers, {"0.weight": np.eye(2)}).forward([[3.0, -4.0]]).output
    array([[3., 0.]])
    """

    layers: Layer
    parameters: dict[str, Array]

    def __post_init__(self) -> None:
        layers = as_layer(self.layers)
        wanted = layers.parameters()
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "parameters", _checked(self.parameters, wanted))

    @property
    def stack_shape(self) -> tuple[int, ...]:
        """Shape of the leading axes that number the networks; () for one network."""
        wanted = self.layers.parameters()
        name, value = next(iter(self.parameters.items()))
        return value.shape[: value.ndim - len(wanted[name].shape)]

    @property
    def dtype(self) -> np.dtype:
        """The floating type of every parameter, in which the network computes."""
        return next(iter(self.parameters.values())).dtype

    @property
    def architecture(self) -> str:
        """The layers, as they are written."""
        return repr(self.layers)

    @property
    def weight_signals(self) -> dict[str, str]:
        """For each weight that multiplies a signal, the name of the signal that it makes."""
        return self.layers.weight_signals()

    def replace(self, parameters: Mapping[str, npt.ArrayLike]) -> "LayerNetwork":
        """The same layers with other parameters, all of them, of any one stack shape."""
        return LayerNetwork(self.layers, dict(parameters))

    @property
    def example_axes(self) -> int:
        """Axes of one example, without the batch."""
        return self.layers.example_axes

    def check_inputs(self, x: npt.ArrayLike, name: str = "x") -> npt.NDArray:
        """`x` as (batch, ...) or (*stack, batch, ...), numbers in the network's dtype.

        Whole numbers stay what they are where the first layer is an embedding.
        """
        x, axes, stack = np.asarray(x), 1 + self.example_axes, self.stack_shape
        if x.dtype.kind not in "iuf":
            raise TypeError(f"{name} must be real numbers, not of dtype {x.dtype}")
        if x.ndim - axes not in {0, len(stack)} or x.shape[: x.ndim - axes] not in ((), stack):
            example = ", ".join(["batch", *["..."] * (axes - 1)])
            either = f" or ({', '.join(map(str, stack))}, {example})" if stack else ""
            raise ValueError(f"{name} must be ({example}){either}, not {x.shape}")
        if not x.size:
            raise ValueError(f"{name} must hold at least one example, not {x.shape}")
        return x if self._takes_tokens else x.astype(self.dtype, copy=False)

    @property
    def _takes_tokens(self) -> bool:
        first = next(iter(self.layers.parameters().values()), None)
        return first is not None and first.kind == "embedding" and self.example_axes == 1

    def __call__(self, x: npt.ArrayLike) -> Array:
        """The output for a batch of inputs, as ``forward(x).output``."""
        return self.forward(x).output

    def forward(self, x: npt.ArrayLike) -> LayerSignals:
        """All signals for a batch of inputs.

        Parameters
        ----------
        x : array of shape (batch, ...), or (*stack, batch, ...)
            Without stack axes, every network of the stack sees the same batch.
        """
        x, stack = self.check_inputs(x), self.stack_shape
        if x.ndim == 1 + self.example_axes:
            x = np.broadcast_to(x, (*stack, *x.shape))
        inputs = Variable(x)
        variables = {name: Variable(value) for name, value in self.parameters.items()}
        scope = Scope(variables, len(stack))
        output = self.layers.compute(scope, inputs)
        named = {name: signal.value for name, signal in scope.signals.items()}
        kept = (scope.attention, scope.stream)
        return LayerSignals(named, output.value, *kept, inputs, output, scope)

    def backward(self, signals: LayerSignals, output_gradient: npt.ArrayLike) -> LayerGradients:
        """Gradients of a loss from its gradient at the output, by the chain rule.

        Parameters
        ----------
        signals : LayerSignals
            Of this network's `forward`.
        output_gradient : array of the shape of ``signals.output``
        """
        upstream = check_output_gradient(output_gradient, signals.output)
        parameters, kept, x = signals._scope.variables, signals._scope.signals, signals._inputs
        wanted = [*parameters.values(), *kept.values(), x]
        found = iter(tape.gradients(signals._output, upstream, wanted))
        return LayerGradients(
            {name: next(found) for name in parameters},
            {name: next(found) for name in kept},
            next(found) if x.value.dtype.kind == "f" else None,
        )


def init_network(
    layers: Layers,
    weights: Initializer = "he_normal",
    *,
    schemes: Mapping[str, Initializer] | None = None,
    rng: arguments.Seed = UNSET,
    seeds: Iterable[arguments.Seed] | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> LayerNetwork:
    """A network of layers with freshly drawn parameters, or a stack of such networks.

    Each parameter has a stream of its own, from the seed and its name (`netinit.streams`): a layer
    that is added, removed or moved under its old name leaves the others' numbers as they were.

    Parameters
    ----------
    layers : layer, or a list or mapping of layers
        As `netinit.network.layers.Sequential` takes them.
    weights : initializer
        Of every weight: a name that `netinit.get` knows, or a callable ``(shape, *, rng)``. It is
        told of groups and fused layers if it takes these keywords.
    schemes : mapping of patterns to initializers
        For parameters whose names they fit, ``{"*.out_weight": "zeros"}``; the first that fits
        counts, as in `netinit.init_parameters`. A parameter that no pattern fits starts at 0 if it
        is a bias, at 1 if a gain, from a standard normal if an embedding.
    rng : seed or Generator
        Of one network.
    seeds : iterable of seeds
        Instead of `rng`: one network for each, along a leading axis, each as it would be alone.
    dtype : dtype
        float32 by default, float16 or float64.

    Raises
    ------
    ValueError
        If a pattern fits no parameter.

    Examples
    --------
    >>> from netinit.network.layers import Dense, LayerNorm, Residual
    >>> block = Residual([LayerNorm(64), Dense(64, 64), "relu", Dense(64, 64)])
    >>> net = init_network([block, block, Dense(64, 10)], schemes={"*.3.weight": "zeros"}, rng=0)
    >>> net.forward(np.ones((5, 64))).output.shape, len(net.parameters)
    ((5, 10), 14)
    """
    layers, dtype = as_layer(layers), arguments.float_dtype(dtype)
    wanted = layers.parameters()
    chosen = _chosen(wanted, registry.get(weights), schemes or {})

    def draw(seed: arguments.Seed) -> LayerNetwork:
        found = streams(seed, wanted)
        drawn = {n: draw_one(chosen[n], p, found[n], dtype) for n, p in wanted.items()}
        return LayerNetwork(layers, drawn)

    return drawn_networks(draw, rng, seeds)


def drawn_networks(
    draw: Callable[[arguments.Seed], Net],
    rng: arguments.Seed,
    seeds: Iterable[arguments.Seed] | None,
) -> Net:
    """The network of `rng`, or the stack of those of `seeds`: one of the two must be given."""
    if (rng is UNSET) == (seeds is None):
        raise TypeError("give rng for one network, or seeds for a stack of them")
    if seeds is None:
        return draw(rng)
    if isinstance(seeds, str) or not isinstance(seeds, Iterable):
        raise TypeError(f"seeds must be several seeds, such as range(20), not {seeds!r}")
    nets = [draw(seed) for seed in seeds]
    if not nets:
        raise ValueError("seeds must hold at least one seed")
    return stack(nets)


def draw_one(
    scheme: Callable[..., Array], parameter: Parameter, rng: np.random.Generator, dtype: np.dtype
) -> Array:
    """The initializer's array, in `dtype` from the start where the initializer can."""
    known = inspect.signature(scheme).parameters.values()
    takes_any = any(p.kind is p.VAR_KEYWORD for p in known)
    named = {p.name for p in known}
    options = {"dtype": dtype, **parameter.options}
    given = {name: value for name, value in options.items() if takes_any or name in named}
    drawn = np.asarray(scheme(parameter.shape, rng=rng, **given))
    if drawn.shape != parameter.shape:
        raise ValueError(
            f"{scheme} gave an array of shape {drawn.shape} for shape {parameter.shape}"
        )
    return drawn.astype(dtype, copy=False)


def _chosen(
    wanted: Mapping[str, Parameter],
    weights: Callable[..., Array],
    schemes: Mapping[str, Initializer],
) -> dict[str, Callable[..., Array]]:
    """An initializer for each parameter."""
    if not wanted:
        raise ValueError("these layers have no parameters: there is nothing to draw")
    usual = {name: _STARTS.get(parameter.kind, weights) for name, parameter in wanted.items()}
    return usual | by_pattern(schemes, wanted, "schemes")


def _checked(
    parameters: Mapping[str, npt.ArrayLike], wanted: Mapping[str, Parameter]
) -> dict[str, Array]:
    """All parameters as arrays of one dtype and one stack shape, in the layers' order."""
    if not wanted:
        raise ValueError("a network needs at least one parameter")
    if missing := [name for name in wanted if name not in parameters]:
        raise ValueError(f"the network lacks {', '.join(missing)}")
    if unknown := [name for name in parameters if name not in wanted]:
        raise ValueError(f"the network has no parameter {', '.join(unknown)}")
    found = {name: np.asarray(parameters[name]) for name in wanted}
    dtypes = sorted({str(p.dtype) for p in found.values()})
    if len(dtypes) > 1 or dtypes[0] not in arguments.FLOATS:
        raise TypeError(f"all parameters must share one floating dtype, not {dtypes}")
    stack = None
    for name, array in found.items():
        shape = wanted[name].shape
        before = array.shape[: array.ndim - len(shape)]
        if array.shape[len(before) :] != shape or before != (before if stack is None else stack):
            expected = "".join(f"{n}, " for n in stack or ()) + ", ".join(map(str, shape))
            raise ValueError(f"{name} must be ({expected}), not {array.shape}")
        stack = before
    return found
