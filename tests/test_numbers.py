"""What counts as a number, a flag, and what the caller's np.seterr may do to a draw."""

import functools
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

import netinit
from netinit import activations
from netinit._checks import arguments


class FrameworkScalar:
    """As a tensor without axes: a shape, and the number by item()."""

    def __init__(self, number, shape=()):
        self.number, self.shape = number, shape

    def item(self):
        return self.number


class ArrayScalar:
    """One that is known as an array alone."""

    shape = ()

    def __array__(self, dtype=None, copy=None):
        return np.array(0.25)


@pytest.mark.parametrize(
    "value",
    [
        0.25,
        Fraction(1, 4),
        np.float32(0.25),
        np.float16(0.25),
        np.array(0.25),
        np.array(0.25, np.float32),
        np.array(0.25, ml_dtypes.bfloat16),
        FrameworkScalar(0.25),
        ArrayScalar(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_array_without_axes_is_the_number_it_holds(value):
    found = arguments.real_number(value, "std", at_least=0, at_most=1)
    assert type(found) is float
    assert found == 0.25
    drawn = netinit.normal(30, std=value, rng=0)
    assert drawn.dtype == np.float32
    assert (drawn == netinit.normal(30, std=0.25, rng=0)).all()


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.True_,
        np.array(True),
        FrameworkScalar(False),
        1j,
        np.array(1j),
        "1",
        np.array("1"),
        None,
        [1.0],
        np.array([1.0]),
        FrameworkScalar(1.0, shape=(1,)),
    ],
    ids=repr,
)
def test_what_is_no_real_number_is_refused(value):
    with pytest.raises(TypeError, match="std must be a finite number of at least 0"):
        netinit.normal(3, std=value, rng=0)


def test_numpys_booleans_are_flags():
    for value in (True, False, np.True_, np.False_):
        assert arguments.flag(value, "transposed") is bool(value)
    for wrong in (1, 0, "True", None, np.array([True])):
        with pytest.raises(TypeError, match="transposed must be True or False, not "):
            netinit.fans((3, 4, 5), transposed=wrong)
    assert netinit.fans((3, 4, 5), transposed=np.True_) == netinit.fans((3, 4, 5), transposed=True)


# Careful people set np.seterr(all="raise"). What is too small for a dtype is then rounded all the
# same, and nothing else may go wrong.

NEEDED = {
    "constant": {"value": 1e-6},
    "normal": {"std": 0.01},
    "truncated_normal": {"std": 0.01},
    "uniform": {"std": 0.01},
    "log_prior": {"prior": np.arange(1, 121)},
    "chrono_bias": {"longest": 30},
}
SHAPES = dict.fromkeys(["dirac", "delta_orthogonal"], (120, 40, 3))
SHAPES |= dict.fromkeys(["log_prior", "lstm_bias", "chrono_bias"], (120,))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e5m2", "float32", "complex64"])
@pytest.mark.parametrize("name", netinit.names())
def test_every_initializer_draws_whatever_floating_point_errors_raise(name, dtype):
    draw = functools.partial(netinit.get(name), SHAPES.get(name, (600, 500)), rng=0, dtype=dtype)
    options = NEEDED.get(name, {})
    with np.errstate(all="raise"):
        strict = draw(**options)
    assert (strict == draw(**options)).all()


@pytest.mark.parametrize(
    "options",
    [
        {"std": 1e-12, "cut": 0.3},
        {"std": 1e-12, "cut": 3.0},
        {"low": 5.0, "parent_std": 1e-3},
        {"low": 5.0, "parent_std": 1e-300},
        {"low": -1.0, "high": 1.0, "parent_std": 1e3},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_truncation_draws_whatever_floating_point_errors_raise(options, dtype):
    with np.errstate(all="raise"):
        assert np.isfinite(netinit.truncated_normal(9999, rng=0, dtype=dtype, **options)).all()


@pytest.mark.parametrize("activation", activations.names())
def test_activations_and_moments_stand_floating_point_errors_that_raise(activation):
    record = activations.get(activation)
    x = np.r_[np.linspace(-800, 800, 1601), -1e-30, 1e-30, 0]
    plain = record(x), record.derivative(x)
    with np.errstate(all="raise"):
        strict = record(x), record.derivative(x)
        netinit.moments.second_moment(activation, 1.5)
        netinit.moments.derivative_second_moment(activation, 1.5)
        netinit.moments.forward_gain(activation, 1.5)
    assert (np.array(strict) == np.array(plain)).all()
