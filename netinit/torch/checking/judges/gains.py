"""Of the scale of weights, beside what the activation after them keeps."""

from __future__ import annotations

import functools
import math
import warnings

from netinit import activations
from netinit.reporting.findings import Finding, found
from netinit.theory import finite_width, gains
from netinit.torch.checking.observing import Observation
from netinit.torch.checking.operation import Operation

# Those with one known curve; of a slope that is an argument the usual one is meant.
KNOWN = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "tanh", "softsign")
_LAYERS = 5
_FACTOR = 100.0  # over the depth, before it is worth a word
_DEVIATIONS = 4.0


@functools.cache
def wanted(activation: str) -> tuple[float, float]:
    """The least and the greatest fan_in times variance of weights that suit an activation.

    One keeps small signals (the slope at 0), the other keeps a second moment of 1.

    >>> wanted("relu")
    (2.0, 2.0)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gains.UnstableGainWarning)
        unit = float(gains.gain(activation)) ** 2
    slope = float(activations.get(activation).derivative(0.0))
    small = unit if activation in ("relu", "leaky_relu") else slope**-2
    low, high = sorted((round(unit, 12), round(small, 12)))
    return low, high


def scale(seen: Observation) -> list[Finding]:
    """Whether scales of weights, taken together over the depth, shrink or blow up the signal.

    Judged where nothing else sets the scale: without norms and residual branches. What chance does
    to a healthy network of the same widths is no reason: for ReLU, ln of the growth varies by
    about 5 / width in each layer.
    """
    if seen.signals.streams or any(o.normed for o in seen.operations):
        return []
    layers = [o for o in seen.contractions if o.then in KNOWN and _scaled(seen, o)]
    if len(layers) < _LAYERS:
        return []
    logs = [_log_factor(seen, layer) for layer in layers]
    widths = [max(2, min(o.shape[o.units or 0], 4096)) for o in layers]
    chance = math.sqrt(sum(finite_width.relu_log_moments(width)[1] for width in widths))
    total = sum(logs)
    if abs(total) < max(math.log(_FACTOR), _DEVIATIONS * chance):
        return []
    worst = max(zip(layers, logs, strict=True), key=lambda pair: abs(pair[1]))[0]
    low, high = wanted(worst.then)
    suits = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
    return [
        found(
            "GAIN",
            worst.name,
            f"{_scaled(seen, worst):.3g}/fan_in",
            f"{suits}/fan_in",
            f"The variance of the weights does not suit {worst.then}: over {len(layers)} layers "
            f"this multiplies the signal's mean square by 1e{total / math.log(10):.0f}; chance "
            f"alone would explain 1e{_DEVIATIONS * chance / math.log(10):.1f} at most.",
            f"draw the weights with variance {low:.3g}/fan_in, "
            f"that is std {math.sqrt(low / worst.fans.fan_in):.3g} for {worst.name}",
            count=len(layers),
            predicted_log_growth=total,
            chance=chance,
            measured_growth=layers[-1].input / layers[0].input if layers[0].input else None,
        )
    ]


def _scaled(seen: Observation, operation: Operation) -> float | None:
    """fan_in times the mean square of the weights, where the parameter is the weight itself."""
    parameter = seen.parameters.get(operation.weight)
    if parameter is None or tuple(parameter.shape) != operation.shape or operation.output is None:
        return None
    return operation.fans.fan_in * seen.sizes[operation.weight] ** 2 / parameter.numel()


def _log_factor(seen: Observation, operation: Operation) -> float:
    low, high = wanted(operation.then)
    scaled = max(_scaled(seen, operation), 1e-30)
    return math.log(scaled / min(max(scaled, low), high))
