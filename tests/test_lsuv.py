import math

import numpy as np
import pytest

from netinit import activations, init_mlp, lsuv_mlp
from netinit.network import lsuv

X = np.random.default_rng(0).normal(4.0, 3.0, (200, 20))
WIDTHS = [20, 64, 32, 48, 5]


def variances(net):
    return [float(np.var(h)) for h in net.forward(X).preactivations]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "identity"])
def test_every_preactivation_has_variance_1_on_the_batch(activation):
    net = lsuv_mlp(
        WIDTHS, X, activation=activation, tolerance=1e-12, max_steps=2, rng=1, dtype=np.float64
    )
    np.testing.assert_allclose(variances(net), 1, atol=1e-12)
    assert net.widths == WIDTHS
    assert not any(bias.any() for bias in net.biases)
    assert net.activation is activations.get(activation)


def test_other_schemes_are_far_from_it():
    net = init_mlp(WIDTHS, "orthogonal", activation="sigmoid", rng=1, dtype=np.float64)
    assert max(abs(v - 1) for v in variances(net)) > 0.5


def test_one_division_is_enough_without_biases():
    lsuv_mlp(WIDTHS, X, tolerance=1e-12, max_steps=1, rng=1, dtype=np.float64)


def test_the_weights_are_orthogonal_up_to_one_factor_each():
    net = lsuv_mlp(WIDTHS, X, tolerance=1e-9, rng=1, dtype=np.float64)
    for weight in net.weights:
        values = np.linalg.svd(weight, compute_uv=False)
        np.testing.assert_allclose(values, values[0], rtol=1e-12)


def test_within_the_tolerance_nothing_is_changed():
    x = np.random.default_rng(0).standard_normal((5000, 30))
    shapes = [(30, 30)]
    (weight,) = lsuv(shapes, lambda weights: [x @ weights[0].T], rng=0, dtype=np.float64)
    np.testing.assert_allclose(weight @ weight.T, np.eye(30), atol=1e-12)


def test_the_data_count_and_the_seed_counts():
    first = lsuv_mlp(WIDTHS, X, tolerance=1e-5, rng=1)
    twice = lsuv_mlp(WIDTHS, 2 * X, tolerance=1e-5, rng=1)
    np.testing.assert_allclose(twice.weights[0], first.weights[0] / 2, rtol=1e-5)
    np.testing.assert_allclose(twice.weights[1], first.weights[1], rtol=1e-5, atol=1e-6)
    again = lsuv_mlp(WIDTHS, X, tolerance=1e-5, rng=1)
    assert all((a == b).all() for a, b in zip(first.weights, again.weights, strict=True))
    other = lsuv_mlp(WIDTHS, X, tolerance=1e-5, rng=2)
    assert not np.allclose(first.weights[0], other.weights[0])
    assert first.dtype == np.float32


# Any forward function ------------------------------------------------------------------------


def test_a_convolutional_network_measured_after_its_activation_comes_to_variance_1():
    images = np.random.default_rng(2).normal(1.0, 2.0, (20, 3, 16))
    target = 0.02

    def forward(weights):
        signal = images
        for weight in weights:
            taps = [np.roll(signal, 1 - t, axis=2) for t in range(weight.shape[2])]
            signal = (
                np.tanh(
                    2
                    * sum(
                        np.einsum("oi,bin->bon", weight[:, :, t], taps[t]) for t in range(len(taps))
                    )
                )
                * 1.3
            )
            yield signal

    shapes = [(6, 3, 3), (8, 6, 3)]
    weights = lsuv(shapes, forward, tolerance=target, max_steps=100, rng=0, dtype=np.float64)
    assert [weight.shape for weight in weights] == shapes
    for signal in forward(weights):
        assert abs(signal.var() - 1) <= target


def test_a_forward_function_is_read_no_further_than_the_layer_at_hand():
    reached = []

    def forward(weights):
        signal = X
        for number, weight in enumerate(weights):
            reached.append(number)
            signal = signal @ weight.T
            yield signal

    lsuv([(20, 20)] * 3, forward, tolerance=1e-9, rng=0, dtype=np.float64)
    # Each layer is measured twice: before its division and after.
    assert reached == [0, 0, 0, 1, 0, 1, 0, 1, 2, 0, 1, 2]


def test_a_forward_function_cannot_change_the_weights_of_the_search():
    def forward(weights):
        outputs = [X @ weights[0].T]
        weights.clear()
        return outputs

    assert len(lsuv([(4, 20)], forward, rng=0)) == 1


def test_no_layers_are_no_weights():
    assert lsuv([], lambda weights: [], rng=0) == []


def test_what_cannot_be_scaled_is_told():
    with pytest.raises(RuntimeError, match=r"layer 1 has variance 0\.\d+ after 3 divisions, not 1"):
        lsuv([(4, 20)], lambda w: [np.tanh(X @ w[0].T)], tolerance=1e-6, max_steps=3, rng=0)


def constant(weights):
    return [np.full((5, 2), 3.0)]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"forward": None}, TypeError, "forward must be a callable of the list of weights"),
        ({"forward": lambda w: None}, TypeError, "forward must give the layers' outputs in a seq"),
        ({"forward": lambda w: []}, ValueError, "an output for each of the 1 weights, not 0"),
        ({"forward": constant}, ValueError, "layer 1 has variance 0.0 on this batch: it must vary"),
        ({"forward": lambda w: [np.empty((0, 2))]}, ValueError, "layer 1 has variance 0.0"),
        ({"forward": lambda w: [[math.nan, 1.0]]}, ValueError, "layer 1 has variance nan"),
        ({"forward": lambda w: [[math.inf, 1.0]]}, ValueError, "layer 1 has variance nan"),
        ({"forward": lambda w: ["ab"]}, TypeError, "each output of forward must be float16"),
        ({"shapes": 4}, TypeError, "shapes must be a sequence of shapes, one per weight, not 4"),
        ({"shapes": "ab"}, TypeError, "shapes must be a sequence of shapes"),
        ({"shapes": [(4,)]}, ValueError, r"two axes or more, not shape \(4,\)"),
        ({"tolerance": -0.1}, ValueError, "tolerance must be a finite number of at least 0"),
        ({"tolerance": math.nan}, ValueError, "tolerance must be a finite number"),
        ({"max_steps": 0}, ValueError, "max_steps must be at least 1, not 0"),
        ({"max_steps": 1.5}, TypeError, "max_steps must be an integer, not 1.5"),
        ({"rng": -1}, ValueError, "rng must be a non-negative int"),
        ({"dtype": int}, TypeError, "dtype must be "),
    ],
)
def test_lsuv_refuses_what_it_cannot_use(change, error, message):
    call = {"shapes": [(4, 20)], "forward": lambda w: [X @ w[0].T], "rng": 0} | change
    with pytest.raises(error, match=message):
        lsuv(call.pop("shapes"), call.pop("forward"), **call)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"widths": [20]}, ValueError, "widths must name two or more positive sizes"),
        ({"widths": [19, 3]}, ValueError, r"x must be \(batch, 19\), not \(200, 20\)"),
        ({"x": X[0]}, ValueError, "x must be"),
        ({"x": X[:0]}, ValueError, "x must be"),
        ({"x": X[:, :0]}, ValueError, "x must be"),
        ({"x": "abc"}, TypeError, "x must be real numbers"),
        ({"x": X * math.nan}, ValueError, "layer 1 has variance nan on this batch"),
        ({"x": X * 0}, ValueError, "layer 1 has variance 0.0 on this batch"),
        ({"activation": "rleu"}, ValueError, "did you mean 'relu'"),
        ({"dtype": "int8"}, TypeError, "dtype must be "),
    ],
)
def test_lsuv_mlp_refuses_what_it_cannot_use(change, error, message):
    call = {"widths": [20, 8, 3], "x": X, "rng": 0} | change
    with pytest.raises(error, match=message):
        lsuv_mlp(call.pop("widths"), call.pop("x"), **call)
