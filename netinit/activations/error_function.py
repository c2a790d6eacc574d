"""The error function and the normal distribution on arrays, which NumPy does not have.

Near 0 by the power series of erf. Elsewhere by exp(x^2) erfc(x) (1 + 2 x), which varies slowly from
1 at 0 to 2 / sqrt(pi) at infinity: a short Chebyshev series in (x - 3.75) / (x + 3.75), after
Shepherd and Laframboise (1981). Its coefficients are computed when the module loads, from an
integral in which nothing cancels.

All functions take and give arrays of float32 or float64, and are accurate to a few units in the
last place of that dtype.
"""

import math

import numpy as np
import numpy.typing as npt
from numpy.polynomial.chebyshev import chebval
from numpy.polynomial.polynomial import polyval

Array = npt.NDArray[np.floating]

_CENTER = 3.75  # the x that the Chebyshev series has in its middle
_NEAR = 0.5  # below it 1 - erfc(x) would cancel, and the power series is short
_FAR = 40.0  # exp(-x^2) is 0 in every dtype from here on


def _scaled_at(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(1 + 2 x) exp(x^2) erfc(x) for x >= 0: 2 / sqrt(pi) (1 + 2 x) int exp(-t^2 - 2 x t) dt.

    The integral is over t > 0. In s = (1 + 2 x) t its width is about 1 whatever x is.
    """
    nodes, weights = np.polynomial.legendre.leggauss(20)
    s = (np.arange(40)[:, None] + (1 + nodes) / 2).ravel()  # beyond s = 40 there is less than e^-40
    t = s / (1 + 2 * x[:, None])
    return np.exp(-(t**2) - 2 * x[:, None] * t) @ np.tile(weights, 40) / math.sqrt(math.pi)


def _chebyshev_coefficients(count: int) -> npt.NDArray[np.float64]:
    """Of `_scaled_at`, from its values where the polynomials are cosines."""
    odd = 2 * np.arange(count) + 1
    # (1 + cos) / (1 - cos), which would cancel at both ends, is a square of a cotangent.
    values = _scaled_at(_CENTER / np.tan(odd * (math.pi / 4 / count)) ** 2)
    # Whole turns are taken off the angles while they are integers, hence exact.
    quarters = np.arange(count)[:, None] * odd % (4 * count)
    coefficients = np.cos(quarters * (math.pi / 2 / count)) @ values * (2 / count)
    coefficients[0] /= 2
    return coefficients


def _erf_coefficients(count: int) -> npt.NDArray[np.float64]:
    """Of erf(x) / x in powers of x^2."""
    n = range(count)
    return np.array(
        [2 / math.sqrt(math.pi) * (-1) ** k / (math.factorial(k) * (2 * k + 1)) for k in n]
    )


# As many terms as reach the rounding of the dtype.
_TAIL_SERIES = _chebyshev_coefficients(30)[:23]
_ERF_SERIES = _erf_coefficients(13)
_TAIL_SERIES_32 = _TAIL_SERIES[:12].astype(np.float32)
_ERF_SERIES_32 = _ERF_SERIES[:7].astype(np.float32)


def scaled_tail(x: Array) -> Array:
    """exp(x^2) erfc(x) for x >= 0, which falls off as 1 / x only.

    >>> scaled_tail(np.array([0.0, 1e6])).round(12)
    array([1.0000e+00, 5.6419e-07])
    """
    series = _TAIL_SERIES_32 if x.dtype == np.float32 else _TAIL_SERIES
    # Divided by 1/2 + x and not by 1 + 2 x, which may be too large for the dtype.
    return chebval(1 - 2 * _CENTER / (x + _CENTER), series) / 2 / (0.5 + x)


def gaussian(x: Array, rate: float) -> Array:
    """exp(-rate x^2) for a rate of 1/2 or more, without the error of rounding x^2.

    >>> f"{gaussian(np.array(10.0), 0.5):.12e}"
    '1.928749847964e-22'
    """
    # The square of a few leading bits is exact, and the rest is small.
    x = np.minimum(np.abs(x), _FAR)
    leading = np.round(x * 16) / 16
    return np.exp(-rate * leading**2) * np.exp(rate * (leading - x) * (leading + x))


def erf(x: Array) -> Array:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.

    >>> erf(np.array([-np.inf, 0.25, 2.0])).round(12)
    array([-1.        ,  0.27632639,  0.99532227])
    """
    size = np.minimum(np.abs(x), _FAR)
    powers = _ERF_SERIES_32 if x.dtype == np.float32 else _ERF_SERIES
    near = np.clip(x, -_NEAR, _NEAR)
    return np.where(
        size < _NEAR,
        near * polyval(near**2, powers),
        np.copysign(1 - gaussian(size, 1.0) * scaled_tail(size), x),
    )


def normal_tail(x: Array) -> Array:
    """P(z > x) for standard normal z and x >= 0, with all its digits however small it is.

    >>> f"{normal_tail(np.array(10.0)):.11e}"
    '7.61985302416e-24'
    """
    return gaussian(x, 0.5) * scaled_tail(x * math.sqrt(0.5)) / 2
