import math
from functools import partial

import numpy as np
import pytest

from netinit import activations, init_mlp, normal, variance_scaling
from netinit.activations import Activation
from netinit.theory import correlated, moments
from netinit.theory import mean_field as mf
from netinit.theory.correlated import product_moment

TANH = {"scaled_variance": 1.3**2, "bias_variance": 0.3**2}


@pytest.mark.parametrize("name", ["identity", "relu", "erf"])
@pytest.mark.parametrize("derivative", [False, True])
@pytest.mark.parametrize("c", [-1.0, -0.9999999, -0.7, 0.0, 0.3, 0.999999, 0.9999999, 1.0])
def test_quadrature_agrees_with_the_exact_formulas_to_1e_8(name, derivative, c):
    """Near 1 and -1 the slopes of relu are as good only if the bend at its kink is followed."""
    known = activations.get(name)
    same = Activation("unnamed", known.function, known.derivative, known.kinks)
    for q in (1e-6, 0.3, 50.0):
        exact = product_moment(name, q, c, derivative=derivative)
        found = product_moment(same, q, c, derivative=derivative)
        assert found == pytest.approx(exact, rel=1e-8, abs=1e-8 * (1 if derivative else q))


@pytest.mark.parametrize(("name", "q"), [("tanh", 2.0), ("hard_tanh", 0.5), ("sigmoid", 3.0)])
@pytest.mark.parametrize("derivative", [False, True])
def test_the_series_and_the_nested_quadrature_agree(name, q, derivative):
    record = activations.get(name)
    function = record.derivative if derivative else record
    for c in (-0.7, 0.3):
        nested = correlated._nested(function, record.kinks, record.precision, q, c)
        assert product_moment(name, q, c, derivative=derivative) == pytest.approx(nested, rel=1e-12)


def test_a_coarse_activation_is_integrated_as_well():
    coarse = activations.from_callable(lambda x: np.tanh(x.astype(np.float32)))
    found = product_moment(coarse, 1.0, 0.5)
    assert found == pytest.approx(product_moment("tanh", 1.0, 0.5), rel=1e-5)


@pytest.mark.parametrize("name", ["tanh", "gelu", "selu", "sigmoid", "hard_tanh"])
def test_at_correlation_1_the_product_is_the_second_moment(name):
    q = np.array([0.01, 1.0, 12.0])
    assert product_moment(name, q, 1.0) == pytest.approx(moments.second_moment(name, q))
    slopes = product_moment(name, q, 1.0, derivative=True)
    assert slopes == pytest.approx(moments.derivative_second_moment(name, q))


@pytest.mark.parametrize("name", ["tanh", "gelu", "sigmoid", "elu"])
def test_at_correlation_0_the_product_is_the_square_of_the_mean(name):
    assert product_moment(name, 2.0, 0.0) == pytest.approx(moments.mean(name, 2.0) ** 2)


def test_opposite_inputs_of_an_odd_activation_have_the_opposite_product():
    assert product_moment("tanh", 3.0, -0.4) == pytest.approx(
        -product_moment("tanh", 3.0, 0.4), rel=1e-10
    )


@pytest.mark.parametrize("name", activations.names())
@pytest.mark.parametrize("c", [-1.0, -0.3, 0.0, 0.8, 1.0])
def test_where_nothing_varies_the_product_is_the_square_at_0(name, c):
    record = activations.get(name)
    for derivative, function in ((False, record), (True, record.derivative)):
        found = product_moment(name, np.zeros(3), c, derivative=derivative)
        assert found.dtype == np.float64
        assert found == pytest.approx(np.full(3, float(function(0.0)) ** 2), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("c", [-1.0, 1.0])
def test_answers_are_multiplied_in_double_precision(c):
    """The product of these overflows float32."""
    large = activations.from_callable(lambda x: np.float32(1e30) * x.astype(np.float32))
    found = product_moment(large, 2.0, c)
    assert found == pytest.approx(2e60 * c, rel=1e-5)


def test_the_product_agrees_with_a_million_draws():
    rng = np.random.default_rng(0)
    shared, own = rng.standard_normal((2, 10**6))
    c, q = 0.0297, 12.604
    u = math.sqrt(q) * shared
    v = math.sqrt(q) * (c * shared + math.sqrt(1 - c * c) * own)
    drawn = np.tanh(u) * np.tanh(v)
    error = drawn.std() / 1000
    assert abs(drawn.mean() - product_moment("tanh", q, c)) < 4 * error
    assert abs(drawn.mean() - product_moment("tanh", q, 0.05)) > 4 * error  # it can tell


def test_the_slope_is_the_derivative_of_the_map():
    q, settings = 0.6070467919, {"scaled_variance": 1.69, "bias_variance": 0.09}
    step = 1e-4
    ends = [mf.correlation_map("tanh", 0.5 + d, q=q, **settings) for d in (-step, step)]
    slope = mf.correlation_slope("tanh", 0.5, q=q, scaled_variance=1.69)
    assert slope == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-6)
    chi = moments.chi("tanh", q, scaled_variance=1.69)
    assert mf.correlation_slope("tanh", 1.0, q=q, scaled_variance=1.69) == pytest.approx(chi)


# sigma_w, q*, chi, c*, xi_q, xi_c, xi of the gradient; sigma_b = 0.3.
TABLE = [
    (1.0, 0.2763, 0.70026, 1.0, 1.337, 2.807, 2.807, "ordered"),
    (1.3, 0.60705, 0.93981, 1.0, 1.338, 16.11, 16.11, "ordered"),
    (1.5, 0.96084, 1.0610, 0.76675, 1.168, 19.92, 16.89, "chaotic"),
    (2.5, 4.0791, 1.5852, 0.12210, 0.6883, 5.109, 2.170, "chaotic"),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"sigma_w {row[0]}")
def test_fixed_points_and_depths_of_tanh(row):
    sigma_w, q, chi, c, length, correlation, gradient, phase = row
    found = mf.mean_field("tanh", scaled_variance=sigma_w**2, bias_variance=0.09)
    assert found.q == pytest.approx(q, rel=1e-4)
    assert found.chi == pytest.approx(chi, rel=1e-4)
    assert found.c == pytest.approx(c, rel=1e-4)
    depths = (found.depth_of_length, found.depth_of_correlation, found.depth_of_gradient)
    assert depths == pytest.approx((length, correlation, gradient), rel=1e-3)
    assert found.phase == phase


def test_a_wide_network_does_what_the_maps_say():
    """Length and correlation of two inputs after 12 layers, on both sides of the line."""
    rng = np.random.default_rng(1)
    first = rng.standard_normal(600)
    second = 0.6 * first + 0.8 * rng.standard_normal(600)
    x = np.stack([v / np.linalg.norm(v) * math.sqrt(600) for v in (first, second)])
    for sigma_w, tolerance in ((1.0, 0.01), (2.5, 0.08)):
        net = init_mlp(
            [600] * 13,
            activation="tanh",
            weights=partial(variance_scaling, scale=sigma_w**2),
            biases=partial(normal, std=0.3),
            seeds=range(5),
            dtype=np.float64,
        )
        h = net.forward(x).output
        lengths = (h**2).mean(axis=-1)
        q = sigma_w**2 + 0.09
        c = float((sigma_w**2 * (x[0] @ x[1]) / 600 + 0.09) / q)
        for _ in range(11):
            settings = {"scaled_variance": sigma_w**2, "bias_variance": 0.09}
            c = float(mf.correlation_map("tanh", c, q=q, **settings))
            q = float(moments.length_map("tanh", q, **settings))
        assert lengths.mean() == pytest.approx(q, rel=0.08)
        cosines = (h[:, 0] * h[:, 1]).sum(-1) / np.sqrt((h**2).sum(-1).prod(-1))
        assert cosines.mean() == pytest.approx(c, abs=tolerance)


@pytest.mark.parametrize(
    ("bias", "weight", "q"),
    [(0.001, 1.1892, 0.1073), (0.05, 1.7610, 0.5700), (0.2, 2.2852, 1.1645)],
)
def test_the_critical_line_of_tanh(bias, weight, q):
    found = mf.critical_point("tanh", bias_variance=bias)
    assert found == pytest.approx((weight, q), rel=1e-3)
    assert moments.chi("tanh", found[1], scaled_variance=found[0]) == pytest.approx(1, abs=1e-9)
    assert mf.mean_field("tanh", scaled_variance=found[0], bias_variance=bias).phase == "critical"
    line = mf.critical_line("tanh", found[1])
    assert line == pytest.approx((weight, bias), rel=1e-3)


@pytest.mark.parametrize(
    ("name", "weight"), [("tanh", 1.0), ("erf", math.pi / 4), ("softsign", 1.0), ("identity", 1.0)]
)
def test_without_biases_the_line_starts_where_the_slope_at_0_is_kept(name, weight):
    found, q = mf.critical_point(name, bias_variance=0.0)
    assert found == pytest.approx(weight, rel=1e-9)
    assert q == 0 or (name == "identity" and math.isnan(q))


def test_a_homogeneous_activation_is_critical_at_one_point():
    weight, q = mf.critical_point("relu", bias_variance=0.0)
    assert weight == pytest.approx(2.0)
    assert math.isnan(q)
    with pytest.raises(ValueError, match="no weights make relu critical"):
        mf.critical_point("relu", bias_variance=0.1)


def test_the_sigmoid_is_critical_in_saturation():
    weight, q = mf.critical_point("sigmoid", bias_variance=0.0)
    assert (weight, q) == pytest.approx((103.0, 45.6), rel=1e-3)
    assert moments.length_map("sigmoid", q, scaled_variance=weight) == pytest.approx(q)


def test_gelu_needs_biases():
    with pytest.raises(ValueError, match="no weights make gelu critical"):
        mf.critical_point("gelu", bias_variance=0.0)
    weight, q = mf.critical_point("gelu", bias_variance=0.2)
    assert moments.length_map_slope("gelu", q, scaled_variance=weight) < 1


def test_the_line_is_nan_where_no_biases_will_do():
    weight, bias = mf.critical_line("sigmoid", np.array([1.0, 60.0]))
    assert np.isnan([weight[0], bias[0]]).all()
    assert np.isfinite([weight[1], bias[1]]).all()


def test_the_length_settles_dies_out_or_explodes():
    assert mf.length_fixed_point("tanh", scaled_variance=0.9) == 0
    assert mf.length_fixed_point("relu", scaled_variance=0.0, bias_variance=0.3) == (
        pytest.approx(0.3)
    )
    with pytest.raises(ValueError, match="grows without bound"):
        mf.length_fixed_point("relu", scaled_variance=2.1)
    with pytest.raises(ValueError, match="every second moment is a fixed point"):
        mf.length_fixed_point("relu", scaled_variance=2.0)
    with pytest.raises(ValueError, match="every signal dies out"):
        mf.mean_field("tanh", scaled_variance=0.9)


def test_without_weights_every_difference_is_gone_after_one_layer():
    found = mf.mean_field("tanh", scaled_variance=0.0, bias_variance=0.3)
    assert found.q == pytest.approx(0.3)
    assert (found.c, found.chi, found.phase) == (1, 0, "ordered")
    depths = (found.depth_of_length, found.depth_of_correlation, found.depth_of_gradient)
    assert depths == (0, 0, 0)


@pytest.mark.parametrize(("name", "weight"), [("tanh", 0.0), ("identity", 0.5), ("relu", 0.5)])
def test_the_start_may_be_the_fixed_point_itself(name, weight):
    kept = float(moments.second_moment(name, 1.0))
    found = mf.length_fixed_point(name, scaled_variance=weight, bias_variance=1 - weight * kept)
    assert found == pytest.approx(1, rel=1e-13)


def test_the_usual_start_of_a_linear_layer_is_deep_in_the_ordered_phase():
    """Weights and biases uniform within 1 / sqrt(n): variance 1 / (3 n), so sigma_w^2 = 1 / 3."""
    n = 256
    found = mf.mean_field("relu", scaled_variance=1 / 3, bias_variance=1 / (3 * n))
    assert found.q == pytest.approx(0.0015625)
    assert found.chi == pytest.approx(1 / 6)
    assert found.c == 1


def test_refusals():
    with pytest.raises(ValueError, match="c must lie between -1 and 1"):
        product_moment("tanh", 1.0, 1.1)
    with pytest.raises(ValueError, match="q must be finite and not negative"):
        product_moment("tanh", -1.0, 0.0)
    with pytest.raises(ValueError, match="no correlation"):
        mf.correlation_map("tanh", 0.5, q=0.0, scaled_variance=1.0)
    with pytest.raises(ValueError, match="q must be positive"):
        mf.critical_line("tanh", 0.0)
    with pytest.raises(ValueError, match="scaled_variance"):
        mf.mean_field("tanh", scaled_variance=-1.0)
    with pytest.raises(ValueError, match="q must be a positive fixed point of the length map"):
        mf.correlation_fixed_point("tanh", q=1.0, scaled_variance=6.25, bias_variance=0.09)
    with pytest.raises(ValueError, match="q must be a positive fixed point of the length map"):
        mf.correlation_fixed_point("tanh", q=0.0, scaled_variance=0.5)
    flat = Activation("flat", np.ones_like, np.zeros_like)
    for ask in (mf.critical_line, lambda a, q: mf.critical_point(a, bias_variance=q)):
        with pytest.raises(ValueError, match="flat has the slope 0 at every input"):
            ask(flat, 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: mf.correlation_slope("tanh", 0.5, q=1.0, scaled_variance=-1.0),
            "^scaled_variance must",
        ),
        (
            lambda: mf.correlation_map("tanh", 0.5, q=1.0, scaled_variance=-1.0),
            "^scaled_variance must",
        ),
        (
            lambda: mf.correlation_map("tanh", 0.5, q=1.0, scaled_variance=1.0, bias_variance=-1.0),
            "^bias_variance must",
        ),
        (lambda: mf.correlation_fixed_point("tanh", q=-1.0, scaled_variance=1.0), "^q must be a f"),
        (lambda: mf.critical_line("tanh", -1.0), "^q must be finite and not"),
        (lambda: mf.critical_point("tanh", bias_variance=-1.0), "^bias_variance must be a finite"),
        (lambda: mf.mean_field("tanh", scaled_variance=0.5), "q. is 0, where two inputs have no"),
        (lambda: mf.mean_field("tanh", scaled_variance=2.0, bias_variance=-1.0), "^bias_variance"),
        (
            lambda: mf.critical_line("tanh", 0.0),
            "^q must be positive: at 0 two .* correlation$",
        ),
    ],
)
def test_a_wrong_number_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_without_a_bias_variance_there_are_no_biases():
    q = mf.length_fixed_point("tanh", scaled_variance=4.0)
    named = mf.length_fixed_point("tanh", scaled_variance=4.0, bias_variance=0.0)
    assert q == named > 0
    assert mf.correlation_fixed_point("tanh", q=q, scaled_variance=4.0) == pytest.approx(
        0, abs=1e-9
    )


def test_an_answer_says_what_it_was_asked():
    found = mf.mean_field("tanh", **TANH)
    asked = (found.activation, found.scaled_variance, found.bias_variance)
    assert asked == ("tanh", 1.3**2, 0.3**2)


def test_relu_on_its_line_has_no_biases_but_for_rounding():
    weight, bias = mf.critical_line("relu", np.array([1e-3, 0.3, 7.0]))
    np.testing.assert_allclose(weight, 2, rtol=1e-12)
    np.testing.assert_array_equal(bias, 0)


def test_an_expectation_around_a_mean():
    assert moments.expectation(np.square, 2.0, mean=3.0) == pytest.approx(11)
    assert moments.expectation(np.abs, 0.0, mean=-2.0, kinks=[0.0]) == pytest.approx(2)
    found = moments.expectation(np.sign, 1.0, mean=np.array([0.0, 1.0]), kinks=[0.0])
    assert found == pytest.approx([0.0, math.erf(1 / math.sqrt(2))], abs=1e-14)
    with pytest.raises(ValueError, match="mean must be finite"):
        moments.expectation(np.sign, 1.0, mean=math.inf)
