"""Of the signal on its way forward and of the gradient on its way back."""

from __future__ import annotations

import math

from netinit.reporting.findings import Finding, found
from netinit.torch.checking import measures
from netinit.torch.checking.observing import Observation
from netinit.torch.checking.operation import Operation

_LEAST_SPREAD, _LEAST_SHARE = 1e-4, 1e-2
_GRADIENT_RATIO = 1e4
_DEAD = 0.7
_DEAD_OF_COLLAPSED = 0.9  # half of the units of a signal that hardly varies never switch on
_SATURATED = 0.5
_GROWTH, _GROWTH_EACH, _ADDITIONS = 1e3, 1.5, 6
_LEAST_EVENNESS = 0.3


def collapse(seen: Observation) -> list[Finding]:
    """Whether what reaches the output, and the output, hardly depend on the input."""
    operations = [o for o in seen.contractions if o.output]
    if not operations or seen.output is None or not measures.measurable(seen.output):
        return []
    last, output = operations[-1], measures.moments(seen.output)
    hidden = last.input_spread
    at_first = next((o.output.spread for o in operations if o.output.spread > 0), 1.0)
    if hidden > _LEAST_SHARE * at_first:
        return []  # the batch itself hardly varies
    flat = output.second == 0 or output.spread < _LEAST_SPREAD
    if not (flat and hidden < _LEAST_SPREAD):
        return []
    lost = next((o for o in operations if o.output.spread < _LEAST_SPREAD), last)
    return [
        found(
            "COLLAPSE",
            last.name,
            hidden,
            f"more than {_LEAST_SPREAD:g}",
            "The layers lose the part of the signal that depends on the input: whatever goes in, "
            "nearly the same comes out, and only biases learn.",
            f"scale weights for their activations (see GAIN); the signal is lost at {lost.name}",
            spread_of_output=output.spread,
            lost_at=lost.name,
        )
    ]


def gradient(seen: Observation) -> list[Finding]:
    """Whether the loss feels the first layers far less, or far more, than the last."""
    felt = [(o.name, seen.sensitivity(o.weight)) for o in seen.contractions]
    felt = [(name, value) for name, value in felt if value is not None and math.isfinite(value)]
    if len(felt) < 4:
        return []
    first = max(felt[:2], key=lambda pair: pair[1])
    last = max(felt[-2:], key=lambda pair: pair[1])
    if not first[1] or not last[1]:
        return []
    ratio = first[1] / last[1]
    if 1 / _GRADIENT_RATIO < ratio < _GRADIENT_RATIO:
        return []
    vanishes = ratio < 1
    return [
        found(
            "GRADIENT",
            first[0],
            ratio,
            f"between {1 / _GRADIENT_RATIO:g} and {_GRADIENT_RATIO:g}",
            "A relative change of the first weights changes the loss this many times as much as "
            f"one of the last: the gradient {'vanishes' if vanishes else 'explodes'} going back.",
            "scale weights for their activations (see GAIN), or add norms or residual branches",
            severity="error",
            first=first[1],
            last=last[1],
        )
    ]


def nonfinite(seen: Observation) -> list[Finding]:
    """The first operation whose output is not finite though what it read was."""
    for operation in seen.operations:
        if operation.output and not math.isfinite(operation.output.second):
            return [
                found(
                    "NONFINITE",
                    operation.name,
                    operation.output.second,
                    "a finite number",
                    "The forward pass is infinite or NaN from this operation on.",
                    "look at the weight and at what the operation reads",
                    input=operation.input,
                )
            ]
    return []


def dead(seen: Observation, *, collapsed: bool = False) -> list[Finding]:
    """Layers most of whose rectified units are 0 on the whole batch."""
    limit = _DEAD_OF_COLLAPSED if collapsed else _DEAD
    layers = [o for o in seen.operations if o.dead is not None and o.dead > limit]
    return _grouped(
        "DEAD",
        layers,
        [o.dead for o in layers],
        f"at most {limit:g}",
        "These units are 0 for every input of the batch: they pass nothing on and receive no "
        "gradient.",
        "look for a large negative bias, or for inputs that are not centered",
    )


def saturated(seen: Observation) -> list[Finding]:
    """Hidden layers most of whose values lie on the flat part of their activation."""
    layers = [o for o in seen.operations[:-1] if o.saturated is not None]
    layers = [o for o in layers if o.saturated > _SATURATED]
    return _grouped(
        "SATURATED",
        layers,
        [o.saturated for o in layers],
        f"at most {_SATURATED:g}",
        "Where an activation is flat its slope is nearly 0, and so is the gradient through it.",
        "make the weights smaller; if their scale is right, look for large inputs or biases",
    )


def residual(seen: Observation) -> list[Finding]:
    """Whether a stream grows by a factor, and not by an amount, from block to block."""
    grown = [_growth(stream) for stream in seen.signals.streams if len(stream) > _ADDITIONS]
    each, total, additions = max(grown, default=(0.0, 0.0, 0))
    if total < _GROWTH or each < _GROWTH_EACH:
        return []
    return [
        found(
            "RESIDUAL",
            "residual stream",
            each,
            f"less than {_GROWTH_EACH:g} for each addition",
            f"The mean square of the stream grows by a factor of {total:.3g} over {additions} "
            "additions: each adds in proportion to all before it, so it explodes with depth.",
            "scale the last weight of each branch by 1/sqrt(number of branches), or start it at 0",
            growth=total,
            additions=additions,
            names=[o.weight for o in seen.operations if o.joins],
        )
    ]


def _growth(stream: list[float]) -> tuple[float, float, int]:
    """How much a stream's second moment grows by each late addition, by all, and how many."""
    late = len(stream) // 3
    if not all(0 < moment < math.inf for moment in stream):
        return 0.0, 0.0, len(stream) - 1
    each = (stream[-1] / stream[-1 - late]) ** (1 / late)
    return each, stream[-1] / stream[0], len(stream) - 1


def attention(seen: Observation) -> list[Finding]:
    """Attentions that look at a few places from the start."""
    narrow = [sight for sight in seen.signals.attentions if sight.evenness < _LEAST_EVENNESS]
    if not narrow:
        return []
    worst = min(narrow, key=lambda sight: sight.evenness)
    return [
        found(
            "ATTENTION",
            worst.name,
            worst.evenness,
            f"at least {_LEAST_EVENNESS:g} of the entropy of equal weights",
            f"Of {worst.keys:.0f} places it looks at about {worst.keys**worst.evenness:.1f}: the "
            "scores are so large that softmax is saturated, and passes little gradient.",
            "make the weights of queries and keys smaller, or divide scores by sqrt(head size)",
            count=len(narrow),
            keys=worst.keys,
            factors=[(sight.weights, sight.scores**-0.5) for sight in narrow],
        )
    ]


def _grouped(
    code: str, layers: list[Operation], values: list[float], expected: str, reason: str, fix: str
) -> list[Finding]:
    """One finding for all layers, at the worst of them."""
    if not layers:
        return []
    worst, value = max(zip(layers, values, strict=True), key=lambda pair: pair[1])
    names = [layer.name for layer in layers]
    finding = found(code, worst.name, value, expected, reason, fix, count=len(layers), names=names)
    return [finding]
