"""The signal in a model's layers and the gradient of its parameters, before the first step."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from netinit.initializers.fans import Fans
from netinit.judging.loss import Constants, first_loss
from netinit.reading.law import Law
from netinit.reporting.findings import Finding, found
from netinit.reporting.report import Report

COLUMNS = ("name", "kind", "fan_in", "fan_out", "output", "spread", "dead", "sensitivity", "drawn")
_LEAST_SPREAD, _LEAST_SHARE = 1e-4, 1e-2
_GRADIENT_RATIO = 1e4
_GROWTH, _LAYERS = 1e3, 4
_DEAD, _DEAD_OF_COLLAPSED, _POSITIONS = 0.7, 0.9, 32
_UNTRIED = " No step was tried: a few steps would tell whether it learns all the same."


@dataclass(frozen=True)
class Layer:
    """A layer with parameters, as it ran.

    Parameters
    ----------
    name, kind : str
    output : ndarray
        What it made, batch first and units last.
    weight : str
        The name of its weight; empty if it has none.
    rectified : bool
        Whether a unit that is 0 or less everywhere is dead.
    normalizes : bool
        Whether it is a normalization.
    """

    name: str
    kind: str
    output: np.ndarray
    weight: str = ""
    rectified: bool = False
    normalizes: bool = False

    @property
    def second(self) -> float:
        """The mean square of the output."""
        return float(np.square(self.output, dtype=np.float64).mean())

    @property
    def spread(self) -> float:
        """The share of the mean square that depends on the input; NaN for a batch of one."""
        return spread(self.output)

    @property
    def dead(self) -> float | None:
        """The share of units that are 0 on the whole batch, if that can be told."""
        values = self.output.reshape(-1, self.output.shape[-1])
        if not self.rectified or len(values) < _POSITIONS:
            return None
        return float((values.max(0) <= 0).mean())


@dataclass(frozen=True)
class Seen:
    """One forward and one backward pass.

    Parameters
    ----------
    layers : sequence of Layer
        In the order in which they ran.
    output : ndarray
        Of the whole model, as its loss reads it.
    loss : float or None
        None if there is none.
    constants : Constants or None
    weights, gradients : mappings of names to ndarray
    laws, fans : mappings of names
    said : list of Finding
        What the values show by themselves.
    """

    layers: Sequence[Layer]
    output: np.ndarray
    loss: float | None
    constants: Constants | None
    weights: Mapping[str, np.ndarray]
    gradients: Mapping[str, np.ndarray]
    laws: Mapping[str, Law]
    fans: Mapping[str, Fans | None]
    said: list[Finding] = field(default_factory=list)

    def sensitivity(self, name: str) -> float | None:
        """How much the loss would change if a weight changed by a small share of its norm."""
        if name not in self.gradients:
            return None
        pair = self.weights[name], self.gradients[name]
        return math.prod(float(np.linalg.norm(each.astype(np.float64))) for each in pair)


def spread(values: np.ndarray) -> float:
    """The share of the mean square that depends on the input; NaN for a batch of one.

    >>> spread(np.ones((4, 3))), spread(np.array([[1.0], [-1.0]]))
    (0.0, 1.0)
    """
    values = values.astype(np.float64)
    second = float(np.square(values).mean())
    if values.ndim < 2 or len(values) < 2 or second == 0:
        return math.nan
    return float(values.var(0).mean()) / second


def report(seen: Seen) -> Report:
    """A row for each layer, facts about the loss, and what was found."""
    facts: dict[str, object] = {"parameters": sum(w.size for w in seen.weights.values())}
    if seen.loss is not None:
        facts["loss"] = seen.loss
    if seen.constants is not None:
        facts["loss of zeros"] = seen.constants.zero
        facts["loss of the best constant"] = seen.constants.best
    rows = [_row(layer, seen) for layer in seen.layers if layer.weight]
    return Report("Check", COLUMNS, rows, findings(seen), facts=facts)


def findings(seen: Seen) -> list[Finding]:
    """What one pass shows. What only steps could decide is a warning."""
    said = [*seen.said, *_nonfinite(seen)]
    if seen.loss is not None:
        said += first_loss(seen.loss, seen.constants)
    collapsed = _collapse(seen)
    return [*said, *collapsed, *_gradients(seen), *_growth(seen), *_dead(seen, bool(collapsed))]


def _row(layer: Layer, seen: Seen) -> dict[str, object]:
    fans, law = seen.fans.get(layer.weight), seen.laws.get(layer.weight)
    return {
        "name": layer.name,
        "kind": layer.kind,
        "fan_in": fans and fans.fan_in,
        "fan_out": fans and fans.fan_out,
        "output": layer.second,
        "spread": layer.spread,
        "dead": layer.dead,
        "sensitivity": seen.sensitivity(layer.weight),
        "drawn": "" if law is None else law.brief,
        "law": "" if law is None else str(law),
    }


def _nonfinite(seen: Seen) -> list[Finding]:
    """The first layer whose output is not finite."""
    if any(finding.code == "NONFINITE" for finding in seen.said):
        return []
    place = next((each for each in seen.layers if not np.isfinite(each.output).all()), None)
    if place is None:
        return []
    reason = "The forward pass is infinite or NaN from this layer on."
    fix = "look at the weight and at what the layer reads"
    return [found("NONFINITE", place.name, place.second, "a finite number", reason, fix)]


def _collapse(seen: Seen) -> list[Finding]:
    """Whether the output, and what the last layer reads, hardly depend on the input."""
    layers = [layer for layer in seen.layers if layer.weight and not layer.normalizes]
    if not layers or len(seen.output) < 2 or not np.isfinite(seen.output).all():
        return []
    at_first = next((layer.spread for layer in layers if layer.spread > 0), 1.0)
    hidden = layers[-2 if len(layers) > 1 else -1]
    still = spread(seen.output)
    if seen.output.any() and not still < _LEAST_SPREAD:
        return []
    # A head that starts at zero answers the same to all, and wakes with the first step.
    if hidden.output.any() and not hidden.spread < _LEAST_SPREAD:
        return []
    if hidden.spread > _LEAST_SHARE * at_first:
        return []  # the batch itself hardly varies
    lost = next((each for each in layers if not each.spread >= _LEAST_SPREAD), hidden)
    return [
        found(
            "COLLAPSE",
            layers[-1].name,
            0.0 if math.isnan(hidden.spread) else hidden.spread,
            f"more than {_LEAST_SPREAD:g}",
            "The layers lose the part of the signal that depends on the input: whatever goes in, "
            "nearly the same comes out." + _UNTRIED,
            f"scale the weights for their activations; the signal is lost at {lost.name}",
            severity="warning",
            lost_at=lost.name,
        )
    ]


def _gradients(seen: Seen) -> list[Finding]:
    """Parameters without a gradient, and gradients of very different sizes along the depth."""
    still = [name for name, gradient in seen.gradients.items() if not gradient.any()]
    said = [_still(still, seen)] if still else []
    felt = [(each.name, seen.sensitivity(each.weight)) for each in seen.layers if each.weight]
    felt = [(name, value) for name, value in felt if value is not None and math.isfinite(value)]
    if len(felt) < 4:
        return said
    first, last = (max(part, key=lambda pair: pair[1]) for part in (felt[:2], felt[-2:]))
    if not first[1] or not last[1]:
        return said
    ratio = first[1] / last[1]
    if 1 / _GRADIENT_RATIO < ratio < _GRADIENT_RATIO:
        return said
    said.append(
        found(
            "GRADIENT",
            first[0],
            ratio,
            f"between {1 / _GRADIENT_RATIO:g} and {_GRADIENT_RATIO:g}",
            "A relative change of the first weights changes the loss this many times as much as "
            f"one of the last: the gradient {'vanishes' if ratio < 1 else 'explodes'} going back."
            + _UNTRIED,
            "scale the weights for their activations, or add norms or residual branches",
            severity="warning",
        )
    )
    return said


def _still(names: list[str], seen: Seen) -> Finding:
    """Parameters without a gradient: an error if no weight has one, for then nothing wakes them."""
    weights = {name for name, gradient in seen.gradients.items() if gradient.ndim > 1}
    lost = bool(weights) and weights <= set(names)
    reason = "The loss does not change with these parameters"
    if lost:
        reason += ", and no weight has a gradient: steps move nothing but biases."
    else:
        reason += "; behind a weight that starts at zero, this ends with the first step." + _UNTRIED
    return found(
        "NO-GRADIENT",
        names[0],
        0.0,
        "a gradient",
        reason,
        "look at what reads them: weights of zero, dead units, or nothing",
        severity="error" if lost else "warning",
        count=len(names),
        names=names,
    )


def _growth(seen: Seen) -> list[Finding]:
    """Whether the layers shrink or blow up the signal, where no norm sets its scale."""
    layers = [layer for layer in seen.layers if layer.weight]
    hidden = layers[:-1]
    unfit = any(layer.normalizes or not layer.second > 0 for layer in hidden)
    if len(hidden) < _LAYERS or unfit:
        return []
    growth = hidden[-1].second / hidden[0].second
    if not math.isfinite(growth) or 1 / _GROWTH < growth < _GROWTH:
        return []
    return [
        found(
            "GAIN",
            hidden[-1].name,
            growth,
            f"between {1 / _GROWTH:g} and {_GROWTH:g}",
            f"Over {len(hidden)} layers the mean square of the signal is multiplied by this: the "
            "variance of the weights does not suit the activations.",
            "draw the weights with variance 2/fan_in before a ReLU, 1/fan_in elsewhere",
            severity="warning",
            count=len(hidden),
        )
    ]


def _dead(seen: Seen, collapsed: bool) -> list[Finding]:
    """Layers most of whose rectified units are 0 on the whole batch."""
    limit = _DEAD_OF_COLLAPSED if collapsed else _DEAD
    layers = [layer for layer in seen.layers if (layer.dead or 0.0) > limit]
    if not layers:
        return []
    worst = max(layers, key=lambda layer: layer.dead)
    reason = "These units are 0 for every input of the batch: they pass nothing on and receive no "
    return [
        found(
            "DEAD",
            worst.name,
            worst.dead,
            f"at most {limit:g}",
            reason + "gradient.",
            "look for a large negative bias, or for inputs that are not centered",
            count=len(layers),
            names=[layer.name for layer in layers],
        )
    ]
