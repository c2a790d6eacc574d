import math

import numpy as np
import pytest

from netinit import init_mlp
from netinit.activations import Activation
from netinit.network import init_network, normalize_units
from netinit.network.layers import Dense, Residual
from netinit.theory import gates, mean_field, moments
from netinit.theory.shattering import gradient_correlation

HE = {"scaled_variance": 2.0, "c": 0.0}


def test_plain_networks():
    found = gradient_correlation("relu", depth=50, **HE)
    expected = [0.5, 0.1046, 0.0337, 0.00546, 0.000912]
    assert found[[0, 4, 9, 23, 49]] == pytest.approx(expected, rel=2e-3)


def test_the_power_is_three():
    found = gradient_correlation("relu", depth=800, **HE)
    assert math.log2(found[799] / found[399]) == pytest.approx(-3, abs=0.1)


def test_residual_networks():
    found = gradient_correlation("relu", depth=50, branch_scale=1.0, **HE)
    expected = [0.75, 0.3095, 0.1402, 0.0328, 0.00677]
    assert found[[0, 4, 9, 23, 49]] == pytest.approx(expected, rel=2e-3)
    for depth, value in ((5, 0.666), (24, 0.641), (50, 0.637)):
        scaled = gradient_correlation("relu", depth=depth, branch_scale=depth**-0.5, **HE)
        assert scaled[-1] == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize("residual", [False, True])
def test_it_is_measured(residual):
    """Mean cosine of the gradients at two orthogonal inputs, over 40 networks of 5 layers."""
    n, depth = 256, 5
    layer = ["relu", Dense(n, n, bias=False)]
    layers = [Residual(layer)] * depth if residual else layer * depth
    net = init_network(layers, "he_normal", seeds=range(40), dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((2, n))
    x[1] -= x[0] * (x[0] @ x[1]) / (x[0] @ x[0])
    signals = net.forward(x)
    upstream = np.random.default_rng(1).standard_normal((40, 1, n))
    found = net.backward(signals, np.broadcast_to(upstream, (40, 2, n))).inputs
    cosine = (found[:, 0] * found[:, 1]).sum(-1) / np.linalg.norm(found, axis=-1).prod(-1)
    scale = 1.0 if residual else None
    theory = gradient_correlation("relu", depth=depth, branch_scale=scale, **HE)[-1]
    error = cosine.std() / math.sqrt(40)
    assert cosine.mean() == pytest.approx(theory, abs=4 * error + 0.01)
    assert abs(cosine.mean() - (0.75 if residual else 0.5) ** depth) > 4 * error


def test_equal_inputs_have_equal_gradients():
    found = gradient_correlation("tanh", depth=5, c=1.0, scaled_variance=1.5, bias_variance=0.1)
    assert found == pytest.approx(1)


def test_refusals():
    with pytest.raises(ValueError, match="q and scaled_variance must be positive"):
        gradient_correlation("relu", depth=2, c=0.0, scaled_variance=0.0)
    with pytest.raises(ValueError, match="c must lie between"):
        gradient_correlation("relu", depth=2, c=2.0, scaled_variance=2.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"depth": 0}, "^depth must be"),
        ({"c": math.nan}, "^c must be a finite"),
        ({"scaled_variance": -1.0}, "^scaled_variance must"),
        ({"bias_variance": -1.0}, "^bias_variance must"),
        ({"q": -1.0}, "^q must be a finite number of at least 0"),
        ({"q": 0.0}, "^q and scaled_variance must be positive"),
        ({"branch_scale": math.inf}, "^branch_scale must"),
    ],
)
def test_a_wrong_number_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        gradient_correlation("relu", **({"depth": 2, "c": 0.0, "scaled_variance": 2.0} | wrong))


def test_what_passes_no_gradient_and_what_passes_no_signal_is_refused():
    flat = Activation("flat", np.ones_like, np.zeros_like)
    with pytest.raises(ValueError, match=r"^no gradient passes flat at a second moment of 1"):
        gradient_correlation(flat, depth=2, c=0.0, scaled_variance=2.0)
    silent = Activation("silent", np.zeros_like, np.ones_like)
    with pytest.raises(ValueError, match=r"^the signals are 0"):
        gradient_correlation(silent, depth=2, c=0.0, scaled_variance=2.0)


def test_the_signals_follow_the_correlation_map_with_its_biases():
    """The factor of layer l is the slope of the correlation map, over chi, at the signals there."""
    settings = {"scaled_variance": 1.5, "bias_variance": 0.3}
    q, c, product, expected = 0.4, 0.2, 1.0, []
    for _ in range(4):
        slope = mean_field.correlation_slope("tanh", c, q=q, scaled_variance=1.5)
        product *= float(slope) / float(moments.chi("tanh", q, scaled_variance=1.5))
        expected.append(product)
        c = float(mean_field.correlation_map("tanh", c, q=q, **settings))
        q = float(moments.length_map("tanh", q, **settings))
    found = gradient_correlation("tanh", depth=4, c=0.2, q=0.4, **settings)
    assert found == pytest.approx(expected)


def test_the_inputs_have_the_second_moment_1_unless_it_is_given():
    named = gradient_correlation("tanh", depth=3, c=0.2, q=1.0, scaled_variance=1.5)
    assert gradient_correlation("tanh", depth=3, c=0.2, scaled_variance=1.5) == pytest.approx(named)


def test_what_a_forget_bias_keeps():
    assert gates.memory_time([0, 1, 2, 3, 5]) == pytest.approx(
        [1.44, 3.19, 7.88, 20.6, 149], rel=3e-3
    )
    assert gates.kept(1.0, [0, 1, 20]) == pytest.approx(
        [1, 1 / (1 + math.exp(-1)), 0.0019], rel=0.02
    )
    assert gates.kept(-1000.0, 1) == 0
    with pytest.raises(ValueError, match="bias must be finite"):
        gates.kept(np.inf, 1)
    with pytest.raises(ValueError, match=r"^steps must be finite and not negative"):
        gates.kept(1.0, -1)
    with pytest.raises(TypeError, match=r"^bias must be real numbers"):
        gates.memory_time("1")
    assert gates.kept(2.0, 2) == pytest.approx(1 / (1 + math.exp(-2)) ** 2)


def test_the_sine_networks_of_the_paper_and_of_its_code():
    """Weights of variance 2 / (30^2 n); the code leaves the biases uniform within 1 / sqrt(n)."""
    paper = mean_field.mean_field("sin", scaled_variance=2.0)
    assert (paper.q, paper.chi) == pytest.approx((0.7968, 1.2032), rel=1e-3)
    code = mean_field.mean_field("sin", scaled_variance=2.0, bias_variance=900 / (3 * 256))
    assert (math.sqrt(code.q), code.chi) == pytest.approx((1.469, 1.0133), rel=1e-3)


def test_every_unit_has_mean_0_and_variance_1_on_the_batch():
    x = np.random.default_rng(0).normal(1.0, 2.0, (300, 20))
    net = normalize_units(init_mlp([20, 30, 30, 5], seeds=range(3), dtype=np.float64), x)
    for h in net.forward(x).preactivations:
        assert h.mean(axis=-2) == pytest.approx(0, abs=1e-12)
        assert h.var(axis=-2) == pytest.approx(1)
    low = normalize_units(init_mlp([20, 30, 5], rng=0), x)
    assert low.dtype == np.float32
    assert low(x).var(axis=0) == pytest.approx(1, rel=1e-3)


def test_gradients_grow_behind_normalized_units_of_relu():
    x = np.random.default_rng(0).standard_normal((256, 128))
    net = normalize_units(init_mlp([128] * 11, seeds=range(3), dtype=np.float64), x)
    signals = net.forward(x)
    upstream = np.random.default_rng(1).standard_normal(signals.output.shape)
    squares = [(d**2).mean() for d in net.backward(signals, upstream).preactivations]
    assert 1.2 < (squares[0] / squares[-1]) ** (1 / 9) < 1.6


def test_a_unit_that_does_not_vary_is_refused():
    net = init_mlp([4, 8, 2], rng=0)
    with pytest.raises(ValueError, match="a unit of layer 1 has standard deviation 0"):
        normalize_units(net, np.ones((5, 4)))
    with pytest.raises(TypeError, match="takes a multilayer perceptron"):
        normalize_units(init_network([Dense(3, 3)], rng=0), np.ones((5, 3)))
