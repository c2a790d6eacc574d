"""The loss before the first step, beside that of answers that do not look at the input."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from netinit.reporting.findings import Finding, found

# Above a uniform guess: a head by He may have 3 nats more among ten classes, and it learns.
_NATS, _SHARE, _MOST_SHARE = 3.0, 0.5, 1.3
_VALUES_TIMES = 10.0
# Of 117 models of transformers, torchvision and timm none starts far above 5 times a guess
# (reference/findings.md). A squared error goes as the square of the outputs' size.
_FAR_TIMES, _FAR_VALUES_TIMES = 30.0, 1000.0
_PRIOR = 0.2
_STEPS, _SMALL = 100, 1e-6


class Constants(NamedTuple):
    """Losses of constant outputs.

    Parameters
    ----------
    zero : float
        Of zeros: for classes, a uniform guess.
    best : float
        Of the best constant, one number for each unit of the output.
    answer : list of float
        That constant.
    enough : bool
        Whether the targets are many enough for it to mean something.
    classes : bool
        Whether the targets are whole-numbered classes.
    """

    zero: float
    best: float
    answer: list[float]
    enough: bool
    classes: bool


def first_loss(loss: float, known: Constants | None, head: str = "") -> list[Finding]:
    """Whether a loss is far above that of zeros, or far above that of the best constant.

    ``head`` is the name of the output layer, if it is known.
    """
    if not math.isfinite(loss):
        return [
            found(
                "LOSS",
                "loss",
                loss,
                "a finite number",
                "No step can be taken from a loss that is not finite.",
                "see the other findings first; if there are none, look at the loss and its targets",
                severity="error",
            )
        ]
    if known is None:
        return []
    return _too_large(loss, known, head) or _prior(loss, known)


def is_far_above(loss: float, known: Constants) -> bool:
    """Whether a loss is so far above that of zeros as no model that was meant to learn starts.

    >>> guess = Constants(zero=2.3, best=2.25, answer=[0.0] * 10, enough=True, classes=True)
    >>> is_far_above(20.0, guess), is_far_above(200.0, guess)
    (False, True)
    """
    times = _FAR_TIMES if known.classes else _FAR_VALUES_TIMES
    return 0 < times * known.zero < loss


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
            "start the output layer at zero, or with std 1/fan_in; if it shares its weight with "
            "an embedding, start the embedding with std 0.02",
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


def least(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]], point: np.ndarray
) -> tuple[float, np.ndarray]:
    """The least value of a smooth function, given with its slope, and where it is.

    By gradient steps of the length of Barzilai and Borwein (1988).

    >>> value, place = least(lambda x: (((x - 3) ** 2).sum(), 2 * (x - 3)), np.zeros(2))
    >>> place.round(6)
    array([3., 3.])
    """
    lowest, place, length = math.inf, point, 1.0
    before: tuple[np.ndarray, np.ndarray] | None = None
    for _ in range(_STEPS):
        value, slope = function(point)
        if value < lowest:
            lowest, place = value, point
        if before is not None:
            moved, turned = point - before[0], slope - before[1]
            bend = float((moved * turned).sum())
            length = float((moved * moved).sum()) / bend if bend > 0 else 2 * length
        if not math.isfinite(length) or float(np.linalg.norm(slope)) * length < _SMALL:
            break
        before = point, slope
        point = point - length * slope
    return lowest, place
