import functools
import math
from itertools import pairwise, product

import numpy as np
import pytest
from laws import KOLMOGOROV_LIMIT, Z_LIMIT, kolmogorov, normal_distribution, z_correlation

from netinit import activations, initializers
from netinit.activations import Activation
from netinit.network import init_mlp, stack
from netinit.network.mlp import MLP
from netinit.propagation import (
    Histograms,
    describe,
    gaussian_layer,
    histogram,
    measure,
    predict,
    random_signals,
    wide_forward,
)
from netinit.theory import moments
from netinit.theory.prediction import interpolated

# Its slope differs on the two sides of 0, and it bends: what rescaling must not get wrong.
SKEWED = Activation(
    "skewed",
    lambda x: np.where(x > 0, x / 2, np.tanh(x)),
    lambda x: np.where(x > 0, x.dtype.type(0.5), 1 - np.tanh(x) ** 2),
    kinks=(0.0,),
)
ACTIVATIONS = [*activations.names(), SKEWED]


def ids(value):
    return getattr(value, "name", str(value))


def z_over_seeds(values, expected):
    """Standard errors between the mean over the first axis and what is expected."""
    values = np.asarray(values)
    return (values.mean(axis=0) - expected) * math.sqrt(len(values)) / values.std(axis=0, ddof=1)


def networks(widths, scaled_variance, activation, seeds, biases="zeros"):
    scheme = functools.partial(initializers.variance_scaling, scale=scaled_variance)
    new = functools.partial(init_mlp, widths, scheme, activation=activation, dtype=np.float64)
    return stack([new(biases=biases, rng=seed) for seed in range(seeds)])


def uneven_inputs(batch, width, rng=1):
    """Inputs of very different lengths, from a third to three times the usual."""
    x = np.random.default_rng(rng).standard_normal((batch, width))
    return x * np.geomspace(1 / 3, 3, batch)[:, None]


# Describing ----------------------------------------------------------------------------------


def test_a_histogram_is_numpys_divided_by_the_number_of_values():
    values = np.random.default_rng(0).standard_normal((2, 3, 40, 5))
    found = histogram(values, bins=7, limits=(-1, 2))
    assert found.shape == (2, 3, 7)
    for place in np.ndindex(2, 3):
        counts, _ = np.histogram(values[place], bins=7, range=(-1, 2))
        np.testing.assert_allclose(found[place], counts / 200)


def test_a_histogram_counts_both_limits_and_nothing_beyond_them():
    values = [[0.0, 1.0, -1e-9, 1.0 + 1e-9, np.nan, np.inf, -np.inf, 0.5]]
    np.testing.assert_array_equal(histogram(values, bins=2, limits=(0, 1)), [1 / 8, 2 / 8])
    with_float32 = histogram(np.float32([[0.3, 3e38, -3e38]]), bins=1, limits=(0, 1))
    np.testing.assert_allclose(with_float32, [1 / 3])


def test_a_description_is_what_numpy_says_of_each_layer():
    rng = np.random.default_rng(0)
    layers = [rng.standard_normal((2, 50, n)) + 1 for n in (3, 8)]
    found = describe(layers, bins=4, limits=(-2, 2))
    for place, layer in enumerate(layers):
        both = (-2, -1)
        np.testing.assert_allclose(found.mean[:, place], layer.mean(axis=both))
        np.testing.assert_allclose(found.second_moment[:, place], (layer**2).mean(axis=both))
        np.testing.assert_allclose(found.variance[:, place], layer.var(axis=both))
        spread = np.sqrt((layer.std(axis=-2) ** 2).mean(axis=-1))
        np.testing.assert_allclose(found.spread[:, place], spread)
        np.testing.assert_allclose(
            found.histograms[:, place], histogram(layer, bins=4, limits=(-2, 2))
        )


def test_squares_that_float32_cannot_hold_are_described():
    found = describe([np.full((2, 2), 1e-30, np.float32), np.full((2, 2), 1e30, np.float32)])
    np.testing.assert_allclose(found.second_moment, [1e-60, 1e60], rtol=1e-6)


def test_inputs_that_no_layer_tells_apart_have_no_spread():
    constant = np.broadcast_to(np.arange(5.0), (7, 5))
    found = describe([constant])
    assert found.spread[0] == 0
    assert found.variance[0] == pytest.approx(2)


@pytest.mark.parametrize("stack_shape", [(), (3,)], ids=str)
def test_measuring_describes_every_signal_and_gradient(stack_shape):
    net = networks([4, 6, 5, 2], 2.0, "relu", 3) if stack_shape else init_mlp([4, 6, 5, 2], rng=0)
    x = np.random.default_rng(0).standard_normal((8, 4))
    signals = net.forward(x)
    output_gradient = np.random.default_rng(1).standard_normal(signals.output.shape)
    gradients = net.backward(signals, output_gradient)
    found = measure(net, x, output_gradient=output_gradient, bins=3, limits=(-1, 1))
    both = (-2, -1)
    for layer in range(3):
        h, delta = signals.preactivations[layer], gradients.preactivations[layer]
        np.testing.assert_allclose(
            found.preactivations.second_moment[..., layer], (h**2).mean(axis=both), rtol=1e-6
        )
        np.testing.assert_allclose(
            found.gradient_second_moment[..., layer], (delta**2).mean(axis=both), rtol=1e-6
        )
        square = (gradients.weights[layer] ** 2).mean(axis=both)
        np.testing.assert_allclose(
            found.weight_gradient_second_moment[..., layer], square, rtol=1e-6
        )
    for layer in range(2):
        h, a = signals.preactivations[layer], signals.activations[layer + 1]
        np.testing.assert_allclose(found.activations.mean[..., layer], a.mean(axis=both), rtol=1e-5)
        np.testing.assert_allclose(found.saturated[..., layer], (h <= 0).mean(axis=both))
        dead = (h <= 0).all(axis=-2).mean(axis=-1)
        np.testing.assert_allclose(found.dead[..., layer], dead)
    assert found.preactivations.histograms.shape == (*stack_shape, 3, 3)
    assert found.activations.histograms.shape == (*stack_shape, 2, 3)


def test_each_network_of_a_stack_is_measured_as_it_is_alone():
    nets = [init_mlp([4, 9, 7, 2], rng=seed) for seed in range(3)]
    x = np.random.default_rng(0).standard_normal((8, 4))
    output_gradient = np.random.default_rng(1).standard_normal((3, 8, 2))
    together = measure(stack(nets), x, output_gradient=output_gradient)
    for i, net in enumerate(nets):
        alone = measure(net, x, output_gradient=output_gradient[i])
        for name in ("saturated", "dead", "gradient_second_moment"):
            np.testing.assert_array_equal(getattr(together, name)[i], getattr(alone, name))
        np.testing.assert_array_equal(together.activations.spread[i], alone.activations.spread)


def test_a_network_without_hidden_layers_is_measured():
    net = stack([init_mlp([4, 2], rng=0)] * 3)
    found = measure(net, np.ones((5, 4)), rng=0, bins=2, limits=(0, 1))
    assert found.activations.mean.shape == found.dead.shape == (3, 0)
    assert found.activations.histograms.shape == (3, 0, 2)
    assert found.preactivations.mean.shape == (3, 1)


def test_dead_units_are_counted_and_nearly_dead_ones_are_not():
    x = np.array([[1.0], [2.0], [-1e-9]])
    weights = [np.array([[1.0], [-1.0], [0.0], [1.0]]), np.ones((1, 4))]
    net = MLP(weights, [np.array([0.0, 0.0, -1.0, -5.0]), np.zeros(1)], "relu")
    np.testing.assert_array_equal(measure(net, x, rng=0).dead, [0.5])


def test_gradients_whose_squares_float32_cannot_hold_are_measured():
    net, x = init_mlp([4, 6, 2], rng=0), np.ones((5, 4))
    output_gradient = np.random.default_rng(0).standard_normal((5, 2))
    plain, tiny = (measure(net, x, output_gradient=s * output_gradient) for s in (1, 1e-25))
    for name in ("gradient_second_moment", "weight_gradient_second_moment"):
        ratio = getattr(tiny, name) / getattr(plain, name)
        np.testing.assert_allclose(ratio, 1e-50, rtol=1e-5)


def test_the_drawn_output_gradient_is_standard_normal_and_repeats_with_its_seed():
    net, x = init_mlp([4, 500], rng=0), np.ones((200, 4))
    one, again, other = (measure(net, x, rng=r).gradient_second_moment[0] for r in (0, 0, 1))
    assert one == again != other
    assert abs(one - 1) < Z_LIMIT * math.sqrt(2 / 1e5)


# Predicting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=ids)
def test_interpolated_moments_are_the_quadratures(activation):
    record = activations.get(activation)
    q = np.r_[np.geomspace(1e-250, 1e-5, 50), np.geomspace(1e-5, 1e6, 400), 1.0, math.e]
    for moment in (moments.second_moment, moments.derivative_second_moment):
        exact, found = moment(record, q), interpolated(moment, record, q)
        assert np.abs(found / exact - 1).max() < 1e-11
    sizes = interpolated(moments.second_moment, record, np.array([0.0, 1.0]))
    assert sizes[0] == record(np.zeros(1))[0] ** 2


def test_the_first_layer_is_exact_for_every_input():
    x = uneven_inputs(6, 10)
    found = predict("tanh", widths=[10, 7], weight_variance=0.3, bias_variance=0.2, x=x)
    expected = 0.3 * (x**2).sum(axis=1).mean() + 0.2
    assert found.preactivation_second_moment == pytest.approx([expected])
    assert found.activation_second_moment.shape == (0,)
    np.testing.assert_array_equal(found.gradient_second_moment, [1])


def test_the_recursion_is_the_length_map_and_chi_of_each_input():
    x = uneven_inputs(5, 10)
    widths, variances = [10, 20, 30, 8], np.array([0.1, 0.05, 0.04])
    found = predict("tanh", widths=widths, weight_variance=variances, bias_variance=0.1, x=x)
    q = 0.1 * (x**2).sum(axis=1) + 0.1
    forward, chis = [q.mean()], []
    for (width, fan_out), variance in zip(pairwise(widths[1:]), variances[1:], strict=True):
        chis.append(moments.chi("tanh", q, scaled_variance=fan_out * variance))
        q = moments.length_map("tanh", q, scaled_variance=width * variance, bias_variance=0.1)
        forward.append(q.mean())
    np.testing.assert_allclose(found.preactivation_second_moment, forward, rtol=1e-12)
    np.testing.assert_allclose(found.gradient_factor, np.mean(chis, axis=1), rtol=1e-12)
    backward = [np.mean(chis[0] * chis[1]), chis[1].mean(), 1]
    np.testing.assert_allclose(found.gradient_second_moment, backward, rtol=1e-12)


def test_many_settings_are_predicted_at_once_as_one_by_one():
    x, variances = uneven_inputs(5, 10), np.array([[0.01], [0.1], [1.0]])
    widths = [10, 10, 10, 10]
    together = predict("sigmoid", widths=widths, weight_variance=variances, x=x)
    assert together.gradient_factor.shape == (3, 2)
    for i, variance in enumerate(variances[:, 0]):
        alone = predict("sigmoid", widths=widths, weight_variance=variance, x=x)
        np.testing.assert_allclose(
            together.gradient_second_moment[i], alone.gradient_second_moment, rtol=1e-12
        )


@pytest.mark.parametrize("settings", [(), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize("layers", [1, 2, 4])
def test_every_prediction_has_the_shape_of_its_settings_and_layers(settings, layers):
    variances = np.full((*settings, 1), 0.1)
    found = predict("relu", widths=[4] * (layers + 1), weight_variance=variances, x=np.ones((5, 4)))
    assert found.preactivation_second_moment.shape == (*settings, layers)
    assert found.gradient_second_moment.shape == (*settings, layers)
    assert found.activation_second_moment.shape == (*settings, layers - 1)
    assert found.gradient_factor.shape == (*settings, layers - 1)


def test_a_prediction_beyond_all_numbers_is_infinite_without_a_warning():
    found = predict("relu", widths=[4] * 200, weight_variance=1e4, x=np.ones((2, 4)))
    assert np.isinf(found.preactivation_second_moment[-1])
    zero = predict("sigmoid", widths=[4] * 3, weight_variance=0.0, x=np.ones((2, 4)))
    np.testing.assert_array_equal(zero.preactivation_second_moment, [0, 0])
    assert zero.activation_second_moment == pytest.approx([0.25])


@pytest.fixture(scope="module")
def tanh_first_layer():
    """Mean square of tanh activations after one layer, over 2000 networks, and the inputs."""
    x = uneven_inputs(16, 20)
    nets = networks([20, 50, 1], 1.5, "tanh", 2000)
    return x, measure(nets, x, rng=0).activations.second_moment[:, 0]


def test_the_prediction_per_input_meets_the_measurement(tanh_first_layer):
    x, measured = tanh_first_layer
    expected = predict("tanh", widths=[20, 50, 1], weight_variance=1.5 / 20, x=x)
    assert abs(z_over_seeds(measured, expected.activation_second_moment[0])) < Z_LIMIT


def test_a_prediction_from_the_mean_second_moment_does_not(tanh_first_layer):
    x, measured = tanh_first_layer
    q = 1.5 / 20 * (x**2).sum(axis=1).mean()
    assert abs(z_over_seeds(measured, moments.second_moment("tanh", q))) > 10 * Z_LIMIT


@pytest.fixture(scope="module")
def relu_networks():
    """What 3000 He networks of unequal widths do, and what is predicted."""
    widths, x = [12, 30, 50, 20, 40, 5], uneven_inputs(8, 12)
    rng = np.random.default_rng(5)
    shapes = [(3000, m, n) for n, m in pairwise(widths)]
    weights = [math.sqrt(2 / shape[-1]) * rng.standard_normal(shape) for shape in shapes]
    net = MLP(weights, [np.zeros(w.shape[:-1]) for w in weights], "relu")
    variances = 2 / np.array(widths[:-1])
    return measure(net, x, rng=6), predict("relu", widths=widths, weight_variance=variances, x=x)


def test_relu_signals_meet_the_prediction_in_every_layer_at_any_width(relu_networks):
    measured, expected = relu_networks
    forward = measured.preactivations.second_moment
    assert np.abs(z_over_seeds(forward, expected.preactivation_second_moment)).max() < Z_LIMIT
    hidden = measured.activations.second_moment
    assert np.abs(z_over_seeds(hidden, expected.activation_second_moment)).max() < Z_LIMIT


def test_relu_gradients_meet_the_prediction_in_every_layer_at_any_width(relu_networks):
    measured, expected = relu_networks
    z = z_over_seeds(measured.gradient_second_moment, expected.gradient_second_moment)
    assert np.abs(z).max() < Z_LIMIT
    np.testing.assert_allclose(expected.gradient_factor, [50 / 30, 20 / 50, 40 / 20, 5 / 40])


def test_gradients_of_one_unit_a_layer_fall_short_by_the_chance_that_a_layer_is_off():
    signs = 2**0.5 * np.array(list(product([-1.0, 1.0], repeat=5)))
    weights = [signs[:, layer, None, None] for layer in range(5)]
    net = MLP(weights, [np.zeros((32, 1))] * 5, "relu")  # every network of weights +-sqrt(2)
    x = np.ones((1, 1))
    found = measure(net, x, output_gradient=np.ones((32, 1, 1)))
    expected = predict("relu", widths=[1] * 6, weight_variance=2.0, x=x)
    signal = found.preactivations.second_moment.mean(axis=0)
    np.testing.assert_allclose(signal, expected.preactivation_second_moment)
    gradient = found.gradient_second_moment.mean(axis=0) / expected.gradient_second_moment
    np.testing.assert_allclose(gradient, [1, 1 / 2, 1 / 4, 1 / 8, 1])


def test_a_gradient_predicted_by_the_forward_factor_fails(relu_networks):
    """Backward the units above a layer count, not those below: He keeps only the forward size."""
    measured, _ = relu_networks
    assert np.abs(z_over_seeds(measured.gradient_second_moment, np.ones(5))).max() > 10 * Z_LIMIT


@pytest.mark.parametrize(("activation", "variance"), [("tanh", 2.0), ("sigmoid", 4.0)])
def test_wide_networks_meet_the_prediction_within_a_few_parts_in_the_width(activation, variance):
    width, depth, networks = 400, 6, 24
    x = uneven_inputs(8, width)
    sweep = random_signals(
        activation, width=width, depth=depth, weight_std=math.sqrt(variance / width),
        networks=networks, rng=2, x=x,
    )  # fmt: skip
    expected = predict(
        activation, widths=[width] * (depth + 1), weight_variance=variance / width, x=x
    )
    for found, theory in [
        (sweep.preactivations, expected.preactivation_second_moment),
        (sweep.gradients, expected.gradient_second_moment),
    ]:
        power = 10**found
        error = Z_LIMIT * power.std(axis=0) / math.sqrt(networks) + 3 * depth / width * theory
        assert (np.abs(power.mean(axis=0) - theory) < error).all()


def test_biases_enter_the_prediction():
    x = uneven_inputs(6, 30)
    biases = functools.partial(initializers.normal, std=0.5)
    nets = networks([30, 40, 40, 3], 2.0, "relu", 1500, biases=biases)
    measured = measure(nets, x, rng=0).preactivations.second_moment
    settings = {"widths": [30, 40, 40, 3], "weight_variance": 2 / np.array([30, 40, 40]), "x": x}
    expected = predict("relu", bias_variance=0.25, **settings).preactivation_second_moment
    assert np.abs(z_over_seeds(measured, expected)).max() < Z_LIMIT
    without = predict("relu", **settings).preactivation_second_moment
    assert np.abs(z_over_seeds(measured, without)).max() > 3 * Z_LIMIT


def test_finite_width_multiplies_the_square_of_the_signal_by_1_plus_5_over_n_a_layer():
    width, depth = 20, 4
    sweep = random_signals(
        "relu", width=width, depth=depth, weight_std=math.sqrt(2 / width), networks=20000,
        rng=3, x=np.ones((1, width)),
    )  # fmt: skip
    kept = 10 ** sweep.activations[:, -1]
    assert abs(z_over_seeds(kept, 1.0)) < Z_LIMIT
    assert abs(z_over_seeds(kept**2, (1 + 5 / width) ** depth)) < Z_LIMIT
    assert abs(z_over_seeds(kept**2, (1 + 2 / width) ** depth)) > Z_LIMIT
    assert np.median(kept) < 0.8


# Layers drawn without their weights ----------------------------------------------------------


def products(h):
    """h_i h_j of each unit, for every pair of inputs: shape (width, batch, batch)."""
    return h.T[:, :, None] * h.T[:, None, :]


@pytest.mark.parametrize("shape", [(3, 5), (6, 4), (1, 7)], ids=str)
def test_a_drawn_layer_has_the_covariance_of_the_weighted_sums(shape):
    a = np.random.default_rng(1).standard_normal(shape)
    h = gaussian_layer(a, 100_000, weight_std=0.7, rng=2)
    gram = 0.49 * a @ a.T
    power = np.diag(gram)
    std = np.sqrt(power[:, None] * power + gram**2)
    z = (products(h).mean(axis=0) - gram) * math.sqrt(100_000) / std
    assert np.abs(z).max() < Z_LIMIT
    wrong = (products(h).mean(axis=0) - 1.03 * gram) * math.sqrt(100_000) / std
    assert np.abs(np.diag(wrong)).max() > Z_LIMIT


def test_a_drawn_layer_is_normal_at_every_input_and_along_every_combination():
    a = np.random.default_rng(1).standard_normal((4, 3))
    h = gaussian_layer(a, 20_000, weight_std=0.5, rng=4)
    for mix in [*np.eye(4), np.array([1.0, -2.0, 0.5, 3.0])]:
        scale = 0.5 * np.linalg.norm(mix @ a)
        assert kolmogorov(mix @ h / scale, normal_distribution) < KOLMOGOROV_LIMIT
        assert kolmogorov(1.1 * mix @ h / scale, normal_distribution) > KOLMOGOROV_LIMIT


def test_the_units_of_a_drawn_layer_are_independent():
    a = np.random.default_rng(1).standard_normal((3, 5))
    h = np.stack([gaussian_layer(a, 4, weight_std=1.0, rng=seed) for seed in range(4000)])
    for one, other in [(0, 1), (1, 3), (2, 3)]:
        for i, j in [(0, 0), (0, 1), (2, 1)]:
            assert abs(z_correlation(h[:, i, one], h[:, j, other])) < Z_LIMIT
        assert abs(z_correlation(h[:, 0, one] ** 2, h[:, 0, other] ** 2)) < Z_LIMIT


def test_a_drawn_layer_agrees_with_true_matrices_after_the_activation():
    """A moment across inputs that only the joint law gets right, over 4000 layers of 6 units."""
    a = np.random.default_rng(1).standard_normal((2, 5))
    rng = np.random.default_rng(2)
    true = a @ (0.8 * rng.standard_normal((4000, 6, 5))).swapaxes(-1, -2)
    drawn = np.stack([gaussian_layer(a, 6, weight_std=0.8, rng=rng) for _ in range(4000)])
    for moment in (
        lambda h: (np.maximum(h[:, 0], 0) * np.maximum(h[:, 1], 0)).mean(axis=-1),
        lambda h: (h[:, 0] * h[:, 1]).mean(axis=-1) ** 2,
    ):
        x, y = moment(true), moment(drawn)
        error = math.sqrt((x.var() + y.var()) / 4000)
        assert abs(x.mean() - y.mean()) < Z_LIMIT * error
        assert abs(x.mean() - moment(drawn[:, [0, 0]]).mean()) > Z_LIMIT * error


def test_equal_inputs_get_equal_and_zero_inputs_zero_preactivations():
    a = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [2.0, 4.0, 6.0]])
    h = gaussian_layer(a, 1000, weight_std=1.0, rng=0)
    np.testing.assert_allclose(h[0], h[1], rtol=1e-12)
    np.testing.assert_allclose(2 * h[0], h[3], rtol=1e-12)
    assert not h[2].any()


def test_a_stack_of_layers_is_drawn_apart_and_keeps_its_dtype():
    a = np.ones((2, 3, 5), np.float32)
    h = gaussian_layer(a, 7, weight_std=1.0, rng=0)
    assert h.shape == (2, 3, 7)
    assert h.dtype == np.float32
    assert not np.allclose(h[0], h[1])
    assert gaussian_layer(a, 0, weight_std=1.0, rng=0).shape == (2, 3, 0)


def test_drawn_networks_agree_with_networks_of_matrices():
    """Log size after 3 narrow layers: mean and variance over 6000 networks of either kind."""
    width, std, x = 10, math.sqrt(2 / 10), np.ones((6000, 1, 10))
    drawn = wide_forward(x, width=width, depth=4, weight_std=std, activation="relu", rng=1)
    sweep = random_signals(
        "relu", width=width, depth=4, weight_std=std, networks=6000, rng=2, x=np.ones((1, width))
    )
    with np.errstate(divide="ignore"):
        ours = np.log(np.square(drawn.preactivations[-1]).mean(axis=(-2, -1)))
    theirs = sweep.preactivations[:, -1] * math.log(10)
    alive = ours[np.isfinite(ours)], theirs[np.isfinite(theirs)]
    error = math.sqrt(sum(v.var() / v.size for v in alive))
    assert abs(alive[0].mean() - alive[1].mean()) < Z_LIMIT * error
    assert alive[0].var() == pytest.approx(alive[1].var(), rel=Z_LIMIT * math.sqrt(2 * 4 / 6000))


def test_the_signals_of_a_drawn_network_are_those_of_an_mlp():
    signals = wide_forward(
        np.ones((4, 3)), width=50, depth=3, weight_std=0.2, activation="tanh", rng=0
    )
    assert [a.shape for a in signals.activations] == [(4, 3), (4, 50), (4, 50)]
    np.testing.assert_array_equal(signals.activations[2], np.tanh(signals.preactivations[1]))


# Sweeps --------------------------------------------------------------------------------------


def same_networks(activation, std, *, width, depth, networks, rng, batch):
    """The networks of `random_signals` as float64 MLPs, with their inputs and output gradients."""
    rng = np.random.default_rng(rng)
    x = rng.standard_normal((batch, width), dtype=np.float32)
    for _ in range(networks):
        weights = [rng.standard_normal((width, width), dtype=np.float32) for _ in range(depth)]
        output_gradient = rng.standard_normal((batch, width), dtype=np.float32)
        scaled = [std * w.astype(float) for w in weights]
        yield MLP(scaled, [np.zeros(width)] * depth, activation), x, output_gradient


SETTINGS = {"width": 30, "depth": 12, "networks": 2, "rng": 4, "batch": 8}


# Steep ones are chaotic at the largest weights: float32's rounding grows until it is seen.
CHAOTIC = {"sin", "erf"}


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=ids)
def test_a_sweep_says_what_measuring_each_network_in_float64_says(activation):
    stds = np.array([1e-4, 0.02, 0.2, 0.3, 1.0])[: 4 if activation in CHAOTIC else 5]
    sweep = random_signals(activation, weight_std=stds, **SETTINGS)
    for k, std in enumerate(stds):
        for seed, (net, x, output_gradient) in enumerate(
            same_networks(activation, std, **SETTINGS)
        ):
            found = measure(net, x, output_gradient=output_gradient)
            for ours, theirs in [
                (sweep.preactivations[k, seed], found.preactivations.second_moment),
                (sweep.activations[k, seed, :-1], found.activations.second_moment),
                (sweep.gradients[k, seed], found.gradient_second_moment),
            ]:
                np.testing.assert_allclose(ours, np.log10(theirs), atol=2e-4)


@pytest.mark.parametrize("of", ["preactivations", "activations"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_histograms_of_a_sweep_are_those_of_its_networks(activation, of):
    stds = np.array([0.02, 0.25])
    # Uneven limits: no cell begins where values pile up, at 0, 0.5 or 1.
    wanted = Histograms(of, layers=(5, 1, 11), bins=9, limits=(-1.13, 1.21))
    sweep = random_signals(activation, weight_std=stds, histograms=wanted, **SETTINGS)
    assert sweep.histograms.shape == (2, 3, 9)
    for k, std in enumerate(stds):
        expected = [
            getattr(measure(net, x, rng=0, bins=9, limits=wanted.limits), of).histograms
            for net, x, _ in same_networks(activation, std, **SETTINGS)
        ]
        np.testing.assert_allclose(
            sweep.histograms[k], np.mean(expected, axis=0)[[4, 0, 10]], atol=0.005
        )


def test_one_scale_or_many_and_more_networks_leave_the_first_networks_alone():
    settings = SETTINGS | {"depth": 5}
    one = random_signals("tanh", weight_std=0.2, **settings)
    assert one.preactivations.shape == (2, 5)
    many = random_signals("tanh", weight_std=[0.1, 0.2], **(settings | {"networks": 3}))
    assert many.gradients.shape == (2, 3, 5)
    np.testing.assert_allclose(many.gradients[1, :2], one.gradients, atol=1e-5)
    again = random_signals("tanh", weight_std=0.2, **settings)
    np.testing.assert_array_equal(one.gradients, again.gradients)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_no_scale_is_too_small_or_too_large_for_a_sweep(activation):
    sweep = random_signals(activation, weight_std=[0, 1e-30, 1e30], **SETTINGS)
    first = sweep.preactivations[:, :, 0]
    assert np.isneginf(first[0]).all()
    np.testing.assert_allclose(first[2] - first[1], 120, atol=1e-3)
    assert not np.isnan(sweep.preactivations).any()
    assert not np.isnan(sweep.gradients).any()
    at_zero = np.log10(0.25) if activation == "sigmoid" else -np.inf
    np.testing.assert_allclose(sweep.activations[0], at_zero)
    if activation == "relu":
        steps = np.diff(sweep.preactivations[1:], axis=-1)
        np.testing.assert_allclose(steps[1] - steps[0], 120, atol=1e-3)


def test_a_network_that_died_has_no_signal_and_no_gradient_below():
    sweep = random_signals("relu", width=1, depth=9, weight_std=1.0, networks=40, rng=0, batch=1)
    dead = np.isneginf(sweep.activations)
    np.testing.assert_array_equal(dead, np.logical_or.accumulate(dead, axis=1))
    # One unit lives with probability 1/2 a layer.
    assert dead[:, -1].mean() > 0.9
    assert np.isneginf(sweep.gradients[dead[:, -2], 0]).all()
    assert not np.isnan(sweep.gradients).any()


def test_inputs_of_another_width_may_be_given():
    x = np.ones((3, 7))
    sweep = random_signals("relu", width=5, depth=2, weight_std=1.0, networks=4000, rng=0, x=x)
    assert abs(z_over_seeds(10 ** sweep.preactivations[:, 0], 7.0)) < Z_LIMIT


# Bad input -----------------------------------------------------------------------------------

NET, ONES = init_mlp([3, 4, 2], rng=0), np.ones((5, 3))


def sweep_with(**changes):
    given = {"width": 4, "depth": 3, "weight_std": 0.1, "networks": 1, "rng": 0} | changes
    return random_signals(given.pop("activation", "relu"), **given)


def predict_with(**changes):
    given = {"widths": [3, 4, 2], "weight_variance": 0.1, "x": ONES} | changes
    return predict(given.pop("activation", "relu"), **given)


def wide_with(**changes):
    given = {"width": 4, "depth": 2, "weight_std": 0.1, "activation": "relu", "rng": 0} | changes
    return wide_forward(given.pop("x", ONES), **given)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: measure(NET, ONES), TypeError, "output_gradient, or an rng"),
        (lambda: measure(NET, np.ones((5, 2)), rng=0), ValueError, r"x must be \(batch, 3\)"),
        (lambda: measure(NET, ONES, output_gradient=ONES), ValueError, r"\(5, 2\), not \(5, 3\)"),
        (lambda: measure(NET, ONES, rng="a"), (TypeError, ValueError), "rng"),
        (lambda: measure(NET, ONES, rng=0, bins=3), TypeError, "both bins and limits"),
        (lambda: measure(NET, ONES, rng=0, limits=(0, 1)), TypeError, "both bins and limits"),
        (lambda: describe([np.ones(3)]), ValueError, "batch, width"),
        (lambda: describe([np.ones((0, 3))]), ValueError, "not empty"),
        (lambda: describe([[["a"]]]), TypeError, "real numbers"),
        (lambda: histogram(ONES, bins=0, limits=(0, 1)), ValueError, "bins must be at least 1"),
        (lambda: histogram(ONES, bins=2.5, limits=(0, 1)), TypeError, "bins must be an integer"),
        (lambda: histogram(ONES, bins=2, limits=(1, 0)), ValueError, "limits must rise"),
        (lambda: histogram(ONES, bins=2, limits=(0, np.inf)), ValueError, "each of limits"),
        (lambda: histogram(ONES, bins=2, limits=3), ValueError, r"\(low, high\)"),
        (lambda: histogram([1, 2], bins=2, limits=(0, 1)), ValueError, "batch, width"),
        (lambda: predict_with(activation="tahn"), ValueError, "did you mean 'tanh'"),
        (lambda: predict_with(widths=[3]), ValueError, "two or more"),
        (lambda: predict_with(widths="34"), TypeError, "widths"),
        (lambda: predict_with(x=np.ones(3)), ValueError, r"x must be \(batch, 3\)"),
        (lambda: predict_with(x=np.ones((2, 4))), ValueError, r"x must be \(batch, 3\)"),
        (lambda: predict_with(weight_variance=-1), ValueError, "weight_variance"),
        (lambda: predict_with(weight_variance=np.nan), ValueError, "weight_variance"),
        (lambda: predict_with(weight_variance="a"), TypeError, "weight_variance"),
        (lambda: predict_with(weight_variance=[1, 2, 3]), ValueError, "1 or 2 long, not"),
        (lambda: predict_with(bias_variance=-1), ValueError, "bias_variance"),
        (lambda: gaussian_layer(ONES, 4, weight_std=-1, rng=0), ValueError, "weight_std"),
        (lambda: gaussian_layer(ONES, 4, weight_std=np.inf, rng=0), ValueError, "weight_std"),
        (lambda: gaussian_layer(ONES, -4, weight_std=1, rng=0), ValueError, "width"),
        (lambda: gaussian_layer(ONES[0], 4, weight_std=1, rng=0), ValueError, "batch, fan_in"),
        (lambda: gaussian_layer([["a"]], 4, weight_std=1, rng=0), TypeError, "real numbers"),
        (lambda: gaussian_layer(ONES, 4, weight_std=1), TypeError, "rng"),
        (lambda: wide_with(depth=0), ValueError, "depth must be at least 1"),
        (lambda: wide_with(width=0), ValueError, "width must be at least 1"),
        (lambda: wide_with(activation="rleu"), ValueError, "did you mean 'relu'"),
        (lambda: wide_with(x=np.ones(3)), ValueError, "batch, fan_in"),
        (lambda: sweep_with(width=0), ValueError, "width must be at least 1"),
        (lambda: sweep_with(depth=0), ValueError, "depth must be at least 1"),
        (lambda: sweep_with(networks=0), ValueError, "networks must be at least 1"),
        (lambda: sweep_with(networks=[1, 2]), TypeError, "networks must be an integer"),
        (lambda: sweep_with(batch=0), ValueError, "batch must be at least 1"),
        (lambda: sweep_with(weight_std=-1), ValueError, "weight_std"),
        (lambda: sweep_with(weight_std=[]), ValueError, "a number or a row"),
        (lambda: sweep_with(weight_std=[[1]]), ValueError, "a number or a row"),
        (lambda: sweep_with(weight_std="a"), TypeError, "weight_std"),
        (lambda: sweep_with(x=np.ones(3)), ValueError, "x must be"),
        (lambda: sweep_with(x=np.ones((2, 2, 2))), ValueError, r"x must be \(batch, fan_in\)"),
        (lambda: sweep_with(activation="rleu"), ValueError, "did you mean 'relu'"),
        (lambda: sweep_with(rng="a"), (TypeError, ValueError), "rng"),
        (lambda: sweep_with(histograms="yes"), TypeError, "Histograms"),
        (
            lambda: sweep_with(histograms=Histograms("activations", [4], 2, (0, 1))),
            ValueError,
            "from 1 to 3",
        ),
        (
            lambda: sweep_with(histograms=Histograms("activations", [], 2, (0, 1))),
            ValueError,
            "from 1 to 3",
        ),
        (lambda: Histograms("actvations", [1], 2, (0, 1)), ValueError, "'activations'"),
        (lambda: Histograms("activations", [1], 0, (0, 1)), ValueError, "bins"),
    ],
)
def test_bad_input_is_refused_in_the_callers_words(call, error, message):
    with pytest.raises(error, match=message):
        call()
