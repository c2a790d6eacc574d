"""A model left as it was: parameters, buffers, gradients, modes, attributes and random states."""

from __future__ import annotations

import operator
import random
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from netinit.torch.eagerly import eagerly
from netinit.torch.ranks import local, ready, rest

# What is put back belongs to the whole process: the states of the random generators, and how
# compiled models run. So one thread at a time.
_ALONE = threading.RLock()


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Within this, the model may be run, trained and changed; afterwards it is as it was.

    Within it the model is in training mode, and modules of dropout are off. What a module's
    attributes refer to is restored, with the contents of tensors, lists, mappings and sets among
    them, such as the sums of a metric; another object that is changed in place is not. A
    second thread waits until the first is done.
    """
    with _ALONE:
        yield from _untouched(model)


def _untouched(model: nn.Module) -> Iterator[None]:
    ready(model)
    attributes = [(module, _shallow(module)) for module in model.modules()]
    contents = [_content(value) for _, saved in attributes for value in saved.values()]
    values = [(local(tensor), local(tensor).clone()) for tensor in _tensors(model)]
    gradients = [(p, p.grad) for p in model.parameters()]
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 (the model may use it)
    done = False
    devices = {tensor.device for tensor, _ in values if tensor.device.type == "cuda"}
    try:
        with torch.random.fork_rng(devices=sorted(devices, key=str)), eagerly():
            _prepare(model, gradients)
            yield
            done = True
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        rest(model, cut_short=not done)
        for module, saved in attributes:
            _restore(module, saved)
        for restore in contents:
            restore()
        for parameter, gradient in gradients:
            parameter.grad = gradient
        with torch.no_grad():
            for tensor, value in values:  # batch norm changes its buffers without a new version
                if not torch.equal(tensor, value):
                    tensor.copy_(value)


def _tensors(model: nn.Module) -> Iterator[torch.Tensor]:
    yield from model.parameters()
    yield from model.buffers()


def _prepare(model: nn.Module, gradients: list[tuple[nn.Parameter, torch.Tensor | None]]) -> None:
    if not model.training:
        model.train()
    for module in model.modules():
        if isinstance(module, _DropoutNd):
            module.p = 0.0
        elif isinstance(module, nn.RNNBase):
            module.dropout = 0.0
    for parameter, _ in gradients:
        parameter.grad = None


_NESTED = ("_parameters", "_buffers", "_modules")


def _shallow(module: nn.Module) -> dict[str, object]:
    """The module's attributes, with copies of the tables of its parts."""
    saved = dict(module.__dict__)
    return saved | {name: dict(saved[name]) for name in _NESTED}


def _content(value: object) -> Callable[[], None]:
    """What gives an attribute back the contents that it has now."""
    if isinstance(value, torch.Tensor):
        kept = value.detach().clone()
        return lambda: _copy_back(value, kept)
    if type(value) in (list, set, dict, OrderedDict):
        copied = value.copy()
        return lambda: _refill(value, copied)
    return lambda: None


@torch.no_grad()
def _copy_back(tensor: torch.Tensor, kept: torch.Tensor) -> None:
    if not tensor.is_meta and not torch.equal(tensor, kept):
        tensor.copy_(kept)


def _refill(value: list | set | dict, kept: list | set | dict) -> None:
    """Give a collection its contents, if it has others."""
    mine, theirs = (
        [*each, *each.values()] if isinstance(each, dict) else list(each) for each in (value, kept)
    )
    if len(mine) == len(theirs) and all(map(operator.is_, mine, theirs)):
        return
    value.clear()
    if isinstance(value, list):
        value.extend(kept)
    else:
        value.update(kept)


def _restore(module: nn.Module, saved: dict[str, object]) -> None:
    tables = {name: module.__dict__[name] for name in _NESTED}
    for name, table in tables.items():
        table.clear()
        table.update(saved[name])
    module.__dict__.clear()
    module.__dict__.update(saved | tables)
