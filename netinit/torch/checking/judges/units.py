"""Of parameters that no step moves, of units that stay alike, of gates that forget."""

from __future__ import annotations

from torch import nn

from netinit.reporting.findings import Finding, found
from netinit.torch.checking.observing import Observation
from netinit.torch.checking.operation import Operation
from netinit.torch.names import plain_name

_ALIKE = 1e-3
_TWIN_SHARE = 0.02  # of a layer's units, above which it is an error
_FORGETS = 0.5


def unused(seen: Observation) -> list[Finding]:
    """Parameters that the loss does not depend on."""
    names = [name for name, gradient in seen.gradients.items() if gradient is None]
    if not names:
        return []
    return [
        found(
            "NO-GRADIENT",
            names[0],
            "not used",
            "a gradient",
            "The loss does not depend on these parameters, so nothing trains them.",
            "leave them out, or find where their output is dropped or detached",
            severity="info",
            count=len(names),
            names=names,
        )
    ]


def still(seen: Observation) -> list[str]:
    """Parameters that are used and whose gradient is exactly zero."""
    gradients = seen.gradients.items()
    return [name for name, g in gradients if g is not None and name not in seen.moved]


def stuck(seen: Observation, names: list[str], steps: int) -> list[Finding]:
    """Parameters whose gradient is still zero after a few steps of training."""
    reached = {name: o.output is not None for o in seen.operations for name in o.uses}
    matrices = {name for operation in seen.operations for name in operation.parameters}
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_gravity(name, reached, matrices), []).append(name)
    return [
        found(
            "NO-GRADIENT",
            group[0],
            "gradient 0",
            "a gradient",
            f"The gradient of these parameters is exactly zero, and still is after {steps} steps "
            "on this batch: nothing has moved them.",
            "if two factors are both zero, draw one of them at random; else look for dead units",
            severity=severity,
            count=len(group),
            names=group,
            steps=steps,
        )
        for severity, group in groups.items()
    ]


def _gravity(name: str, reached: dict[str, bool], matrices: set[str]) -> str:
    if not reached.get(name, True):
        return "info"  # no part of this batch came there
    # What is only added or multiplied, as a table of biases, may cancel: in a softmax of one place.
    return "error" if name in matrices else "warning"


def twins(first: Observation, later: Observation) -> list[Finding]:
    """Units that answer alike at first; graver where their later gradients are alike too.

    They then never part. What starts at zero may look alike after a step of Adam, and is no twin.
    """
    findings = []
    for operation in first.operations:
        if operation.fans and operation.fans.fan_in == 1:
            continue  # units that read one number each are multiples of each other by design
        lasting = [pair for pair in operation.twins if _stay_alike(later, operation, *pair)]
        copies = [pair for pair in operation.twins if pair[2] > 0]
        share = operation.shape[operation.units] * _TWIN_SHARE if operation.twins else 0
        if lasting:
            reason = "get the same gradient: steps on such a batch do not separate them."
            severity = "error" if len(lasting) > share else "warning"
            findings.append(_twins(operation, lasting, reason, severity))
        elif len(copies) > share:
            reason = "they separate only because later layers read them differently."
            findings.append(_twins(operation, copies, reason, "warning"))
    return findings


def _twins(operation: Operation, pairs: list, reason: str, severity: str) -> Finding:
    return found(
        "TWINS",
        operation.name,
        f"{len(pairs)} of {operation.shape[operation.units]} units",
        "none",
        f"These units give the same answer to every input, or the opposite one, and {reason}",
        "draw the weights of each at random, independently",
        severity=severity,
        pairs=pairs[:8],
    )


def _stay_alike(seen: Observation, operation: Operation, one: int, other: int, sign: int) -> bool:
    gradient = seen.gradients.get(operation.weight)
    if gradient is None or gradient.is_complex() or tuple(gradient.shape) != operation.shape:
        return False
    rows = gradient.detach().float().movedim(operation.units, 0)
    size, gap = rows[one].norm().item(), (rows[one] - sign * rows[other]).norm().item()
    return size > 0 and gap < _ALIKE * size


def forget_gates(model: nn.Module) -> list[Finding]:
    """Modules of LSTMs whose forget gates start near one half."""
    low = []
    for name, module in model.named_modules():
        if isinstance(module, nn.LSTM | nn.LSTMCell) and module.bias:
            bias = _forget_bias(module)
            low += [(plain_name(f"{name}.x")[:-2] or "model", bias)] if bias < _FORGETS else []
    if not low:
        return []
    name, bias = low[0]
    return [
        found(
            "FORGET-BIAS",
            name,
            bias,
            "about 1",
            "The forget gate starts at about one half, so memory halves with each step: what lies "
            "far back is hardly learned.",
            "set the second quarter of the biases to 1: "
            "lstm.bias_ih_l0.data[hidden:2 * hidden] = 1.0",
            count=len(low),
            names=[each for each, _ in low],
        )
    ]


def _forget_bias(module: nn.LSTM | nn.LSTMCell) -> float:
    size, layer = module.hidden_size, "_l0" if isinstance(module, nn.LSTM) else ""
    parts = (getattr(module, f"bias_{kind}{layer}")[size : 2 * size] for kind in ("ih", "hh"))
    return sum(part.detach().float().mean().item() for part in parts)
