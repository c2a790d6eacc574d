import functools

import numpy as np
import pytest

from netinit.initializers import variance_scaling
from netinit.network import init_mlp, stack
from netinit.network.mlp import MLP
from netinit.training.curvature import flatten, hessian, sharpness, unflatten


def zero_network(width=3, inputs=2, outputs=1):
    shapes = [(width, inputs), (outputs, width)]
    return MLP([np.zeros(s) for s in shapes], [np.zeros(s[0]) for s in shapes], "tanh")


def test_a_linear_network_has_the_hessian_of_least_squares():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((50, 3)), rng.standard_normal((50, 2))
    net = init_mlp([3, 2], activation="identity", rng=1, dtype=float)
    ones = np.column_stack([x, np.ones(50)])
    each = ones.T @ ones / 50  # of one output: three weights and a bias
    expected = np.zeros((8, 8))
    for output in range(2):
        where = [*range(3 * output, 3 * output + 3), 6 + output]
        expected[np.ix_(where, where)] = each
    found = hessian(net, x, y, loss="squared")
    assert np.abs(found - expected).max() < 1e-8


def test_at_zero_weights_each_unit_gives_one_way_down_of_known_slope():
    rng = np.random.default_rng(2)
    x, t = rng.standard_normal((200, 2)), rng.standard_normal((200, 1))
    t -= t.mean()
    eigenvalues = np.linalg.eigvalsh(hessian(zero_network(), x, t, loss="squared"))
    slope = np.linalg.norm((x * t).mean(axis=0))
    assert np.abs(eigenvalues[:3] + slope).max() < 1e-6
    assert (eigenvalues[3:] > -1e-6).all()


def test_it_is_symmetric_and_predicts_the_loss_nearby():
    from netinit.losses import softmax_cross_entropy

    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((30, 2)), np.arange(30) % 3
    net = init_mlp([2, 4, 3], "xavier_normal", activation="tanh", rng=4, dtype=float)
    found = hessian(net, x, y)
    assert (found == found.T).all()
    here, move = flatten(net), 1e-2 * rng.standard_normal(27)

    def loss(parameters):
        return float(softmax_cross_entropy(unflatten(parameters, net)(x), y)[0])

    both = loss(here + move) + loss(here - move) - 2 * loss(here)
    assert both == pytest.approx(move @ found @ move, rel=1e-3)


def test_flatten_and_unflatten_undo_each_other():
    net = init_mlp([2, 4, 3], activation="tanh", rng=0, dtype=float)
    again = unflatten(flatten(net), net)
    assert all((a == b).all() for a, b in zip(net.weights, again.weights, strict=True))
    assert all((a == b).all() for a, b in zip(net.biases, again.biases, strict=True))


X, Y = np.zeros((4, 2)), np.zeros(4, int)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hessian(stack([zero_network()] * 2), X, Y), "one network, not a stack"),
        (lambda: hessian(zero_network(800), X, Y), "at most 2000 parameters, not 3201"),
        (lambda: hessian(zero_network(), X, Y, loss="square"), "loss"),
        (lambda: hessian(zero_network(), X, Y, step=0), "step must be above 0"),
        (lambda: unflatten(np.zeros(3), zero_network()), r"parameters must be \(13,\)"),
    ],
)
def test_bad_input_is_refused_in_the_callers_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Sharpness -----------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((20, 3)), np.arange(20) % 2


def networks(count, widths=(3, 4, 2), dtype=np.float64):
    return [init_mlp(list(widths), activation="tanh", rng=s, dtype=dtype) for s in range(count)]


def test_sharpness_is_the_largest_eigenvalue_of_the_hessian():
    net = networks(1)[0]
    largest = np.abs(np.linalg.eigvalsh(hessian(net, X, Y))).max()
    assert sharpness(net, X, Y, rng=1, iterations=200) == pytest.approx(largest, rel=1e-4)


def test_the_sharpness_of_a_small_deep_relu_network_is_that_of_the_piece_it_is_on():
    """Within a piece the network is linear in each layer: nearer differences change nothing."""
    half = functools.partial(variance_scaling, scale=0.5)
    net = init_mlp([3, *[6] * 5, 2], half, rng=0, dtype=np.float64)
    largest = np.abs(np.linalg.eigvalsh(hessian(net, X, Y, step=1e-8))).max()
    assert sharpness(net, X, Y, rng=1, iterations=200) == pytest.approx(largest, rel=1e-4)


def test_more_iterations_of_the_sharpness_come_closer_from_below():
    net = networks(1)[0]
    values = [float(sharpness(net, X, Y, rng=1, iterations=n)) for n in (1, 3, 10, 100)]
    assert values == sorted(values)


def test_each_network_of_a_stack_has_its_own_sharpness():
    nets = networks(3)
    together = sharpness(stack(nets), X, Y, rng=1, iterations=500)
    alone = [float(sharpness(net, X, Y, rng=2, iterations=500)) for net in nets]
    np.testing.assert_allclose(together, alone, rtol=1e-3)


def test_gradient_descent_on_a_bowl_is_stable_up_to_two_over_the_sharpness():
    """A linear network and a squared loss: a bowl, so the rule is exact."""
    net = init_mlp([3, 1], activation="relu", rng=0, dtype=np.float64)
    target = RNG.standard_normal((20, 1))
    edge = 2 / float(sharpness(net, X, target, rng=1, iterations=200, loss="squared"))
    inputs = np.column_stack([X, np.ones(20)])
    grows = {}
    for factor in (0.99, 1.01):
        theta = np.zeros((4, 1))
        best = np.linalg.lstsq(inputs, target, rcond=None)[0]
        for _ in range(3000):
            theta -= factor * edge * inputs.T @ (inputs @ theta - target) / 20
        grows[factor] = float(np.linalg.norm(theta - best))
    assert grows[0.99] < 1e-6
    assert grows[1.01] > 1e6


def test_the_sharpness_of_a_float32_network_is_measured_in_float64():
    net = networks(1, dtype=np.float32)[0]
    as64 = [[p.astype(np.float64) for p in part] for part in (net.weights, net.biases)]
    ours = sharpness(net, X, Y, rng=1)
    assert ours.dtype == np.float64
    assert ours == sharpness(MLP(*as64, net.activation), X, Y, rng=1)


def test_sharpness_refuses_bad_input_in_the_callers_words():
    net = networks(1)[0]
    with pytest.raises(ValueError, match="loss"):
        sharpness(net, X, Y, rng=1, loss="hinge")
    with pytest.raises(ValueError, match="iterations must be at least 1"):
        sharpness(net, X, Y, rng=1, iterations=0)
