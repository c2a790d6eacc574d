"""Recurrent layers, unrolled over time: the plain recurrence and the LSTM."""

from dataclasses import dataclass

import numpy as np

from netinit import activations
from netinit._checks import arguments
from netinit.activations import ActivationLike
from netinit.network import tape
from netinit.network.layers.base import Layer, Parameter, Scope, affine
from netinit.network.tape import Variable


@dataclass(frozen=True)
class Recurrent(Layer):
    """h_t = phi(W_in x_t + W_state h_(t-1) + b), from h_0 = 0.

    The state at each time is a signal of its own, "NAME.1" to "NAME.T", so that its gradient is
    the whole one, through all later times.

    Parameters
    ----------
    fan_in, width : int
        Features of an input, units of the state.
    activation : str, Activation or callable
    bias : bool
    """

    fan_in: int
    width: int
    activation: ActivationLike = "tanh"
    bias: bool = True
    example_axes = 2

    def __post_init__(self) -> None:
        arguments.positive(self.fan_in, "fan_in")
        arguments.positive(self.width, "width")
        object.__setattr__(self, "activation", activations.get(self.activation))

    def parameters(self) -> dict[str, Parameter]:
        """in_weight (width, fan_in), state_weight (width, width), and bias (width,)."""
        bias = {"bias": Parameter((self.width,), "bias")} if self.bias else {}
        return {
            "in_weight": Parameter((self.width, self.fan_in), "weight"),
            "state_weight": Parameter((self.width, self.width), "weight"),
        } | bias

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, time, fan_in) to the states (*stack, batch, time, width)."""
        driven = affine(scope, x, "in_weight", "bias" if self.bias else None)
        turned = scope.parameter("state_weight").swapaxes(-1, -2)
        states: list[Variable] = []
        for time in range(x.shape[-2]):
            h = driven[..., time, :]
            if states:
                h = h + states[-1] @ turned
            states.append(scope.record(tape.apply(self.activation, h), str(time + 1)))
        return scope.record(tape.joined(states, -2))


_GATES = (activations.sigmoid, activations.sigmoid, activations.tanh, activations.sigmoid)


@dataclass(frozen=True)
class LSTM(Layer):
    """Long short-term memory with a forget gate (Gers et al., 2000).

    i, f, g, o = W_in x_t + W_state h_(t-1) + b, in this order, as PyTorch has it;
    c_t = sigmoid(f) c_(t-1) + sigmoid(i) tanh(g), h_t = sigmoid(o) tanh(c_t), from zeros. The
    signals "NAME.1" to "NAME.T" are the h_t, "NAME.cell.1" to "NAME.cell.T" the c_t.

    Parameters
    ----------
    fan_in, width : int
        Features of an input, units of the state.
    """

    fan_in: int
    width: int
    example_axes = 2

    def __post_init__(self) -> None:
        arguments.positive(self.fan_in, "fan_in")
        arguments.positive(self.width, "width")

    def parameters(self) -> dict[str, Parameter]:
        """in_weight (4 width, fan_in), state_weight (4 width, width) and bias (4 width,)."""
        n = 4 * self.width
        return {
            "in_weight": Parameter((n, self.fan_in), "weight", {"splits": 4}),
            "state_weight": Parameter((n, self.width), "weight", {"splits": 4}),
            "bias": Parameter((n,), "bias"),
        }

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, time, fan_in) to the states (*stack, batch, time, width)."""
        driven = affine(scope, x, "in_weight", "bias")
        turned = scope.parameter("state_weight").swapaxes(-1, -2)
        start = np.zeros((*driven.shape[:-2], self.width), driven.value.dtype)
        state, cell, states = Variable(start), Variable(start), []
        for time in range(1, x.shape[-2] + 1):
            gates = driven[..., time - 1, :] + state @ turned
            i, f, g, o = (
                tape.apply(gate, gates[..., k * self.width : (k + 1) * self.width])
                for k, gate in enumerate(_GATES)
            )
            cell = scope.record(f * cell + i * g, f"cell.{time}")
            state = scope.record(o * tape.apply(activations.tanh, cell), str(time))
            states.append(state)
        return scope.record(tape.joined(states, -2))
