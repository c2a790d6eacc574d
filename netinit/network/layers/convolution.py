"""Convolutions in one and two dimensions: padding, stride, groups."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netinit._checks import arguments
from netinit.network import tape
from netinit.network.layers.base import Layer, Parameter, Scope
from netinit.network.tape import Variable


@dataclass(frozen=True)
class _Conv(Layer):
    """A convolution (a cross-correlation, as in every framework), channels first.

    Parameters
    ----------
    inputs, outputs : int
        Channels.
    kernel : int, or one per dimension
    stride : int, or one per dimension
    padding : int, one per dimension, or "same"
        Zeros on either side; "same" keeps the size at stride 1, and lays the odd zero of an even
        kernel at the end.
    groups : int
        Parts into which the channels are divided; output channels see the inputs of their part.
    bias : bool
    """

    inputs: int
    outputs: int
    kernel: int | Sequence[int]
    stride: int | Sequence[int] = 1
    padding: int | str | Sequence[int] = 0
    groups: int = 1
    bias: bool = True
    dimensions = 1

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs", "groups"):
            arguments.positive(getattr(self, name), name)
        if self.inputs % self.groups or self.outputs % self.groups:
            raise ValueError(
                f"groups {self.groups} must divide {self.inputs} inputs and {self.outputs} outputs"
            )
        object.__setattr__(self, "kernel", self._each(self.kernel, "kernel"))
        object.__setattr__(self, "stride", self._each(self.stride, "stride"))
        if self.padding == "same":
            if set(self.stride) != {1}:
                raise ValueError('padding "same" is for stride 1')
            padding = tuple(((k - 1) // 2, k // 2) for k in self.kernel)
        else:
            padding = tuple((n, n) for n in self._each(self.padding, "padding", at_least=0))
        object.__setattr__(self, "padding", padding)

    @property
    def example_axes(self) -> int:
        """Channels and positions."""
        return 1 + self.dimensions

    def parameters(self) -> dict[str, Parameter]:
        """Weight (outputs, inputs / groups, *kernel), and bias (outputs,) if there is one."""
        shape = (self.outputs, self.inputs // self.groups, *self.kernel)
        bias = {"bias": Parameter((self.outputs,), "bias")} if self.bias else {}
        options = {"groups": self.groups} if self.groups > 1 else {}
        return {"weight": Parameter(shape, "weight", options)} | bias

    def weight_signals(self) -> dict[str, str]:
        """The weight makes the output."""
        return {"weight": ""}

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, inputs, *positions) to (*stack, batch, outputs, *positions)."""
        s, d, g = scope.stack_axes, self.dimensions, self.groups
        if x.value.ndim != s + 2 + d:
            raise ValueError(
                f"layer {scope.path!r} takes (batch, {self.inputs}, {d} axes of positions), "
                f"not {x.shape[s:]}"
            )
        scope.expect(x.shape[s + 1], self.inputs, "channels")
        self._check_room(scope, x.shape[-d:])
        patches = tape.windows(tape.padded(x, self.padding), self.kernel, self.stride)
        stack, batch = patches.shape[:s], patches.shape[s]
        places, taps = patches.shape[s + 2 : s + 2 + d], patches.shape[s + 2 + d :]
        # (*stack, batch, group, channel, *positions, *taps), the channel moved before the taps
        split = patches.reshape(*stack, batch, g, self.inputs // g, *places, *taps)
        grid = range(s + 3, s + 3 + d)
        kernel = range(s + 3 + d, s + 3 + 2 * d)
        rows = split.transpose(*range(s), s + 1, s, *grid, s + 2, *kernel)
        rows = rows.reshape(*stack, g, batch * math.prod(places), -1)
        weight = scope.parameter("weight").reshape(*stack, g, self.outputs // g, -1)
        out = (rows @ weight.swapaxes(-1, -2)).reshape(*stack, g, batch, *places, self.outputs // g)
        positions = range(s + 2, s + 2 + d)
        out = out.transpose(*range(s), s + 1, s, s + 2 + d, *positions)
        out = out.reshape(*stack, batch, self.outputs, *places)
        if self.bias:
            out = out + scope.along("bias", out, axis=s + 1)
        return scope.record(out)

    def _each(self, value: object, name: str, at_least: int = 1) -> tuple[int, ...]:
        """One number per dimension."""
        many = value if isinstance(value, tuple | list) else (value,) * self.dimensions
        found = tuple(arguments.integer(n, name) for n in many)
        if len(found) != self.dimensions or min(found) < at_least:
            raise ValueError(
                f"{name} must be a number of at least {at_least}, or one for each of "
                f"{self.dimensions} dimensions, not {value!r}"
            )
        return found

    def _check_room(self, scope: Scope, sizes: tuple[int, ...]) -> None:
        padded = [n + sum(p) for n, p in zip(sizes, self.padding, strict=True)]
        if any(n < k for n, k in zip(padded, self.kernel, strict=True)):
            raise ValueError(
                f"layer {scope.path!r}: a kernel of {self.kernel} does not fit into {padded}, "
                "padding included"
            )


class Conv1d(_Conv):
    """A convolution along one axis of positions."""

    dimensions = 1


class Conv2d(_Conv):
    """A convolution over two axes of positions."""

    dimensions = 2
