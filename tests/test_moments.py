import json
import math
from pathlib import Path

import numpy as np
import pytest

from netinit import activations, moments
from netinit.activations import Activation, leaky_relu

GOLDEN = json.loads((Path(__file__).parent / "golden" / "gains.json").read_text())
QUANTITIES = [
    "mean",
    "second_moment",
    "derivative_second_moment",
    "forward_gain",
    "backward_gain",
]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['activation']}-{row['q']}")
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_quadrature_agrees_with_the_golden_numbers_to_1e_12(row, quantity):
    found = getattr(moments, quantity)(row["activation"], float(row["q"]))
    assert found == pytest.approx(float(row[quantity]), rel=1e-12, abs=1e-15)


def test_the_golden_numbers_cover_every_activation():
    assert {row["activation"] for row in GOLDEN} == set(activations.names())


def upper_tail(x):
    return math.erfc(x / math.sqrt(2)) / 2


def density(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def hard_tanh_second_moment(width):
    return 1 - 2 * upper_tail(width) - 2 * width * density(width) + 2 * width**2 * upper_tail(width)


@pytest.mark.parametrize(
    ("function", "kinks", "exact"),
    [
        (np.ones_like, (), 1.0),
        (lambda x: x**8, (), 105.0),
        (np.abs, (0.0,), math.sqrt(2 / math.pi)),
        (lambda x: (x > 1.3).astype(float), (1.3,), upper_tail(1.3)),
        (lambda x: np.sin(x) ** 2, (), (1 - math.exp(-2)) / 2),
        (lambda x: np.clip(x, -1, 1) ** 2, (-1.0, 1.0), hard_tanh_second_moment(1.0)),
        (
            lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))) ** 2,
            (0.0,),
            1 + math.exp(2) * upper_tail(2) - 2 * math.exp(0.5) * upper_tail(1),
        ),
    ],
    ids=["one", "power", "abs", "step", "sin", "hard_tanh", "elu"],
)
def test_expectation_meets_closed_forms(function, kinks, exact):
    assert moments.expectation(function, kinks=kinks) == pytest.approx(exact, rel=1e-13)


def test_a_kink_that_is_not_named_costs_the_accuracy():
    def step(x):
        return (x > 1.3).astype(float)

    assert abs(moments.expectation(step) - upper_tail(1.3)) > 1e-6


@pytest.mark.parametrize("q", [1e-12, 1e-4, 0.3, 7.0, 1e4, 1e9, 1e14])
def test_the_narrowest_and_the_widest_inputs_are_integrated_alike(q):
    assert moments.second_moment("relu", q) == pytest.approx(q / 2, rel=1e-12)
    assert moments.mean("sigmoid", q) == pytest.approx(0.5, rel=1e-12)
    clipped = moments.expectation(lambda x: np.clip(x, -1, 1) ** 2, q, kinks=(-1, 1))
    exact = q * hard_tanh_second_moment(1 / math.sqrt(q)) if q > 1e-2 else q
    # The closed form itself cancels for large q, in the first term.
    assert clipped == pytest.approx(exact, rel=1e-12, abs=1e-15 * max(q, 1))


@pytest.mark.parametrize("q", [1e3, 1e6, 1e10])
def test_a_steep_tanh_tends_to_a_sign(q):
    # E tanh'^2 -> integral of sech^4 times the density at 0, and 1 - E tanh^2 -> 2 density(0).
    height = 1 / math.sqrt(2 * math.pi * q)
    assert moments.derivative_second_moment("tanh", q) == pytest.approx(height * 4 / 3, rel=1.0 / q)
    assert 1 - moments.second_moment("tanh", q) == pytest.approx(2 * height, rel=1.0 / q, abs=1e-13)


def test_at_variance_zero_the_function_is_read_at_zero():
    assert moments.second_moment("sigmoid", 0.0) == pytest.approx(0.25, rel=1e-14)
    assert moments.mean("relu", 0.0) == 0
    assert moments.derivative_second_moment("relu", 0.0) == 0


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_many_variances_at_once_are_each_alone(activation):
    q = np.geomspace(1e-3, 1e3, 1200).reshape(30, 40)
    many = moments.second_moment(activation, q)
    assert many.shape == q.shape
    for index in [(0, 0), (7, 31), (29, 39)]:
        alone = moments.second_moment(activation, q[index])
        assert many[index] == pytest.approx(alone, rel=1e-13)
    assert moments.second_moment(activation, np.empty((0, 3))).shape == (0, 3)
    assert np.ndim(moments.second_moment(activation)) == 0


def test_quadrature_agrees_with_monte_carlo():
    z = np.random.default_rng(1).standard_normal(1_000_000)
    for name in activations.names():
        record = activations.get(name)
        for sample, exact in [
            (record(1.5 * z), moments.mean(name, 2.25)),
            (record(1.5 * z) ** 2, moments.second_moment(name, 2.25)),
            (record.derivative(1.5 * z) ** 2, moments.derivative_second_moment(name, 2.25)),
        ]:
            error = sample.std() / 1000
            assert abs(sample.mean() - exact) <= 4.5 * error + 1e-12


def test_a_forward_gain_keeps_the_second_moment():
    for name in activations.names():
        for q in (0.1, 1.0, 5.0):
            gain = moments.forward_gain(name, q)
            kept = moments.length_map(name, q, scaled_variance=gain**2)
            assert kept == pytest.approx(q, rel=1e-12)


def test_a_backward_gain_keeps_the_gradient():
    for name in activations.names():
        gain = moments.backward_gain(name, 2.0)
        assert moments.chi(name, 2.0, scaled_variance=gain**2) == pytest.approx(1, rel=1e-12)


def test_the_length_map_adds_the_bias_variance_and_broadcasts():
    q, weight = np.array([0.5, 1.0]), np.array([[1.0], [2.0], [3.0]])
    found = moments.length_map("relu", q, scaled_variance=weight, bias_variance=0.25)
    np.testing.assert_allclose(found, weight * q / 2 + 0.25, rtol=1e-12)
    assert moments.chi("relu", q, scaled_variance=weight).shape == (3, 2)


def test_gains_follow_the_leaky_slope():
    for slope in (-1.0, 0.2, 3.0):
        exact = math.sqrt(2 / (1 + slope**2))
        assert moments.forward_gain(leaky_relu(slope)) == pytest.approx(exact, rel=1e-12)


ZERO = Activation("zero", np.zeros_like, np.zeros_like)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: moments.mean("rellu"), ValueError, "did you mean 'relu'"),
        (lambda: moments.second_moment("relu", -1.0), ValueError, "q must be finite and not neg"),
        (lambda: moments.second_moment("relu", [1.0, np.nan]), ValueError, "q must be finite"),
        (lambda: moments.derivative_second_moment("relu", np.inf), ValueError, "q must be finite"),
        (lambda: moments.mean("relu", "1"), TypeError, "q must be real numbers"),
        (lambda: moments.mean("relu", 1j), TypeError, "q must be real numbers"),
        (lambda: moments.forward_gain("relu", 0.0), ValueError, "q > 0 only"),
        (lambda: moments.forward_gain(ZERO), ValueError, "no gain: E phi^2 is 0"),
        (lambda: moments.backward_gain(ZERO), ValueError, "no gain: E phi'^2 is 0"),
        (lambda: moments.backward_gain("relu", 0.0), ValueError, "no gain"),
        (lambda: moments.expectation("tanh"), TypeError, "function must be callable"),
        (lambda: moments.expectation(np.sum), ValueError, "function must be elementwise"),
        (lambda: moments.expectation(np.abs, kinks=[np.nan]), ValueError, "kinks must be"),
        (lambda: moments.expectation(np.abs, kinks=0.0), ValueError, "kinks must be"),
        (
            lambda: moments.length_map("relu", 1.0, scaled_variance=-2.0),
            ValueError,
            "scaled_variance must be finite and not negative",
        ),
        (
            lambda: moments.length_map("relu", 1.0, scaled_variance=2.0, bias_variance=np.nan),
            ValueError,
            "bias_variance must be finite",
        ),
        (
            lambda: moments.chi("relu", 1.0, scaled_variance="2"),
            TypeError,
            "scaled_variance must be real numbers",
        ),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message.replace("^", r"\^").replace("+", r"\+")):
        call()
