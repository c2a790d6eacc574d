"""The formulas of the activations and of their slopes, elementwise.

Each takes real numbers of any kind, works in float32 or better and answers in the dtype it was
given; nothing in between overflows. At a kink the slope is the one on its left, except for those of
`hard_tanh`, `relu6` and `hard_sigmoid`, where it is 0.
"""

import functools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from netinit._checks import dtypes
from netinit.activations.error_function import erf as _erf
from netinit.activations.error_function import gaussian, normal_tail, scaled_tail

Array = npt.NDArray[np.floating]
Elementwise = Callable[..., Array]

# Klambauer et al., 2017: with these, 0 is kept as mean and 1 as variance of standard normal input.
SELU_ALPHA = 1.6732632423543772848
SELU_SCALE = 1.0507009873554804934
_GELU_TANH_CUBIC = 0.044715  # Hendrycks and Gimpel, 2016
_GELU_TANH_FLAT = 64.0  # |x| from where on it is 0 or x in every dtype
_NORMAL_PEAK = 1 / math.sqrt(2 * math.pi)


def floating(x: npt.ArrayLike) -> Array:
    """`x` as a floating array: its dtype kept, other numbers made float64.

    >>> floating([1, 2])
    array([1., 2.])
    """
    x = np.asarray(x)
    if np.issubdtype(x.dtype, np.floating) or dtypes.is_narrow(x.dtype):
        return x
    if not np.issubdtype(x.dtype, np.integer):
        raise TypeError(f"an activation takes real numbers, not dtype {x.dtype}")
    return x.astype(np.float64)


def _elementwise(formula: Elementwise) -> Elementwise:
    """`formula` for any array-like: float16, bfloat16 and their like go through float32."""

    @functools.wraps(formula)
    def apply(x: npt.ArrayLike, **parameters: float) -> Array:
        x = floating(x)
        narrow = x.dtype == np.float16 or dtypes.is_narrow(x.dtype)
        wide = x.astype(np.float32) if narrow else x
        # An exponential that vanishes is 0, whatever the caller's np.seterr.
        with np.errstate(under="ignore"):
            return formula(wide, **parameters).astype(x.dtype, copy=False)

    return apply


def _bounded(x: Array) -> Array:
    """`x` with infinities replaced by the largest numbers, so that 0 times x is 0."""
    largest = np.finfo(x.dtype).max
    return np.clip(x, -largest, largest)


@_elementwise
def identity(x: Array) -> Array:
    """A copy of x."""
    return x.copy()


@_elementwise
def identity_slope(x: Array) -> Array:
    """1."""
    return np.ones_like(x)


@_elementwise
def relu(x: Array) -> Array:
    """max(x, 0)."""
    return np.maximum(x, 0)


@_elementwise
def relu_slope(x: Array) -> Array:
    """1 where x > 0."""
    return (x > 0).astype(x.dtype)


@_elementwise
def leaky_relu(x: Array, *, negative_slope: float) -> Array:
    """Where x > 0, x; elsewhere negative_slope x."""
    return np.where(x > 0, x, np.minimum(x, 0) * x.dtype.type(negative_slope))


@_elementwise
def leaky_relu_slope(x: Array, *, negative_slope: float) -> Array:
    """Where x > 0, 1; elsewhere negative_slope."""
    return np.where(x > 0, x.dtype.type(1), x.dtype.type(negative_slope))


@_elementwise
def elu(x: Array, *, alpha: float, scale: float) -> Array:
    """Where x > 0, scale x; elsewhere scale alpha (e^x - 1)."""
    return scale * (np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0)))


@_elementwise
def elu_slope(x: Array, *, alpha: float, scale: float) -> Array:
    """Where x > 0, scale; elsewhere scale alpha e^x."""
    return np.where(x > 0, x.dtype.type(scale), scale * alpha * np.exp(np.minimum(x, 0)))


@_elementwise
def celu(x: Array, *, alpha: float) -> Array:
    """Where x > 0, x; elsewhere alpha (e^(x / alpha) - 1)."""
    return np.maximum(x, 0) + alpha * np.expm1(_celu_exponent(x, alpha))


@_elementwise
def celu_slope(x: Array, *, alpha: float) -> Array:
    """Where x > 0, 1; elsewhere e^(x / alpha)."""
    return np.exp(_celu_exponent(x, alpha))


def _celu_exponent(x: Array, alpha: float) -> Array:
    # exp(-1000) is 0 in every dtype, and x / alpha could overflow.
    return np.clip(x, -1000 * alpha, 0) / alpha


@_elementwise
def tanh(x: Array) -> Array:
    """The hyperbolic tangent."""
    return np.tanh(x)


@_elementwise
def tanh_slope(x: Array) -> Array:
    """1 / cosh^2 x."""
    # 1 - tanh^2 cancels for large |x|; this form keeps every digit.
    decay = np.exp(-2 * np.minimum(np.abs(x), 400))
    return 4 * decay / (1 + decay) ** 2


@_elementwise
def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x)."""
    # exp of a negative number only: nothing overflows.
    decay = np.exp(-np.abs(x))
    return np.where(x < 0, decay, x.dtype.type(1)) / (1 + decay)


@_elementwise
def sigmoid_slope(x: Array) -> Array:
    """Sigmoid times 1 minus sigmoid."""
    decay = np.exp(-np.abs(x))
    return decay / (1 + decay) ** 2


@_elementwise
def softplus(x: Array) -> Array:
    """ln(1 + e^x); its slope is the sigmoid."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@_elementwise
def gelu(x: Array) -> Array:
    """The product x P(z < x), for standard normal z."""
    tail = normal_tail(np.abs(x))
    return np.maximum(x, 0) - np.minimum(np.abs(x), np.finfo(x.dtype).max) * tail


@_elementwise
def gelu_slope(x: Array) -> Array:
    """P(z < x) + x p(x), with p the density of z."""
    size = np.minimum(np.abs(x), 40)
    # P(z < x) and x p(x) share the factor exp(-x^2 / 2), without which they differ by much.
    left = gaussian(size, 0.5) * (scaled_tail(size * math.sqrt(0.5)) / 2 - size * _NORMAL_PEAK)
    return np.where(x < 0, left, 1 - left)


@_elementwise
def gelu_tanh(x: Array) -> Array:
    """The product x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3), close to gelu."""
    return np.maximum(x, -_GELU_TANH_FLAT) * sigmoid(_gelu_tanh_inner(x))


@_elementwise
def gelu_tanh_slope(x: Array) -> Array:
    """By the product rule."""
    x = np.clip(x, -_GELU_TANH_FLAT, _GELU_TANH_FLAT)
    inner = _gelu_tanh_inner(x)
    growth = 2 * math.sqrt(2 / math.pi) * (1 + 3 * _GELU_TANH_CUBIC * x**2)
    return sigmoid(inner) * (1 + x * growth * sigmoid(-inner))


def _gelu_tanh_inner(x: Array) -> Array:
    """Twice u: (1 + tanh u) / 2 is the sigmoid of 2 u."""
    x = np.clip(x, -_GELU_TANH_FLAT, _GELU_TANH_FLAT)
    return 2 * math.sqrt(2 / math.pi) * (x + _GELU_TANH_CUBIC * x**3)


@_elementwise
def silu(x: Array) -> Array:
    """The product x sigmoid(x)."""
    return np.maximum(x, -np.finfo(x.dtype).max) * sigmoid(x)


@_elementwise
def silu_slope(x: Array) -> Array:
    """sigmoid(x) (1 + x sigmoid(-x))."""
    return sigmoid(x) * (1 + _bounded(x) * sigmoid(-x))


@_elementwise
def mish(x: Array) -> Array:
    """The product x tanh(softplus(x))."""
    return np.maximum(x, -np.finfo(x.dtype).max) * _tanh_softplus(x)[0]


@_elementwise
def mish_slope(x: Array) -> Array:
    """By the product rule."""
    value, complement = _tanh_softplus(x)
    return value + _bounded(x) * complement * (1 + value) * sigmoid(x)


def _tanh_softplus(x: Array) -> tuple[Array, Array]:
    """tanh(softplus(x)) and 1 minus it, both free of cancellation.

    tanh ln(1 + e) = e (e + 2) / (e (e + 2) + 2); for x > 0 all is divided by e^2.
    """
    decay = np.exp(-np.abs(x))
    rises = np.where(x > 0, 1 + 2 * decay, decay * (decay + 2))
    rest = np.where(x > 0, 2 * decay**2, x.dtype.type(2))
    return rises / (rises + rest), rest / (rises + rest)


@_elementwise
def softsign(x: Array) -> Array:
    """The quotient x / (1 + |x|)."""
    x = _bounded(x)
    return x / (1 + np.abs(x))


@_elementwise
def softsign_slope(x: Array) -> Array:
    """1 / (1 + |x|)^2."""
    return (1 / (1 + np.abs(x))) ** 2


@_elementwise
def hard_tanh(x: Array) -> Array:
    """The nearest number to x in [-1, 1]."""
    return np.clip(x, -1, 1)


@_elementwise
def hard_tanh_slope(x: Array) -> Array:
    """1 where |x| < 1."""
    return (np.abs(x) < 1).astype(x.dtype)


@_elementwise
def relu6(x: Array) -> Array:
    """The nearest number to x in [0, 6]."""
    return np.clip(x, 0, 6)


@_elementwise
def relu6_slope(x: Array) -> Array:
    """1 where 0 < x < 6."""
    return ((x > 0) & (x < 6)).astype(x.dtype)


@_elementwise
def hard_sigmoid(x: Array) -> Array:
    """The nearest number to x / 6 + 1 / 2 in [0, 1]."""
    return np.clip(x + 3, 0, 6) / 6


@_elementwise
def hard_sigmoid_slope(x: Array) -> Array:
    """1 / 6 where |x| < 3."""
    return (np.abs(x) < 3) / x.dtype.type(6)


@_elementwise
def hard_swish(x: Array) -> Array:
    """The product x hard_sigmoid(x)."""
    return np.maximum(x, -3) * hard_sigmoid(x)


@_elementwise
def hard_swish_slope(x: Array) -> Array:
    """0 where x <= -3, (2 x + 3) / 6 from there to 3, then 1."""
    between = (2 * np.clip(x, -3, 3) + 3) / 6
    return np.where(x <= -3, x.dtype.type(0), np.where(x <= 3, between, x.dtype.type(1)))


@_elementwise
def sin(x: Array) -> Array:
    """The sine."""
    return np.sin(x)


@_elementwise
def cos(x: Array) -> Array:
    """The cosine, the slope of the sine."""
    return np.cos(x)


@_elementwise
def erf(x: Array) -> Array:
    """The error function."""
    return _erf(x)


@_elementwise
def erf_slope(x: Array) -> Array:
    """2 / sqrt(pi) exp(-x^2)."""
    return gaussian(x, 1.0) * (2 / math.sqrt(math.pi))
