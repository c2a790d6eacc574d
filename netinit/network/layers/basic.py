"""Dense layers, activations, embeddings, and changes of shape."""

from dataclasses import dataclass

from netinit import activations
from netinit._checks import arguments
from netinit.activations import ActivationLike
from netinit.network import tape
from netinit.network.layers.base import Layer, Parameter, Scope, affine
from netinit.network.tape import Variable


@dataclass(frozen=True)
class Dense(Layer):
    """``x @ W.T + b`` along the last axis.

    Parameters
    ----------
    fan_in, fan_out : int
    bias : bool
    """

    fan_in: int
    fan_out: int
    bias: bool = True

    def __post_init__(self) -> None:
        arguments.positive(self.fan_in, "fan_in")
        arguments.positive(self.fan_out, "fan_out")

    def parameters(self) -> dict[str, Parameter]:
        """Weight (fan_out, fan_in), and bias (fan_out,) if there is one."""
        bias = {"bias": Parameter((self.fan_out,), "bias")} if self.bias else {}
        return {"weight": Parameter((self.fan_out, self.fan_in), "weight")} | bias

    def weight_signals(self) -> dict[str, str]:
        """The weight makes the output."""
        return {"weight": ""}

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, ..., fan_in) to (*stack, batch, ..., fan_out)."""
        return scope.record(affine(scope, x, "weight", "bias" if self.bias else None))


@dataclass(frozen=True)
class Activate(Layer):
    """An activation at each entry of a signal; in a list of layers its name is enough."""

    activation: ActivationLike

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", activations.get(self.activation))

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """Any shape to the same shape."""
        return scope.record(tape.apply(self.activation, x))


@dataclass(frozen=True)
class Embedding(Layer):
    """A row of a table for each token.

    Parameters
    ----------
    count : int
        Tokens; an input is a whole number from 0 to count - 1.
    width : int
    """

    count: int
    width: int

    def __post_init__(self) -> None:
        arguments.positive(self.count, "count")
        arguments.positive(self.width, "width")

    def parameters(self) -> dict[str, Parameter]:
        """Table (count, width)."""
        return {"table": Parameter((self.count, self.width), "embedding")}

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """Whole numbers (*stack, batch, time) to (*stack, batch, time, width)."""
        tokens = x.value
        if tokens.dtype.kind not in "iu":
            raise TypeError(
                f"layer {scope.path!r} takes whole numbers (tokens), not {tokens.dtype}"
            )
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < self.count:
            raise ValueError(f"tokens of layer {scope.path!r} must be from 0 to {self.count - 1}")
        return scope.record(tape.rows(scope.parameter("table"), tokens, scope.stack_axes))


@dataclass(frozen=True)
class Positions(Layer):
    """A learned vector for each position, added to the signal.

    Parameters
    ----------
    length : int
        Positions that there are vectors for; a signal may have fewer.
    width : int
    """

    length: int
    width: int
    example_axes = 2

    def __post_init__(self) -> None:
        arguments.positive(self.length, "length")
        arguments.positive(self.width, "width")

    def parameters(self) -> dict[str, Parameter]:
        """Table (length, width)."""
        return {"table": Parameter((self.length, self.width), "embedding")}

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, time, width) to the same shape."""
        time = x.shape[-2]
        if time > self.length:
            raise ValueError(f"layer {scope.path!r} has {self.length} positions, not {time}")
        table = scope.parameter("table")[..., :time, :]
        stack = table.shape[: scope.stack_axes]
        return scope.record(x + table.reshape(*stack, 1, *table.shape[-2:]))


@dataclass(frozen=True)
class Unembedding(Layer):
    """Logits over the tokens from the table of an `Embedding` of the same network: a tied head.

    Parameters
    ----------
    embedding : str
        Full name of the embedding in the network.
    """

    embedding: str

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, time, width) to (*stack, batch, time, count)."""
        name = f"{self.embedding}.table"
        if name not in scope.variables:
            raise ValueError(f"the network has no embedding {self.embedding!r} to tie its head to")
        root = Scope(scope.variables, scope.stack_axes)
        return scope.record(affine(root, x, name))


@dataclass(frozen=True)
class Flatten(Layer):
    """All axes of one example as one: between convolutions and a dense layer."""

    example_axes = 3

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, ...) to (*stack, batch, features)."""
        return scope.record(x.reshape(*x.shape[: scope.stack_axes + 1], -1))


@dataclass(frozen=True)
class MeanPool(Layer):
    """The mean over the positions of each channel, as in global average pooling."""

    example_axes = 3

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, channels, *positions) to (*stack, batch, channels)."""
        kept = x.shape[: scope.stack_axes + 2]
        axes = tuple(range(len(kept), x.value.ndim))
        return scope.record(x.mean(axes).reshape(*kept))


@dataclass(frozen=True)
class LastPosition(Layer):
    """The signal at the last position of a sequence, as a classifier reads it."""

    example_axes = 2

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, time, width) to (*stack, batch, width)."""
        return scope.record(x[..., -1, :])
