"""The code for layers that need something else runs in each framework and does what it says."""

import functools
import math
from pathlib import Path

import flax
import flax.nnx
import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import torch

from netinit.initializers.advice import advise_layer, layers
from netinit.theory.width import multipliers_of_shapes

FRAMEWORKS = ["pytorch", "keras", "nnx", "netinit"]
X = np.random.default_rng(0).standard_normal((64, 256)).astype(np.float32)
PICTURE = np.random.default_rng(1).standard_normal((2, 8, 8, 64)).astype(np.float32)


@functools.cache
def run(layer, framework):
    """What the code defines; Keras's layers are built by calls, as a reader would build them."""
    return defined(advise_layer(layer, framework).code)


def defined(code):
    torch.manual_seed(3)
    keras.utils.set_random_seed(3)
    words = {}
    exec(code, words)
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


def convolved(words, name, framework, **options):
    """What a convolution makes of the picture, channels first, without its border."""
    x = np.moveaxis(PICTURE, -1, 1).copy()
    if framework == "netinit":
        apply = torch.nn.functional.conv_transpose2d if name == "up" else torch.nn.functional.conv2d
        found = plain(apply(torch.from_numpy(x), torch.from_numpy(words[name]), **options))
    else:
        given = x if framework == "pytorch" else PICTURE
        found = call(words[name], given, framework=framework)
        found = found if framework == "pytorch" else np.moveaxis(found, -1, 1)
    return found[..., 3:-3, 3:-3] if name == "up" else found[..., 1:-1, 1:-1]


def signals(words, framework, after):
    """The outputs of the layers, one after another, called on what `after` makes of the last."""
    found, x = [], plain(words["x"])
    for layer in words["layers"]:
        found.append(x @ layer.T if framework == "netinit" else call(layer, x, framework=framework))
        x = after(found[-1])
    return found


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


@each_framework
def test_queries_keys_and_values_each_have_the_variance_of_their_own_matrix(framework):
    words = run("fused", framework)
    found = call(words["qkv"], X, framework=framework)
    assert found.shape == (64, 3 * 256)
    array = words["weight"] if framework == "netinit" else weight(words["qkv"], framework)
    parts = np.split(array, 3)
    for part, made in zip(parts, np.split(found, 3, axis=-1), strict=True):
        assert_variance(part, 2 / (256 + 256))
        assert made.var() == pytest.approx(1, rel=0.05)
    assert max(abs(np.corrcoef([part.ravel() for part in parts])[0, 1:])) < 0.05


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


def last_state(words, framework, inputs, start):
    """The state of the recurrent layer after it has read the inputs, of shape (steps, width)."""
    if framework == "netinit":
        return functools.reduce(words["step"], inputs, start)
    if framework == "nnx":
        return functools.reduce(lambda h, x: plain(words["cell"](h, x)[0]), inputs, start)
    if framework == "keras":
        return plain(words["model"](inputs[None], initial_state=start[None]))[0]
    given = (torch.from_numpy(array[:, None]) for array in (inputs, start[None]))
    return plain(words["model"](*given)[1])[0, 0]


@each_framework
def test_a_relu_network_of_identities_keeps_its_state_without_input(framework):
    words = run("irnn", framework)
    start = np.abs(X[0, :128])
    silence = np.zeros((30, 64), np.float32)
    kept = last_state(words, framework, silence, start)
    np.testing.assert_allclose(kept, start, atol=1e-5)
    added = last_state(words, framework, X[:1, :64], 10 + start) - 10 - start
    assert added.std() == pytest.approx(0.001 * 64**0.5, rel=0.3)


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


@each_framework
@pytest.mark.parametrize(("name", "groups"), [("grouped", 8), ("depthwise", 64)])
def test_a_grouped_convolution_makes_the_variance_of_its_own_fan(framework, name, groups):
    words = run("grouped", framework)
    options = {"groups": groups} if framework == "netinit" else {}
    found = convolved(words, name, framework, **options)
    array = weight(words[name], framework)
    assert array.size == 64 * 64 // groups * 9
    assert_variance(array, 2 / (64 // groups * 9))
    assert found.shape[1] == 64
    assert found.var() == pytest.approx(2, rel=0.25)  # of 9 taps a channel; else it is 1/4 or 1/16


@each_framework
def test_a_transposed_convolution_makes_the_variance_of_its_own_fan(framework):
    words = run("transposed", framework)
    options = {"stride": 2, "padding": 1} if framework == "netinit" else {}
    found = convolved(words, "up", framework, **options)
    array = weight(words["up"], framework)
    assert array.size == 64 * 32 * 16
    assert_variance(array, 2 * 4 / (64 * 16))
    assert found.shape == (2, 32, 10, 10)  # of 16 x 16
    assert np.mean(found**2) == pytest.approx(2, rel=0.05)


@each_framework
def test_an_orthogonal_delta_keeps_the_norm_of_every_place(framework):
    words = run("delta", framework)
    name = "kernel" if framework == "netinit" else "conv"
    options = {"padding": 1} if framework == "netinit" else {}
    found = convolved(words, name, framework, **options)
    given = np.moveaxis(PICTURE, -1, 1)[..., 1:-1, 1:-1]
    np.testing.assert_allclose((found**2).sum(axis=1), (given**2).sum(axis=1), rtol=1e-4)
    array = weight(words[name], framework)
    assert np.count_nonzero(np.abs(array).sum(axis=(0, 1))) == 1


# Activations of their own, and depth without skips ---------------------------------------------


@each_framework
def test_layers_with_leaky_relu_keep_the_second_moment(framework):
    words = run("leaky", framework)
    found = call(words["model"], X, framework=framework)
    assert np.mean(found**2) == pytest.approx(1, rel=0.25)
    arrays = np.stack([weight(layer, framework) for layer in words["layers"]])
    assert_variance(arrays, 2 / (1.04 * 256))


@each_framework
def test_arguments_of_the_sine_have_the_std_of_siren(framework):
    words = run("sine", framework)
    x = np.random.default_rng(4).uniform(-1, 1, (512, 2)).astype(np.float32)
    assert call(words["model"], x, framework=framework).shape == (512, 1)
    bounds = [1 / 2, *[6**0.5 / 16 / 30] * 3]
    arrays = [weight(layer, framework) for layer in words["layers"]]
    for array, bound in zip(arrays, bounds, strict=True):
        assert 0.97 * bound < np.abs(array).max() <= bound * 1.000001
        assert_variance(array, bound**2 / 3)
    arguments = signals(words | {"x": x}, framework, lambda h: np.sin(30 * h))
    stds = [30 * float(h.std()) for h in arguments[:-1]]
    np.testing.assert_allclose(stds, [10 / 2**0.5, 1, 0.89], rtol=0.08)


@each_framework
def test_deep_orthogonal_layers_keep_every_small_signal(framework):
    words = run("isometry", framework)
    found = call(words["model"], 1e-3 * X, framework=framework)
    product = functools.reduce(np.matmul, [weight(n, framework) for n in words["layers"][::-1]])
    np.testing.assert_allclose(np.linalg.svd(product, compute_uv=False), 1, atol=1e-4)
    np.testing.assert_allclose(found, 1e-3 * X @ product.T, atol=1e-6)


@each_framework
def test_a_mirrored_network_has_the_same_isometric_derivative_everywhere(framework):
    model = run("mirrored", framework)["model"]
    at, steps = [np.zeros(256, np.float32), X[0]], np.eye(256, dtype=np.float32)
    first, second = (
        call(model, x + steps, framework=framework) - call(model, x[None], framework=framework)
        for x in at
    )
    np.testing.assert_allclose(first, second, atol=1e-4)
    np.testing.assert_allclose(np.linalg.svd(first, compute_uv=False), np.ones(10), atol=1e-4)


# Last layers ----------------------------------------------------------------------------------


@each_framework
def test_a_softmax_starts_with_the_frequencies_of_the_classes(framework):
    found = np.exp(call(run("softmax", framework)["head"], X, framework=framework))
    shares = found / found.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(shares, [[0.9, 0.09, 0.01]] * 64, rtol=1e-5)


@each_framework
def test_sigmoids_start_with_the_frequency_of_a_rare_label(framework):
    found = call(run("rare", framework)["head"], X, framework=framework)
    assert found.shape == (64, 20)
    np.testing.assert_allclose(1 / (1 + np.exp(-found)), 0.01, rtol=1e-5)


# Any layer ------------------------------------------------------------------------------------


def parameters(words):
    """The weights and biases of the model by layer, as they are now."""
    home = vars(words["model"]) if isinstance(words["model"], flax.nnx.Module) else words
    kinds = ("kernel", "weight", "bias")
    return {
        f"{name}.{kind.replace('kernel', 'weight')}": plain(getattr(home[name], kind)).copy()
        for name in ("first", "hidden", "last")
        for kind in kinds
        if hasattr(home[name], kind)
    }


LABELS = np.arange(64) % 10


def one_step(words, framework):
    """Take one step of the code's optimizer on the cross-entropy of a batch."""
    model, optimizer, x = words["model"], words["optimizer"], X[:, :32].copy()
    if framework == "nnx":

        def loss(net):
            scores = jax.nn.log_softmax(net(jnp.asarray(x)))
            return -scores[np.arange(64), LABELS].mean()

        optimizer.update(model, flax.nnx.grad(loss)(model))
        return
    scores = model(torch.from_numpy(x))
    torch.nn.functional.cross_entropy(scores, torch.from_numpy(LABELS)).backward()
    if framework == "pytorch":
        optimizer.step()
    else:
        gradients = [variable.value.grad for variable in model.trainable_weights]
        optimizer.apply(gradients, model.trainable_weights)


def shapes_at(width):
    layers = {"first": (width, 32), "hidden": (width, width), "last": (10, width)}
    weights = {f"{name}.weight": shape for name, shape in layers.items()}
    return weights | {f"{name}.bias": shape[:1] for name, shape in layers.items()}


@each_framework
def test_mup_scales_each_layer_and_its_learning_rate_by_the_width(framework):
    words = run("mup", framework)
    expected = multipliers_of_shapes(shapes_at(256), shapes_at(64), optimizer="adam")
    if framework == "netinit":
        before = {f"{name}.weight": array for name, array in words["weights"].items()}
        rates = {f"{name}.weight": rate for name, rate in words["rates"].items()}
    else:
        words = defined(advise_layer("mup", framework).code)  # a model of its own: it is changed
        before = parameters(words)
        assert before.keys() == expected.keys()
        one_step(words, framework)
        after = parameters(words)
        # Adam's first step is its learning rate, up or down.
        rates = {name: np.abs(after[name] - old).max() for name, old in before.items()}
    base = {"first.weight": (2 / 32) ** 0.5, "hidden.weight": (2 / 64) ** 0.5}
    base["last.weight"] = 1 / 8
    for name, array in before.items():
        if name in base:
            assert_variance(array, (base[name] * expected[name].std) ** 2)
        else:
            assert not array.any()
        assert rates[name] == pytest.approx(0.001 * expected[name].learning_rate, rel=0.01)


def change(framework, *edits):
    """How far the outputs move in one step of code that is edited by pairs (old, new)."""
    code = advise_layer("mup", framework).code
    for old, new in edits:
        assert old in code
        code = code.replace(old, new)
    words, x = defined(code), X[:, :32].copy()
    before = call(words["model"], x, framework=framework).copy()
    one_step(words, framework)
    return np.std(call(words["model"], x, framework=framework) - before)


def growth(framework, *edits):
    """By which factor a step moves the outputs more at width 1024 than at 256."""
    at = [change(framework, ("lr = 64, 256", f"lr = 64, {n}"), *edits) for n in (256, 1024)]
    return at[1] / at[0]


@pytest.mark.parametrize("framework", ["pytorch", "keras", "nnx"])
def test_with_mup_a_step_moves_the_outputs_alike_at_every_width(framework):
    assert 0.4 < growth(framework) < 1.6  # 1, within the spread of seeds at width 256


def test_with_one_learning_rate_a_step_moves_the_outputs_by_more_than_the_width():
    one_rate, usual = ('"lr": lr / m', '"lr": lr'), ("std=base**-0.5 / m", "std=width**-0.5")
    assert growth("pytorch", one_rate, usual) > 1024 / 256
    assert growth("pytorch", one_rate) > 2  # the small output weights alone are not enough


@each_framework
def test_lsuv_gives_every_layer_a_std_of_1_on_the_batch(framework):
    words = run("other", framework)
    found = signals(words, framework, np.tanh)
    assert [h.shape for h in found] == [(64, 512), (64, 512), (64, 10)]
    np.testing.assert_allclose([h.std() for h in found], 1, atol=0.002)
    for array in (weight(layer, framework) for layer in words["layers"]):
        values = np.linalg.svd(array, compute_uv=False)
        np.testing.assert_allclose(values, values[0], rtol=1e-4)
