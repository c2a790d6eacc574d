"""How precise a function's answers are, and derivatives by differences that suit that precision."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit.activations import formulas

Array = npt.NDArray[np.floating]
Elementwise = Callable[[npt.ArrayLike], Array]

DOUBLE = float(np.finfo(np.float64).eps)
# Bits of the numbers of bfloat16, float16 and float32, coarsest first.
_BITS = (8, 11, 24)
_PROBE = 3 * np.sin(np.arange(1.0, 97.0))  # no two alike, none a short binary fraction
_FEWEST = 10  # different answers below which the function is a staircase: its answers are exact

# Weights of the values at x + (k - 2) h, k = 0 to 4, of a fourth-order difference, and of those at
# x + k h and x - k h, on one side of x (Fornberg, 1988).
_CENTRAL = np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12
_RIGHT = np.array([-25.0, 48.0, -36.0, 16.0, -3.0]) / 12
_WEIGHTS = {0: _CENTRAL, 1: _RIGHT, -1: -_RIGHT[::-1]}


def precision(function: Elementwise) -> float:
    """The spacing of the answers at 1: 2.2e-16 in float64, 1.2e-7 in float32, 0.001 in float16.

    Float32 answers are recognized as such even if they are given as float64.

    >>> precision(np.tanh), precision(lambda x: np.tanh(np.float32(x)).astype(float))
    (2.220446049250313e-16, 1.1920928955078125e-07)
    """
    answers = np.asarray(function(_PROBE), np.float64)
    answers = answers[np.isfinite(answers)]
    if np.unique(answers).size < _FEWEST:
        return DOUBLE
    fractions, _ = np.frexp(answers)
    for bits in _BITS:
        scaled = np.ldexp(fractions, bits)
        if (scaled == np.rint(scaled)).all():
            return 2.0 ** (1 - bits)
    return DOUBLE


@dataclass(frozen=True)
class Difference:
    """The derivative of `function` by differences of fourth order.

    A step of precision^(1/5), at least 0.001, balances what rounding and the next order of the
    Taylor series do to it. No difference reaches across 0 or a kink: close to one it is taken on
    one side of x. At a kink it is the mean of both sides.

    Parameters
    ----------
    function : callable
        Elementwise, array to array.
    kinks : sequence of float
        Where the function or its derivative is not smooth.
    precision : float
        As `precision` finds it.
    shrunk : float
        A factor on the step: another step shows what the result is good for.
    """

    function: Elementwise
    kinks: Sequence[float] = ()
    precision: float = DOUBLE
    shrunk: float = 1.0

    def __call__(self, x: npt.ArrayLike) -> Array:
        """The derivative at each entry of `x`, in its dtype."""
        x = formulas.floating(x)
        wide = x.astype(np.float64)
        step, side = self._stencil(wide)
        total = np.zeros_like(wide)
        weights = np.array([_WEIGHTS[key] for key in (-1, 0, 1)])
        for k in range(5):
            values = np.asarray(self.function(wide + (k - 2 + 2 * side) * step), np.float64)
            total += weights[side + 1, k] * values
        return (total / step).astype(x.dtype)

    def error(self) -> float:
        """What the derivative is good for, relative to its size: how a smaller step changes it."""
        other = Difference(self.function, self.kinks, self.precision, 0.7)
        slopes = self(_PROBE)
        size = np.sqrt(np.mean(slopes**2))
        change = np.median(np.abs(slopes - other(_PROBE)))
        nominal = self.precision**0.8
        return max(nominal, float(change / size)) if size > 0 else nominal

    def _stencil(self, x: Array) -> tuple[Array, npt.NDArray[np.int64]]:
        """Step at each x, and the side of x it is taken on: -1 left, 0 both, 1 right."""
        step = self.shrunk * max(1e-3, self.precision**0.2) * (1 + 0.01 * np.abs(x))
        gaps = x[..., None] - np.array([0.0, *self.kinks])
        left = np.where(gaps >= 0, gaps, np.inf).min(axis=-1)
        right = np.where(gaps <= 0, -gaps, np.inf).min(axis=-1)
        near, far = np.minimum(left, right), np.maximum(left, right)
        both, one = np.minimum(step, near / 2), np.minimum(step, far / 4)
        # One side costs several times more in rounding: only where both sides leave little room.
        one_sided = (near > 0) & (both < one / 4)
        side = np.where(one_sided, np.where(right < left, -1, 1), 0)
        return np.where(near > 0, np.where(one_sided, one, both), step), side
