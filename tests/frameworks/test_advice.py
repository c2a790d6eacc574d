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

SCALE = {"relu": 2.0, "gelu": 2.352, "silu": 2.811, "tanh": 1.0, "selu": 1.0, "sigmoid": 1.0}
BLOCKS = 12  # of the transformer
RESIDUAL = 1 / math.sqrt(16)
SHAPES = {
    "dense": (1, 784),
    "convolution": (1, 8, 8, 3),
    "residual": (1, 256),
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


@functools.cache
def weights(architecture, activation, framework):
    torch.manual_seed(1)
    keras.utils.set_random_seed(1)
    words = run(architecture, activation, framework)
    if framework == "jax":
        return jax_weights(words, architecture)
    return {"pytorch": torch_weights, "keras": keras_weights}[framework](words)


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


FRAMEWORKS = ["pytorch", "keras", "jax"]


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


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("activation", activations())
def test_a_residual_branch_starts_small_and_ends_in_zeros(activation, framework):
    drawn = matrices(weights("residual", activation, framework))
    zero = [w for w in drawn if not w.any()]
    first = [w for w in drawn if w.any()]
    assert len(zero) == len(first) == 16
    for weight in first:
        assert_std(weight, expected(weight, activation, framework) * RESIDUAL)


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
    assert "hf" in name if framework == "jax" else (biases[0][128:256] == 1).all()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_recurrent_matrices_are_orthogonal(framework):
    found = weights("recurrent", "relu", framework)
    recurrent = [w for w in matrices(found) if w.shape != (64, 128) and 64 not in w.shape]
    for weight in recurrent:
        gates = np.split(weight, len(weight) // 128) if framework != "keras" else [weight]
        for gate in gates:
            np.testing.assert_allclose(gate @ gate.T, np.eye(128), atol=1e-5)
    assert len(recurrent) == (4 if framework == "jax" else 1)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_projections_into_the_residual_stream_are_smaller(framework):
    drawn = matrices(weights("transformer", "gelu", framework))
    small = [w for w in drawn if w.std() > 0.012]
    last = [w for w in drawn if w.std() <= 0.012]
    assert len(last) == 2 * BLOCKS
    for weight in small:
        assert_std(weight, 0.02)
    for weight in last:
        assert_std(weight, 0.02 / math.sqrt(2 * BLOCKS))


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("architecture", [a for a in architectures() if a != "recurrent"])
def test_no_two_layers_are_equal(architecture, framework):
    drawn = [w for w in matrices(weights(architecture, "relu", framework)) if w.any()]
    firsts = {float(w.ravel()[0]) for w in drawn}
    assert len(firsts) == len(drawn)
