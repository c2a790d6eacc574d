"""Of the loss before the first step."""

from __future__ import annotations

import math

from netinit.reporting.findings import Finding, found
from netinit.torch.checking.first_loss import Constants
from netinit.torch.checking.observing import Observation

# Above a uniform guess: a head by He may have 3 nats more among ten classes, and it learns.
_NATS, _SHARE, _MOST_SHARE = 3.0, 0.5, 1.3
_VALUES_TIMES = 10.0
_PRIOR = 0.2


def first_loss(seen: Observation, known: Constants | None) -> list[Finding]:
    """Whether the loss is far above that of zeros, or far above that of the best constant."""
    if not seen.given:
        return []
    if not math.isfinite(seen.loss):
        return [
            found(
                "LOSS",
                "loss",
                seen.loss,
                "a finite number",
                "No step can be taken from a loss that is not finite.",
                "see what else was found; else look at the loss and its targets",
                severity="error",
            )
        ]
    if known is None:
        return []
    head = seen.contractions[-1].name if seen.contractions else ""
    return _too_large(seen.loss, known, head) or _prior(seen.loss, known)


def _too_large(loss: float, known: Constants, head: str) -> list[Finding]:
    margin = min(max(_NATS, _SHARE * known.zero), _MOST_SHARE * known.zero)
    limit = known.zero + margin if known.classes else _VALUES_TIMES * known.zero
    if loss <= limit or known.zero <= 0:
        return []
    guess = "a uniform guess" if known.classes else "an output of zeros"
    return [
        found(
            "LOSS",
            "loss",
            loss,
            known.zero,
            f"The outputs are so large that the first loss is far above that of {guess}: the first "
            "steps only make them smaller.",
            "start the output layer at zero, or with std 1/fan_in; where its weight is shared with "
            "an embedding, start that at std 0.02",
            best_constant=known.best,
            head=head,
        )
    ]


def _prior(loss: float, known: Constants) -> list[Finding]:
    if not known.enough or not known.best < _PRIOR * min(loss, known.zero):
        return []
    shown = ", ".join(f"{value:.3g}" for value in known.answer[:8])
    more = ", ..." if len(known.answer) > 8 else ""
    return [
        found(
            "LOSS-PRIOR",
            "loss",
            loss,
            known.best,
            "A constant output would have a far smaller loss: the first steps only learn the mean "
            "of the targets, or the frequencies of the classes.",
            f"start the output's bias at [{shown}{more}]",
            bias=known.answer,
        )
    ]
