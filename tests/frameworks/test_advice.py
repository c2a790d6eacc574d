"""The code of `netinit.advice` runs in each framework, and its weights follow the law it states."""

import functools
import math

import numpy as np
import pytest

from netinit.initializers.advice import activations, advise, architectures

torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")
jax = pytest.importorskip("jax")
flax = pytest.importorskip("flax")

SCALE = {"relu": 2.0, "gelu": 2.352, "silu": 2.811, "mish": 2.211, "elu": 1.551}
SCALE |= {"tanh": 1.0, "selu": 1.0, "sigmoid": 16.0}
BLOCKS = 12  # of the transformer
RESIDUAL = 1 / math.sqrt(16)
SHAPES = {
    "dense": (1, 784),
    "convolution": (1, 8, 8, 3),
    "residual": (1, 256),
    "residual_adam": (1, 256),
    "normalized": (1, 8, 8, 64),
    "transformer": (1, 4, 256),
}


def run(architecture, activation, framework):
    words = {}
    exec(advise(architecture, activation, framework).code, words)
    return words


def torch_weights(words):
    return {
        name.replace("weight", "kernel"): p.detach().numpy()
        for name, p in words["model"].named_parameters()
    }


def keras_weights(words):
    return {w.path: w.value.detach().numpy() for w in words["model"].trainable_weights}


def jax_weights(words, architecture):
    if architecture == "recurrent":
        params = words["params"]
    else:
        shape = SHAPES[architecture]
        params = words["model"].init(jax.random.key(1), np.ones(shape))["params"]
    flat = flax.traverse_util.flatten_dict(params, sep="/")
    return {name: np.asarray(value) for name, value in flat.items()}


def nnx_weights(words):
    state = flax.nnx.state(words["model"], flax.nnx.Param)
    leaves, _ = jax.tree_util.tree_flatten_with_path(flax.nnx.to_pure_dict(state))
    return {jax.tree_util.keystr(path): np.asarray(value) for path, value in leaves}


@functools.cache
def weights(architecture, activation, framework):
    torch.manual_seed(1)
    keras.utils.set_random_seed(1)
    words = run(architecture, activation, framework)
    if framework == "jax":
        return jax_weights(words, architecture)
    read = {"pytorch": torch_weights, "keras": keras_weights, "nnx": nnx_weights}
    return read[framework](words)


def matrices(found):
    """The weights; Keras and Flax give the biases of attention an axis of heads."""
    return [w for name, w in found.items() if w.ndim > 1 and "bias" not in name]


def fan_in(weight, framework):
    return weight[0].size if framework == "pytorch" else weight[..., 0].size


def fan_out(weight, framework):
    return weight[:, 0].size if framework == "pytorch" else weight.size // weight.shape[-2]


def assert_std(weight, std):
    # Kurtosis is 3 at most, so the relative standard error is 1 / sqrt(2 n) at most.
    assert weight.std() == pytest.approx(std, rel=5 / math.sqrt(2 * weight.size))


def expected(weight, activation, framework):
    fan = fan_in(weight, framework)
    if activation in ("tanh", "sigmoid"):
        fan = (fan + fan_out(weight, framework)) / 2
    return math.sqrt(SCALE[activation] / fan)


FRAMEWORKS = ["pytorch", "keras", "nnx", "jax"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("activation", activations())
@pytest.mark.parametrize("architecture", ["dense", "convolution", "normalized"])
def test_hidden_weights_have_the_variance_that_is_recommended(architecture, activation, framework):
    found = weights(architecture, activation, framework)
    drawn = matrices(found)
    hidden = [w for w in drawn if w.shape[-1] != 10 and w.shape[0] != 10]
    assert len(hidden) >= 2
    for weight in hidden:
        assert_std(weight, expected(weight, activation, framework))
    for weight in drawn:
        if 10 in weight.shape:
            assert_std(weight, math.sqrt(1 / 256))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_wrong_variance_is_noticed(framework):
    weight = matrices(weights("dense", "relu", framework))[0]
    with pytest.raises(AssertionError):
        assert_std(weight, expected(weight, "tanh", framework))


@pytest.mark.parametrize(("architecture", "factor"), [("residual", RESIDUAL), ("residual_adam", 1)])
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("activation", activations())
def test_a_residual_branch_ends_in_zeros(activation, framework, architecture, factor):
    drawn = matrices(weights(architecture, activation, framework))
    zero = [w for w in drawn if not w.any()]
    first = [w for w in drawn if w.any()]
    assert len(zero) == len(first) == 16
    for weight in first:
        assert_std(weight, expected(weight, activation, framework) * factor)


def called(words, framework):
    """What the model makes of an input of ones, after each zero was set to a half."""
    model, ones = words["model"], np.ones((1, 256), np.float32)
    if framework == "jax":
        params = model.init(jax.random.key(1), ones)["params"]
        half = jax.tree.map(lambda w: w if w.any() else w + 0.5, params)
        return np.asarray(model.apply({"params": half}, ones))
    if framework == "nnx":
        state = jax.tree.map(lambda w: w if w.any() else w + 0.5, flax.nnx.state(model))
        flax.nnx.update(model, state)
        return np.asarray(model(ones))
    if framework == "keras":
        for w in model.weights:
            w.assign(w if keras.ops.any(w) else w + 0.5)
        return model(ones).detach().numpy()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p if p.any() else p + 0.5)
        return model(torch.from_numpy(ones)).numpy()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_branches_for_adam_are_divided_by_their_number(framework):
    code = advise("residual_adam", "tanh", framework).code.replace("range(16)", "range(1)")
    undivided = code.replace("(256, 16", "(256, 1").replace("(x, 16)", "(x, 1)")
    undivided = undivided.replace("Block(16)", "Block(1)")
    assert code != undivided
    moved = []
    for text in (code, undivided):
        torch.manual_seed(1)
        keras.utils.set_random_seed(1)
        words = {}
        exec(text, words)
        moved.append(called(words, framework) - 1)
    assert np.abs(moved[1]).max() > 0.1
    np.testing.assert_allclose(moved[0] * 16, moved[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_last_gain_of_a_normalized_branch_is_zero(framework):
    found = weights("normalized", "relu", framework)
    gains = [w for name, w in found.items() if w.ndim == 1 and "bias" not in name]
    gains = [w for w in gains if "beta" not in str(w)]
    assert sum(bool((w == 1).all()) for w in gains) == 8


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_forget_gate_alone_starts_open(framework):
    found = weights("recurrent", "relu", framework)
    biases = [w for name, w in found.items() if "bias" in name and w.any()]
    assert len(biases) == 1
    assert biases[0].sum() == 128
    assert set(biases[0]) <= {0.0, 1.0}
    name = next(name for name, w in found.items() if w is biases[0])
    one_each = framework in ("jax", "nnx")
    assert "hf" in name if one_each else (biases[0][128:256] == 1).all()


def gates_of(found, rows, framework):
    """The matrices of the four gates that have that number of inputs."""
    inputs = 1 if framework == "pytorch" else 0
    drawn = [w for w in matrices(found) if w.shape[inputs] == rows]
    if framework in ("pytorch", "keras"):
        (fused,) = drawn
        return np.split(fused, 4, axis=1 - inputs)
    return drawn


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_recurrent_matrix_of_every_gate_is_orthogonal(framework):
    gates = gates_of(weights("recurrent", "relu", framework), 128, framework)
    assert len(gates) == 4
    for gate in gates:
        assert gate.shape == (128, 128)
        np.testing.assert_allclose(gate @ gate.T, np.eye(128), atol=1e-5)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_input_matrix_of_every_gate_is_xavier_s(framework):
    gates = gates_of(weights("recurrent", "relu", framework), 64, framework)
    assert len(gates) == 4
    for gate in gates:
        assert_std(gate, math.sqrt(2 / (64 + 128)))


def test_no_gate_is_orthogonal_in_what_keras_and_nnx_draw_by_default():
    lstm = keras.layers.LSTM(128)
    lstm.build((None, None, 64))
    cell = flax.nnx.OptimizedLSTMCell(64, 128, rngs=flax.nnx.Rngs(0))
    for fused in (
        lstm.cell.recurrent_kernel.value.detach().numpy(),
        np.asarray(cell.dense_h.kernel[...]),
    ):
        np.testing.assert_allclose(fused @ fused.T, np.eye(128), atol=1e-5)
        for gate in np.split(fused, 4, axis=1):
            stretched = np.linalg.svd(gate, compute_uv=False)
            assert stretched.max() < 0.95
            assert stretched.min() < 0.05


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_projections_into_the_residual_stream_are_smaller(framework):
    drawn = matrices(weights("transformer", "gelu", framework))
    std = math.sqrt(0.4 / 256)
    small = [w for w in drawn if w.std() > std / 2]
    last = [w for w in drawn if w.std() <= std / 2]
    assert len(last) == 2 * BLOCKS
    assert len(small) >= 2 * BLOCKS
    for weight in small:
        assert_std(weight, std)
    for weight in last:
        assert_std(weight, std / math.sqrt(2 * BLOCKS))


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("architecture", [a for a in architectures() if a != "recurrent"])
def test_no_two_layers_are_equal(architecture, framework):
    drawn = [w for w in matrices(weights(architecture, "relu", framework)) if w.any()]
    firsts = {float(w.ravel()[0]) for w in drawn}
    assert len(firsts) == len(drawn)
