"""A short training, which tells whether a model learns more than a constant answer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import nn

from netinit._checks import arguments
from netinit.reporting.findings import Finding, found
from netinit.reporting.report import Report
from netinit.torch.checking.check import failure, obstacles
from netinit.torch.checking.first_loss import Batch, Constants, constants, learned_more
from netinit.torch.checking.model_state import untouched
from netinit.torch.checking.observing import Trial, train
from netinit.torch.checking.operations import Recorder
from netinit.torch.checking.running import Call, Loss, answer, call_of
from netinit.torch.names import unwrapped

__all__ = ["probe"]

COLUMNS = ("step", "loss", "update")
_BATCHES = 16  # of the last ones, on which the best constant answer is found


def probe(
    model: nn.Module | Callable[[], nn.Module],
    batches: object,
    *,
    steps: int = 100,
    loss: Loss | None = None,
    target: object = None,
    learning_rate: float = 1e-3,
) -> Report:
    """Train for a few steps and compare the loss with that of the best constant answer.

    A loss that falls proves little: biases alone learn the frequencies of the classes. The best
    answer that ignores the input is therefore fitted to the same batches, and the model has learned
    something of the inputs once its loss is below that.

    Parameters
    ----------
    model : nn.Module, or a function that builds one
        A model is as before afterwards, as after `check`.
    batches : list or other iterable of batches, or one batch
        A batch is a tensor, a tuple or a mapping, as `check` takes it; a list is one of batches.
        They are gone through again and again; one batch is enough.
    steps : int
    loss, target
        As in `check`; a target belongs to a single batch.
    learning_rate : float
        Of Adam.

    Returns
    -------
    Report
        Rows for some of the steps: the loss before each, and the norm of the update over that of
        the parameters. The facts hold the mean loss of the last steps, that of the best constant
        answer, and whether the model has learned more.

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be meant.
    """
    steps = arguments.positive(steps, "steps")
    learning_rate = arguments.real_number(learning_rate, "learning_rate", at_least=0)
    if not isinstance(model, nn.Module):
        if not callable(model):
            raise TypeError(f"model must be a module or build one, not {type(model).__name__}")
        model = model()
    inner, given = unwrapped(model), _batches(batches)
    calls = [call_of(model, batch, target, loss) for batch in itertools.islice(given, steps)]
    if not calls:
        raise ValueError("batches must hold at least one")
    reasons = obstacles(inner, calls[0])
    if reasons:
        return Report("Probe", COLUMNS, [], reasons)
    try:
        with untouched(inner):
            trial = train(inner, itertools.cycle(calls), steps, learning_rate=learning_rate)
            known = best_constant(inner, calls)
    except Exception as error:
        return Report("Probe", COLUMNS, [], [failure(error, inner)])
    return _report(trial, known, _fewest(calls))


def _batches(batches: object) -> Iterator[object]:
    single = isinstance(batches, torch.Tensor | tuple | dict)
    if not single and not isinstance(batches, Iterable):
        raise TypeError(f"batches must be a batch or many, not {type(batches).__name__}")
    return iter([batches] if single else batches)


def best_constant(model: nn.Module, calls: list[Call]) -> Constants | None:
    """The losses of constant outputs on the last of some batches; None where they are unknown.

    The model should be within `model_state.untouched`.
    """
    answered = []
    recorder = Recorder(model)
    recorder.recording = False
    for call in calls[-min(_fewest(calls), _BATCHES) :]:
        answered.append(call.ranks.together(lambda call=call: _answered(model, call, recorder)))
    return constants(answered, calls[0].ranks)


def _answered(model: nn.Module, call: Call, recorder: Recorder) -> Batch | None:
    with recorder:
        return Batch.of(answer(model, call), call)


def _fewest(calls: list[Call]) -> int:
    """How many batches each rank has at least."""
    return min(calls[0].ranks.gather(len(calls)).values())


def _report(trial: Trial, known: Constants | None, batches: int) -> Report:
    tail = trial.losses[-max(batches, 1) :][-_BATCHES:]
    last = sum(tail) / len(tail)
    facts = {"steps": len(trial.losses), "last loss": last}
    learned = None
    if known is not None:
        learned = learned_more(last, known)
        facts |= {"loss of the best constant": known.best, "learned more": str(learned)}
    rows = [
        {"step": step, "loss": trial.losses[step - 1], "update": update}
        for step, update in _shown(trial)
    ]
    return Report("Probe", COLUMNS, rows, findings_of_training(last, known, learned), facts=facts)


def _shown(trial: Trial) -> Iterator[tuple[int, float | None]]:
    """The steps of a report: 1, 2, 5, 10, 20, 50, ... and the last."""
    for step in range(1, len(trial.losses) + 1):
        if is_shown(step, len(trial.losses)):
            yield step, trial.updates[step - 1] if step <= len(trial.updates) else None


def is_shown(step: int, last: int) -> bool:
    """Whether a step has a row in the table.

    >>> [step for step in range(1, 31) if is_shown(step, 25)]
    [1, 2, 5, 10, 20, 25]
    """
    return step == last or (step < last and f"{step}".rstrip("0") in ("1", "2", "5"))


def findings_of_training(
    last: float, known: Constants | None, learned: bool | None
) -> list[Finding]:
    """What the mean loss of the last steps says."""
    if not math.isfinite(last):
        reason = "The loss stops being finite within the first steps."
        return [
            found(
                "LOSS",
                "loss",
                last,
                "a finite number",
                reason,
                "check(model, batch)",
                severity="error",
            )
        ]
    if learned is not False:
        return []
    return [
        found(
            "COLLAPSE",
            "loss",
            last,
            f"less than {known.best:.4g}",
            "After these steps the loss is no lower than that of the best answer that ignores the "
            "input: nothing was learned about the inputs.",
            "check(model, batch) says where the signal is lost; or try more steps, or another rate",
        )
    ]
