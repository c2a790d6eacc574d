import math

import numpy as np
import pytest

from netinit import init_mlp, orthogonal
from netinit.network import init_network
from netinit.network.layers import BatchNorm, Conv1d, Dense, Embedding
from netinit.propagation import jacobian, singular_values
from netinit.theory import spectra


def gaussian_product(n, depth, seed):
    rng = np.random.default_rng(seed)
    product = np.eye(n)
    for _ in range(depth):
        product = rng.standard_normal((n, n)) / math.sqrt(n) @ product
    return np.linalg.svd(product, compute_uv=False)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_the_product_of_gaussian_matrices(depth):
    found = np.stack([gaussian_product(200, depth, seed) for seed in range(5)])
    for order in (1, 2):
        theory = spectra.gaussian_product_moment(depth, order)
        assert (found ** (2 * order)).mean() == pytest.approx(theory, rel=0.1)
    assert found.max(axis=1).mean() == pytest.approx(spectra.gaussian_product_edge(depth), rel=0.06)


def test_moments_of_one_matrix_are_catalan_numbers():
    assert [spectra.gaussian_product_moment(1, k) for k in (1, 2, 3, 4)] == [1, 2, 5, 14]


def test_the_edge_is_where_high_moments_point():
    k = 500
    exact = math.comb(11 * k, k) // (10 * k + 1)
    assert math.exp(math.log(exact) / (2 * k)) == pytest.approx(
        spectra.gaussian_product_edge(10), rel=0.02
    )


def test_lyapunov_exponents_of_a_long_product():
    n, layers = 8, 3000
    rng = np.random.default_rng(0)
    q, total = np.eye(n), np.zeros(n)
    for _ in range(layers):
        q, r = np.linalg.qr(rng.standard_normal((n, n)) / math.sqrt(n) @ q)
        total += np.log(np.abs(np.diag(r)))
    assert total / layers == pytest.approx(spectra.lyapunov_exponents(n), abs=0.06)


def test_scaling_the_matrices_shifts_every_exponent():
    shift = spectra.lyapunov_exponents(8, scaled_variance=4.0) - spectra.lyapunov_exponents(8)
    assert shift == pytest.approx(math.log(2))


def test_the_spectral_norm_of_a_gaussian_matrix():
    w = np.random.default_rng(0).standard_normal((900, 225)) / 15
    assert np.linalg.norm(w, 2) == pytest.approx(
        spectra.spectral_norm(900, 225, std=1 / 15), rel=0.02
    )


@pytest.mark.parametrize(("weights", "exact"), [("orthogonal", True), ("he_normal", False)])
def test_the_variance_of_a_relu_jacobian(weights, exact):
    depth, n = 10, 128
    net = init_mlp(
        [n] * (depth + 1), weights=relu_weights(weights), seeds=range(4), dtype=np.float64
    )
    x = np.random.default_rng(0).standard_normal((1, n))
    squares = singular_values(net, x) ** 2
    # The last layer has no activation, so the network has one factor of 1/2 fewer than layers.
    relative = (squares.var(axis=-1) / squares.mean(axis=-1) ** 2).mean()
    theory = spectra.jacobian_variance("relu", depth=depth, q=1.0, orthogonal=exact)
    assert relative == pytest.approx(theory, rel=0.25)


def relu_weights(name):
    if name == "orthogonal":
        return lambda shape, rng: orthogonal(shape, gain=math.sqrt(2), rng=rng, dtype=np.float64)
    return name


def test_orthogonal_halves_the_variance_of_relu_and_removes_that_of_a_line():
    both = [spectra.jacobian_variance("relu", depth=20, q=1.0, orthogonal=o) for o in (True, False)]
    assert both == pytest.approx([20, 40])
    assert spectra.jacobian_variance("identity", depth=20, q=1.0, orthogonal=True) == 0
    # Orthogonal tanh at a small fixed point has almost one singular value.
    assert spectra.jacobian_variance("tanh", depth=20, q=0.1406, orthogonal=True) == (
        pytest.approx(1.295, rel=0.01)
    )


def test_the_jacobian_is_that_of_finite_differences():
    net = init_mlp(
        [3, 6, 2], activation="tanh", weights="lecun_normal", seeds=range(2), dtype=np.float64
    )
    x = np.random.default_rng(0).standard_normal((4, 3))
    found, step = jacobian(net, x), 1e-6
    assert found.shape == (2, 4, 2, 3)
    for i in range(3):
        shift = step * np.eye(3)[i]
        slope = (net(x + shift) - net(x - shift)) / (2 * step)
        assert found[..., i] == pytest.approx(slope, abs=1e-8)


def test_inputs_and_outputs_of_several_axes_are_flattened():
    net = init_network([Dense(4, 5)], rng=0, dtype=np.float64)
    assert jacobian(net, np.ones((2, 4))).shape == (2, 5, 4)
    net = init_network([Conv1d(2, 3, 3), "tanh"], seeds=range(2), dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((4, 2, 6))
    outputs = net(x)
    found, step = jacobian(net, x), 1e-6
    assert found.shape == (2, 4, math.prod(outputs.shape[2:]), 12)
    for i in range(12):
        shift = step * np.eye(12)[i].reshape(2, 6)
        slope = (net(x + shift) - net(x - shift)) / (2 * step)
        assert found[..., i] == pytest.approx(slope.reshape(2, 4, -1), abs=1e-8)


@pytest.mark.parametrize(
    ("layers", "batch", "passes"),
    [
        ([Dense(3, 2)], 4, 1 + 2),  # one pass finds out that the examples are apart
        ([Dense(3, 2)], 1, 2),
        ([BatchNorm(3), Dense(3, 2)], 4, 1 + 4 * 2),
    ],
)
def test_examples_that_are_apart_share_their_backward_passes(monkeypatch, layers, batch, passes):
    net, calls = init_network(layers, rng=0, dtype=np.float64), []
    backward = type(net).backward
    counted = lambda *arguments: calls.append(0) or backward(*arguments)  # noqa: E731
    monkeypatch.setattr(type(net), "backward", counted)
    jacobian(net, np.random.default_rng(0).standard_normal((batch, 3)))
    assert len(calls) == passes


def test_a_jacobian_has_the_dtype_of_its_network():
    assert jacobian(init_mlp([3, 2], rng=0), np.ones((1, 3))).dtype == np.float32
    with pytest.raises(TypeError, match=r"^x must be real numbers"):
        jacobian(init_mlp([3, 2], rng=0), np.ones((1, 3), complex))


def test_in_batch_normalization_the_other_examples_are_fixed():
    net = init_network([Dense(3, 4), BatchNorm(4), "relu", Dense(4, 2)], rng=0, dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((5, 3))
    found, step = jacobian(net, x), 1e-6
    for i in range(3):
        shift = np.zeros_like(x)
        shift[2, i] = step
        slope = (net(x + shift) - net(x - shift))[2] / (2 * step)
        assert found[2, :, i] == pytest.approx(slope, abs=1e-7)


def test_refusals():
    tokens = init_network([Embedding(5, 3), Dense(3, 2)], rng=0)
    with pytest.raises(TypeError, match="no derivative with respect to tokens"):
        jacobian(tokens, np.zeros((2, 4), int))
    with pytest.raises(TypeError, match="net must be a network"):
        jacobian(np.eye(2), np.ones((1, 2)))
    with pytest.raises(ValueError, match="depth must be at least 1"):
        spectra.gaussian_product_edge(0)
    with pytest.raises(ValueError, match="scaled_variance must be positive"):
        spectra.lyapunov_exponents(4, scaled_variance=0.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spectra.gaussian_product_moment(0, 1), "^depth must be at least 1"),
        (lambda: spectra.gaussian_product_moment(1, 0), "^order must be at least 1"),
        (lambda: spectra.lyapunov_exponents(0), "^width must be at least 1"),
        (lambda: spectra.lyapunov_exponents(2, scaled_variance=-1.0), "^scaled_variance must be"),
        (lambda: spectra.spectral_norm(0, 1, std=1.0), "^rows must be at least 1"),
        (lambda: spectra.spectral_norm(1, 0, std=1.0), "^columns must be at least 1"),
        (lambda: spectra.spectral_norm(1, 1, std=-1.0), "^std must be .* at least 0"),
        (lambda: spectra.jacobian_variance("relu", depth=0, q=1.0), "^depth must be at least 1"),
        (lambda: spectra.jacobian_variance("relu", depth=1, q=-1.0), "^q must be .* at least 0"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_exact_values():
    assert [spectra.gaussian_product_moment(2, k) for k in (1, 2, 3)] == [1, 3, 12]
    assert spectra.gaussian_product_edge(1) == pytest.approx(2)
    assert spectra.gaussian_product_edge(2) == pytest.approx(math.sqrt(27 / 4))
    assert spectra.spectral_norm(9, 4, std=0.5) == 2.5
    assert spectra.spectral_norm(1, 1, std=0.0) == 0
    assert spectra.jacobian_variance("identity", depth=3, q=0.0) == 3
    with pytest.raises(TypeError, match=r"^orthogonal must be True or False"):
        spectra.jacobian_variance("relu", depth=1, q=1.0, orthogonal=1)
