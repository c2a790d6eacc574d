"""The residual network and GPT-2 as compositions of layers."""

import math
from functools import partial

import numpy as np
import pytest

import netinit
from netinit.losses import softmax_cross_entropy
from netinit.network import gpt2, init_gpt2, init_residual
from netinit.training import SGD, Adam, train

RNG = np.random.default_rng(11)
X, Y = RNG.standard_normal((6, 5)), RNG.integers(0, 3, 6)


def small(**seeds):
    double = partial(netinit.he_normal, dtype=np.float64)
    schemes = {"first": double, "last": double, "readout": double}
    return init_residual(5, blocks=3, **schemes, classes=3, dtype=np.float64, **seeds)


def test_a_residual_network_is_its_formula():
    net, stream = small(rng=3), X
    for block in "123":
        a, b = (net.parameters[f"{block}.branch.{letter}.weight"] for letter in "AB")
        stream = stream + np.maximum(stream @ a.T, 0) @ b.T
    signals = net.forward(X)
    np.testing.assert_allclose(signals.stream[-1], stream, rtol=1e-12)
    np.testing.assert_allclose(signals.output, stream @ net.parameters["readout.weight"].T)


def test_networks_of_a_stack_do_not_mix():
    both, alone = small(seeds=[0, 1]), small(rng=1)
    np.testing.assert_allclose(both(X)[1], alone(X), rtol=1e-12)


def z_of_growth(last, factor, blocks=4, networks=2000):
    """Standard errors between the mean growth of a unit input and factor ** blocks."""
    net = init_residual(
        24, blocks=blocks, first="he_normal", last=last, classes=2, seeds=range(networks)
    )
    stream = net.forward(np.ones((1, 24))).stream
    growth = np.mean(stream[-1].astype(float) ** 2, axis=(1, 2))
    return (growth.mean() - factor**blocks) / (growth.std() / np.sqrt(networks))


@pytest.mark.parametrize(("last", "factor"), [("he_normal", 3), ("lecun_normal", 2)])
def test_each_block_adds_the_scaled_variance_of_its_last_layer(last, factor):
    assert abs(z_of_growth(last, factor)) < 4
    assert abs(z_of_growth(last, factor - 0.5)) > 4  # the test rejects another factor


def test_a_last_layer_of_zeros_makes_every_block_the_identity():
    net = init_residual(5, blocks=7, first="he_normal", last="zeros", seeds=[3])
    np.testing.assert_array_equal(net.forward(X).stream[-1][0], X.astype(np.float32))


def test_training_leaves_the_network_and_follows_its_gradient():
    net = small(seeds=[0, 1])
    before = {name: value.copy() for name, value in net.parameters.items()}
    history = train(net, X, Y, optimizer=SGD(0.01), steps=1, batch_size=6, rng=0)
    for name, value in net.parameters.items():
        np.testing.assert_array_equal(value, before[name])
    signals = net.forward(X)
    loss, slope = softmax_cross_entropy(signals.output, Y)
    np.testing.assert_allclose(history.loss[:, 0], loss)
    gradients = net.backward(signals, slope).parameters
    for name, value in history.net.parameters.items():
        np.testing.assert_allclose(value, before[name] - 0.01 * gradients[name], rtol=1e-9)


SIZES = {"blocks": 3, "width": 48, "heads": 4, "vocabulary": 90, "context": 12}


def test_gpt2_has_the_stds_of_its_report():
    sizes = SIZES | {"width": 96, "vocabulary": 400, "context": 300}
    found = {n: float(p.std()) for n, p in init_gpt2(**sizes, rng=0).parameters.items()}
    small = 0.02 / np.sqrt(2 * 3)
    for name, std in found.items():
        if name.endswith(("out_weight", "down.weight")):
            assert std == pytest.approx(small, rel=0.03)
        elif name.endswith(("weight", "table")):
            assert std == pytest.approx(0.02, rel=0.03)
        else:
            assert std == 0  # gains are all 1, biases all 0


BLOCK = [
    *("attention.branch.norm.gain", "attention.branch.norm.bias"),
    *(f"attention.branch.heads.{p}" for p in ("in_weight", "in_bias", "out_weight", "out_bias")),
    *("mlp.branch.norm.gain", "mlp.branch.norm.bias"),
    *(f"mlp.branch.{layer}.{p}" for layer in ("up", "down") for p in ("weight", "bias")),
]


def test_the_parameters_of_gpt2_are_named_by_their_places():
    found = list(gpt2(**SIZES).parameters())
    blocks = [f"blocks.{block}.{name}" for block in range(3) for name in BLOCK]
    assert found == ["tokens.table", "positions.table", *blocks, "norm.gain", "norm.bias"]


def test_without_sizes_it_is_the_smallest_gpt2():
    """Of 124 million parameters: 50257 tokens, 1024 positions, 12 blocks of width 768."""
    shapes = [parameter.shape for parameter in gpt2().parameters().values()]
    block = 12 * 768**2 + 13 * 768
    expected = (50257 + 1024 + 2) * 768 + 12 * block
    assert sum(math.prod(shape) for shape in shapes) == expected == 124_439_808


def test_gpt2_starts_near_the_loss_of_a_uniform_guess_and_learns_by_heart():
    net = init_gpt2(**SIZES, rng=0)
    tokens = RNG.integers(0, 90, (4, 13))
    history = train(
        net, tokens[:, :-1], tokens[:, 1:], optimizer=Adam(0.01), steps=60, batch_size=4, rng=0
    )
    assert history.loss[0] == pytest.approx(np.log(90), abs=0.1)
    assert history.loss[-1] < 0.2
    assert history.train_accuracy[-1] > 0.95


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: init_gpt2(blocks=0, rng=0), ValueError, "blocks must be at least 1"),
        (lambda: init_gpt2(width=10, heads=3, rng=0), ValueError, "must divide the width"),
        (lambda: init_gpt2(**SIZES), TypeError, "give rng for one network"),
        (lambda: init_gpt2(**SIZES, std=-1, rng=0), ValueError, "std"),
        (lambda: init_gpt2(**SIZES, depth=3, rng=0), TypeError, "depth"),
        (lambda: small(), TypeError, "give rng for one network"),
        (lambda: small(seeds=[]), ValueError, "at least one seed"),
        (
            lambda: init_residual(4, blocks=-1, first="zeros", last="zeros", rng=0),
            ValueError,
            "blocks must not be negative",
        ),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
