"""Residual streams, transformers and width: the scales that papers prescribe do what they say."""

import math

import numpy as np
import pytest

from netinit.activations import Activation
from netinit.network import init_network
from netinit.network.layers import BatchNorm, Dense, Residual
from netinit.theory import moments, residual, transformers, width


@pytest.mark.parametrize(("layers", "gain"), [(1, 1.0), (2, 2.0)])
def test_the_growth_of_a_residual_stream(layers, gain):
    branch = [part for _ in range(layers) for part in ("relu", Dense(256, 256, bias=False))]
    # The stream itself passes no activation: the branch of two layers starts with a matrix.
    branch = branch if layers == 1 else branch[1:]
    net = init_network([Residual(branch)] * 10, "he_normal", seeds=range(3), dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((8, 256))
    grown = (net.forward(x).output ** 2).mean() / (x**2).mean()
    theory = residual.residual_growth(10, branch_gain=gain)
    assert math.log(grown) == pytest.approx(math.log(theory), rel=0.08)


def test_a_scale_of_one_over_the_root_bounds_the_growth():
    grown = [residual.residual_growth(n, branch_scale=n**-0.5) for n in (10, 1000)]
    assert grown[0] < grown[1] < math.e
    assert residual.residual_growth(3, branch_scale=0.0) == 1


def test_fixup():
    assert residual.fixup_scale(16, layers=2) == 0.25
    assert residual.fixup_scale(16, layers=3) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="two or more layers"):
        residual.fixup_scale(16, layers=1)


def test_batch_normalization_without_skips_explodes_at_its_rate():
    n, depth, batch = 256, 14, 128
    block = [Dense(n, n, bias=False), BatchNorm(n), "relu"]
    net = init_network(block * depth + [Dense(n, n, bias=False)], seeds=range(2), dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((batch, n))
    signals = net.forward(x)
    upstream = np.random.default_rng(1).standard_normal(signals.output.shape)
    found = net.backward(signals, upstream).signals
    kept = [name for name, signal in found.items() if signal.shape == signals.output.shape]
    normalized = [name for name in kept if int(name.split(".")[0].split("_")[0]) % 3 == 1]
    squares = [(found[name] ** 2).mean() for name in normalized]
    rate = (squares[0] / squares[8]) ** (1 / 8)
    assert rate == pytest.approx(residual.batchnorm_gradient_factor("relu"), rel=0.08)


def test_the_rate_of_batch_normalization():
    assert residual.batchnorm_gradient_factor("relu") == pytest.approx(math.pi / (math.pi - 1))
    assert residual.batchnorm_gradient_factor("identity") == pytest.approx(1)
    # tanh is not homogeneous: only at the variance 1, which the normalization gives, is this right.
    slopes, values = (
        moments.expectation(f, q=1.0)
        for f in (lambda h: np.cosh(h) ** -4.0, lambda h: np.tanh(h) ** 2)
    )
    assert residual.batchnorm_gradient_factor("tanh") == pytest.approx(slopes / values)
    with pytest.raises(ValueError, match="flat is constant"):
        residual.batchnorm_gradient_factor(Activation("flat", np.ones_like, np.zeros_like))
    assert [round(residual.batchnorm_residual_gradient(n), 1) for n in (10, 40)] == [17.3, 111.9]
    exponent = math.log(residual.batchnorm_residual_gradient(4000), 10) - math.log(
        residual.batchnorm_residual_gradient(400), 10
    )
    assert exponent == pytest.approx(math.pi / (math.pi - 1), rel=0.01)


def test_a_small_batch_makes_the_gradient_grow_faster():
    factor = residual.batchnorm_gradient_factor
    for m in (4, 5, 8, 64):
        assert factor("identity", batch=m) == pytest.approx((m - 2) / (m - 3), rel=1e-12)
        # Homogeneous functions: the sphere has the moments of normal values of its correlation.
        angle = math.acos(-1 / (m - 1))
        both_on = (math.pi - angle) / (2 * math.pi)
        product = (math.sin(angle) + (math.pi - angle) * math.cos(angle)) / (2 * math.pi)
        trace = m * ((1 - 1 / m) ** 2 - (1 - 1 / m) / m) / 2 + (m - 1) / m * (both_on + product)
        law = m / ((1 / 2 - product) * (m - 3)) * trace / (m - 1)
        assert factor("relu", batch=m) == pytest.approx(law, rel=1e-9)
    for name in ("relu", "tanh", "gelu"):
        assert factor(name, batch=10**6) == pytest.approx(factor(name), rel=1e-4)


@pytest.mark.parametrize(("name", "batch"), [("relu", 8), ("tanh", 10)])
def test_the_rate_in_a_small_batch_is_measured(name, batch):
    n, depth = 512, 9
    block = [Dense(n, n, bias=False), BatchNorm(n, eps=0.0), name]
    net = init_network(block * depth, seeds=range(3), dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((batch, n))
    signals = net.forward(x)
    upstream = np.random.default_rng(1).standard_normal(signals.output.shape)
    found = list(net.backward(signals, upstream).signals.values())[1::3]
    squares = np.mean([np.mean(found[layer] ** 2, axis=(1, 2)) for layer in (0, 6)], axis=1)
    rate = (squares[0] / squares[1]) ** (1 / 6)
    assert rate == pytest.approx(residual.batchnorm_gradient_factor(name, batch=batch), rel=0.05)
    assert rate > 1.04 * residual.batchnorm_gradient_factor(name)


def test_a_batch_that_is_too_small_and_a_kink_away_from_0_are_refused():
    with pytest.raises(ValueError, match="4 or more"):
        residual.batchnorm_gradient_factor("relu", batch=3)
    with pytest.raises(ValueError, match="hard_tanh has a kink away from 0"):
        residual.batchnorm_gradient_factor("hard_tanh", batch=8)


def test_a_normalizer_free_stream_has_the_predicted_sizes():
    rng, n, stages, alpha = np.random.default_rng(0), 400, [4, 3], 0.5
    sizes = iter(residual.normalizer_free_sizes(stages, alpha=alpha))

    def layer(x):
        W = rng.standard_normal((n, n))
        W -= W.mean(axis=1, keepdims=True)
        return np.maximum(x, 0) @ W.T * (2 / (1 - 1 / math.pi) / n) ** 0.5

    x = rng.standard_normal((200, n))
    for blocks in stages:
        for block in range(blocks):
            beta = next(sizes)
            assert x.std() == pytest.approx(beta, rel=0.03)
            skip = layer(x / beta) if block == 0 else x
            x = skip + alpha * layer(x / beta)
    assert next(sizes, None) is None


def test_stages_without_blocks_are_refused():
    with pytest.raises(ValueError, match="at least one stage"):
        residual.normalizer_free_sizes([])
    with pytest.raises(ValueError, match="a number of blocks in stages"):
        residual.normalizer_free_sizes([2, 0])


def test_deepnorm_and_its_kin():
    found = transformers.deepnorm(24)
    assert (found.alpha, found.beta) == pytest.approx((48**0.25, 192**-0.25))
    encoder, decoder = transformers.deepnorm_encoder_decoder(12, 6)
    assert encoder.alpha * encoder.beta == pytest.approx(0.81 * 0.87)
    assert encoder.alpha == pytest.approx(0.81 * (12**4 * 6) ** (1 / 16))
    assert (decoder.alpha, decoder.beta) == pytest.approx((18**0.25, 72**-0.25))
    assert transformers.t_fixup(6, decoder=True) == pytest.approx(54**-0.25)
    assert transformers.t_fixup(16, decoder=False) == pytest.approx(0.335)
    assert transformers.small_init_std(512) == pytest.approx(math.sqrt(2 / (512 + 4 * 512)))


def test_deepnorm_bounds_a_step_whatever_the_depth():
    """The change of the output by one SGD step, in 6 and in 48 sublayers; a plain sum's grows."""
    changes = {
        name: [change_of_a_step(depth, *scales(depth)) for depth in (6, 48)]
        for name, scales in {
            "deepnorm": lambda n: (
                transformers.deepnorm(n // 2).alpha,
                transformers.deepnorm(n // 2).beta,
            ),
            "post-norm": lambda n: (1.0, 1.0),
        }.items()
    }
    assert changes["deepnorm"][1] / changes["deepnorm"][0] == pytest.approx(1, rel=0.25)
    assert changes["post-norm"][1] / changes["post-norm"][0] > 1.3


def change_of_a_step(depth, alpha, beta, n=48, batch=16, rate=0.01):
    """RMS change of a post-norm stack of x -> LN(alpha x + W2 relu(W1 x)) by one SGD step."""
    rng = np.random.default_rng(0)
    weights = [
        [beta * rng.standard_normal((n, n)) / math.sqrt(n) for _ in range(2)] for _ in range(depth)
    ]
    x, target = rng.standard_normal((2, batch, n))

    def norm(y):
        centered = y - y.mean(-1, keepdims=True)
        return centered / centered.std(-1, keepdims=True)

    def forward(weights):
        kept, a = [], norm(x)
        for first, second in weights:
            h = a @ first.T
            y = alpha * a + np.maximum(h, 0) @ second.T
            kept.append((a, h, y))
            a = norm(y)
        return kept, a

    kept, before = forward(weights)
    upstream, stepped = (before - target) / batch, []
    for (a, h, y), (first, second) in zip(kept[::-1], weights[::-1], strict=True):
        z, scale = norm(y), y.std(-1, keepdims=True)
        dy = upstream - upstream.mean(-1, keepdims=True)
        dy = (dy - z * (upstream * z).mean(-1, keepdims=True)) / scale
        dh = (dy @ second) * (h > 0)
        stepped.append([first - rate * dh.T @ a, second - rate * dy.T @ np.maximum(h, 0)])
        upstream = alpha * dy + dh @ first
    _, after = forward(stepped[::-1])
    return math.sqrt(np.square(after - before).mean())


def test_the_start_of_gpt2():
    small = transformers.gpt2_start()
    assert small.loss == pytest.approx(math.log(50257) + 0.1536)
    assert small.attention_logit_std == pytest.approx(0.3072)
    exact = transformers.gpt2_start(activation="gelu")
    assert exact.mlp_second_moment == pytest.approx(0.005452, rel=1e-3)
    assert exact.mlp_second_moment / exact.embedding_second_moment == pytest.approx(6.8, rel=0.01)
    large = transformers.gpt2_start(width=1600, layers=48)
    assert (large.loss, large.stream_growth) == pytest.approx((11.145, 407), rel=5e-3)
    plain = transformers.gpt2_start(residual_scale=1.0)
    assert plain.stream_growth - 1 == pytest.approx(24 * (small.stream_growth - 1))
    assert plain.loss == small.loss
    with pytest.raises(ValueError, match="std must be positive"):
        transformers.gpt2_start(std=0.0)


def test_the_entropy_of_attention():
    rng = np.random.default_rng(0)
    for std in (0.3, 1.0):
        logits = std * rng.standard_normal((500, 512))
        p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        measured = -(p * np.log(p)).sum(-1).mean()
        assert transformers.attention_entropy(std, keys=512) == pytest.approx(measured, abs=0.02)
    assert transformers.attention_entropy(5.0, keys=64) == 0


@pytest.mark.parametrize(
    ("parametrization", "optimizer", "slopes"),
    [
        ("mup", "sgd", (0, 0)),
        ("mup", "adam", (0, 0)),
        ("standard", "adam", (0, 1)),
        ("standard", "sgd", (-0.5, 0.5)),
        ("ntk", "sgd", (-0.5, -0.5)),
        ("ntk", "adam", (0, 0)),
    ],
)
def test_a_coordinate_check(parametrization, optimizer, slopes):
    """How the change of both hidden layers by one step follows the width."""
    widths = [64, 256, 1024]
    changes = [
        np.mean([hidden_changes(n, parametrization, optimizer, seed) for seed in range(4)], axis=0)
        for n in widths
    ]
    found = np.polyfit(np.log(widths), np.log(changes), 1)[0]
    assert found == pytest.approx(slopes, abs=0.12)


def hidden_changes(n, parametrization, optimizer, seed, base=64):
    """RMS change of h1 and h2 by one step of SGD, or one of the signs that Adam starts with."""
    rng = np.random.default_rng(seed)
    # Targets much larger than the outputs, so that the error is the same at every width.
    x, target = rng.standard_normal((32, 20)), 10 * rng.standard_normal((32, 5))
    roles = [
        width.multipliers(role, n / base, optimizer=optimizer, parametrization=parametrization)
        for role in ("input", "hidden", "output")
    ]
    fans, sizes = (20, base, base), [(n, 20), (n, n), (5, n)]
    weights = [
        role.std / math.sqrt(fan) * rng.standard_normal(size)
        for role, fan, size in zip(roles, fans, sizes, strict=True)
    ]

    def forward(weights):
        h1 = roles[0].forward * x @ weights[0].T
        h2 = roles[1].forward * np.maximum(h1, 0) @ weights[1].T
        return h1, h2, roles[2].forward * np.maximum(h2, 0) @ weights[2].T

    h1, h2, out = forward(weights)
    delta = (out - target) / len(x)
    g3 = roles[2].forward * delta.T @ np.maximum(h2, 0)
    delta = roles[2].forward * delta @ weights[2] * (h2 > 0)
    g2 = roles[1].forward * delta.T @ np.maximum(h1, 0)
    delta = roles[1].forward * delta @ weights[1] * (h1 > 0)
    g1 = roles[0].forward * delta.T @ x
    rate = 1e-3 if optimizer == "sgd" else 1e-5
    steps = [g if optimizer == "sgd" else np.sign(g) for g in (g1, g2, g3)]
    stepped = [
        w - rate * role.learning_rate * step
        for w, role, step in zip(weights, roles, steps, strict=True)
    ]
    after = forward(stepped)
    return [math.sqrt(np.square(after[i] - (h1, h2)[i]).mean()) for i in range(2)]


def test_multipliers_of_shapes():
    base = {"embed": (64, 10), "hidden": (64, 64, 3), "head": (10, 64), "bias": (64,), "scale": ()}
    wide = {
        "embed": (128, 10),
        "hidden": (128, 128, 3),
        "head": (10, 128),
        "bias": (128,),
        "scale": (),
    }
    found = width.multipliers_of_shapes(wide, base, optimizer="sgd")
    assert {name: each.role for name, each in found.items()} == {
        "embed": "input",
        "hidden": "hidden",
        "head": "output",
        "bias": "input",
        "scale": "input",
    }
    assert found["head"].std == 0.5
    assert found["embed"].learning_rate == 2
    assert found["scale"].learning_rate == 1
    standard = width.multipliers_of_shapes(wide, base, optimizer="sgd", parametrization="standard")
    assert (standard["head"].std, standard["hidden"].learning_rate) == (0.5**0.5, 1)
    # Axes of length 1 are axes like others, and a gain that grows is no matrix.
    single = width.multipliers_of_shapes({"w": (8, 1)}, {"w": (4, 1)}, optimizer="sgd")["w"]
    assert (single.role, single.learning_rate) == ("input", 2)
    same = width.multipliers_of_shapes(base, base, optimizer="adam")
    assert {(m.std, m.forward, m.learning_rate) for m in same.values()} == {(1.0, 1.0, 1.0)}


def test_shapes_that_do_not_correspond_are_refused():
    def of(wide, base):
        return width.multipliers_of_shapes({"w": wide}, {"w": base}, optimizer="adam")

    with pytest.raises(ValueError, match="do not correspond"):
        of((4, 4), (4,))
    with pytest.raises(ValueError, match="the kernel of w differs"):
        of((4, 4, 5), (4, 4, 3))
    with pytest.raises(ValueError, match="grow by different factors"):
        of((8, 16), (4, 4))
    with pytest.raises(ValueError, match="these differ: b, w"):
        width.multipliers_of_shapes({"w": (1, 1)}, {"b": (1, 1)}, optimizer="adam")
    with pytest.raises(ValueError, match="parametrization"):
        width.multipliers("hidden", 2, optimizer="adam", parametrization="lazy")
    with pytest.raises(ValueError, match="ratio must be positive"):
        width.multipliers("hidden", 0, optimizer="adam")
    with pytest.raises(ValueError, match="role"):
        width.multipliers("head", 2, optimizer="adam")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: residual.residual_growth(0), "blocks must be at least 1"),
        (lambda: residual.residual_growth(2, branch_gain=-1.0), "branch_gain must be .* least 0"),
        (lambda: residual.residual_growth(2, branch_scale=math.nan), "branch_scale must be"),
        (lambda: residual.fixup_scale(0, layers=2), "blocks must be at least 1"),
        (lambda: residual.fixup_scale(2, layers=0), "layers must be at least 1"),
        (lambda: residual.batchnorm_residual_gradient(0), "blocks must be at least 1"),
        (lambda: transformers.deepnorm(0), "^layers must be at least 1"),
        (lambda: transformers.deepnorm_encoder_decoder(0, 1), "^encoder_layers must be at least"),
        (lambda: transformers.deepnorm_encoder_decoder(1, 0), "^decoder_layers must be at least"),
        (lambda: transformers.t_fixup(0, decoder=True), "^layers must be at least 1"),
        (lambda: transformers.small_init_std(0), "^width must be at least 1"),
        (lambda: transformers.gpt2_start(vocabulary=0), "^vocabulary must be at least 1"),
        (lambda: transformers.gpt2_start(width=0), "^width must be at least 1"),
        (lambda: transformers.gpt2_start(layers=0), "^layers must be at least 1"),
        (lambda: transformers.gpt2_start(context=0), "^context must be at least 1"),
        (lambda: transformers.gpt2_start(std=-0.1), "^std must be .* at least 0"),
        (
            lambda: transformers.gpt2_start(residual_scale=-1.0),
            "^residual_scale must be .* least 0",
        ),
        (lambda: transformers.attention_entropy(-1.0, keys=2), "^logit_std must be .* at least 0"),
        (lambda: transformers.attention_entropy(1.0, keys=0), "^keys must be at least 1"),
        (
            lambda: width.multipliers("hidden", -1.0, optimizer="sgd"),
            "^ratio must be .* at least 0",
        ),
        (
            lambda: width.multipliers("hidden", 1.0, optimizer="lion"),
            "^optimizer .lion. is unknown",
        ),
        (
            lambda: width.multipliers("hidden", 1.0, optimizer="sgd", parametrization="sp"),
            "^parametrization .sp. is unknown",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_sigma_reparametrization_sets_the_spectral_norm_of_each_matrix(dtype):
    weights = np.random.default_rng(0).standard_normal((3, 20, 30)).astype(dtype)
    weights *= np.array([1, 10, 0.1], dtype)[:, None, None]
    found = transformers.sigma_reparametrized(weights, gamma=-0.5)
    assert found.dtype == dtype
    accuracy = {"rtol": 4 * np.finfo(dtype).eps}
    np.testing.assert_allclose(np.linalg.norm(found.astype(float), 2, (-2, -1)), 0.5, **accuracy)
    for matrix, made in zip(weights, found, strict=True):  # only the scale has changed
        np.testing.assert_allclose(made[0, 0] / made[1, 1], matrix[0, 0] / matrix[1, 1], rtol=4e-3)
        np.testing.assert_array_equal(np.sign(made), -np.sign(matrix))


def test_sigma_reparametrized_logits_do_not_know_the_scale_of_the_weights():
    rng = np.random.default_rng(1)
    x, drawn = rng.standard_normal((64, 256)), rng.standard_normal((2, 256, 256)) / 16
    for scale in (1.0, 100.0):
        query, key = x @ transformers.sigma_reparametrized(scale * drawn).swapaxes(1, 2)
        logits = query[:, :32] @ key[:, :32].T / math.sqrt(32)
        assert logits.std() == pytest.approx(1 / 4, rel=0.1)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.zeros((2, 2)), "no matrix of it zero"),
        (np.stack([np.eye(2), np.zeros((2, 2))]), "no matrix of it zero"),
        ([[1.0, math.inf]], "^weight must be finite"),
        ([1.0, 2.0], "^weight must be .*fan_in"),
    ],
)
def test_a_weight_without_a_spectral_norm_is_refused(weight, message):
    with pytest.raises(ValueError, match=message):
        transformers.sigma_reparametrized(weight)
    with pytest.raises(ValueError, match=r"^gamma"):
        transformers.sigma_reparametrized(np.eye(2), gamma=math.nan)


def test_a_flag_is_a_flag():
    with pytest.raises(TypeError, match=r"^decoder must be True or False"):
        transformers.t_fixup(6, decoder=1)


def test_one_block_and_one_layer_are_allowed():
    assert residual.fixup_scale(1, layers=2) == 1
    assert residual.batchnorm_residual_gradient(1) == 2
    assert transformers.deepnorm(1).alpha == pytest.approx(2**0.25)
    assert transformers.t_fixup(1, decoder=False) == 0.67
    assert transformers.attention_entropy(0.0, keys=1) == 0


def test_the_parts_of_the_start():
    start = transformers.gpt2_start(vocabulary=10, context=20, width=50, layers=3, std=0.1)
    gained = 50 * 0.01
    assert start.attention_logit_std == pytest.approx(gained)
    assert start.attention_entropy == pytest.approx(math.log(20) - gained**2 / 2)
    assert start.embedding_second_moment == pytest.approx(0.02)
    assert start.logit_std == pytest.approx(math.sqrt(gained))
    assert start.loss == pytest.approx(math.log(10) + gained / 2)
    moment = float(moments.second_moment("gelu_tanh", gained))
    assert start.mlp_second_moment == pytest.approx(200 * 0.01 / 6 * moment)
    assert start.stream_growth == pytest.approx(1 + 3 * start.mlp_second_moment / 0.02)
