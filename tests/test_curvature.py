import numpy as np
import pytest

from netinit.curvature import flatten, hessian, unflatten
from netinit.mlp import MLP
from netinit.network import init_mlp, stack


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
