"""What a layer is: the parameters it needs, and what it computes from them and a signal."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from netinit.network.tape import Variable

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Parameter:
    """What has to be drawn for one parameter of a layer.

    Parameters
    ----------
    shape : tuple of int
    kind : {"weight", "bias", "gain", "embedding"}
        A weight is drawn by the scheme that the caller names; biases start at 0, gains at 1, and
        embeddings from a standard normal, unless the caller says otherwise.
    options : mapping
        What `netinit.fans` has to know beside the shape: groups, splits.
    """

    shape: tuple[int, ...]
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


class Scope:
    """What a layer sees while it computes: its own parameters, and where it records its signals.

    Parameters
    ----------
    variables : dict of Variable
        All parameters of the network by their full names.
    stack_axes : int
        How many leading axes number the networks.
    path : str
        Name of the layer, "" for the whole network.
    """

    def __init__(self, variables: dict[str, Variable], stack_axes: int) -> None:
        self.variables, self.stack_axes, self.path = variables, stack_axes, ""
        self.signals: dict[str, Variable] = {}
        self.attention: dict[str, Array] = {}
        self.stream: list[Array] = []

    def inside(self, name: str) -> "Scope":
        """The scope of a layer within this one, which records into the same signals."""
        inner = Scope(self.variables, self.stack_axes)
        inner.path = named(self.path, name)
        inner.signals, inner.attention = self.signals, self.attention
        inner.stream = self.stream
        return inner

    def parameter(self, name: str) -> Variable:
        """A parameter of this layer."""
        return self.variables[named(self.path, name)]

    def along(self, name: str, x: Variable, axis: int = -1) -> Variable:
        """A parameter of shape (*stack, n), shaped to broadcast along one axis of a signal."""
        value = self.parameter(name)
        ones = [1] * (x.value.ndim - self.stack_axes)
        ones[axis if axis < 0 else axis - self.stack_axes] = value.shape[-1]
        return value.reshape(*value.shape[:-1], *ones)

    def record(self, signal: Variable, name: str = "") -> Variable:
        """Keep a signal under the layer's own name, or one below it; hand it back."""
        self.signals[named(self.path, name)] = signal
        return signal

    def expect(self, found: int, wanted: int, what: str) -> None:
        """Refuse a signal whose size is not the layer's."""
        if found != wanted:
            raise ValueError(f"layer {self.path!r} takes {wanted} {what}, not {found}")


class Layer(ABC):
    """A part of a network: what it has to draw, and what it computes.

    A layer holds sizes and settings, no arrays: a network keeps its parameters apart, by name, and
    hands them to `compute` through the scope. Signals are (*stack, batch, ...), parameters
    (*stack, ...).
    """

    example_axes: int = 1  # axes of one example that it takes, where it stands first in a network

    def parameters(self) -> dict[str, Parameter]:
        """Its parameters by their names within the layer."""
        return {}

    def weight_signals(self) -> dict[str, str]:
        """For each weight that multiplies a signal, the name of what it makes."""
        return {}

    @abstractmethod
    def compute(self, scope: Scope, x: Variable) -> Variable:
        """What the layer makes of a signal, recorded in the scope."""


def named(path: str, name: str) -> str:
    """A name below a path: "blocks.0" and "weight" make "blocks.0.weight"."""
    return ".".join(part for part in (path, name) if part)


def affine(scope: Scope, x: Variable, weight: str, bias: str | None = None) -> Variable:
    """``x @ W.T + b`` along the last axis, at every position of a signal."""
    matrix = scope.parameter(weight)
    scope.expect(x.shape[-1], matrix.shape[-1], "features in the last axis")
    places = x.shape[:-1]
    if len(places) > scope.stack_axes + 1:  # one product of matrices for all positions
        x = x.reshape(*places[: scope.stack_axes], -1, x.shape[-1])
    h = x @ matrix.swapaxes(-1, -2)
    if bias is not None:
        h = h + scope.along(bias, h)
    return h.reshape(*places, h.shape[-1])
