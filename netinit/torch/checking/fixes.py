"""Repairs of a model's start: proposed, tried on the batch, and on request carried out."""

from __future__ import annotations

import torch
from torch import nn

from netinit._checks import arguments
from netinit.reporting.report import Report
from netinit.torch.checking import fan_rules
from netinit.torch.checking.check import check
from netinit.torch.checking.model_state import untouched
from netinit.torch.checking.operations import Operation, Recorder
from netinit.torch.checking.repairs import Repair, repairs
from netinit.torch.checking.running import Call, Loss, call_of
from netinit.torch.names import unwrapped

__all__ = ["fix"]

COLUMNS = ("parameter", "because", "line")
_METHODS = ("law", "data")


def fix(
    model: nn.Module,
    batch: object,
    *,
    dry_run: bool = True,
    method: str = "law",
    loss: Loss | None = None,
    target: object = None,
    steps: int = 30,
) -> Report:
    """Lines of code that repair what `check` finds, and what is found once they have run.

    Parameters
    ----------
    model, batch, loss, target, steps
        As for `check`.
    dry_run : bool
        Whether the model is left as it is; False carries the lines out. They draw from PyTorch's
        global generator.
    method : {"law", "data"}
        By "law" a weight is drawn with the variance that the activation after it wants, over the
        true fan_in. By "data" the weights stay as they are but for a factor, layer after layer, so
        that the outputs of each have variance 1 on the batch (Mishkin and Matas, 2016).

    Returns
    -------
    Report
        A row for each line. The findings are those that are left after the lines have run; what
        was found before stands in the facts.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> layers = [nn.Linear(32, 32) if i % 2 == 0 else nn.ReLU() for i in range(40)]
    >>> model, batch = nn.Sequential(*layers, nn.Linear(32, 4)), torch.randn(64, 32)
    >>> report = fix(model, (batch, batch[:, :4].argmax(1)))
    >>> report.rows[0]["line"]
    "torch.nn.init.normal_(model.get_parameter('0.weight').data, std=0.25)"
    >>> report.ok
    True
    """
    method = arguments.choice(method, _METHODS, "method")
    dry_run = arguments.flag(dry_run, "dry_run")
    options = {"loss": loss, "target": target, "steps": steps}
    inner = unwrapped(model)
    before = check(inner, batch, **options)
    if "NOT-RUN" in before.codes:
        return Report("Fix", COLUMNS, [], before.findings)
    call = call_of(inner, batch, target, loss)
    lines = repairs(inner, before) if method == "law" else factors(inner, call)
    if dry_run:
        with untouched(inner):
            after = _after(inner, batch, lines, options)
    else:
        after = _after(inner, batch, lines, options)
    rows = [{"parameter": r.name, "because": r.because, "line": r.line} for r in lines]
    found = ", ".join(sorted(before.codes)) or "nothing"
    facts = {"found before": found, "done": "no, a proposal" if dry_run else "yes"}
    return Report("Fix", COLUMNS, rows, after.findings, facts=facts)


def _after(model: nn.Module, batch: object, lines: list[Repair], options: dict) -> Report:
    for repair in lines:
        repair.apply(model)
    return check(model, batch, **options)


def factors(model: nn.Module, call: Call) -> list[Repair]:
    """A factor for each weight, in order, after which its outputs have variance 1 on the batch."""
    parameters = dict(model.named_parameters())
    found: list[Repair] = []
    with untouched(model), torch.no_grad():
        names = [o.weight for o in _recorded(model, call) if _is_scaled(o, parameters)]
        for name in dict.fromkeys(names):
            operation = next(o for o in _recorded(model, call) if _measures(o, name))
            variance = operation.output.second - operation.output.mean**2
            if variance > 0:
                repair = Repair(name, "mul_", "unit variance", value=variance**-0.5)
                repair.apply(model)
                found.append(repair)
    return found


def _recorded(model: nn.Module, call: Call) -> list[Operation]:
    recorder = Recorder(model)
    with recorder:
        model(*call.args, **call.kwargs)
    return recorder.operations


def _measures(operation: Operation, name: str) -> bool:
    return operation.weight == name and operation.kind not in fan_rules.LOOKUPS


def _is_scaled(operation: Operation, parameters: dict[str, nn.Parameter]) -> bool:
    """Whether a factor on the parameter is one on the outputs, which no norm undoes."""
    same = tuple(parameters[operation.weight].shape) == operation.shape
    alone = operation.kind not in fan_rules.LOOKUPS | set(fan_rules.RECURRENT)
    return bool(same and alone and operation.fans and operation.output and not operation.normed)
