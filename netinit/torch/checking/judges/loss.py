"""Of the loss before the first step."""

from __future__ import annotations

from netinit.judging import loss
from netinit.judging.loss import Constants
from netinit.reporting.findings import Finding
from netinit.torch.checking.observing import Observation


def first_loss(seen: Observation, known: Constants | None) -> list[Finding]:
    """Whether the loss is far above that of zeros, or far above that of the best constant."""
    head = seen.contractions[-1].name if seen.contractions else ""
    return loss.first_loss(seen.loss, known, head) if seen.given else []
