"""Remake gains.json: python tests/golden/make_gains.py.

Gaussian moments of the activations to 30 digits, by another way than netinit's, and with the
standard library alone. Polynomial pieces have closed forms; for tanh and sigmoid the trapezoidal
rule over the whole line in 50-digit decimals errs by exp(-2 pi d / step), where d is the distance
of the nearest pole from the real line.
"""

import json
from collections.abc import Callable
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 50

PI = Decimal("3.14159265358979323846264338327950288419716939937511")
STEP = Decimal(1) / 256
REACH = 16 * 256  # steps: beyond 16 standard deviations lies 1e-57 of the mass
VARIANCES = ("0.01", "1", "9", "400")


def expectation(function: Callable[[Decimal], Decimal], q: Decimal) -> Decimal:
    """E f(sqrt(q) z)."""
    total = Decimal(0)
    for k in range(-REACH, REACH + 1):
        z = k * STEP
        total += (-z * z / 2).exp() * function(q.sqrt() * z)
    return total * STEP / (2 * PI).sqrt()


def sigmoid(x: Decimal) -> Decimal:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + (-x).exp())


def tanh(x: Decimal) -> Decimal:
    """The hyperbolic tangent."""
    return 2 * sigmoid(2 * x) - 1


def rectified(slope: str) -> Callable[[Decimal], tuple[Decimal, Decimal, Decimal]]:
    """Closed forms of the three moments of a leaky rectifier."""
    a = Decimal(slope)
    half = (1 + a * a) / 2
    return lambda q: ((1 - a) * (q / (2 * PI)).sqrt(), half * q, half)


def smooth(
    function: Callable[[Decimal], Decimal], derivative: Callable[[Decimal], Decimal]
) -> Callable[[Decimal], tuple[Decimal, Decimal, Decimal]]:
    """Quadrature of the three moments of an analytic activation."""
    return lambda q: (
        expectation(function, q),
        expectation(lambda x: function(x) ** 2, q),
        expectation(lambda x: derivative(x) ** 2, q),
    )


ACTIVATIONS = {
    "identity": rectified("1"),
    "relu": rectified("0"),
    "leaky_relu": rectified("0.01"),
    "tanh": smooth(tanh, lambda x: 1 - tanh(x) ** 2),
    "sigmoid": smooth(sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
}


def record(name: str, variance: str) -> dict[str, str | float]:
    """One line of the table."""
    q = Decimal(variance)
    mean, second, slope = ACTIVATIONS[name](q)
    numbers = {
        "mean": mean,
        "second_moment": second,
        "derivative_second_moment": slope,
        "forward_gain": (q / second).sqrt(),
        "backward_gain": 1 / slope.sqrt(),
    }
    # Odd functions: what the sum leaves of their mean is rounding.
    digits = {key: f"{Decimal(0) if abs(x) < 1e-40 else x:.30g}" for key, x in numbers.items()}
    return {"activation": name, "q": variance, **digits}


if __name__ == "__main__":
    table = [record(name, variance) for name in ACTIVATIONS for variance in VARIANCES]
    Path(__file__).with_name("gains.json").write_text(json.dumps(table, indent=1) + "\n")
