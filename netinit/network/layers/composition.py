"""Layers made of layers: one after another, and around an identity path."""

from collections.abc import Mapping, Sequence

from netinit._checks import arguments
from netinit.network.layers.base import Layer, Parameter, Scope, named
from netinit.network.layers.basic import Activate
from netinit.network.tape import Variable

Layers = Layer | str | Sequence["Layers"] | Mapping[str, "Layers"]


class Sequential(Layer):
    """Layers one after another.

    Parameters
    ----------
    layers : list or mapping of layers
        A list numbers them "0", "1", ...; a mapping names them. A string is an activation; a list
        or a mapping within it is a Sequential of its own.

    Examples
    --------
    >>> from netinit.network.layers import Dense
    >>> net = Sequential({"hidden": Dense(64, 100), "phi": "relu", "readout": Dense(100, 10)})
    >>> list(net.parameters())
    ['hidden.weight', 'hidden.bias', 'readout.weight', 'readout.bias']
    """

    def __init__(self, layers: Sequence[Layers] | Mapping[str, Layers]) -> None:
        if isinstance(layers, str) or not isinstance(layers, Sequence | Mapping):
            raise TypeError(f"layers must be a list or a mapping of layers, not {layers!r}")
        pairs = layers.items() if isinstance(layers, Mapping) else enumerate(layers)
        self.layers = {str(name): as_layer(layer) for name, layer in pairs}
        if not self.layers:
            raise ValueError("layers must hold at least one layer")
        for name in self.layers:
            if not name or "." in name:
                raise ValueError(f"a layer's name must be text without a dot, not {name!r}")

    @property
    def example_axes(self) -> int:
        """Those of the first layer."""
        return next(iter(self.layers.values())).example_axes

    def __repr__(self) -> str:
        """As it can be written."""
        return f"Sequential({self.layers!r})"

    def parameters(self) -> dict[str, Parameter]:
        """Those of all layers, each name below the layer's."""
        return {
            named(name, inner): parameter
            for name, layer in self.layers.items()
            for inner, parameter in layer.parameters().items()
        }

    def weight_signals(self) -> dict[str, str]:
        """Those of all layers."""
        return {
            named(name, weight): named(name, signal)
            for name, layer in self.layers.items()
            for weight, signal in layer.weight_signals().items()
        }

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """Each layer on what the one before it made."""
        for name, layer in self.layers.items():
            x = layer.compute(scope.inside(name), x)
        return x


class Residual(Layer):
    """x + scale branch(x): an identity path beside a branch (He et al., 2016).

    Parameters
    ----------
    branch : layer, list or mapping of layers
        Its parameters and signals are named below "branch".
    scale : float
        What the branch is multiplied by.

    Examples
    --------
    >>> from netinit.network.layers import Dense
    >>> block = Residual([Dense(8, 8), "relu", Dense(8, 8)], scale=0.5)
    >>> list(block.parameters())[0]
    'branch.0.weight'
    """

    def __init__(self, branch: Layers, *, scale: float = 1.0) -> None:
        self.branch = as_layer(branch)
        self.scale = arguments.real_number(scale, "scale")

    @property
    def example_axes(self) -> int:
        """Those of the branch."""
        return self.branch.example_axes

    def __repr__(self) -> str:
        """As it can be written."""
        return f"Residual({self.branch!r}, scale={self.scale!r})"

    def parameters(self) -> dict[str, Parameter]:
        """Those of the branch."""
        return {named("branch", k): p for k, p in self.branch.parameters().items()}

    def weight_signals(self) -> dict[str, str]:
        """Those of the branch."""
        pairs = self.branch.weight_signals().items()
        return {named("branch", weight): named("branch", signal) for weight, signal in pairs}

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """A signal to one of the same shape: the stream after the block."""
        added = self.branch.compute(scope.inside("branch"), x)
        if added.shape != x.shape:
            raise ValueError(
                f"the branch of {scope.path!r} must keep shape {x.shape}, not give {added.shape}"
            )
        left = scope.record(x + (added if self.scale == 1 else added * self.scale))
        if "branch" not in scope.path.split("."):  # no block within a block
            scope.stream.extend([left.value] if scope.stream else [x.value, left.value])
        return left


def as_layer(layer: Layers) -> Layer:
    """A layer; a name is an activation, a list or mapping a `Sequential`."""
    if isinstance(layer, Layer):
        return layer
    if isinstance(layer, str):
        return Activate(layer)
    if isinstance(layer, Sequence | Mapping):
        return Sequential(layer)
    raise TypeError(f"a layer must be a Layer, the name of an activation, or a list: {layer!r}")
