"""The names of parameters as the user's own model has them, and the tensors in what it takes."""

import re
from collections.abc import Iterator, Mapping

import torch
from torch import nn

# Of torch.compile, of activation checkpointing, and of our own callback for Lightning.
_ADDED = ("_orig_mod", "_checkpoint_wrapped_module", "_stepped_module")
_WRAPPERS = re.compile(rf"(^|\.)({'|'.join(_ADDED)})(?=\.)")
_PARALLEL = (nn.parallel.DistributedDataParallel, nn.DataParallel)


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


def plain_path(model: nn.Module, path: str) -> str:
    """The path of a module as the user's own model has it, without the parts of wrappers.

    Unlike `plain_name` this asks the modules, since "module" may be the user's own word.
    """
    kept, module = [], model
    for part in path.split(".") if path else ():
        wrapped = part in _ADDED or (part == "module" and isinstance(module, _PARALLEL))
        kept += [] if wrapped else [part]
        module = module.get_submodule(part)
    return ".".join(kept)


def unwrapped(model: nn.Module) -> nn.Module:
    """The model that DistributedDataParallel or torch.compile wraps, in whatever order.

    It runs without other ranks, and as it was written.
    """
    while True:
        inner = model.module if isinstance(model, _PARALLEL) else getattr(model, "_orig_mod", None)
        if not isinstance(inner, nn.Module):
            return model
        model = inner
