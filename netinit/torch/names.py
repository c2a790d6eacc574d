"""The names of parameters as the user's own model has them, and the tensors in what it takes."""

import re
from collections.abc import Iterator, Mapping

import torch
from torch import nn

_WRAPPERS = re.compile(r"(^|\.)(module|_orig_mod|_checkpoint_wrapped_module)(?=\.)")


def tensors(values: object) -> Iterator[torch.Tensor]:
    """All tensors in nested sequences and mappings."""
    if isinstance(values, torch.Tensor):
        yield values
    elif isinstance(values, Mapping):
        yield from tensors(list(values.values()))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from tensors(value)


def parameter_names(model: nn.Module) -> dict[int, str]:
    """Name of each parameter by its id, without the names of wrappers; of a tied one the first."""
    return {id(p): plain_name(name) for name, p in model.named_parameters()}


def plain_name(name: str) -> str:
    """A parameter's name as the user's own model has it: that of a wrapper is left out."""
    return _WRAPPERS.sub("", name).lstrip(".")
