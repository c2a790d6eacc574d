import numpy as np
import pytest

from netinit.losses import softmax_cross_entropy
from netinit.mlp import MLP
from netinit.network import init_mlp, stack
from netinit.sharpness import sharpness

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((20, 3)), np.arange(20) % 2


def networks(count, widths=(3, 4, 2), dtype=np.float64):
    return [init_mlp(list(widths), activation="tanh", rng=s, dtype=dtype) for s in range(count)]


def hessian(net):
    """By finite differences of the loss itself."""
    point = np.concatenate([p.ravel() for p in (*net.weights, *net.biases)])
    shapes = [p.shape for p in (*net.weights, *net.biases)]
    ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1]

    def loss(flat):
        parts = np.split(flat, ends)
        parts = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        there = MLP(parts[: net.depth], parts[net.depth :], net.activation)
        return softmax_cross_entropy(there(X), Y)[0]

    h, eye = 1e-3, np.eye(len(point))
    corners = [
        sign * loss(point + h * (a * i + b * j))
        for a, b, sign in [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]
        for i in eye
        for j in eye
    ]
    return np.sum(np.reshape(corners, (4, len(point), len(point))), axis=0) / (4 * h**2)


def test_it_is_the_largest_eigenvalue_of_the_hessian():
    net = networks(1)[0]
    largest = np.abs(np.linalg.eigvalsh(hessian(net))).max()
    assert sharpness(net, X, Y, rng=1, iterations=200) == pytest.approx(largest, rel=1e-4)


def test_more_iterations_come_closer_from_below():
    net = networks(1)[0]
    values = [float(sharpness(net, X, Y, rng=1, iterations=n)) for n in (1, 3, 10, 100)]
    assert values == sorted(values)


def test_a_stack_gives_each_its_own():
    nets = networks(3)
    together = sharpness(stack(nets), X, Y, rng=1, iterations=100)
    alone = [float(sharpness(net, X, Y, rng=2, iterations=100)) for net in nets]
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


def test_a_float32_network_is_measured_in_float64():
    net = networks(1, dtype=np.float32)[0]
    as64 = [[p.astype(np.float64) for p in part] for part in (net.weights, net.biases)]
    ours = sharpness(net, X, Y, rng=1)
    assert ours.dtype == np.float64
    assert ours == sharpness(MLP(*as64, net.activation), X, Y, rng=1)


def test_bad_input_is_refused_in_the_callers_words():
    net = networks(1)[0]
    with pytest.raises(ValueError, match="loss"):
        sharpness(net, X, Y, rng=1, loss="hinge")
    with pytest.raises(ValueError, match="iterations must be at least 1"):
        sharpness(net, X, Y, rng=1, iterations=0)
