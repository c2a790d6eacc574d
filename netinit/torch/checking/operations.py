"""Every operation of a forward pass that mixes data with something made of parameters.

Modules are not asked: a mode of PyTorch sees each call of its functions, so that a matrix that is
transposed, cast, normalized by weight norm or contracted by einsum is found as a linear layer's is,
and its fans are those of the operation that uses it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from types import FunctionType

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from netinit.initializers import Fans
from netinit.torch.checking import fan_rules, measures
from netinit.torch.checking.operation import Operation
from netinit.torch.checking.signals import Signals
from netinit.torch.names import parameter_names, plain_name, tensors

_LEAF = re.compile(r"[._]?(parametrizations\.)?(weight|kernel)(\.original\d?|_orig|_[gv])?$")
_DROPOUTS = {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout"}
_DROPOUTS |= {"feature_alpha_dropout", "feature_dropout"}
_CHOICES = {"getitem", "index_select", "gather"}
_ATTENTION = functional.multi_head_attention_forward


class Recorder(TorchFunctionMode):
    """Records operations while it is entered; dropout is off meanwhile.

    Parameters
    ----------
    model : nn.Module

    Attributes
    ----------
    operations : list of Operation
        In the order of their first call.
    signals : Signals
        What happened to the data between them.
    recording : bool
        Set it to False to go on without dropout and record nothing, as in the backward pass.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.recording = True
        self.signals = Signals()
        self._model = model
        self._names = parameter_names(model)
        self._constants = {id(buffer) for buffer in model.buffers()}
        self._found: dict[tuple, Operation] = {}
        self._packed: dict[int, int] = {}

    @property
    def operations(self) -> list[Operation]:
        """Those seen so far."""
        return list(self._found.values())

    def __torch_function__(
        self, function: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        kwargs = kwargs or {}
        if function is _ATTENTION:
            return self._attend(args, kwargs)
        name = _plain(function)
        args, kwargs = _without_dropout(name, args, kwargs)
        result = function(*args, **kwargs)
        if self.recording and name not in ("set", "backward"):
            self._note(name, args, kwargs, result)
        return result

    def _attend(self, args: tuple, kwargs: dict) -> object:
        """Multi-head attention, which is written in Python, with the mode on inside."""
        for tensor in tensors([args[:6], kwargs.get("in_proj_weight")]):
            if self._names.get(id(tensor), "").endswith("in_proj_weight"):
                self._packed[id(tensor)] = 3
        with self:
            return _open_attention()(*args, **kwargs)

    def _note(self, name: str, args: tuple, kwargs: dict, result: object) -> None:
        made = list(tensors(result)) if isinstance(result, torch.Tensor | tuple | list) else []
        if not made:
            return
        given = list(tensors([args, kwargs]))
        origins = [(tensor, self._origin(tensor)) for tensor in given]
        derived = [(t, names) for t, names in origins if names is not None]
        data = [t for t, names in origins if names is None]
        derived, data = self._looked_up(derived, data)
        weights = sorted((pair for pair in derived if pair[1]), key=lambda pair: -pair[0].numel())
        numbers = any(t.is_floating_point() or t.is_complex() for t in data)
        mixes = numbers or (data and name in fan_rules.LOOKUPS)
        if mixes and weights:
            self._mix(name, args, kwargs, made, data, weights)
        elif mixes or not derived:
            self.signals.follow(name, args, kwargs, made, data)
        else:
            self._derive(name, args, kwargs, made, weights)

    def _looked_up(self, derived: list[tuple], data: list) -> tuple[list[tuple], list]:
        """Rows of a table chosen by data are data to another weight, and a weight to other data."""
        chosen = [t for t, _ in derived if t in self.signals.chosen]
        others = [t for t, names in derived if names and t not in self.signals.chosen]
        if not chosen or not others or any(t.is_floating_point() for t in data):
            return derived, data
        kept = [pair for pair in derived if pair[0] not in self.signals.chosen]
        return kept, [*chosen, *data]

    def _derive(
        self, name: str, args: tuple, kwargs: dict, made: list, weights: list[tuple]
    ) -> None:
        """Note that what was made comes from parameters and constants alone."""
        second = args[1] if len(args) > 1 else None
        if name in ("linear", *fan_rules.CONVOLUTIONS) and args[0] is not second:
            weight = [pair for pair in weights if pair[0] is second and id(second) in self._names]
            if weight and len(weights) > 1 and self._origin(args[0]):
                self._operate(name, args, kwargs, made, [], weight, constant_input=True)
                return
        by_data = name in _CHOICES and any(self._origin(t) is None for t in tensors(args))
        by_data = by_data or any(t in self.signals.chosen for t in tensors(args))
        names = tuple(dict.fromkeys(name for _, names in weights for name in names))
        for tensor in made:
            self.signals.derived[tensor] = names
            if by_data and names:
                self.signals.chosen[tensor] = True

    def _mix(
        self, name: str, args: tuple, kwargs: dict, made: list, data: list, weights: list[tuple]
    ) -> None:
        """Note an operation on data with something made of parameters."""
        if name in fan_rules.RECURRENT:
            matrices = {id(t): (t, names) for t, names in weights if t.dim() == 2}
            for pair in [matrices[id(t)] for t in tensors(args) if id(t) in matrices]:
                self._operate(name, args, kwargs, made, data, [pair])
            return
        is_contraction = name in fan_rules.CONTRACTIONS
        matrix = [pair for pair in weights if pair[0].dim() > 1]
        if is_contraction and (matrix or name in fan_rules.PRODUCTS | {"linear", "tensordot"}):
            self._operate(name, args, kwargs, made, data, matrix or weights)
        else:
            self.signals.follow(name, args, kwargs, made, data, scaled=True)

    def _operate(
        self,
        kind: str,
        args: tuple,
        kwargs: dict,
        made: list,
        data: list,
        weights: list[tuple],
        *,
        constant_input: bool = False,
    ) -> None:
        weight, _ = weights[0]
        names = tuple(dict.fromkeys(name for _, names in weights[:1] for name in names))
        key = (names, kind)
        seen = self._found.get(key)
        if seen:
            seen.calls += 1
            read = [tensor for tensor in data if measures.measurable(tensor)]
            seen.input_spread = measures.moments(read[0]).spread if read else math.nan
            self.signals.start(seen, made)
            return
        operation = Operation(
            name=_LEAF.sub("", names[0]) or names[0],
            kind=kind,
            parameters=names,
            shape=tuple(weight.shape),
            fans=fan_rules.fans_of(kind, weight, args, kwargs, self._packed.get(id(weight), 1)),
            uses=tuple({name for t in tensors([args, kwargs]) for name in self._origin(t) or ()}),
            units=fan_rules.unit_axis(kind, weight, args, kwargs),
            constant_input=constant_input,
        )
        self._found[key] = operation
        _measure(operation, made[0], data)
        self.signals.start(operation, made)

    def _origin(self, tensor: torch.Tensor) -> tuple[str, ...] | None:
        """Names of the parameters a tensor was made of; () for a constant, None for data."""
        if id(tensor) in self._constants:
            return ()
        if isinstance(tensor, nn.Parameter) and id(tensor) not in self._names:
            self._names |= parameter_names(self._model)  # sharding swaps parameters at run time
        if id(tensor) in self._names:
            return (self._names[id(tensor)],)
        return self.signals.derived.get(tensor)


def _measure(operation: Operation, made: torch.Tensor, data: Sequence[torch.Tensor]) -> None:
    read = [tensor for tensor in data if measures.measurable(tensor)]
    if read and operation.kind not in fan_rules.LOOKUPS:
        moments = measures.moments(read[0])
        operation.input, operation.input_spread = moments.second, moments.spread
    else:
        operation.input = 1.0
    if measures.measurable(made):
        operation.output = measures.moments(made)
        if operation.units is not None and operation.kind not in fan_rules.LOOKUPS:
            operation.twins = measures.twins(made, fan_rules.channel_axis(operation.kind, made))


def _plain(function: Callable) -> str:
    """The name of a function without the marks of operators and of work in place."""
    name = getattr(function, "__name__", "").strip("_")
    return name[1:] if name in ("iadd", "radd", "imul", "rmul", "isub") else name


def _without_dropout(name: str, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """The arguments of a call, with probability 0 where it is dropout."""
    if name in _DROPOUTS:
        return (args[0], 0.0, *args[2:]), {k: v for k, v in kwargs.items() if k != "p"}
    if name == "scaled_dot_product_attention":
        args = (*args[:4], 0.0, *args[5:]) if len(args) > 4 else args
        return args, {**kwargs, **({"dropout_p": 0.0} if "dropout_p" in kwargs else {})}
    return args, kwargs


def _open_attention() -> Callable:
    """PyTorch's function, but asking no mode whether to step in, so that its body runs at once."""
    names = dict(_ATTENTION.__globals__, has_torch_function=lambda *_: False)
    opened = FunctionType(_ATTENTION.__code__, names, _ATTENTION.__name__, _ATTENTION.__defaults__)
    opened.__kwdefaults__ = _ATTENTION.__kwdefaults__
    return opened


def fans_of_model(model: nn.Module, call: Callable[[], object]) -> dict[str, Fans | None]:
    """Fans of each parameter that one operation's weight was made of, by name.

    Parameters
    ----------
    model : nn.Module
    call : callable
        Runs the model once. Of a weight with several uses the first that contracts it counts; a
        parameter that has another shape than the weight, such as the length of weight norm, has
        none.
    """
    recorder = Recorder(model)
    with recorder, torch.no_grad():
        call()
    return parameter_fans(recorder.operations, model)


def parameter_fans(operations: Sequence[Operation], model: nn.Module) -> dict[str, Fans | None]:
    """The fans that operations give to the parameters their weights were made of, as they are used.

    None stands for a table from which rows are looked up, and which no operation contracts.
    """
    shapes = {plain_name(name): tuple(p.shape) for name, p in model.named_parameters()}
    found: dict[str, Fans | None] = {}
    for operation in sorted(operations, key=lambda o: o.kind in fan_rules.LOOKUPS):
        for name in operation.parameters if operation.fans else ():
            if sorted(shapes[name]) == sorted(operation.shape):
                lookup = operation.kind in fan_rules.LOOKUPS
                found.setdefault(name, None if lookup else operation.fans)
    return found
