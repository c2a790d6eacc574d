"""One forward and one backward pass, observed; and a few steps of training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

import torch
from torch import nn

from netinit.torch.checking.operation import Operation
from netinit.torch.checking.operations import Recorder
from netinit.torch.checking.running import Call, answer
from netinit.torch.checking.signals import Signals
from netinit.torch.names import plain_name


@dataclass
class Observation:
    """What one pass over a batch showed.

    Parameters
    ----------
    operations : list of Operation
    signals : Signals
    loss : float
    given : bool
        Whether that is a loss, and not a stand-in for one.
    output : tensor or None
    replace : callable or None
        The loss of another output of the same shape.
    parameters, gradients : dict
        By name, of those that require a gradient; None where there is none.
    """

    operations: list[Operation]
    signals: Signals
    loss: float
    given: bool
    output: torch.Tensor | None
    replace: Callable[[torch.Tensor], torch.Tensor] | None
    parameters: dict[str, nn.Parameter]
    gradients: dict[str, torch.Tensor | None]

    @property
    def contractions(self) -> list[Operation]:
        """The operations with fans that read data."""
        return [o for o in self.operations if o.fans and not o.constant_input]

    def sensitivity(self, name: str) -> float | None:
        """How much the loss would change if a weight changed by a small share of its norm.

        The product of the norms of weight and gradient: in a network without biases whose
        activations are homogeneous it is of one size at all depths.
        """
        gradient, parameter = self.gradients.get(name), self.parameters.get(name)
        if gradient is None or parameter is None:
            return None
        return _norm(gradient) * _norm(parameter)


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that require a gradient, by name."""
    return {plain_name(n): p for n, p in model.named_parameters() if p.requires_grad}


def observe(model: nn.Module, call: Call) -> Observation:
    """Run a model forward and backward once; its gradients are those of this pass afterwards."""
    parameters = trainable(model)
    for parameter in parameters.values():
        parameter.grad = None
    recorder = Recorder(model)
    with recorder:
        found = answer(model, call)
        recorder.recording = False
        found.loss.backward()
    return Observation(
        operations=recorder.operations,
        signals=recorder.signals,
        loss=found.loss.item(),
        given=found.given,
        output=None if found.output is None else found.output.detach(),
        replace=found.replace,
        parameters=parameters,
        gradients={name: parameter.grad for name, parameter in parameters.items()},
    )


@dataclass
class Trial:
    """A few steps of training.

    Parameters
    ----------
    losses : list of float
        Before each step.
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
        with recorder:  # without dropout
            loss = answer(model, call).loss
            loss.backward()
        trial.losses.append(loss.item())
        trial.moved |= {name for name, p in parameters.items() if _moves(p.grad)}
        if until(trial) or not math.isfinite(trial.losses[-1]):
            break
        trial.updates.append(_adam(parameters, moments, len(trial.losses), learning_rate))
    return trial


@torch.no_grad()
def _adam(
    parameters: dict[str, nn.Parameter],
    moments: dict[str, tuple[torch.Tensor, torch.Tensor]],
    step: int,
    learning_rate: float,
) -> float:
    """One step of Adam (Kingma and Ba, 2015); torch.optim takes seconds to load.

    The norm of the change is returned, over that of what was changed.
    """
    changed = whole = 0.0
    for name, parameter in parameters.items():
        if parameter.grad is None:
            continue
        gradient = _real(parameter.grad).float()
        first, second = moments.get(name) or (0 * gradient, 0 * gradient)
        first, second = first.lerp(gradient, 0.1), second.lerp(gradient.square(), 0.001)
        moments[name] = first, second
        size = (second / (1 - 0.999**step)).sqrt() + 1e-8
        change = learning_rate * first / (1 - 0.9**step) / size
        changed, whole = changed + _norm(change) ** 2, whole + _norm(parameter) ** 2
        values = _real(parameter)
        values -= change.to(values.dtype)
    return math.sqrt(changed / whole) if whole else math.inf


def _moves(gradient: torch.Tensor | None) -> bool:
    return gradient is not None and bool(gradient.detach().any())


def _norm(tensor: torch.Tensor) -> float:
    values = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return _real(values.detach()).float().norm().item()


def _real(tensor: torch.Tensor) -> torch.Tensor:
    """A complex tensor as pairs of real numbers, in the same memory."""
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor
