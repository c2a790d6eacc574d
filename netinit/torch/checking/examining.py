"""All that one check sees of a model; what looks suspicious is tried."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import repeat

from torch import nn

from netinit.judging.loss import is_far_above
from netinit.reading.law import Law
from netinit.reporting.findings import Finding
from netinit.torch.checking import first_loss
from netinit.torch.checking.first_loss import Batch, Constants
from netinit.torch.checking.judges import gains, loss, signal, units, values
from netinit.torch.checking.observing import Observation, Trial, observe, train
from netinit.torch.checking.running import Call

_WAKING = 5  # steps in which what starts behind a zero must have come alive


@dataclass
class Examined:
    """All that a check has seen and found.

    Parameters
    ----------
    first : Observation
        The pass at the start.
    constants : Constants or None
    laws : dict
        The law of each parameter, by name.
    findings : list of Finding
    trial : Trial or None
        The steps that were tried.
    """

    first: Observation
    constants: Constants | None
    laws: dict[str, Law]
    findings: list[Finding]
    trial: Trial | None = None


def examine(model: nn.Module, call: Call, steps: int) -> Examined:
    """One pass, and at most `steps` steps of training if something looks suspicious.

    The model should be within `model_state.untouched`.
    """
    first = observe(model, call)
    known = first_loss.constants([Batch.of(first, call)], call.ranks)
    laws, findings = values.by_values(model, first)
    if not any(finding.code == "NONFINITE" for finding in findings):
        findings += signal.nonfinite(first)
    of_loss = loss.first_loss(first, known)
    far = [f for f in of_loss if known is not None and is_far_above(first.loss, known)]
    findings += [] if far else of_loss
    findings += units.unused(first) + units.forget_gates(model)
    findings += signal.saturated(first) + signal.residual(first) + signal.attention(first)
    findings += gains.scale(first)
    examined = Examined(first, known, laws, findings)
    later, suspects = _wake(model, call, examined, steps)
    suspects = call.ranks.merged(far + suspects)
    confirmed = _try(model, call, examined, steps, suspects)
    collapsed = any(finding.code == "COLLAPSE" for finding in confirmed)
    twins = call.ranks.union(o.weight for o in first.operations if o.twins)
    later = later.gathered(twins)
    findings += confirmed + signal.dead(first, collapsed=collapsed) + units.twins(first, later)
    examined.findings = call.ranks.merged(findings)
    return examined


def _wake(
    model: nn.Module, call: Call, examined: Examined, steps: int
) -> tuple[Observation, list[Finding]]:
    """A pass in which all gradients are awake that will ever be, and what is suspicious in it.

    Behind a head, a branch or a factor that starts at zero no gradient arrives at first. A few
    steps change that, or never will.
    """
    first = examined.first
    still, suspects = units.still(first), signal.collapse(first)
    if not still or not steps:
        return first, suspects + signal.gradient(first)
    trial = train(model, repeat(call), min(steps, _WAKING), until=lambda t: t.moved >= set(still))
    examined.trial = trial
    never = [name for name in still if name not in trial.moved]
    examined.findings += units.stuck(first, never, len(trial.losses))
    later = observe(model, call)
    return later, suspects + signal.gradient(later)


def _try(
    model: nn.Module, call: Call, examined: Examined, steps: int, suspects: list[Finding]
) -> list[Finding]:
    """Suspicions after a trial: errors if the model does not learn, warnings if untried.

    If it learns, none is left but a first loss that is too large all the same.
    """
    known = examined.constants
    if not suspects:
        return []
    if not steps or known is None:
        more = " A loss and a few steps would tell whether it learns all the same."
        return [replace(f, severity="warning", reason=f.reason + more) for f in suspects]
    trial = train(
        model, repeat(call), steps, until=lambda t: first_loss.learned_more(t.least, known)
    )
    examined.trial = trial
    if first_loss.learned_more(trial.least, known):
        return [finding for finding in suspects if finding.code == "LOSS"]
    more = (
        f" After {len(trial.losses)} steps of Adam its loss is {trial.least:.4g}; the best answer "
        f"that ignores the input has {known.best:.4g}."
    )
    return [replace(f, severity="error", reason=f.reason + more) for f in suspects]
