"""Multi-head self-attention with the usual scaling of the scores."""

import math
from dataclasses import dataclass

import numpy as np

from netinit._checks import arguments
from netinit.network import tape
from netinit.network.layers.base import Layer, Parameter, Scope, affine
from netinit.network.tape import Variable


@dataclass(frozen=True)
class Attention(Layer):
    """Self-attention: softmax(Q K^T / sqrt(width / heads)) V in each head (Vaswani et al., 2017).

    The queries, keys and values come from one fused weight, in this order, each for all heads.

    Parameters
    ----------
    width : int
        Features of the signal, in and out.
    heads : int
        Must divide the width.
    causal : bool
        Whether a position sees itself and those before it only.
    bias : bool
    """

    width: int
    heads: int = 1
    causal: bool = False
    bias: bool = True
    example_axes = 2

    def __post_init__(self) -> None:
        width, heads = arguments.positive(self.width, "width"), self.heads
        if width % arguments.positive(heads, "heads"):
            raise ValueError(f"heads {heads} must divide the width, {width}")

    def parameters(self) -> dict[str, Parameter]:
        """in_weight (3 width, width) and out_weight (width, width), with their biases."""
        n = self.width
        found = {
            "in_weight": Parameter((3 * n, n), "weight", {"splits": 3}),
            "in_bias": Parameter((3 * n,), "bias"),
            "out_weight": Parameter((n, n), "weight"),
            "out_bias": Parameter((n,), "bias"),
        }
        return found if self.bias else {k: p for k, p in found.items() if p.kind == "weight"}

    def weight_signals(self) -> dict[str, str]:
        """The queries, keys and values side by side, and the output."""
        return {"in_weight": "projected", "out_weight": ""}

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, time, width) to the same shape."""
        biases = ("in_bias", "out_bias") if self.bias else (None, None)
        projected = scope.record(affine(scope, x, "in_weight", biases[0]), "projected")
        *before, time, _ = x.shape
        b, each = len(before), self.width // self.heads
        # (*before, time, 3, heads, each) to three of (*before, heads, time, each)
        parts = projected.reshape(*before, time, 3, self.heads, each)
        parts = parts.transpose(b + 1, *range(b), b + 2, b, b + 3)
        query, key, value = (parts[i] for i in range(3))
        scores = query @ key.swapaxes(-1, -2) * (1 / math.sqrt(each))
        if self.causal:
            later = np.triu(np.full((time, time), -np.inf, scores.value.dtype), 1)
            scores = scores + later
        weights = tape.softmax(scores)
        scope.attention[scope.path] = weights.value
        mixed = (weights @ value).swapaxes(-3, -2).reshape(*before, time, self.width)
        scope.record(mixed, "mixed")
        return scope.record(affine(scope, mixed, "out_weight", biases[1]))
