"""Training, the Hessian, sharpness, measuring and LSUV on networks that are no perceptrons."""

import numpy as np
import pytest

from netinit.losses import softmax_cross_entropy
from netinit.network import (
    flatten,
    init_gpt2,
    init_mlp,
    init_network,
    lsuv_network,
    stack,
    unflatten,
    unstack,
)
from netinit.network.layers import (
    Attention,
    BatchNorm,
    Conv2d,
    Dense,
    LastPosition,
    MeanPool,
    Recurrent,
    Residual,
)
from netinit.propagation import measure
from netinit.training import SGD, Adam, hessian, sharpness, train

RNG = np.random.default_rng(8)
IMAGES, KINDS = RNG.standard_normal((40, 1, 6, 6)), RNG.integers(0, 3, 40)
IMAGES[KINDS == 1] += 1
IMAGES[KINDS == 2, :, :3] -= 1.5
CONVOLUTION = [Conv2d(1, 6, 3), BatchNorm(6), "tanh", MeanPool(), Dense(6, 3)]
SMALL = [Residual([Dense(3, 4), "tanh", Dense(4, 3)]), Dense(3, 2)]


def image_net(**seeds):
    return init_network(CONVOLUTION, **seeds)


# Training -----------------------------------------------------------------------------------


def test_a_convolutional_network_learns():
    history = train(
        image_net(seeds=range(3)), IMAGES, KINDS, optimizer=Adam(0.02), steps=150, batch_size=20,
        rng=1,
    )  # fmt: skip
    assert (history.train_accuracy[:, -1] > 0.9).all()
    assert (history.loss[:, -1] < 0.5 * history.loss[:, 0]).all()


def test_a_recurrent_network_learns_to_remember_its_first_input():
    x = RNG.standard_normal((64, 5, 1))
    y = (x[:, 0, 0] > 0).astype(int)
    net = init_network([Recurrent(1, 12), LastPosition(), Dense(12, 2)], "orthogonal", rng=0)
    history = train(net, x, y, optimizer=Adam(0.02), steps=200, batch_size=32, rng=0)
    assert history.train_accuracy[-1] > 0.95


def test_a_network_trains_in_a_stack_as_alone():
    options = {"optimizer": SGD(0.1), "steps": 12, "batch_size": 10}
    nets = image_net(seeds=range(3))
    together = train(nets, IMAGES, KINDS, **options, rng=[5, 6, 7])
    for place, net in enumerate(unstack(nets)):
        alone = train(net, IMAGES, KINDS, **options, rng=5 + place)
        np.testing.assert_allclose(together.loss[place], alone.loss, rtol=1e-5)
        trained = unstack(together.net)[place].parameters
        for name, value in alone.net.parameters.items():
            np.testing.assert_allclose(trained[name], value, rtol=1e-3, atol=1e-5)


def test_a_network_that_diverges_leaves_the_others_alone():
    calm = init_network(SMALL, rng=0)
    wild = calm.replace({name: 1e25 * p for name, p in calm.parameters.items()})
    x, y = RNG.standard_normal((20, 3)), RNG.integers(0, 2, 20)
    options = {"optimizer": SGD(0.1), "steps": 5, "batch_size": 5, "rng": 0}
    both = train(stack([wild, calm]), x, y, **options)
    assert both.diverged.tolist() == [True, False]
    np.testing.assert_allclose(both.loss[1], train(calm, x, y, **options).loss, rtol=1e-6)


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "squared"])
@pytest.mark.parametrize("own_targets", [False, True])
def test_positions_count_as_examples_in_the_loss(loss, own_targets):
    """One update moves by the mean gradient over all positions of all examples."""
    net = init_network([Attention(4, 2), Dense(4, 3)], seeds=[0, 1], dtype=np.float64)
    x = RNG.standard_normal((5, 6, 4))
    y = RNG.integers(0, 3, (5, 6)) if loss != "squared" else RNG.standard_normal((5, 6, 3))
    history = train(net, x, y, optimizer=SGD(0.1), steps=1, batch_size=5, rng=0, loss=loss)
    signals, each = net.forward(x), []
    for place in range(2):
        rows = signals.output[place].reshape(30, 3)
        if loss == "squared":
            each.append(np.sum((rows - y.reshape(30, 3)) ** 2) / 2 / 30)
        else:
            each.append(float(softmax_cross_entropy(rows, y.ravel())[0]))
    np.testing.assert_allclose(history.loss[:, 0], each, rtol=1e-10)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (IMAGES[:, 0], KINDS, r"x must be \(batch, \.\.\., \.\.\., \.\.\.\)"),
        (np.stack([IMAGES] * 2), KINDS, "one example a row for all networks"),
        (IMAGES[:0], KINDS[:0], "at least one example"),
        (IMAGES, KINDS[:7], "one row per row of x, 40"),
        (IMAGES * np.nan, KINDS, "x must be finite"),
    ],
)
def test_wrong_examples_are_named(x, y, message):
    with pytest.raises(ValueError, match=message):
        train(image_net(seeds=[0, 1]), x, y, optimizer=SGD(0.1), steps=1, batch_size=1, rng=0)


@pytest.mark.parametrize("call", [train, measure, hessian, sharpness, lsuv_network, flatten])
def test_what_is_no_network_is_refused(call):
    options = {
        train: {"y": KINDS, "optimizer": SGD(0.1), "steps": 1, "batch_size": 1, "rng": 0},
        measure: {"rng": 0},
        hessian: {"y": KINDS},
        sharpness: {"y": KINDS, "rng": 0},
    }.get(call, {})
    examples = {} if call is flatten else {"x": IMAGES}
    with pytest.raises(TypeError, match="net must be a network"):
        call(np.eye(3), **examples, **options)


# Curvature ----------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "squared"])
def test_the_hessian_is_the_second_difference_of_the_loss(loss):
    from netinit.losses import LOSSES

    net = init_network(SMALL, rng=1, dtype=np.float64)
    x, y = RNG.standard_normal((7, 3)), RNG.integers(0, 2, 7)
    y = np.eye(2)[y] if loss == "squared" else y
    found, here, h = hessian(net, x, y, loss=loss), flatten(net), 1e-4

    def value(point):
        return float(LOSSES[loss](unflatten(point, net)(x), y)[0])

    for i, j in RNG.integers(0, here.size, (15, 2)):
        a, b = h * np.eye(here.size)[[i, j]]
        around = value(here + a + b) - value(here + a - b) - value(here - a + b)
        second = (around + value(here - a - b)) / (4 * h**2)
        assert found[i, j] == pytest.approx(second, abs=2e-6)


def test_sharpness_is_the_largest_eigenvalue():
    nets = init_network(SMALL, seeds=range(3), dtype=np.float64)
    x, y = RNG.standard_normal((9, 3)), RNG.integers(0, 2, 9)
    found = sharpness(nets, x, y, rng=0, iterations=300)
    for net, value in zip(unstack(nets), found, strict=True):
        largest = np.abs(np.linalg.eigvalsh(hessian(net, x, y))).max()
        assert value == pytest.approx(largest, rel=1e-4)


def test_a_network_in_a_row_comes_back():
    net = image_net(rng=0)
    row = flatten(net)
    assert row.shape == (sum(p.size for p in net.parameters.values()),)
    first = net.parameters["0.weight"]
    np.testing.assert_array_equal(row[: first.size], first.ravel())
    again = unflatten(row.astype(np.float32), net)
    np.testing.assert_array_equal(again(IMAGES), net(IMAGES))
    assert row.dtype == np.float64
    with pytest.raises(
        ValueError, match=rf"parameters must be \({row.size},\), not \({row.size - 1},\)"
    ):
        unflatten(row[:-1], net)
    with pytest.raises(ValueError, match="this network is not a stack"):
        unstack(net)


# Measuring ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [{"rng": 0}, {"seeds": range(2)}], ids=str)
def test_what_is_measured_is_the_definition(seeds):
    net = image_net(**seeds)
    found = measure(net, IMAGES, rng=3)
    signals = net.forward(IMAGES)
    assert list(found.signals) == list(signals.named)
    upstream = np.random.default_rng(3).standard_normal(signals.output.shape)
    gradients = net.backward(signals, upstream)
    axes = len(net.stack_shape)
    for name, seen in found.signals.items():
        signal = signals.named[name].astype(np.float64)
        rest = tuple(range(axes, signal.ndim))
        np.testing.assert_allclose(seen.mean, signal.mean(rest), atol=1e-12)
        np.testing.assert_allclose(seen.second_moment, (signal**2).mean(rest))
        np.testing.assert_allclose(seen.variance, signal.var(rest), rtol=1e-10)
        across = signal.var(axis=axes)
        np.testing.assert_allclose(seen.spread**2, across.mean(tuple(range(axes, across.ndim))))
        back = gradients.signals[name].astype(np.float64)
        np.testing.assert_allclose(seen.gradient_second_moment, (back**2).mean(rest))
    for name, square in found.parameter_gradient_second_moment.items():
        gradient = gradients.parameters[name].astype(np.float64)
        rest = tuple(range(axes, gradient.ndim))
        np.testing.assert_allclose(square, (gradient**2).mean(rest))


def test_a_perceptron_is_measured_by_layer_and_by_name():
    net = init_mlp([5, 8, 8, 3], seeds=range(4))
    found = measure(net, RNG.standard_normal((10, 5)), rng=0)
    assert list(found.signals) == ["h1", "a1", "h2", "a2", "h3"]
    for layer in range(3):
        seen = found.signals[f"h{layer + 1}"]
        np.testing.assert_array_equal(seen.variance, found.preactivations.variance[:, layer])
        np.testing.assert_array_equal(
            seen.gradient_second_moment, found.gradient_second_moment[:, layer]
        )
    np.testing.assert_array_equal(found.signals["a2"].spread, found.activations.spread[:, 1])
    assert found.signals["a1"].gradient_second_moment is None
    assert found.attention_entropy == {}


def test_attention_entropy_of_each_head():
    """Equal scores look at all positions alike: ln of their number; large ones at one."""
    layers = [Attention(4, 2), Attention(4, 2, causal=True)]
    net = init_network(layers, rng=0, dtype=np.float64, schemes={"*.in_weight": "zeros"})
    x = RNG.standard_normal((3, 6, 4))
    found = measure(net, x, rng=0).attention_entropy
    np.testing.assert_allclose(found["0"], [np.log(6)] * 2)
    np.testing.assert_allclose(found["1"], [np.mean(np.log(np.arange(1, 7)))] * 2)
    sharp = net.replace(net.parameters | {"0.in_weight": 300 * RNG.standard_normal((12, 4))})
    assert (measure(sharp, x, rng=0).attention_entropy["0"] < 0.3).all()
    many = stack([net, net])
    assert measure(many, x, rng=0).attention_entropy["1"].shape == (2, 2)


def test_every_block_of_gpt2_adds_to_its_stream():
    """In each of five draws the mean square rises, and no gradient is lost on the way."""
    sizes = {"blocks": 4, "width": 64, "heads": 4, "vocabulary": 200, "context": 16}
    found = measure(init_gpt2(**sizes, seeds=range(5)), RNG.integers(0, 200, (4, 16)), rng=0)
    stream = [found.signals[f"blocks.{b}.mlp"] for b in range(4)]
    assert (np.diff([seen.second_moment for seen in stream], axis=0) > 0).all()
    gradients = np.array([seen.gradient_second_moment for seen in stream])
    assert (gradients.max(axis=0) < 10 * gradients.min(axis=0)).all()


def test_histograms_are_of_perceptrons_only():
    with pytest.raises(ValueError, match="of an MLP only"):
        measure(image_net(rng=0), IMAGES, rng=0, bins=5, limits=(-1, 1))


# Layer-sequential unit variance -------------------------------------------------------------


def test_lsuv_gives_every_signal_of_a_weight_variance_1():
    layers = [Conv2d(1, 8, 3), "relu", Residual([Conv2d(8, 8, 3, padding="same"), "relu"]),
              MeanPool(), Dense(8, 3)]  # fmt: skip
    net = init_network(layers, "lecun_normal", rng=0)
    found = lsuv_network(net, 7 + 3 * IMAGES, tolerance=1e-3)
    named = found.forward(7 + 3 * IMAGES).named
    assert set(found.weight_signals.values()) == {"0", "2.branch.0", "4"}
    for signal in found.weight_signals.values():
        assert float(named[signal].var()) == pytest.approx(1, abs=2e-3)
    for name, value in found.parameters.items():
        if name.endswith("bias"):
            np.testing.assert_array_equal(value, net.parameters[name])
        else:  # only its scale has changed
            ratio = value / net.parameters[name]
            np.testing.assert_allclose(ratio, ratio.flat[0], rtol=1e-4)


@pytest.mark.parametrize(
    ("net", "x", "message"),
    [
        (image_net(seeds=[0, 1]), IMAGES, "one network, not a stack"),
        (image_net(rng=0), IMAGES[:, 0], "x must be"),
        (init_network([Recurrent(1, 3)], rng=0), np.ones((2, 3, 1)), "no weight that makes"),
    ],
)
def test_lsuv_refuses_what_it_cannot_use(net, x, message):
    with pytest.raises(ValueError, match=message):
        lsuv_network(net, x)
