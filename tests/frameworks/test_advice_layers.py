"""The code for layers that need something else runs in each framework and does what it says."""

import functools
import math
from pathlib import Path

import flax
import flax.nnx
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import torch

from netinit.initializers.advice import advise_layer, layers

FRAMEWORKS = ["pytorch", "keras", "nnx", "netinit"]
X = np.random.default_rng(0).standard_normal((64, 256)).astype(np.float32)
PICTURE = np.random.default_rng(1).standard_normal((2, 8, 8, 64)).astype(np.float32)


@functools.cache
def run(layer, framework):
    """What the code defines; Keras's layers are built by calls, as a reader would build them."""
    torch.manual_seed(3)
    keras.utils.set_random_seed(3)
    words = {}
    exec(advise_layer(layer, framework).code, words)
    return words


def plain(value):
    """A tensor, variable or parameter of any framework as a NumPy array."""
    if hasattr(value, "detach"):
        return value.detach().numpy()
    if isinstance(value, keras.Variable):
        return plain(value.value)
    return np.asarray(value[...] if isinstance(value, flax.nnx.Param) else value)


def call(function, *inputs, framework):
    """The function of the code, called on arrays in the framework's own tensors."""
    own = {"pytorch": torch.from_numpy, "nnx": jnp.asarray}
    made = [own.get(framework, keras.ops.convert_to_tensor)(a) for a in inputs]
    return plain(function(*(inputs if framework == "netinit" else made)))


def weight(layer, framework):
    """The weights of a layer as (out, in, ...): PyTorch's order, and netinit's."""
    if framework == "netinit":
        return layer
    if framework == "pytorch":
        return plain(layer.weight)
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return np.moveaxis(plain(layer.kernel), (2, 3), (0, 1))
    array = plain(layer.kernel)
    return np.moveaxis(array, (-1, -2), (0, 1))


def bias(layer):
    return plain(layer.bias)


def assert_variance(array, variance):
    # The kurtosis is 3 at most, so the relative standard error of the std is 1 / sqrt(2 n) at most.
    rel = 5 / math.sqrt(2 * array.size)
    assert array.std() == pytest.approx(math.sqrt(variance), rel=rel)


each_framework = pytest.mark.parametrize("framework", FRAMEWORKS)


def test_every_layer_with_code_is_measured_here():
    text = Path(__file__).read_text("utf-8")
    assert [name for name in layers() if f'run("{name}"' not in text] == []


# Transformers ---------------------------------------------------------------------------------


@each_framework
def test_tokens_enter_the_stream_and_leave_a_tied_head_with_one_mean_square(framework):
    words = run("embedding", framework)
    ids = np.arange(1000)
    found = call(words["embed"], ids, framework=framework)
    assert found.shape == (1000, 256)
    assert_variance(found, 0.4)
    logits = call(words["head"], X, framework=framework)
    assert logits.shape == (64, 1000)
    assert logits.var() == pytest.approx(0.4, rel=0.05)
    own = call(words["head"], found / 0.4**0.5, framework=framework)  # of a silent network
    assert np.diag(own).mean() == pytest.approx(0.4**0.5 * 16, rel=0.02)


@each_framework
def test_a_gated_unit_keeps_the_mean_square_of_normalized_inputs(framework):
    words = run("swiglu", framework)
    found = call(words["mlp"], X, framework=framework)
    assert np.mean(found**2) == pytest.approx(1, rel=0.25)
    for name, scale in (("gate", 1), ("up", 1), ("down", 2.811)):
        array = weight(words[name], framework)
        assert_variance(array, scale / array.shape[1])
    twice = call(words["mlp"], 3 * X, framework=framework)
    assert np.mean(twice**2) > 3**3 * np.mean(found**2)


@each_framework
def test_a_normalization_starts_with_gain_1(framework):
    words = run("rmsnorm", framework)
    assert (plain(words["gain"]) == 1).all()
    assert plain(words["gain"]).shape == (256,)
    found = call(words["norm"], 7 * X + 1, framework=framework)
    np.testing.assert_allclose(np.mean(found**2, axis=-1), 1, rtol=1e-4)


@each_framework
def test_normalized_queries_and_keys_give_logits_of_std_1(framework):
    words = run("qknorm", framework)
    found = call(words["logits"], X, framework=framework)
    assert found.shape == (4, 64, 64)
    assert found.std() == pytest.approx(1, rel=0.05)
    np.testing.assert_allclose(
        call(words["logits"], 100 * X, framework=framework), found, atol=1e-3
    )
    for name in ("query", "key"):
        assert_variance(weight(words[name], framework), 1 / 256)


@each_framework
def test_every_expert_is_drawn_by_its_own_fan(framework):
    words = run("experts", framework)
    assert_variance(weight(words["router"], framework), 0.1 / 256)
    experts = plain(words["experts"])
    assert len(experts) == 8
    for expert in experts:
        assert_variance(expert, 2 / 256)
    assert len({float(expert.ravel()[0]) for expert in experts}) == 8


@each_framework
def test_deepnorm_weakens_the_branches_and_multiplies_the_stream(framework):
    words = run("postnorm", framework)
    for name in ("query", "key", "value", "out", "up", "down"):
        array = weight(words[name], framework)
        gain = 1 if name in ("query", "key") else 96**-0.5
        assert_variance(array, gain * 2 / sum(array.shape))

    def branch(x):
        return x * x - 24**0.25 * x  # so that the square is left where the stream is right

    found = call(lambda x: words["sublayer"](x, branch), X, framework=framework)
    centered = X**2 - np.mean(X**2, axis=-1, keepdims=True)
    expected = centered / centered.std(axis=-1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=0.01)


# Branches that start at zero ------------------------------------------------------------------


@each_framework
def test_a_gate_of_zero_makes_the_block_the_identity(framework):
    words = run("rezero", framework)
    np.testing.assert_array_equal(call(words["block"], X, framework=framework), X)
    block = words["block"]
    branch, gate = (
        words[n] if framework == "netinit" else getattr(block, n) for n in ("branch", "gate")
    )
    assert_variance(weight(branch[0] if framework == "pytorch" else branch, framework), 2 / 256)
    assert plain(gate) == 0


@each_framework
def test_the_gates_of_layerscale_are_a_tenth(framework):
    words = run("layerscale", framework)
    found = call(words["block"], X, framework=framework)
    block = words["block"]
    branch = words["branch"] if framework == "netinit" else block.branch
    moved = X @ weight(branch, framework).T
    if framework == "pytorch":
        moved = moved + bias(branch)
    np.testing.assert_allclose(found, X + 0.1 * moved, atol=1e-4)


@each_framework
def test_a_modulated_block_is_the_identity_for_every_condition(framework):
    words = run("modulation", framework)
    found = call(words["block"], X, X[::-1].copy(), framework=framework)
    np.testing.assert_array_equal(found, X)
    block = words["block"]
    modulation = words["modulation"] if framework == "netinit" else block.modulation
    branch = words["branch"] if framework == "netinit" else block.branch
    assert not weight(modulation, framework).any()
    assert weight(branch, framework).std() > 0.01


@each_framework
def test_the_convolution_that_adds_a_copy_adds_nothing_at_first(framework):
    add = run("controlnet", framework)["add"]
    assert weight(add, framework).shape[:2] == (64, 64)
    assert not weight(add, framework).any()
    if framework != "netinit":
        assert not bias(add).any()


@each_framework
def test_a_low_rank_addition_starts_at_zero_and_its_first_matrix_at_random(framework):
    words = run("lora", framework)
    assert not call(words["addition"], X, framework=framework).any()
    assert_variance(weight(words["A"], framework), 1 / 256)
    assert not weight(words["B"], framework).any()


@each_framework
def test_a_convnext_block_is_cut_at_two_std_and_nearly_the_identity(framework):
    words = run("convnext", framework)
    picture = PICTURE[..., :96].repeat(2, axis=-1)[..., :96]
    if framework != "netinit":
        given = np.moveaxis(picture, -1, 1).copy() if framework == "pytorch" else picture
        found = call(words["block"], given, framework=framework)
        assert 0 < np.abs(found - given).max() < 1e-4
    for name in ("depthwise", "up", "down"):
        layer = words[name] if framework == "netinit" else getattr(words["block"], name)
        array = weight(layer, framework)
        assert np.abs(array).max() <= 0.04001
        assert_variance(array, (0.02 * 0.8796) ** 2)
        if framework != "netinit":
            assert not bias(layer).any()
    gate = words["gate"] if framework == "netinit" else words["block"].gate
    np.testing.assert_allclose(plain(gate), 1e-6, rtol=1e-6)


# Sequences ------------------------------------------------------------------------------------


@each_framework
def test_the_gates_of_a_gru_are_orthogonal_and_the_update_gate_starts_open(framework):
    words = run("gru", framework)
    assert len(words["recurrent"]) == 3
    for gate in map(plain, words["recurrent"]):
        np.testing.assert_allclose(gate @ gate.T, np.eye(128), atol=1e-5)
    assert [set(plain(gate)) for gate in words["bias"]] == [{0.0}, {1.0}, {0.0}]


def test_a_gru_with_a_positive_update_bias_keeps_its_state():
    """In each framework the gate multiplies the old state: with a large bias it is kept."""
    model = run("gru", "pytorch")["model"]
    state = torch.ones(1, 1, 128)
    with torch.no_grad():
        model.bias_ih_l0[128:256] += 20
        kept = model(torch.zeros(5, 1, 64), state)[1]
        model.bias_ih_l0[128:256] -= 20
    np.testing.assert_allclose(kept.numpy(), state, atol=1e-4)
    cell = run("gru", "nnx")["cell"]
    before = cell.dense_i.bias[...]
    cell.dense_i.bias[...] = before.at[128:256].add(20)
    np.testing.assert_allclose(cell(jnp.ones((1, 128)), jnp.zeros((1, 64)))[0], 1, atol=1e-4)
    cell.dense_i.bias[...] = before
    layer = run("gru", "keras")["model"]
    before = plain(layer.cell.bias).copy()
    layer.cell.bias.assign(before + np.r_[np.full(128, 20.0), np.zeros(256)] * [[1.0], [0.0]])
    kept = layer(np.zeros((1, 5, 64), np.float32), initial_state=np.ones((1, 128), np.float32))
    layer.cell.bias.assign(before)
    np.testing.assert_allclose(plain(kept), 1, atol=1e-4)


@each_framework
def test_a_state_space_model_spreads_its_rates_and_steps(framework):
    words = run("ssm", framework)
    np.testing.assert_allclose(np.exp(plain(words["log_rates"])), [range(1, 17)] * 512, rtol=1e-5)
    steps = np.log1p(np.exp(plain(words["step_bias"]).astype(np.float64)))
    assert 0.0009 < steps.min() < 0.0011
    assert 0.09 < steps.max() < 0.11
    logs = np.log(steps)  # uniform
    assert logs.mean() == pytest.approx(math.log(0.01), abs=0.3)
    assert logs.std() == pytest.approx(math.log(100) / 12**0.5, rel=0.1)
    assert (plain(words["direct"]) == 1).all()


# Convolutions ---------------------------------------------------------------------------------


@each_framework
def test_padding_with_copies_keeps_the_mean_square_at_the_border(framework):
    words = run("padding", framework)
    ones = np.ones((1, 6, 6, 64), np.float32)
    given = np.moveaxis(ones, -1, 1).copy() if framework == "pytorch" else ones
    found = call(words["conv"], given, framework=framework)
    found = found if framework == "pytorch" else np.moveaxis(found, -1, 1)
    assert found.shape == (1, 64, 6, 6)
    # A constant image has a constant result, at the border as elsewhere.
    np.testing.assert_allclose(found, np.broadcast_to(found[..., 3:4, 3:4], found.shape), atol=1e-4)


def test_zeros_around_small_maps_cost_what_the_table_says():
    """The mean square of each place is the mean of those around it, zeros outside: He and ReLU."""
    kept = []
    for size in (4, 8, 16, 32):
        square = np.ones((size, size))
        for _ in range(20):
            padded = np.pad(square, 1)
            places = [padded[i : i + size, j : j + size] for i in range(3) for j in range(3)]
            square = sum(places) / 9
        kept.append(square.mean())
    np.testing.assert_allclose(kept, [0.004, 0.15, 0.48, 0.72], atol=0.006, rtol=0)
    found = []
    for seed in range(20):
        torch.manual_seed(seed)
        x = start = torch.randn(1, 64, 8, 8)
        for _ in range(20):
            conv = torch.nn.Conv2d(64, 64, 3, padding=1, bias=False)
            torch.nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            x = torch.relu(conv(x)).detach()
        found.append(float((x**2).mean() / (start**2).mean()))
    assert np.mean(found) == pytest.approx(kept[1], rel=0.35)
