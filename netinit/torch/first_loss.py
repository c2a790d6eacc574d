"""The loss before the first step, beside that of answers that do not look at the input."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch

from netinit.torch.observing import Observation
from netinit.torch.running import Call, class_axis

_ENOUGH = 20  # targets for each number of a constant answer, before it counts as known


class Constants(NamedTuple):
    """Losses of constant outputs.

    Parameters
    ----------
    zero : float
        Of zeros: for classes, a uniform guess.
    best : float
        Of the best constant, one number for each unit of the output.
    answer : list of float
        That constant.
    enough : bool
        Whether the targets are many enough for it to mean something.
    classes : bool
        Whether the targets are whole-numbered classes.
    """

    zero: float
    best: float
    answer: list[float]
    enough: bool
    classes: bool


def constants(seen: Observation, call: Call) -> Constants | None:
    """The losses of constant outputs, or None where they cannot be known."""
    if not seen.given or seen.output is None or seen.output.dim() == 0:
        return None
    labels = call.labels
    classes = labels is not None and not labels.is_floating_point()
    if seen.replace is None:
        return _of_labels(seen.output, labels) if classes else None
    best, answer = math.inf, []
    zero = seen.replace(torch.zeros_like(seen.output)).item()
    for axis in _axes(seen.output, labels if call.loss is None and classes else None):
        value, constant = _best(seen.output, axis, seen.replace)
        if value < best:
            best, answer = value, constant
    targets = labels.numel() if labels is not None else seen.output.shape[0]
    return Constants(zero, min(best, zero), answer, targets >= _ENOUGH * len(answer), classes)


def _axes(output: torch.Tensor, labels: torch.Tensor | None) -> set[int]:
    if labels is not None:
        return {class_axis(output, labels)}
    return {min(1, output.dim() - 1), output.dim() - 1} if output.dim() > 1 else {0}


def _best(
    output: torch.Tensor, axis: int, loss: Callable[[torch.Tensor], torch.Tensor]
) -> tuple[float, list[float]]:
    """The least loss of an output that is constant but along one axis, and that output."""
    length = 1 if output.dim() == 1 else output.shape[axis]
    shape = [1] * output.dim()
    shape[axis if output.dim() > 1 else 0] = length
    constant = torch.zeros(length, device=output.device, requires_grad=True)
    optimizer = torch.optim.LBFGS([constant], max_iter=100, line_search_fn="strong_wolfe")

    def evaluate() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss(constant.view(shape).expand(output.shape).to(output.dtype))
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(evaluate)
        value = evaluate().item()
    return (value if math.isfinite(value) else math.inf), constant.detach().tolist()


def _of_labels(output: torch.Tensor, labels: torch.Tensor) -> Constants | None:
    """For a model that computes its cross entropy itself: a uniform guess, and the frequencies."""
    classes = output.shape[-1]
    known = labels[labels >= 0]
    if output.dim() < 2 or not known.numel() or int(known.max()) >= classes:
        return None
    shares = torch.bincount(known.flatten(), minlength=classes).double() / known.numel()
    seen = shares[shares > 0]
    best = -(seen * seen.log()).sum().item()
    answer = shares.clamp_min(0.5 / known.numel()).log().tolist()
    return Constants(math.log(classes), best, answer, known.numel() >= _ENOUGH * classes, True)


def learned_more(least: float, known: Constants) -> bool:
    """Whether a loss is below that of every constant answer, by more than rounding."""
    return least < known.best - 0.02 * max(abs(known.best), 1e-6)
