"""What an operator of ATen does to memory: which arguments it writes, and what it puts there."""

from typing import NamedTuple

import torch
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

_ALLOCATE = {"empty", "empty_like", "empty_strided", "empty_permuted", "new_empty"}
_ALLOCATE |= {"new_empty_strided", "resize_", "resize_as_", "_resize_output_"}
_COPY = {"copy_", "clone", "_to_copy", "_copy_from", "contiguous", "lift_fresh_copy"}
_FILL = {"fill_", "zero_", "zeros", "ones", "full", "zeros_like", "ones_like", "full_like"}
_FILL |= {"new_zeros", "new_ones", "new_full"}
# These write some elements of the tensor, by an index or a mask.
_SOME_FILLED = {"masked_fill_", "index_fill_", "fill_diagonal_"}
_SOME_COPIED = {"index_put_", "_index_put_impl_", "scatter_", "index_copy_", "masked_scatter_"}


class Operation(NamedTuple):
    """What an operator does.

    Parameters
    ----------
    name : str
    written : tuple of int or str
        The arguments it writes to, by position or keyword.
    fresh : bool
        Whether it returns new memory.
    kind : {"allocate", "copy", "draw", "fill", "set", "change", "compute"}
        Where the values come from. What changes values in place adds none of its own.
    some : bool
        Whether it writes only elements that an index or a mask names.
    alone : bool
        Whether it takes at most one tensor, the one that it writes to.
    """

    name: str
    written: tuple[int | str, ...]
    fresh: bool
    kind: str
    some: bool
    alone: bool


_operations: dict[int, tuple[torch._ops.OpOverload, Operation]] = {}  # operators live for good


def operation(func: torch._ops.OpOverload) -> Operation:
    """What the operator does, by its schema."""
    known = _operations.get(id(func))
    if known is None:
        known = _operations.setdefault(id(func), (func, _read(func)))
    return known[1]


def _read(func: torch._ops.OpOverload) -> Operation:
    schema = func._schema
    name = schema.name.split("::")[1].removeprefix("_foreach_")
    written = tuple(
        argument.name if argument.kwarg_only else position
        for position, argument in enumerate(schema.arguments)
        if argument.alias_info is not None and argument.alias_info.is_write
    )
    fresh = not written and any(each.alias_info is None for each in schema.returns)
    inplace = bool(written) and not any(isinstance(each, str) for each in written)
    given = [argument for argument in schema.arguments if "Tensor" in str(argument.type)]
    alone = len(given) == len(written) and written in ((), (0,))
    return Operation(name, written, fresh, _kind(func, name, inplace), _some(name), alone)


def _some(name: str) -> bool:
    return name in _SOME_FILLED | _SOME_COPIED


def _kind(func: torch._ops.OpOverload, name: str, inplace: bool) -> str:
    if name in _ALLOCATE:
        return "allocate"
    if torch.Tag.nondeterministic_seeded in func.tags:
        return "draw"
    if name == "set_":
        return "set"
    if name in _FILL | _SOME_FILLED:
        return "fill"
    if name in _COPY | _SOME_COPIED:
        return "copy"
    return "change" if inplace else "compute"


def tensors(*values: object) -> list[torch.Tensor]:
    """The tensors in nested arguments, in order; of a DTensor and its like, those it is made of."""
    found = []
    for value in values:
        if isinstance(value, torch.Tensor):
            found += plain(value)
        elif isinstance(value, list | tuple):
            found += tensors(*value)
    return found


_PLAIN = (torch.Tensor, torch.nn.Parameter)


def plain(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The tensors with memory of their own that a tensor is made of."""
    if type(tensor) not in _PLAIN and is_traceable_wrapper_subclass(tensor):
        names, _ = tensor.__tensor_flatten__()
        return tensors(*(getattr(tensor, name) for name in names))  # a mesh is none
    return [tensor] if tensor.layout is torch.strided else []


def is_plain(value: object) -> bool:
    """Whether it is a tensor with memory of its own, and of no class but PyTorch's."""
    return type(value) in _PLAIN and value.layout is torch.strided
