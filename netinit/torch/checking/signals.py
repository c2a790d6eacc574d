"""What happens to data between the operations that have parameters.

A signal keeps the operation that made it through changes of shape, norms and scales, until an
activation reads it: so that each operation knows what comes next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.utils.weak import WeakTensorKeyDictionary

from netinit.torch.checking import attention, fan_rules, measures

if TYPE_CHECKING:
    from netinit.torch.checking.operation import Operation

ACTIVATIONS = {
    *("relu", "relu6", "leaky_relu", "prelu", "rrelu", "elu", "selu", "celu", "gelu", "silu"),
    *("mish", "tanh", "sigmoid", "hardtanh", "hardsigmoid", "hardswish", "softplus", "softsign"),
    *("logsigmoid", "tanhshrink", "softshrink", "hardshrink", "threshold", "clamp_min", "glu"),
}
NORMS = {"batch_norm", "layer_norm", "group_norm", "rms_norm", "instance_norm", "normalize"}
_RESHAPES = {
    *("view", "reshape", "transpose", "permute", "flatten", "contiguous", "dropout", "getitem"),
    *("chunk", "split", "squeeze", "unsqueeze", "t", "unflatten", "to", "float", "type_as"),
    *("clone", "pad", "expand", "movedim", "swapaxes", "unbind", "tensor_split", "repeat", "roll"),
    *("max_pool1d", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "mean", "half", "bfloat16"),
    *("boolean_dispatch", "fn", "interpolate", "pixel_shuffle", "get", "cat", "einops_op"),
    *("dropout1d", "dropout2d", "dropout3d", "_to_copy", "flip", "index_select", "gather"),
    *("clamp", "clamp_max"),
}
_CUTS = {"chunk", "split", "tensor_split", "unbind"}
_SUMS = {"add"}
_SCALES = {"mul", "add", "sub", "div", "truediv"}


@dataclass
class Trail:
    """The operation that a signal comes from, and whether a norm is between."""

    operation: Operation
    normed: bool = False


class Signals:
    """The signals of one forward pass.

    Attributes
    ----------
    derived : mapping of tensor to tuple of str
        Of what was made of parameters and constants alone: the names of the parameters.
    chosen : mapping of tensor to bool
        Of these, the ones that data chose, as rows of a table.
    streams : list of list of float
        Second moments of each residual stream: before its first addition, and after each. A stream
        ends where a norm or a weight reads it and the result takes its place.
    attentions : list of attention.Sight
        How widely each attention looked.
    """

    def __init__(self) -> None:
        self.derived: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        self.chosen: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        self.streams: list[list[float]] = []
        self.attentions: list[attention.Sight] = []
        self._trails: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        self._makers: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        self._streams: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        self._pairs: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        self._starts: dict[int, int] = {}
        self._count = 0

    def start(self, operation: Operation, made: Sequence[torch.Tensor]) -> None:
        """An operation with parameters has made these tensors."""
        self._count += 1
        self._starts[id(operation)] = self._count
        for tensor in made:
            self._makers[tensor] = operation
            if tensor.is_floating_point():
                self._trails[tensor] = Trail(operation)

    def follow(
        self,
        name: str,
        args: tuple,
        kwargs: dict,
        made: Sequence[torch.Tensor],
        data: Sequence[torch.Tensor],
        *,
        scaled: bool = False,
    ) -> None:
        """Something without a matrix was done to data: a norm, an activation, a change of shape.

        `scaled` says that a parameter took part, as the scale of a norm or a bias does.
        """
        self._compare(name, data, made)
        makers = self._inherit(made, data)
        trail = next((self._trails[t] for t in data if t in self._trails), None)
        if name in ("softmax", "scaled_dot_product_attention"):
            sight = attention.sight(name, args, kwargs, made[0], trail)
            weights = self._compared(name, data)
            self.attentions += [sight._replace(weights=weights)] if sight else []
        if name in _SUMS and makers and len(data) == 2 and data[0].shape == data[1].shape:
            self._add(data, made[0])
            return
        if name not in NORMS:
            self._flow(data, made)
        if trail is not None:
            self._next(name, trail, data, made, scaled=scaled)

    def _next(
        self,
        name: str,
        trail: Trail,
        data: Sequence[torch.Tensor],
        made: Sequence[torch.Tensor],
        *,
        scaled: bool,
    ) -> None:
        """Note what comes after an operation, as far as an activation."""
        if name in ACTIVATIONS:
            self._activate(name, trail, data[0], made[0])
        elif name in NORMS:
            trail.operation.normed = True
            self._trails[made[0]] = Trail(trail.operation, normed=True)
        elif name in _RESHAPES or (name in _SCALES and (scaled or len(data) == 1)):
            self._cut(name, trail, made)
            for tensor in made:
                self._trails[tensor] = trail

    def _activate(self, name: str, trail: Trail, read: torch.Tensor, made: torch.Tensor) -> None:
        operation = trail.operation
        if operation.then or not measures.measurable(made):
            return
        operation.then = name
        plain = operation.kind not in fan_rules.RECURRENT
        if plain and name in measures.RECTIFIERS:
            operation.dead = measures.dead_share(made, fan_rules.channel_axis(operation.kind, made))
        elif plain and name in measures.SMOOTH_RECTIFIERS and read is not made:
            axis = fan_rules.channel_axis(operation.kind, made)
            operation.dead = measures.off_share(read, made, axis)
        elif name in measures.SATURATED:
            operation.saturated = measures.saturated_share(made, name)

    def _inherit(self, made: Sequence[torch.Tensor], data: Sequence[torch.Tensor]) -> list:
        """Note the last operation that a result goes back to; the operations of its inputs."""
        makers = [self._makers[tensor] for tensor in data if tensor in self._makers]
        if makers:
            last = max(makers, key=lambda maker: self._starts[id(maker)])
            for tensor in made:
                self._makers[tensor] = last
        return makers

    def _compare(
        self, name: str, data: Sequence[torch.Tensor], made: Sequence[torch.Tensor]
    ) -> None:
        """Note of a product of two signals, and of what is made of it, whose product it is."""
        pair = next((self._pairs[tensor] for tensor in data if tensor in self._pairs), None)
        if name in fan_rules.PRODUCTS | {"einsum"} and len(data) == 2:
            makers = [self._makers.get(tensor) for tensor in data]
            pair = tuple(makers) if all(makers) else None
        elif name not in _SCALES | {"masked_fill", "where", "tril", "to", "float"}:
            pair = None
        for tensor in made if pair else ():
            self._pairs[tensor] = pair

    def _compared(self, name: str, data: Sequence[torch.Tensor]) -> tuple[str, ...]:
        """The weights of the queries and keys of an attention."""
        if name == "softmax":
            makers = next((self._pairs[tensor] for tensor in data if tensor in self._pairs), ())
        else:
            makers = [self._makers.get(tensor) for tensor in data[:2]]
        return tuple(dict.fromkeys(maker.weight for maker in makers if maker is not None))

    def _flow(self, data: Sequence[torch.Tensor], made: Sequence[torch.Tensor]) -> None:
        """A residual stream goes on in what is made of it."""
        stream = next((self._streams[tensor] for tensor in data if tensor in self._streams), None)
        if stream is not None:
            for tensor in made:
                self._streams[tensor] = stream

    def _add(self, data: Sequence[torch.Tensor], made: torch.Tensor) -> None:
        """A sum of two signals; not that of a signal and what an activation makes of it."""
        makers = [self._makers.get(tensor) for tensor in data]
        if makers[0] is makers[1] or not all(map(measures.measurable, (*data, made))):
            return
        starts = [self._starts[id(maker)] if maker else 0 for maker in makers]
        stream, branch = data if starts[0] < starts[1] else data[::-1]
        self._makers[branch].joins = True
        moments = self._streams.get(stream)
        if moments is None:
            moments = [measures.second_moment(stream)]
            self.streams.append(moments)
        moments.append(measures.second_moment(made))
        self._streams[made] = moments

    def _cut(self, name: str, trail: Trail, made: Sequence[torch.Tensor]) -> None:
        """Outputs that are cut into equal parts are those of several layers in one matrix."""
        operation = trail.operation
        width = {tensor.shape for tensor in made}
        if name not in _CUTS or len(made) < 2 or len(width) > 1 or operation.fans is None:
            return
        if made[0].shape[-1] * len(made) != operation.shape[operation.units or 0]:
            return
        fans = operation.fans
        if fans.fan_out == made[0].shape[-1] * len(made):
            operation.fans = fans._replace(fan_out=made[0].shape[-1])
