"""The loss before the first step, beside that of answers that do not look at the input."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from netinit.judging.loss import Constants
from netinit.torch.checking.observing import Observation
from netinit.torch.checking.running import Answer, Call, class_axis
from netinit.torch.ranks import ALONE, Ranks

_STEPS, _SMALL = 100, 1e-6
_ENOUGH = 20  # targets for each number of a constant answer, before it counts as known


class Batch(NamedTuple):
    """What one batch says about constant answers.

    Parameters
    ----------
    output : tensor
    labels : tensor or None
    replace : callable or None
        The loss of another output; None if the model computes its loss itself.
    by_default : bool
        Whether that is the cross entropy that is taken where no loss is given.
    """

    output: torch.Tensor
    labels: torch.Tensor | None
    replace: Callable[[torch.Tensor], torch.Tensor] | None
    by_default: bool

    @classmethod
    def of(cls, seen: Observation | Answer, call: Call) -> Batch | None:
        """From an answer to a call; None if nothing can be said."""
        if not seen.given or seen.output is None or seen.output.dim() == 0:
            return None
        return cls(seen.output.detach(), call.labels, seen.replace, call.loss is None)

    @property
    def classes(self) -> bool:
        """Whether the labels are whole-numbered classes."""
        return self.labels is not None and not self.labels.is_floating_point()

    @property
    def targets(self) -> int:
        """How many targets there are."""
        return len(self.output) if self.labels is None else self.labels.numel()


def constants(batches: Sequence[Batch | None], ranks: Ranks = ALONE) -> Constants | None:
    """The losses of constant outputs, over all batches of all ranks; None if they are unknown."""
    known = [batch for batch in batches if batch is not None]
    ways = ranks.union([_way(known) if len(known) == len(batches) else ""])
    if ways == {"labels"}:
        return _of_labels(known, ranks)
    if ways != {"answers"}:
        return None
    zeros = [batch.replace(torch.zeros_like(batch.output)).item() for batch in known]
    zero, best, answer = ranks.mean(sum(zeros) / len(zeros)), math.inf, []
    for axis, length in sorted(_axes(known, ranks)):
        value, constant = _best(known, axis, length, ranks)
        if value < best:
            best, answer = value, constant
    targets = ranks.mean(sum(batch.targets for batch in known)) * len(ranks.gather(None))
    enough = targets >= _ENOUGH * len(answer)
    return Constants(zero, min(best, zero), answer, enough, known[0].classes)


def _way(batches: Sequence[Batch]) -> str:
    """How the losses of constants can be found: from answers, from labels alone, or not at all."""
    if batches and all(batch.replace is not None for batch in batches):
        return "answers"
    return "labels" if batches and all(batch.classes for batch in batches) else ""


def _axes(batches: Sequence[Batch], ranks: Ranks) -> set[tuple[int, int]]:
    """The axes along which an answer may differ, and their lengths, which all outputs share."""
    output = batches[0].output
    if output.dim() < 2:
        return {(0, 1)}
    if batches[0].by_default and batches[0].classes:
        axes = {class_axis(output, batches[0].labels)}
    else:
        axes = {1, output.dim() - 1}
    mine = [{(axis, batch.output.shape[axis]) for axis in axes} for batch in batches]
    return set.intersection(*mine, *ranks.gather(mine[0]).values())


def _best(
    batches: Sequence[Batch], axis: int, length: int, ranks: Ranks
) -> tuple[float, list[float]]:
    """The least loss of an output that is constant but along one axis, and that output."""
    output = batches[0].output
    shape = [1] * output.dim()
    shape[axis] = length

    def mean_loss(constant: torch.Tensor) -> torch.Tensor:
        answers = [constant.view(shape).expand(b.output.shape).to(b.output.dtype) for b in batches]
        losses = [b.replace(answer) for b, answer in zip(batches, answers, strict=True)]
        return torch.stack(losses).mean()

    return _least(mean_loss, torch.zeros(length, device=output.device), ranks)


@torch.enable_grad()
def _least(
    function: Callable[[torch.Tensor], torch.Tensor], point: torch.Tensor, ranks: Ranks
) -> tuple[float, list[float]]:
    """The least value of a smooth function, its mean over the ranks, and where it is.

    By gradient steps of the length of Barzilai and Borwein (1988); an optimizer of torch.optim
    takes seconds to load.
    """
    least, place, length = math.inf, point, 1.0
    before: tuple[torch.Tensor, torch.Tensor] | None = None
    for _ in range(_STEPS):
        point = point.detach().requires_grad_()
        value = function(point)
        (slope,) = torch.autograd.grad(value, point)
        value, slope = ranks.mean(value.item()), ranks.mean(slope)
        if value < least:
            least, place = value, point
        if before is not None:
            moved, turned = point - before[0], slope - before[1]
            bend = (moved * turned).sum().item()
            length = (moved * moved).sum().item() / bend if bend > 0 else 2 * length
        if not math.isfinite(length) or slope.norm().item() * length < _SMALL:
            break
        before = point.detach(), slope
        point = point - length * slope
    return least, place.detach().tolist()


def _of_labels(batches: Sequence[Batch], ranks: Ranks) -> Constants | None:
    """For a model that computes its cross entropy itself: a uniform guess, and the frequencies."""
    output = batches[0].output
    classes = output.shape[-1]
    known = torch.cat([batch.labels[batch.labels >= 0].flatten() for batch in batches])
    fits = output.dim() > 1 and known.numel() > 0 and int(known.max()) < classes
    if ranks.union([classes if fits else None]) != {classes}:
        return None
    counts = sum(ranks.gather(torch.bincount(known, minlength=classes).cpu()).values())
    shares = counts.double() / counts.sum()
    seen = shares[shares > 0]
    best = -(seen * seen.log()).sum().item()
    answer = shares.clamp_min(0.5 / counts.sum().item()).log().tolist()
    enough = counts.sum().item() >= _ENOUGH * classes
    return Constants(math.log(classes), best, answer, enough, True)


def learned_more(least: float, known: Constants) -> bool:
    """Whether a loss is below that of every constant answer, by more than rounding."""
    return least < known.best - 0.02 * max(abs(known.best), 1e-6)
