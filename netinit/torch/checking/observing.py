"""One forward and one backward pass, observed; and a few steps of training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice

import torch
from torch import nn

from netinit.torch.checking.operation import Operation
from netinit.torch.checking.operations import Recorder
from netinit.torch.checking.running import Answer, Call, answer
from netinit.torch.checking.signals import Signals
from netinit.torch.names import plain_name
from netinit.torch.ranks import (
    Ranks,
    aligned,
    copies,
    is_sharded,
    local,
    norms,
    real,
    roots,
    square,
    whole,
)


@dataclass
class Observation:
    """What one pass over a batch showed.

    Parameters
    ----------
    operations : list of Operation
    signals : Signals
    loss : float
        Over all ranks, their mean.
    given : bool
        Whether that is a loss, and not a stand-in for one.
    output : tensor or None
    replace : callable or None
        The loss of another output of the same shape.
    parameters, gradients : dict
        By name, of those that require a gradient; None where there is none.
    moved : set of str
        Those whose gradient is not zero.
    sizes : dict of str to float
        The norms of these parameters.
    sensitivities : dict of str to float
        How much the loss would change if a weight changed by a small share of its norm: the
        product of the norms of weight and gradient. In a network without biases whose activations
        are homogeneous it is of one size at all depths.
    """

    operations: list[Operation]
    signals: Signals
    loss: float
    given: bool
    output: torch.Tensor | None
    replace: Callable[[torch.Tensor], torch.Tensor] | None
    parameters: dict[str, nn.Parameter]
    gradients: dict[str, torch.Tensor | None]
    moved: set[str]
    sizes: dict[str, float]
    sensitivities: dict[str, float]

    @property
    def contractions(self) -> list[Operation]:
        """The operations with fans that read data."""
        return [o for o in self.operations if o.fans and not o.constant_input]

    def sensitivity(self, name: str) -> float | None:
        """That of one parameter; None where it has no gradient."""
        return self.sensitivities.get(name)

    def gathered(self, names: Iterable[str]) -> Observation:
        """The same with the whole gradients of some parameters; every rank must ask."""
        gradients = dict(self.gradients)
        for name in sorted(set(names) & gradients.keys()):
            gradients[name] = None if gradients[name] is None else whole(gradients[name])
        return replace(self, gradients=gradients)


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that require a gradient, by name."""
    return {plain_name(n): p for n, p in model.named_parameters() if p.requires_grad}


def observe(model: nn.Module, call: Call) -> Observation:
    """Run a model forward and backward once; its gradients are those of this pass afterwards."""
    parameters = trainable(model)
    for parameter in parameters.values():
        parameter.grad = None
    recorder = Recorder(model)
    found = _passed(model, call, recorder)
    gradients = {name: parameter.grad for name, parameter in parameters.items()}
    felt = {name: gradient for name, gradient in gradients.items() if gradient is not None}
    sizes, slopes = norms(parameters, call.ranks), norms(felt, call.ranks)
    return Observation(
        operations=recorder.operations,
        signals=recorder.signals,
        loss=call.ranks.mean(found.loss.item()),
        given=found.given,
        output=None if found.output is None else found.output.detach(),
        replace=found.replace,
        parameters=parameters,
        gradients=gradients,
        moved=_moved(felt, call.ranks),
        sizes=sizes,
        sensitivities={name: slope * sizes[name] for name, slope in slopes.items()},
    )


def _passed(model: nn.Module, call: Call, recorder: Recorder) -> Answer:
    """One forward and one backward pass, the latter on all ranks or none."""

    def forward() -> Answer:
        with recorder:
            return answer(model, call)

    found = call.ranks.together(forward)
    recorder.recording = False
    with recorder:  # without dropout
        found.loss.backward()
    return found


def _moved(gradients: dict[str, torch.Tensor], ranks: Ranks) -> set[str]:
    return ranks.union(name for name, gradient in gradients.items() if local(gradient).any())


@dataclass
class Trial:
    """A few steps of training.

    Parameters
    ----------
    losses : list of float
        Before each step; over all ranks, their mean.
    moved : set of str
        Parameters that had a gradient other than zero in some step.
    updates : list of float
        In each step, the norm of the change of all parameters over that of the parameters.
    """

    losses: list[float] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)
    updates: list[float] = field(default_factory=list)

    @property
    def least(self) -> float:
        """The least loss that was seen; infinite if none was finite."""
        return min((loss for loss in self.losses if math.isfinite(loss)), default=math.inf)


def train(
    model: nn.Module,
    calls: Iterable[Call],
    steps: int,
    *,
    until: Callable[[Trial], bool] = lambda trial: False,
    learning_rate: float = 1e-3,
) -> Trial:
    """Train the model itself by Adam, a batch for each step, until enough was seen.

    The model should be within `model_state.untouched`.
    """
    parameters = trainable(model)
    moments: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    trial = Trial()
    for call in islice(calls, steps):
        for parameter in parameters.values():
            parameter.grad = None
        recorder = Recorder(model)
        recorder.recording = False
        loss = _passed(model, call, recorder).loss
        trial.losses.append(call.ranks.mean(loss.item()))
        felt = {name: p.grad for name, p in parameters.items() if p.grad is not None}
        trial.moved |= _moved(felt, call.ranks)
        if until(trial) or not math.isfinite(trial.losses[-1]):
            break
        step = len(trial.losses)
        trial.updates.append(_adam(parameters, moments, step, learning_rate, call.ranks))
    return trial


@torch.no_grad()
def _adam(
    parameters: dict[str, nn.Parameter],
    moments: dict[str, tuple[torch.Tensor, torch.Tensor]],
    step: int,
    learning_rate: float,
    ranks: Ranks,
) -> float:
    """One step of Adam (Kingma and Ba, 2015); torch.optim takes seconds to load.

    The norm of the change is returned, over that of what was changed. Each rank changes its part.
    """
    changes, sizes = {}, {}
    for name, parameter in parameters.items():
        if parameter.grad is None:
            continue
        gradient = real(local(aligned(parameter.grad, parameter))).float()
        first, second = moments.get(name) or (0 * gradient, 0 * gradient)
        first, second = first.lerp(gradient, 0.1), second.lerp(gradient.square(), 0.001)
        moments[name] = first, second
        size = (second / (1 - 0.999**step)).sqrt() + 1e-8
        change = learning_rate * first / (1 - 0.9**step) / size
        sizes[name] = square(parameter), is_sharded(parameter)
        changes[name] = square(change) / copies(parameter), is_sharded(parameter)
        values = real(local(parameter))
        values -= change.to(values.dtype)
    changed, whole = (math.hypot(*roots(each, ranks).values()) for each in (changes, sizes))
    return changed / whole if whole else math.inf
