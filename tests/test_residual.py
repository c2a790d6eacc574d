from functools import partial

import numpy as np
import pytest

import netinit
from netinit.network.residual import ResidualNet, descend, init_residual

RNG = np.random.default_rng(11)
X, Y = RNG.standard_normal((6, 5)), RNG.integers(0, 3, 6)


def small(seeds=(0, 1)):
    double = partial(netinit.he_normal, dtype=np.float64)
    return init_residual(
        5, blocks=3, first=double, last=double, readout=double, classes=3, seeds=list(seeds)
    )


@pytest.mark.parametrize("part", ["first", "last", "readout"])
def test_the_gradient_is_the_slope_of_the_loss(part):
    net, h = small(), 1e-6
    _, gradient = net.loss(X, Y)
    slopes, weights = getattr(gradient, part), getattr(net, part)
    for place in [tuple(RNG.integers(0, n) for n in weights.shape) for _ in range(12)]:
        network = place[-3]
        original, around = weights[place], []
        for step in (h, -h):
            weights[place] = original + step
            around.append(net.loss(X, Y)[0][network])
        weights[place] = original
        assert (around[0] - around[1]) / (2 * h) == pytest.approx(slopes[place], abs=1e-7)


def test_networks_of_a_stack_do_not_mix():
    both, alone = small((0, 1)), small((1,))
    np.testing.assert_allclose(both.loss(X, Y)[0][1], alone.loss(X, Y)[0][0], rtol=1e-12)


def z_of_growth(last, factor, blocks=4, networks=2000):
    """Standard errors between the mean growth of a unit input and factor ** blocks."""
    net = init_residual(
        24, blocks=blocks, first="he_normal", last=last, classes=2, seeds=list(range(networks))
    )
    growth = np.mean(net.streams(np.ones((1, 24)))[-1].astype(float) ** 2, axis=(1, 2))
    return (growth.mean() - factor**blocks) / (growth.std() / np.sqrt(networks))


@pytest.mark.parametrize(("last", "factor"), [("he_normal", 3), ("lecun_normal", 2)])
def test_each_block_adds_the_scaled_variance_of_its_last_layer(last, factor):
    assert abs(z_of_growth(last, factor)) < 4
    assert abs(z_of_growth(last, factor - 0.5)) > 4  # the test rejects another factor


def test_a_last_layer_of_zeros_makes_every_block_the_identity():
    net = init_residual(5, blocks=7, first="he_normal", last="zeros", seeds=[3])
    np.testing.assert_array_equal(net.streams(X)[-1][0], X.astype(np.float32))


def test_training_leaves_the_network_and_follows_its_gradient():
    net = small()
    before = net.first.copy()
    task = {"learning_rate": 0.01, "steps": 2, "batch_size": 6, "rng": 0}
    found = descend(net, X, Y, **task)
    np.testing.assert_array_equal(net.first, before)
    loss, slope = net.loss(X, Y)
    np.testing.assert_allclose(found[0], loss)
    parts = ("first", "last", "readout")
    stepped = ResidualNet(*(getattr(net, p) - 0.01 * getattr(slope, p) for p in parts))
    np.testing.assert_allclose(found[1], stepped.loss(X, Y)[0])
