"""What a network is to the rest of the package: named parameters, signals, and their gradients.

Training, measuring, the Hessian, the layer-sequential scaling and the figures work on anything that
answers `Network`: the multilayer perceptron, whose backward pass is written out, and every network
composed of layers.
"""

from collections.abc import Mapping
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

__all__ = ["BackwardPass", "ForwardPass", "Network"]

Array = npt.NDArray[np.floating]
Net = TypeVar("Net", bound="Network")


class ForwardPass(Protocol):
    """What one forward pass leaves behind."""

    @property
    def named(self) -> dict[str, Array]:
        """Every signal by its name, of shape (*stack, batch, ...), in the order of computation."""

    @property
    def output(self) -> Array:
        """The last signal, of shape (*stack, batch, ...)."""

    @property
    def attention(self) -> dict[str, Array]:
        """Attention weights by the name of their layer: (*stack, batch, heads, queries, keys)."""


class BackwardPass(Protocol):
    """Gradients of a scalar, in the shapes of what they belong to."""

    @property
    def parameters(self) -> dict[str, Array]:
        """Of each parameter, summed over the batch, in the network's order."""

    @property
    def signals(self) -> dict[str, Array]:
        """Of each named signal."""

    @property
    def inputs(self) -> Array | None:
        """Of the inputs; None where these are tokens."""


@runtime_checkable
class Network(Protocol):
    """One network, or many of one shape along leading stack axes."""

    @property
    def parameters(self) -> dict[str, Array]:
        """Every parameter by its name, of shape (*stack, ...), in one fixed order."""

    @property
    def stack_shape(self) -> tuple[int, ...]:
        """Shape of the leading axes that number the networks; () for one network."""

    @property
    def dtype(self) -> np.dtype:
        """The floating type of all parameters, in which the network computes."""

    @property
    def architecture(self) -> str:
        """What the network computes with its parameters, in words: equal for equal networks."""

    @property
    def weight_signals(self) -> dict[str, str]:
        """For each weight that multiplies a signal, the name of the signal that it makes."""

    def replace(self: Net, parameters: Mapping[str, npt.ArrayLike]) -> Net:
        """The same network with other parameters, all of them, of any one stack shape."""

    @property
    def example_axes(self) -> int:
        """How many axes one example has, without the batch."""

    def check_inputs(self, x: npt.ArrayLike, name: str = "x") -> npt.NDArray:
        """`x` as an array of shape (batch, ...) or (*stack, batch, ...) that `forward` takes."""

    def __call__(self, x: npt.ArrayLike) -> Array:
        """The output for a batch of inputs."""

    def forward(self, x: npt.ArrayLike) -> ForwardPass:
        """All signals for a batch of inputs."""

    def backward(self, signals: ForwardPass, output_gradient: npt.ArrayLike) -> BackwardPass:
        """Gradients from the gradient with respect to the output, by the chain rule."""


def check_output_gradient(gradient: npt.ArrayLike, output: Array) -> Array:
    """The gradient with respect to an output, in its dtype; it must have its shape."""
    found = np.asarray(gradient, dtype=output.dtype)
    if found.shape != output.shape:
        raise ValueError(
            f"output_gradient must have the shape of the output, {output.shape}, not {found.shape}"
        )
    return found


def check_network(net: object) -> None:
    """Refuse what is not a network."""
    if not isinstance(net, Network):
        raise TypeError(
            f"net must be a network, such as one of init_mlp or init_network, not {net!r}"
        )
