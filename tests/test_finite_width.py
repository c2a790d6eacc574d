import math

import numpy as np
import pytest
from laws import KOLMOGOROV_LIMIT, Z_LIMIT, kolmogorov, normal_distribution, z_mean, z_share

from netinit import initializers
from netinit.theory.finite_width import relu_growth, relu_log_moments


def networks(width, depth, count, *, activation=lambda h: np.maximum(h, 0)):
    """ln of the growth in `count` networks with matrices drawn in full."""
    logs = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        a = np.ones(width)
        for _ in range(depth):
            a = activation(initializers.he_normal((width, width), rng=rng, dtype=float) @ a)
        logs.append(np.log(np.mean(a**2)))
    return np.array(logs)


def z_of_log_mean(logs, width, depth):
    mean, variance = relu_log_moments(width)
    return z_mean(logs, depth * mean, math.sqrt(depth * variance))


def test_networks_with_true_matrices_grow_by_the_law():
    width, depth = 30, 8
    logs = networks(width, depth, 2000)
    assert abs(z_of_log_mean(logs, width, depth)) < Z_LIMIT
    drawn = np.sort(np.log(relu_growth(width, depth, draws=200_000, rng=1)[:, -1]))
    law = np.vectorize(lambda x: np.searchsorted(drawn, x) / drawn.size)
    assert kolmogorov(logs, law) < KOLMOGOROV_LIMIT


def test_a_linear_network_of_the_same_mean_growth_fails_that_test():
    width, depth = 30, 8
    logs = networks(width, depth, 2000, activation=lambda h: h / math.sqrt(2))
    assert abs(z_of_log_mean(logs, width, depth)) > 2 * Z_LIMIT


@pytest.mark.parametrize("width", [20, 100])
def test_the_mean_growth_is_1_and_its_square_the_power_of_1_plus_5_over_width(width):
    depth = 4
    growth = relu_growth(width, depth, draws=400_000, rng=2)
    squares = (1 + 5 / width) ** np.arange(1, depth + 1)
    for layer, square in enumerate(squares):
        assert abs(z_mean(growth[:, layer], 1, math.sqrt(square - 1))) < Z_LIMIT
        second = growth[:, layer] ** 2
        assert abs(z_mean(second, square, second.std())) < Z_LIMIT
        assert abs(z_mean(second, (1 + 2 / width) ** (layer + 1), second.std())) > Z_LIMIT


def test_the_moments_of_the_logarithm_are_the_published_numbers():
    assert relu_log_moments(100) == pytest.approx((-0.0254208856, 0.0519399921), abs=1e-10)
    assert relu_log_moments(50) == pytest.approx((-0.0517388, 0.1081681), abs=1e-7)


def test_a_single_unit_gives_the_chi_squared_of_one_degree():
    mean, variance = relu_log_moments(1)
    assert mean == pytest.approx(-np.euler_gamma)  # E ln z^2 = -gamma - ln 2, and the scale is 2
    assert variance == pytest.approx(math.pi**2 / 2)


@pytest.mark.parametrize("width", [1_000, 100_000])
def test_a_wide_layer_adds_minus_five_halves_and_five_over_the_width(width):
    mean, variance = relu_log_moments(width)
    assert mean * width == pytest.approx(-2.5, rel=10 / width)
    assert variance * width == pytest.approx(5, rel=10 / width)


def test_the_logarithm_is_nearly_normal_where_depth_is_half_the_width():
    mean, variance = relu_log_moments(100)
    logs = np.log(relu_growth(100, 50, draws=1000, rng=3)[:, -1])
    standardised = (logs - 50 * mean) / math.sqrt(50 * variance)
    assert kolmogorov(standardised, normal_distribution) < KOLMOGOROV_LIMIT
    assert kolmogorov(standardised + 0.2, normal_distribution) > KOLMOGOROV_LIMIT


def test_narrow_networks_die_as_often_as_all_units_of_a_layer_are_negative():
    width, depth = 5, 20
    dead = relu_growth(width, depth, draws=20_000, rng=4)[:, -1] == 0
    assert abs(z_share(dead, 1 - (1 - 2.0**-width) ** depth)) < Z_LIMIT
    assert abs(z_share(dead, 2.0**-width)) > Z_LIMIT


def test_the_scaled_variance_multiplies_every_layer():
    he = relu_growth(20, 6, draws=100, rng=5)
    half = relu_growth(20, 6, draws=100, scaled_variance=1.0, rng=5)
    np.testing.assert_allclose(half, he * 0.5 ** np.arange(1, 7))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"width": 0}, "width must be at least 1, not 0"),
        ({"depth": -1}, "depth must be at least 1, not -1"),
        ({"draws": 0}, "draws must be at least 1, not 0"),
        ({"scaled_variance": math.nan}, "scaled_variance must be a finite number"),
        ({"scaled_variance": -1.0}, "scaled_variance must be a finite number of at least 0"),
    ],
)
def test_sizes_and_scales_are_checked(given, message):
    with pytest.raises(ValueError, match=message):
        relu_growth(**{"width": 3, "depth": 2, "draws": 1, **given}, rng=0)


def test_a_width_must_be_whole():
    with pytest.raises(TypeError, match=r"width must be an integer, not 2\.5"):
        relu_log_moments(2.5)
