import json
import math
from pathlib import Path

import numpy as np
import pytest
from golden import make_gains

from netinit import activations
from netinit.activations import Activation, from_callable, leaky_relu
from netinit.theory import moments

GOLDEN = json.loads((Path(__file__).parent / "golden" / "gains.json").read_text())
QUANTITIES = [
    "mean",
    "second_moment",
    "variance",
    "derivative_second_moment",
    "forward_gain",
    "backward_gain",
]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['activation']}-{row['q']}")
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_quadrature_agrees_with_the_golden_numbers_to_1e_12(row, quantity):
    q = float(row["q"])
    # A mean is what is left of values of size sqrt(q) on both sides of 0.
    rounding = 1e-15 * math.sqrt(q) if quantity == "mean" else 0
    found = getattr(moments, quantity)(row["activation"], q)
    assert found == pytest.approx(float(row[quantity]), rel=1e-12, abs=rounding)


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['activation']}-{row['q']}")
def test_the_slope_of_the_length_map_agrees_with_the_golden_numbers(row):
    found = moments.length_map_slope(row["activation"], float(row["q"]), scaled_variance=1.0)
    # At q = 9 the slope of sin, exp(-18), is what integrals a hundred million times larger leave.
    assert found == pytest.approx(float(row["length_map_slope"]), rel=1e-12, abs=1e-16)


def test_the_golden_numbers_cover_every_activation_from_narrow_to_wide():
    for name in activations.names():
        found = {float(row["q"]) for row in GOLDEN if row["activation"] == name}
        assert found == {1e-8, 0.01, 1.0, 9.0, 400.0, 1e4}


def test_the_golden_numbers_are_what_their_script_makes():
    row = {"activation": "mish", "q": "9"}
    (stored,) = (r for r in GOLDEN if r.items() >= row.items())
    assert make_gains.record("mish", "9") == stored


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


def test_a_named_kink_is_exact_and_another_one_is_found_mostly():
    places = np.random.default_rng(8).uniform(-3, 3, 60)
    errors = []
    for place in places:

        def hinge(x, place=place):
            return np.maximum(x - place, 0)

        exact = density(place) - place * upper_tail(place)
        assert moments.expectation(hinge, kinks=(place,)) == pytest.approx(exact, rel=1e-12, abs=0)
        errors.append(abs(moments.expectation(hinge) - exact))
    assert np.median(errors) < 1e-13
    assert np.max(errors) < 1e-5


def test_a_narrow_input_is_resolved_beside_a_wide_one():
    def hinge(x):
        return np.abs(x - 0.013)

    many = moments.expectation(hinge, np.array([1e12, 1e-4]))
    assert many[1] == moments.expectation(hinge, 1e-4)
    assert many[1] == pytest.approx(moments.expectation(hinge, 1e-4, kinks=(0.013,)), rel=1e-10)


def test_only_what_is_not_smooth_costs_more_than_two_looks():
    looks = []

    def spied(function, **options):
        looks.clear()
        moments.expectation(lambda x: (looks.append(x.size), function(x))[1], 2.0, **options)
        return len(looks)

    for name in activations.names():
        record = activations.get(name)
        assert spied(record, kinks=record.kinks, precision=record.precision) == 2
        assert spied(record, kinks=record.kinks) == 3  # the first shows how precise it is
    assert spied(lambda x: np.abs(x - 1.3)) > 10


@pytest.mark.parametrize("q", [1e-8, 1.0, 1e3, 1e4, 1e6, 1e8])
def test_oscillations_are_followed_at_any_width(q):
    exact = -math.expm1(-2 * q) / 2
    assert moments.second_moment("sin", q) == pytest.approx(exact, rel=1e-12, abs=0)
    assert moments.derivative_second_moment("sin", q) == pytest.approx(1 - exact, rel=1e-12, abs=0)


def test_many_wide_oscillations_are_each_followed():
    q = np.full(300, 1e5)  # together more panels than are held at one time
    np.testing.assert_allclose(moments.second_moment("sin", q), 0.5, rtol=1e-12)


def test_what_cannot_be_resolved_is_said():
    with pytest.warns(RuntimeWarning, match=r"varies too fast .* at q = 1e\+14: .* off by"):
        found = moments.second_moment("sin", 1e14)
    assert found == pytest.approx(0.5, abs=0.2)


def test_an_integral_that_overflows_is_infinite():
    with np.errstate(over="ignore"):
        assert moments.expectation(lambda x: np.exp(x**2), 1e3) == np.inf


@pytest.mark.parametrize("q", [1e-8, 0.01, 1.0, 400.0])
def test_closed_forms_of_the_smooth_rectifiers_and_their_relatives(q):
    # With p = asin(q / (1 + q)): orthant probabilities of correlated normals.
    angle, root = math.asin(q / (1 + q)), math.sqrt(1 + 2 * q)
    gelu = q / 4 + q / (2 * math.pi) * (angle + 2 * q / ((1 + q) * root))
    slope = 0.25 + (angle + q * (5 * q + 3) / ((1 + q) * root**3)) / (2 * math.pi)
    erf = 2 / math.pi * math.asin(2 * q / (1 + 2 * q))
    erf_slope = 4 / math.pi / math.sqrt(1 + 4 * q)
    assert moments.second_moment("gelu", q) == pytest.approx(gelu, rel=1e-12, abs=0)
    assert moments.derivative_second_moment("gelu", q) == pytest.approx(slope, rel=1e-12, abs=0)
    assert moments.second_moment("erf", q) == pytest.approx(erf, rel=1e-12, abs=0)
    assert moments.derivative_second_moment("erf", q) == pytest.approx(erf_slope, rel=1e-12, abs=0)


def test_closed_forms_at_one():
    third, root = 1 / 3, math.sqrt(3)
    slope = moments.derivative_second_moment
    assert moments.second_moment("gelu") == pytest.approx(
        third + 1 / (2 * math.pi * root), rel=1e-12
    )
    assert slope("gelu") == pytest.approx(third + 2 / (3 * math.pi * root), rel=1e-12)
    elu = 1 + math.exp(2) * upper_tail(2) - 2 * math.exp(0.5) * upper_tail(1)
    assert moments.second_moment("elu") == pytest.approx(elu, rel=1e-12)
    assert slope("elu") == pytest.approx(0.5 + math.exp(2) * upper_tail(2), rel=1e-12)
    assert moments.mean("selu") == pytest.approx(0, abs=1e-15)
    assert moments.second_moment("selu") == pytest.approx(1, rel=1e-14)
    assert slope("softplus") == pytest.approx(moments.second_moment("sigmoid"), rel=1e-14)
    assert slope("hard_tanh") == pytest.approx(math.erf(math.sqrt(0.5)), rel=1e-12)


@pytest.mark.parametrize("activation", activations.names())
def test_the_slope_of_the_length_map_is_its_derivative(activation):
    q, step = np.array([0.05, 1.0, 4.0]), 1e-4

    def length(q):
        return moments.length_map(activation, q, scaled_variance=1.7, bias_variance=0.3)

    change = (8 * (length(q + step) - length(q - step)) - length(q + 2 * step)) + length(
        q - 2 * step
    )
    found = moments.length_map_slope(activation, q, scaled_variance=1.7)
    np.testing.assert_allclose(found, change / (12 * step), rtol=1e-9, atol=1e-11)


def test_a_variance_keeps_its_digits_where_the_activation_hardly_moves():
    # Var sigmoid = q / 16 - q^2 / 32 + ..., of which E phi^2 - (E phi)^2 would keep 8 digits.
    assert moments.variance("sigmoid", 1e-8) == pytest.approx(
        1e-8 / 16 * (1 - 5e-9), rel=1e-12, abs=0
    )
    naive = moments.second_moment("sigmoid", 1e-8) - moments.mean("sigmoid", 1e-8) ** 2
    assert abs(naive / (1e-8 / 16) - 1) > 1e-10


def test_a_callable_has_moments_like_an_activation():
    assert moments.forward_gain(np.tanh) == moments.forward_gain("tanh")
    exact = moments.backward_gain("tanh")
    assert moments.backward_gain(np.tanh) == pytest.approx(exact, rel=1e-11)
    rectified = moments.backward_gain(lambda x: np.maximum(x, 0), 1e-6)
    assert rectified == pytest.approx(math.sqrt(2), rel=1e-11)


def rounded(name, dtype):
    """An activation that answers in a coarse dtype, as JAX's and PyTorch's do."""
    record = activations.get(name)
    return from_callable(lambda x: record(x.astype(dtype)), kinks=record.kinks, name=name)


COARSE = ["relu", "tanh", "sigmoid", "gelu", "softsign", "hard_tanh", "mish", "sin"]


@pytest.mark.parametrize("name", COARSE)
@pytest.mark.parametrize("q", [1e-4, 0.3, 1.0, 9.0, 1e3])
@pytest.mark.parametrize(
    ("dtype", "forward", "backward"), [("float32", 1e-6, 5e-5), ("float16", 1e-3, 0.03)]
)
def test_moments_of_a_coarse_callable_are_as_good_as_its_answers(name, q, dtype, forward, backward):
    coarse = rounded(name, dtype)
    for quantity, error in [
        ("second_moment", forward),
        ("variance", 3 * forward * (100 if name == "sigmoid" and q < 0.01 else 1)),
        # softsign bends most sharply, at 0: its fifth derivative there is 120.
        ("derivative_second_moment", 10 * backward if name == "softsign" else backward),
    ]:
        exact = getattr(moments, quantity)(name, q)
        assert getattr(moments, quantity)(coarse, q) == pytest.approx(exact, rel=error), quantity


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("quantity", ["second_moment", "variance", "derivative_second_moment"])
def test_the_rounding_of_a_coarse_callable_is_not_resolved(quantity, dtype):
    looked_at = []

    def counted(x):
        looked_at.append(np.size(x))
        return np.tanh(x.astype(dtype)) + np.asarray(0.5, dtype)

    for q in (1e-3, 1.0, 100.0):
        getattr(moments, quantity)(counted, q)
    assert sum(looked_at) < 100_000
    looked_at.clear()
    # Taken for nearly exact, it costs many times more, for nothing.
    with pytest.warns(RuntimeWarning, match="varies too fast to be integrated"):
        moments.expectation(lambda x: counted(x).astype(float) ** 2, precision=1e-14)
    assert sum(looked_at) > 200_000


@pytest.mark.parametrize(
    "call",
    [
        lambda: moments.expectation(np.sin, 1e12),
        lambda: moments.expectation(np.sin, [1.0, 1e12]),
        lambda: moments.mean("sin", 1e12),
        lambda: moments.forward_gain("sin", 1e12),
        lambda: moments.variance("sin", [1e12, 1.0]),
    ],
)
def test_the_warning_of_an_integral_points_at_who_asked(call):
    with pytest.warns(RuntimeWarning, match="varies too fast") as caught:
        call()
    assert {w.filename for w in caught} == {__file__}


def test_the_square_of_a_half_does_not_overflow():
    coarse = rounded("relu", "float16")
    assert moments.second_moment(coarse, 1e6) == pytest.approx(5e5, rel=1e-3)


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
        (lambda: moments.forward_gain("relu", 0.0), ValueError, "q must be > 0 here, not 0"),
        (
            lambda: moments.length_map_slope("relu", [1.0, 0.0], scaled_variance=2.0),
            ValueError,
            "q must be > 0 here, not 0",
        ),
        (
            lambda: moments.length_map_slope("relu", 1.0, scaled_variance=-1.0),
            ValueError,
            "scaled_variance must be finite and not negative",
        ),
        (lambda: moments.variance("relu", np.nan), ValueError, "q must be finite"),
        (lambda: moments.second_moment(leaky_relu), TypeError, "fails for an array"),
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
