"""Gradient descent, momentum and Adam: records of their settings that step in place."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments

Array = npt.NDArray[np.floating]


class Optimizer(Protocol):
    """What `train` asks of an optimizer: how many arrays it remembers, and how it steps."""

    memories: int

    def update(self, parameter: Array, gradient: Array, memory: list[Array], step: int) -> None:
        """Change `parameter` and `memory` (zeros at first) in place; steps count from 1."""


@dataclass(frozen=True)
class SGD:
    """Plain gradient descent: w -= lr g."""

    lr: float
    memories = 0

    def __post_init__(self) -> None:
        _above_zero(self.lr, "lr")

    def update(self, parameter: Array, gradient: Array, memory: list[Array], step: int) -> None:
        """Take one step, in place; `gradient` is used up."""
        gradient *= self.lr
        parameter -= gradient


@dataclass(frozen=True)
class Momentum:
    """Heavy-ball momentum, as PyTorch writes it: v = momentum v + g, w -= lr v."""

    lr: float
    momentum: float = 0.9
    memories = 1

    def __post_init__(self) -> None:
        _above_zero(self.lr, "lr")
        _fraction(self.momentum, "momentum")

    def update(self, parameter: Array, gradient: Array, memory: list[Array], step: int) -> None:
        """Take one step, in place; `gradient` is used up."""
        (velocity,) = memory
        velocity *= self.momentum
        velocity += gradient
        np.multiply(velocity, self.lr, out=gradient)
        parameter -= gradient


@dataclass(frozen=True)
class Adam:
    """Adam with bias correction: Algorithm 1 of Kingma and Ba, 2015."""

    lr: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    memories = 2

    def __post_init__(self) -> None:
        _above_zero(self.lr, "lr")
        _fraction(self.beta1, "beta1")
        _fraction(self.beta2, "beta2")
        _above_zero(self.eps, "eps")

    def update(self, parameter: Array, gradient: Array, memory: list[Array], step: int) -> None:
        """Take one step, in place; `gradient` is used up."""
        first, second = memory
        first += (1 - self.beta1) * (gradient - first)
        np.square(gradient, out=gradient)
        second += (1 - self.beta2) * (gradient - second)
        np.sqrt(second, out=gradient)
        gradient /= np.sqrt(1 - self.beta2**step)
        gradient += self.eps
        np.divide(first, gradient, out=gradient)
        gradient *= self.lr / (1 - self.beta1**step)
        parameter -= gradient


def _above_zero(value: float, name: str) -> None:
    if arguments.real_number(value, name) <= 0:
        raise ValueError(f"{name} must be above 0, not {value!r}")


def _fraction(value: float, name: str) -> None:
    if not 0 <= arguments.real_number(value, name) < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {value!r}")
