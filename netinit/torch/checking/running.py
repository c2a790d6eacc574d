"""A batch given to a model as it takes it, and what the model answers."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from netinit.torch.names import tensors, unwrapped
from netinit.torch.ranks import ALONE, Ranks, ranks_of

Loss = Callable[..., torch.Tensor]
_LABELS = ("labels", "label", "targets", "target")


@dataclass(frozen=True)
class Call:
    """One batch and what it is compared with.

    Parameters
    ----------
    args, kwargs
        What the model is called with.
    target : object
        What the loss compares the output with, or None.
    loss : callable, optional
        ``loss(output, target)``, or ``loss(output)`` if there is no target.
    ranks : Ranks
        Those that run the model with this one, each with a batch of its own.
    """

    args: tuple
    kwargs: dict
    target: object = None
    loss: Loss | None = None
    ranks: Ranks = ALONE

    @property
    def labels(self) -> torch.Tensor | None:
        """The target, or the labels that the model itself is given."""
        if isinstance(self.target, torch.Tensor):
            return self.target
        named = (self.kwargs.get(name) for name in _LABELS)
        return next((value for value in named if isinstance(value, torch.Tensor)), None)


def call_of(
    model: nn.Module, batch: object, target: object = None, loss: Loss | None = None
) -> Call:
    """How a batch is given to a model.

    A tensor is its only argument, a tuple or list its positional ones, a mapping its keywords. A
    pair of positional arguments and keywords is both. Where no target is given, the second of a
    pair is the target, as data loaders give it, if the model takes one argument, or one and others
    that are optional while the second can only be a target: a loss wants one, or it is a row of
    classes.

    Raises
    ------
    TypeError
        If `model` is no module or `loss` cannot be called.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, not of type {type(model).__name__}")
    if loss is not None and not callable(loss):
        raise TypeError(f"loss must be a function of output and target, not {loss!r}")
    call = _split(model, batch, target, loss)
    return dataclasses.replace(call, ranks=ranks_of(unwrapped(model)))


def _split(model: nn.Module, batch: object, target: object, loss: Loss | None) -> Call:
    if isinstance(batch, Mapping):
        return Call((), dict(batch), target, loss)
    if not isinstance(batch, tuple | list):
        return Call((batch,), {}, target, loss)
    if len(batch) == 2 and isinstance(batch[0], tuple | list) and isinstance(batch[1], Mapping):
        return Call(tuple(batch[0]), dict(batch[1]), target, loss)
    if len(batch) == 2 and target is None and _second_is_target(model, batch, loss):
        return Call((batch[0],), {}, batch[1], loss)
    return Call(tuple(batch), {}, target, loss)


def _second_is_target(model: nn.Module, batch: tuple | list, loss: Loss | None) -> bool:
    """Whether the second of a pair is no argument of the model."""
    inner = unwrapped(model)
    if isinstance(inner, nn.Sequential) or not _binds(inner.forward, 2):
        return True
    names = list(inspect.signature(inner.forward).parameters)
    if not _binds(inner.forward, 1) or (len(names) > 1 and names[1] in _LABELS):
        return False
    return (loss is not None and not _binds(loss, 1)) or _are_classes(*batch)


def _binds(function: Callable, count: int) -> bool:
    """Whether a function can be called with so many positional arguments."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except (TypeError, ValueError):  # it cannot, or it is written in C and does not tell
        return False
    return True


def _are_classes(inputs: object, second: object) -> bool:
    """Whether the second holds a whole number for each of the inputs."""
    first = next(tensors(inputs), None)
    if not isinstance(second, torch.Tensor) or first is None or first.dim() < 2:
        return False
    whole = not second.is_floating_point() and second.dtype != torch.bool
    return whole and tuple(second.shape) == (first.shape[0],)


@dataclass(frozen=True)
class Answer:
    """What a model answered.

    Parameters
    ----------
    loss : tensor
        What the backward pass starts from; where there is no loss, a random combination of the
        outputs stands in for it.
    output : tensor or None
        The main output: logits, where they can be told.
    given : bool
        Whether `loss` is a loss.
    replace : callable or None
        The loss of another output in the place of `output`.
    """

    loss: torch.Tensor
    output: torch.Tensor | None
    given: bool
    replace: Callable[[torch.Tensor], torch.Tensor] | None = None


def answer(model: nn.Module, call: Call) -> Answer:
    """Run a model once and find its loss.

    Raises
    ------
    ValueError
        If there is nothing to learn from in what it returns, or the loss is not one number.
    """
    returned = model(*call.args, **call.kwargs)
    if call.loss is not None:
        return _by_loss(returned, call)
    output = main_output(returned)
    own = _own_loss(returned)
    if own is not None and call.target is None:
        return Answer(own, output, given=True)
    if output is None:
        raise ValueError("the model returned no tensor of real numbers: give loss=")
    if isinstance(call.target, torch.Tensor):
        return Answer(
            _number(default_loss(output, call.target)),
            output,
            given=True,
            replace=lambda other: default_loss(other, call.target),
        )
    if call.target is not None:
        raise ValueError("a target that is not a tensor needs loss=, a function of both")
    return Answer(_stand_in(returned), output, given=False)


def _by_loss(returned: object, call: Call) -> Answer:
    def loss(value: object) -> torch.Tensor:
        return call.loss(value) if call.target is None else call.loss(value, call.target)

    value = _number(loss(returned))
    simple = isinstance(returned, torch.Tensor)
    return Answer(value, main_output(returned), given=True, replace=loss if simple else None)


def _number(loss: object) -> torch.Tensor:
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        shown = tuple(loss.shape) if isinstance(loss, torch.Tensor) else type(loss).__name__
        raise ValueError(f"the loss must be one number, not {shown}: take its mean")
    if not loss.requires_grad:
        raise ValueError("the loss depends on no parameter that requires a gradient")
    return loss.reshape(())


def _outputs(returned: object) -> Iterator[torch.Tensor]:
    if dataclasses.is_dataclass(returned) and not isinstance(returned, Mapping):
        returned = [getattr(returned, field.name) for field in dataclasses.fields(returned)]
    yield from (t for t in tensors(returned) if t.is_floating_point())


def _own_loss(returned: object) -> torch.Tensor | None:
    """The loss that a model returns itself, alone or among its outputs."""
    named = returned.get("loss") if isinstance(returned, Mapping) else None
    named = getattr(returned, "loss", named) if not isinstance(returned, torch.Tensor) else None
    if isinstance(named, torch.Tensor) and named.numel() == 1:
        return named.reshape(())
    scalars = (t for t in _outputs(returned) if t.dim() == 0 and t.requires_grad)
    return next(scalars, None)


def main_output(returned: object) -> torch.Tensor | None:
    """The logits of what a model returned, or its first output that is no scalar."""
    for name in ("logits", "out"):
        found = returned.get(name) if isinstance(returned, Mapping) else None
        found = getattr(returned, name, found) if not isinstance(returned, torch.Tensor) else None
        if isinstance(found, torch.Tensor):
            return found
    return next((t for t in _outputs(returned) if t.dim() > 0), None)


def default_loss(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross entropy of whole-numbered targets, mean squared error of others.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a class does not exist.
    """
    if target.is_floating_point():
        if output.shape != target.shape and output.numel() == target.numel():
            output = output.reshape(target.shape)
        if output.shape != target.shape:
            raise ValueError(
                f"target of shape {tuple(target.shape)} does not fit the output's "
                f"{tuple(output.shape)}: give loss="
            )
        return functional.mse_loss(output, target.to(output.dtype))
    axis = class_axis(output, target)
    target = target.long()
    classes = output.shape[axis]
    known = target[target != -100]
    if known.numel() and not 0 <= int(known.min()) <= int(known.max()) < classes:
        raise ValueError(
            f"targets run from {int(known.min())} to {int(known.max())}, "
            f"but the output has {classes} classes, 0 to {classes - 1}"
        )
    return functional.cross_entropy(output.movedim(axis, 1).float(), target)


def class_axis(output: torch.Tensor, target: torch.Tensor) -> int:
    """The axis of the output along which the classes lie: 1 as in PyTorch, or the last."""
    shape = tuple(output.shape)
    if tuple(target.shape) == shape[:1] + shape[2:]:
        return 1
    if tuple(target.shape) == shape[:-1]:
        return len(shape) - 1
    raise ValueError(
        f"whole-numbered targets of shape {tuple(target.shape)} do not fit the output's "
        f"{shape}: give loss="
    )


def _stand_in(returned: object) -> torch.Tensor:
    """A random combination of all outputs, to have a gradient where there is no loss."""
    outputs = [t for t in _outputs(returned) if t.requires_grad and t.numel()]
    if not outputs:
        raise ValueError("no output depends on a parameter that requires a gradient")
    generator = torch.Generator().manual_seed(0)
    total = outputs[0].new_zeros((), dtype=torch.float32)
    for output in outputs:
        signs = torch.randn(output.shape, generator=generator).to(output.device)
        total = total + (output.float() * signs).sum() / output.numel() ** 0.5
    return total
