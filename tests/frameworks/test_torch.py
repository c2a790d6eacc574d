"""netinit and PyTorch state the same laws, gradients and update rules."""

import numpy as np
import pytest
import torch
from samples import SEED, assert_same_law, torch_draw

import netinit
from netinit import losses, training
from netinit.theory import moments

SHAPES = [(256, 400), (400, 256), (64, 32, 3, 3), (48, 96, 5)]


@pytest.mark.parametrize("shape", SHAPES)
def test_fans_of_dense_and_convolution_kernels_agree(shape):
    theirs = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    assert tuple(netinit.fans(shape)) == theirs


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["xavier_uniform", "xavier_normal"])
def test_xavier_schemes_follow_the_same_law(name, shape):
    ours = getattr(netinit, name)(shape, rng=SEED, gain=1.5)
    assert_same_law(ours, torch_draw(getattr(torch.nn.init, f"{name}_"), shape, gain=1.5))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
@pytest.mark.parametrize("name", ["kaiming_uniform", "kaiming_normal"])
def test_kaiming_schemes_follow_the_same_law(name, mode, shape):
    ours = getattr(netinit, name)(shape, rng=SEED, negative_slope=0.2, mode=mode)
    theirs = torch_draw(getattr(torch.nn.init, f"{name}_"), shape, a=0.2, mode=mode)
    assert_same_law(ours, theirs)


@pytest.mark.parametrize("name", ["xavier_uniform", "kaiming_uniform"])
def test_uniform_schemes_have_the_same_bounds(name):
    shape = (500, 800)
    ours = getattr(netinit, name)(shape, rng=SEED)
    theirs = torch_draw(getattr(torch.nn.init, f"{name}_"), shape)
    # The largest of 400,000 uniforms misses the bound by about 1 part in 400,000.
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=1e-4)


def test_a_truncated_normal_is_torchs_after_correcting_its_std():
    """PyTorch's std is that of the normal before truncation; netinit's that of the result."""
    shape, parent_std, cut = (400, 500), 0.3, 2.0
    theirs = torch_draw(
        torch.nn.init.trunc_normal_, shape, std=parent_std, a=-cut * parent_std, b=cut * parent_std
    )
    ours = netinit.truncated_normal(shape, std=theirs.std().item(), cut=cut, rng=SEED)
    assert_same_law(ours, theirs)
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=5e-3)


@pytest.mark.parametrize("shape", [(64, 64), (32, 96), (96, 32)])
def test_orthogonal_has_the_same_scale_and_spectrum(shape):
    ours = netinit.orthogonal(shape, gain=1.3, rng=SEED)
    theirs = torch_draw(torch.nn.init.orthogonal_, shape, gain=1.3)
    spectra = [np.linalg.svd(w, compute_uv=False) for w in (ours, theirs)]
    np.testing.assert_allclose(*spectra, atol=1e-5)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("size", [3, 4])
def test_dirac_and_delta_orthogonal_are_isometries_of_torchs_convolutions(transposed, size):
    """At stride 1, cropped so that tap (k - 1) // 2 is on the output's own position."""
    before = (size - 1) // 2
    x = torch.randn(2, 6, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x[..., :4, :] = x[..., -4:, :] = x[..., :4] = x[..., -4:] = 0  # no norm is lost at the border
    for draw in (netinit.dirac, netinit.delta_orthogonal):
        weight = draw((6, 6, size, size), transposed=transposed, rng=SEED, dtype=np.float64)
        weight = torch.from_numpy(weight)
        if transposed:
            y = torch.nn.functional.conv_transpose2d(x, weight)
            y = y[..., before : before + 12, before : before + 12]
        else:
            padding = (before, size - 1 - before) * 2
            y = torch.nn.functional.conv2d(torch.nn.functional.pad(x, padding), weight)
        if draw is netinit.dirac:
            assert torch.equal(y, x)
        np.testing.assert_allclose(y.norm(dim=1), x.norm(dim=1), rtol=1e-12, atol=1e-14)


def test_the_gates_of_torchs_lstm_are_orthogonal():
    lstm = torch.nn.LSTM(40, 32)
    shape = tuple(lstm.weight_hh_l0.shape)
    with torch.no_grad():
        lstm.weight_hh_l0.copy_(torch.from_numpy(netinit.orthogonal(shape, splits=4, rng=SEED)))
    for gate in lstm.weight_hh_l0.detach().chunk(4):
        np.testing.assert_allclose(gate @ gate.T, np.eye(32), atol=1e-5)


def test_the_relu_gain_is_torchs_and_the_tanh_gain_is_not():
    """calculate_gain("tanh") is the conventional 5/3; the gain that keeps E h² = 1 is smaller."""
    assert moments.forward_gain("relu") == pytest.approx(torch.nn.init.calculate_gain("relu"))
    assert moments.forward_gain(netinit.activations.leaky_relu(0.2)) == pytest.approx(
        torch.nn.init.calculate_gain("leaky_relu", 0.2)
    )
    assert torch.nn.init.calculate_gain("tanh") == pytest.approx(5 / 3)
    assert moments.forward_gain("tanh") == pytest.approx(1.5925, abs=1e-4)


CONVENTIONAL = ["sigmoid", "tanh", "relu", "selu", "leaky_relu"]


@pytest.mark.parametrize("name", CONVENTIONAL)
def test_gains_of_the_kind_torch_are_those_of_its_table(name):
    assert netinit.gain(name, "torch") == pytest.approx(torch.nn.init.calculate_gain(name))
    slope = netinit.activations.leaky_relu(0.2)
    theirs = torch.nn.init.calculate_gain("leaky_relu", 0.2)
    assert netinit.gain(slope, "torch") == pytest.approx(theirs)
    assert netinit.gain("identity", "torch") == torch.nn.init.calculate_gain("linear")


ELEMENTWISE = {
    **{
        "elu": torch.nn.functional.elu,
        "selu": torch.selu,
        "softplus": torch.nn.functional.softplus,
    },
    **{"gelu": torch.nn.functional.gelu, "silu": torch.nn.functional.silu},
    **{"gelu_tanh": lambda h: torch.nn.functional.gelu(h, approximate="tanh")},
    **{"mish": torch.nn.functional.mish, "softsign": torch.nn.functional.softsign},
    **{"hard_tanh": torch.nn.functional.hardtanh, "sin": torch.sin, "erf": torch.erf},
    **{"relu": torch.relu, "leaky_relu": torch.nn.functional.leaky_relu},
    **{"relu6": torch.nn.functional.relu6, "celu": torch.nn.functional.celu},
    **{"prelu": lambda h: torch.nn.functional.prelu(h, torch.tensor(0.25, dtype=h.dtype))},
    **{"hard_sigmoid": torch.nn.functional.hardsigmoid},
    **{"hard_swish": torch.nn.functional.hardswish},
    **{"tanh": torch.tanh, "sigmoid": torch.sigmoid, "identity": lambda h: 1 * h},
}


@pytest.mark.parametrize("name", netinit.activations.names())
def test_activations_and_their_derivatives_equal_torchs(name):
    x = torch.linspace(-8, 8, 400, dtype=torch.float64, requires_grad=True)  # 0 is not among them
    y = ELEMENTWISE[name](x)
    y.sum().backward()
    record = netinit.activations.get(name)
    # PyTorch's softplus is the identity beyond 20, and its erf is good to 1e-15.
    np.testing.assert_allclose(record(x.detach().numpy()), y.detach(), rtol=1e-12, atol=1e-14)
    derivative = record.derivative(x.detach().numpy())
    # PyTorch's slope of hard_sigmoid is the float32 number next to 1 / 6.
    error = 1e-7 if name == "hard_sigmoid" else 1e-10
    np.testing.assert_allclose(derivative, x.grad, rtol=error, atol=1e-13)


TORCH_ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "leaky_relu": torch.nn.functional.leaky_relu,
    "identity": lambda h: h,
}


def torch_parameters(net):
    """Return copies of the weights and biases as tensors that record gradients."""
    return [
        [torch.tensor(p, requires_grad=True) for p in group] for group in (net.weights, net.biases)
    ]


def torch_forward(weights, biases, activation, x):
    """Return the output of the same network, written with torch's operations."""
    signal = torch.tensor(x)
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        signal = TORCH_ACTIVATIONS[activation](torch.nn.functional.linear(signal, weight, bias))
    return torch.nn.functional.linear(signal, weights[-1], biases[-1])


def small_problem(activation, dtype=np.float64):
    """Return a small network with non-zero biases, inputs and labels."""
    rng = np.random.default_rng(SEED)
    net = netinit.init_mlp(
        [7, 9, 8, 4], "lecun_normal", activation=activation, rng=rng, dtype=dtype
    )
    for bias in net.biases:
        bias += rng.normal(0.0, 0.3, bias.shape).astype(dtype)
    x = rng.normal(size=(12, 7)).astype(dtype)
    return net, x, rng.integers(0, 4, 12)


@pytest.mark.parametrize("activation", TORCH_ACTIVATIONS)
def test_loss_and_every_gradient_equal_autograds(activation):
    net, x, labels = small_problem(activation)
    signals = net.forward(x)
    loss, output_gradient = losses.softmax_cross_entropy(signals.output, labels)
    gradients = net.backward(signals, output_gradient)

    weights, biases = torch_parameters(net)
    output = torch_forward(weights, biases, activation, x)
    expected = torch.nn.functional.cross_entropy(output, torch.tensor(labels))
    expected.backward()

    np.testing.assert_allclose(signals.output, output.detach().numpy(), rtol=1e-10, atol=1e-12)
    assert float(loss) == pytest.approx(expected.item(), rel=1e-12)
    for ours, theirs in zip(
        [*gradients.weights, *gradients.biases], [*weights, *biases], strict=True
    ):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_cross_entropy_of_huge_float32_logits_stays_torchs():
    logits = np.array([[1e4, -1e4, 0.0], [-3e4, 2e4, 2e4]], dtype=np.float32)
    labels = np.array([1, 2])
    loss, gradient = losses.softmax_cross_entropy(logits, labels)
    tensor = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(tensor, torch.tensor(labels))
    expected.backward()
    assert float(loss) == pytest.approx(expected.item(), rel=1e-6)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), atol=1e-7)


OPTIMIZERS = {
    "sgd": (lambda: training.SGD(0.2), lambda p: torch.optim.SGD(p, lr=0.2)),
    "momentum": (
        lambda: training.Momentum(0.1, momentum=0.9),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    ),
    "adam": (lambda: training.Adam(0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_training_run_takes_the_same_steps(name):
    """Full batches, so that the order in which examples are drawn cannot matter."""
    net, x, labels = small_problem("tanh")
    ours, theirs = (make for make in OPTIMIZERS[name])
    steps = 10
    history = training.train(
        net, x, labels, optimizer=ours(), steps=steps, batch_size=len(x), rng=SEED, evaluate_every=1
    )

    weights, biases = torch_parameters(net)
    optimizer = theirs([*weights, *biases])
    losses = []
    for _ in range(steps + 1):
        optimizer.zero_grad()
        output = torch_forward(weights, biases, "tanh", x)
        loss = torch.nn.functional.cross_entropy(output, torch.tensor(labels))
        losses.append(loss.item())
        if len(losses) <= steps:
            loss.backward()
            optimizer.step()

    np.testing.assert_allclose(history.loss, losses, rtol=1e-5)
    for ours_w, theirs_w in zip(history.net.weights, weights, strict=True):
        np.testing.assert_allclose(ours_w, theirs_w.detach().numpy(), rtol=1e-5, atol=1e-7)
