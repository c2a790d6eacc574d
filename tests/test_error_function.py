import math
from decimal import Decimal

import numpy as np
import pytest
from golden import make_gains

from netinit.activations.error_function import erf, gaussian, normal_tail, scaled_tail

EPS = {np.float32: 2.0**-23, np.float64: 2.0**-52}


@pytest.mark.parametrize("dtype", EPS)
def test_erf_is_that_of_the_standard_library(dtype):
    sizes = np.concatenate([np.linspace(0, 6.5, 30001)[1:], np.geomspace(1e-30, 1, 2000)])
    x = np.concatenate([-sizes, sizes]).astype(dtype)
    exact = np.array([math.erf(value) for value in x.tolist()])
    assert np.abs(erf(x) / exact - 1).max() < 4 * EPS[dtype]
    assert erf(x).dtype == dtype


def test_erf_meets_50_digit_decimals():
    x = np.random.default_rng(0).uniform(-6, 6, 400)
    exact = np.array([float(make_gains.error_function(Decimal(value))) for value in x.tolist()])
    assert np.abs(erf(x) / exact - 1).max() < 4 * EPS[np.float64]


@pytest.mark.parametrize("dtype", EPS)
def test_a_tail_keeps_all_its_digits(dtype):
    x = np.linspace(0, 37 if dtype is np.float64 else 12, 5001).astype(dtype)
    far = x[x > 0.9].tolist()
    exact = [0.5 * math.erfc(v / math.sqrt(2)) for v in x[x <= 0.9].tolist()]
    exact = np.array(exact + [_tail(v) for v in far])
    assert np.abs(normal_tail(x) / exact - 1).max() < 8 * EPS[dtype]


def _tail(x):
    """The normal tail by Laplace's continued fraction, in decimals."""
    x = Decimal(x)
    fraction = x
    for k in range(600, 0, -1):
        fraction = x + k / fraction
    return float((-x * x / 2).exp() / (2 * make_gains.PI).sqrt() / fraction)


@pytest.mark.parametrize("dtype", EPS)
def test_the_scaled_tail_joins_both_ends(dtype):
    assert scaled_tail(dtype(0)) == pytest.approx(1, rel=4 * EPS[dtype])
    for x in (1e6, 1e30, float(np.finfo(dtype).max)):
        with np.errstate(all="raise", under="ignore"):
            ratio = scaled_tail(dtype(x)) * dtype(x) * math.sqrt(math.pi)
        assert ratio == pytest.approx(1, rel=1e-6)


def test_a_gaussian_has_no_error_of_squaring():
    x = np.random.default_rng(1).uniform(20, 26, 500)
    exact = [float((-(Decimal(value) ** 2)).exp()) for value in x.tolist()]
    assert np.abs(gaussian(x, 1.0) / exact - 1).max() < 4 * EPS[np.float64]
    assert np.abs(np.exp(-(x**2)) / exact - 1).max() > 50 * EPS[np.float64]


@pytest.mark.parametrize("dtype", EPS)
def test_the_ends_are_reached_without_a_warning(dtype):
    largest = np.finfo(dtype).max
    x = np.array([-np.inf, -largest, -0.0, 0.0, largest, np.inf], dtype)
    with np.errstate(all="raise", under="ignore"):
        assert erf(x).tolist() == [-1, -1, 0, 0, 1, 1]
        assert normal_tail(x[3:]).tolist() == pytest.approx([0.5, 0, 0], rel=4 * EPS[dtype])
        assert gaussian(x, 0.5).tolist() == [0, 0, 1, 1, 0, 0]
    assert np.isnan(erf(dtype("nan")))
    assert np.isnan(normal_tail(dtype("nan")))
