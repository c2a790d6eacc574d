"""Whether a model will learn from where it starts: one forward and backward pass over real data."""

from __future__ import annotations

import traceback

import torch
from torch import nn

from netinit._checks import arguments
from netinit.reporting.findings import Finding, found
from netinit.reporting.report import Report
from netinit.torch.checking import measures
from netinit.torch.checking.examining import Examined, examine
from netinit.torch.checking.model_state import untouched
from netinit.torch.checking.operation import Operation
from netinit.torch.checking.running import Call, Loss, call_of
from netinit.torch.names import tensors, unwrapped
from netinit.torch.ranks import RankError, is_left_broken

__all__ = ["check"]

COLUMNS = (
    *("name", "kind", "fan_in", "fan_out", "input", "output", "spread", "then", "dead"),
    *("sensitivity", "drawn"),
)
_NO_LOSS = "none: give loss=, or a batch (inputs, target)"
_WAKING = 5  # steps in which a zero branch or head must have come alive


def check(
    model: nn.Module,
    batch: object,
    *,
    loss: Loss | None = None,
    target: object = None,
    steps: int = 30,
) -> Report:
    """What one forward and one backward pass over a batch say about a model's start.

    Every operation that mixes data with something made of parameters is measured, whether a module
    or a function calls it. What looks suspicious is tried: the model is trained for a few steps,
    and only if it then does no better than a constant answer is it an error. The model, its
    buffers, gradients, modes and attributes, and the states of the random generators are as before.
    Dropout is off meanwhile, the model in training mode.

    Parameters
    ----------
    model : nn.Module
    batch : tensor, tuple, list or mapping
        Real data, as the model takes it: its only argument, its positional ones, or its keywords.
        Of a pair (inputs, target) that is one more than the model takes, the second is the target.
        At least 32 entries let more be said.
    loss : callable, optional
        ``loss(output, target)``, or ``loss(output)`` without a target. By default the loss that the
        model returns; else cross entropy for whole-numbered targets and the mean squared error for
        others.
    target : object, optional
    steps : int
        How many steps of Adam a suspicion is given at most; 0 leaves suspicions as warnings.

    Returns
    -------
    Report
        A row for each operation; facts about the loss; findings. If the model cannot be run, one
        finding, NOT-RUN, says why.

    Raises
    ------
    TypeError, ValueError
        If the model is no module, the loss cannot be called, or `steps` is no count.
    """
    steps = arguments.size(steps, "steps")
    call = call_of(model, batch, target, loss)
    inner = unwrapped(model)
    reasons = obstacles(inner, call)
    if reasons:
        return Report("Check", COLUMNS, [], reasons)
    try:
        with untouched(inner):
            examined = examine(inner, call, steps)
    except Exception as error:
        return Report("Check", COLUMNS, [], [failure(error, inner)])
    return _report(examined, inner)


def obstacles(model: nn.Module, call: Call) -> list[Finding]:
    """What keeps a model from being run at all, on any rank, in the user's words."""
    found = _obstacle(model, call)
    return call.ranks.merged([] if found is None else [found])


def _obstacle(model: nn.Module, call: Call) -> Finding | None:
    parameters = dict(model.named_parameters())
    lazy = [n for n, p in parameters.items() if isinstance(p, nn.parameter.UninitializedParameter)]
    if not any(parameter.requires_grad for parameter in parameters.values()):
        return _not_run("the model has no parameter that requires a gradient", "")
    if lazy:
        return _not_run(f"{lazy[0]} has no shape yet", "run the model once, then check it")
    meta = [name for name, parameter in parameters.items() if parameter.is_meta]
    if meta:
        return _not_run(
            f"{meta[0]} is on the meta device, without values",
            "call to_empty and initialize it; trace() tells what was forgotten",
            count=len(meta),
        )
    for tensor in tensors([call.args, call.kwargs, call.target]):
        if measures.measurable(tensor) and not torch.isfinite(tensor).all():
            return _not_run("the batch has entries that are NaN or infinite", "look at the data")
    return None


def failure(error: Exception, model: nn.Module) -> Finding:
    """The finding about a model that raised an error when it was run."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    lines = str(error).strip().splitlines() or [""]
    kind = "" if isinstance(error, RankError) else f"{type(error).__name__}: "
    anew = "; build it anew first, for its shards were left as they were then"
    return _not_run(
        kind + lines[0],
        "run model(batch) and the loss by themselves" + anew * is_left_broken(model),
        message=str(error),
        place=place,
    )


def _not_run(reason: str, fix: str, *, count: int = 1, **numbers: object) -> Finding:
    return found(
        "NOT-RUN",
        "model",
        reason,
        "one forward and backward pass",
        "Nothing was measured.",
        fix,
        count=count,
        **numbers,
    )


def _report(examined: Examined, model: nn.Module) -> Report:
    first, known = examined.first, examined.constants
    facts = {"parameters": sum(p.numel() for p in model.parameters())}
    facts["loss"] = first.loss if first.given else _NO_LOSS
    if known is not None:
        facts |= {"loss of zeros": known.zero, "loss of the best constant": known.best}
    if examined.trial:
        facts |= {"steps tried": len(examined.trial.losses), "least loss": examined.trial.least}
    rows = [_row(operation, examined) for operation in first.operations]
    return Report("Check", COLUMNS, rows, examined.findings, facts=facts)


def _row(operation: Operation, examined: Examined) -> dict[str, object]:
    moments, law = operation.output, examined.laws.get(operation.weight)
    return {
        "name": operation.name,
        "kind": operation.kind,
        "fan_in": operation.fans and operation.fans.fan_in,
        "fan_out": operation.fans and operation.fans.fan_out,
        "input": operation.input,
        "output": moments and moments.second,
        "spread": moments and moments.spread,
        "then": operation.then or ("norm" if operation.normed else ""),
        "dead": operation.dead,
        "saturated": operation.saturated,
        "sensitivity": examined.first.sensitivity(operation.weight),
        "drawn": "" if law is None else law.brief,
        "law": "" if law is None else str(law),
        "parameters": list(operation.parameters),
        "shape": list(operation.shape),
        "calls": operation.calls,
    }
