"""Remake gains.json: python tests/golden/make_gains.py (some ten seconds).

Gaussian moments of the activations to 30 digits, by another way than netinit's, and with the
standard library alone: closed forms where there are some, elsewhere the double-exponential rules of
Takahasi and Mori (1974) in 50-digit decimals, on each side of 0 and of every kink.
"""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal, getcontext
from functools import cache
from pathlib import Path

getcontext().prec = 50

PI = Decimal("3.14159265358979323846264338327950288419716939937511")
HALF_PI = PI / 2
STEP = Decimal(1) / 64
VARIANCES = ("1e-8", "0.01", "1", "9", "400", "1e4")
MOMENTS = ("mean", "second_moment", "derivative_second_moment", "length_map_slope")

Function = Callable[[Decimal], tuple[Decimal, Decimal]]  # the value and the slope at x
Moments = list[Decimal]


def half_line(start: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
    """Nodes and weights from `start` to infinity, for what falls off like the normal density.

    z = start + exp(t - exp(-t)).
    """
    for k in range(-333, 195):
        t = k * STEP
        z = (t - (-t).exp()).exp()
        yield start + z, z * (1 + (-t).exp()) * STEP


def interval(end: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
    """Nodes and weights from 0 to `end`: z = end / (1 + exp(-pi sinh t))."""
    for k in range(-267, 268):
        t = k * STEP
        grown, shrunk = t.exp(), (-t).exp()
        odds = (-HALF_PI * (grown - shrunk)).exp()
        yield end / (1 + odds), end * HALF_PI * (grown + shrunk) * odds / (1 + odds) ** 2 * STEP


def quadrature(function: Function, *, kink: Decimal | None = None) -> Callable[[Decimal], Moments]:
    """The four moments of an activation with kinks at 0 and at plus and minus `kink`."""

    def moments(q: Decimal) -> Moments:
        root = q.sqrt()
        # Past z = 20 lies 1e-88 of the mass: no need to know what happens there.
        edge = Decimal(0) if kink is None else min(kink / root, Decimal(20))
        nodes = [*half_line(edge), *(interval(edge) if kink else ())]
        totals = [Decimal(0)] * 4
        for z, weight in nodes:
            mass = weight * (-z * z / 2).exp() / (2 * PI).sqrt()
            for x in (root * z, -root * z):
                value, slope = function(x)
                terms = (value, value**2, slope**2, value * slope * x / q)
                totals = [total + mass * term for total, term in zip(totals, terms, strict=True)]
        return totals

    return moments


def sigmoid(x: Decimal) -> Decimal:
    """1 / (1 + exp(-x))."""
    decay = (-abs(x)).exp()
    return (decay if x < 0 else 1) / (1 + decay)


def tanh(x: Decimal) -> tuple[Decimal, Decimal]:
    """The hyperbolic tangent."""
    value = 2 * sigmoid(2 * x) - 1
    return value, 1 - value**2


def logistic(x: Decimal) -> tuple[Decimal, Decimal]:
    """The sigmoid as an activation."""
    return sigmoid(x), sigmoid(x) * sigmoid(-x)


def softplus(x: Decimal) -> tuple[Decimal, Decimal]:
    """ln(1 + exp(x))."""
    return max(x, Decimal(0)) + (1 + (-abs(x)).exp()).ln(), sigmoid(x)


def silu(x: Decimal) -> tuple[Decimal, Decimal]:
    """x sigmoid(x)."""
    value = sigmoid(x)
    return x * value, value + x * value * sigmoid(-x)


def mish(x: Decimal) -> tuple[Decimal, Decimal]:
    """x tanh(softplus(x))."""
    value, slope = tanh(softplus(x)[0])
    return x * value, value + x * slope * sigmoid(x)


def softsign(x: Decimal) -> tuple[Decimal, Decimal]:
    """x / (1 + |x|)."""
    return x / (1 + abs(x)), 1 / (1 + abs(x)) ** 2


def hard_tanh(x: Decimal) -> tuple[Decimal, Decimal]:
    """x, clipped to [-1, 1]."""
    return max(min(x, Decimal(1)), Decimal(-1)), Decimal(abs(x) < 1)


def relu6(x: Decimal) -> tuple[Decimal, Decimal]:
    """x, clipped to [0, 6]."""
    return max(min(x, Decimal(6)), Decimal(0)), Decimal(0 < x < 6)


def hard_sigmoid(x: Decimal) -> tuple[Decimal, Decimal]:
    """x / 6 + 1 / 2, clipped to [0, 1]."""
    return max(min(x / 6 + Decimal("0.5"), Decimal(1)), Decimal(0)), Decimal(abs(x) < 3) / 6


def hard_swish(x: Decimal) -> tuple[Decimal, Decimal]:
    """The product x hard_sigmoid(x)."""
    value, slope = hard_sigmoid(x)
    return x * value, value + x * slope


def gelu_tanh(x: Decimal) -> tuple[Decimal, Decimal]:
    """x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3)."""
    cubic = Decimal("0.044715")
    root = (2 / PI).sqrt()
    gate = sigmoid(2 * root * (x + cubic * x**3))
    return x * gate, gate + x * gate * (1 - gate) * 2 * root * (1 + 3 * cubic * x**2)


@cache
def error_function(x: Decimal) -> Decimal:
    """erf(x) = 2 / sqrt(pi) exp(-x^2) sum of 2^n x^(2n + 1) / (2n + 1)!!, all terms of one sign."""
    if abs(x) > 12:  # 1 - erf(12) is 1e-64
        return Decimal(1).copy_sign(x)
    term = total = x
    n = 0
    while abs(term) > Decimal("1e-55") * abs(total):
        n += 1
        term *= 2 * x * x / (2 * n + 1)
        total += term
    return 2 / PI.sqrt() * (-x * x).exp() * total


def erf(x: Decimal) -> tuple[Decimal, Decimal]:
    """The error function."""
    return error_function(x), 2 / PI.sqrt() * (-x * x).exp()


def gelu(x: Decimal) -> tuple[Decimal, Decimal]:
    """x P(z < x)."""
    below = (1 + error_function(x / Decimal(2).sqrt())) / 2
    return x * below, below + x * (-x * x / 2).exp() / (2 * PI).sqrt()


def elu(alpha: Decimal, scale: Decimal) -> Function:
    """Scale times x where x > 0, scale alpha (exp(x) - 1) elsewhere."""

    def function(x: Decimal) -> tuple[Decimal, Decimal]:
        if x > 0:
            return scale * x, scale
        return scale * alpha * (x.exp() - 1), scale * alpha * x.exp()

    return function


def selu() -> Function:
    """The ELU that keeps mean 0 and variance 1 (Klambauer et al., 2017), solved for here.

    E elu = 0 gives alpha; then E elu^2 = 1 gives the scale.
    """
    one, root = Decimal(1), Decimal(2).sqrt()
    tail = {k: (1 - error_function(k / root)) / 2 for k in (Decimal(1), Decimal(2))}
    first, second = one.exp().sqrt() * tail[one], Decimal(2).exp() * tail[Decimal(2)]
    alpha = 1 / (2 * PI).sqrt() / (Decimal("0.5") - first)
    moment = Decimal("0.5") + alpha**2 * (second - 2 * first + Decimal("0.5"))
    return elu(alpha, 1 / moment.sqrt())


def rectified(slope: str) -> Callable[[Decimal], Moments]:
    """Closed forms of the moments of a leaky rectifier."""
    a = Decimal(slope)
    half = (1 + a * a) / 2
    return lambda q: [(1 - a) * (q / (2 * PI)).sqrt(), half * q, half, half]


def sine(q: Decimal) -> Moments:
    """Closed forms, from E cos(k x) = exp(-k^2 q / 2)."""
    decay = (-2 * q).exp()
    return [Decimal(0), (1 - decay) / 2, (1 + decay) / 2, decay]


FUNCTIONS: dict[str, Function] = {
    "elu": elu(Decimal(1), Decimal(1)),
    "selu": selu(),
    "tanh": tanh,
    "sigmoid": logistic,
    "softplus": softplus,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": silu,
    "mish": mish,
    "softsign": softsign,
    "hard_tanh": hard_tanh,
    "erf": erf,
    "relu6": relu6,
    "celu": elu(Decimal(1), Decimal(1)),
    "hard_sigmoid": hard_sigmoid,
    "hard_swish": hard_swish,
}
ACTIVATIONS: dict[str, Callable[[Decimal], Moments]] = {
    "identity": rectified("1"),
    "relu": rectified("0"),
    "leaky_relu": rectified("0.01"),
    "sin": sine,
    **{name: quadrature(function) for name, function in FUNCTIONS.items()},
    "hard_tanh": quadrature(hard_tanh, kink=Decimal(1)),
    "prelu": rectified("0.25"),
    "relu6": quadrature(relu6, kink=Decimal(6)),
    "hard_sigmoid": quadrature(hard_sigmoid, kink=Decimal(3)),
    "hard_swish": quadrature(hard_swish, kink=Decimal(3)),
}


def record(name: str, variance: str) -> dict[str, str]:
    """One line of the table; the slope is that of the length map at scaled_variance 1."""
    q = Decimal(variance)
    numbers = dict(zip(MOMENTS, ACTIVATIONS[name](q), strict=True))
    numbers["variance"] = numbers["second_moment"] - numbers["mean"] ** 2
    numbers["forward_gain"] = (q / numbers["second_moment"]).sqrt()
    numbers["backward_gain"] = 1 / numbers["derivative_second_moment"].sqrt()
    numbers["std_gain"] = (q / numbers["variance"]).sqrt()
    # Odd functions: what the sum leaves of their mean is rounding.
    digits = {key: f"{Decimal(0) if abs(x) < 1e-40 else x:.30g}" for key, x in numbers.items()}
    return {"activation": name, "q": variance, **digits}


if __name__ == "__main__":
    table = [record(name, variance) for name in ACTIVATIONS for variance in VARIANCES]
    Path(__file__).with_name("gains.json").write_text(json.dumps(table, indent=1) + "\n")
