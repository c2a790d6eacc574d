"""netinit.keras: the laws of Keras models, and what a batch shows of healthy and broken ones.

Here the backend is PyTorch; the same file is run with JAX in a process of its own.
"""

import doctest
import importlib
import math
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers as kinds

import netinit.keras as nik
from netinit.keras.laws import array_of

RANDOM = keras.initializers.RandomNormal


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def perceptron(depth=6, law="he_normal", head="glorot_uniform", last=None, bias="zeros"):
    hidden = [
        kinds.Dense(64, "relu", kernel_initializer=law, bias_initializer=bias) for _ in range(depth)
    ]
    top = kinds.Dense(10, last, kernel_initializer=head, name="top")
    return keras.Sequential([keras.Input((32,)), *hidden, kinds.Dropout(0.5), top], name="net")


def mixed(law="glorot_uniform"):
    given = keras.Input((16, 16, 64))
    depthwise = kinds.DepthwiseConv2D(
        3, depth_multiplier=4, depthwise_initializer=law, name="depthwise"
    )
    x = depthwise(given)
    x = kinds.Conv2D(64, 3, kernel_initializer=law, name="plain")(x)
    x = kinds.Conv2DTranspose(32, 3, strides=2, kernel_initializer=law, name="turned")(x)
    x = kinds.Reshape((-1, 32))(x)
    x = kinds.MultiHeadAttention(4, 20, name="heads")(x, x)
    return keras.Model(given, kinds.LSTM(48, name="memory")(x))


def noise(count=256):
    x = np.random.default_rng(0).normal(size=(count, 32)).astype(np.float32)
    return x, x[:, :10].argmax(1)


def codes(report, *severities):
    return {f.code for f in report.findings if not severities or f.severity in severities}


def test_laws_have_the_true_fans_of_each_layer():
    report = nik.laws(mixed())
    assert "fan_in 2304 and fan_out 576: Xavier" in report["plain/kernel"]["law"]
    assert "fan_in 32 and fan_out 80: Xavier" in report["heads/query/kernel"]["law"]
    assert "fan_in 80 and fan_out 32: Xavier" in report["heads/attention_output/kernel"]["law"]
    assert report["memory/lstm_cell/recurrent_kernel"]["law"] == "orthogonal, gain 1"
    assert codes(report, "error", "warning") == set()


def test_a_fan_that_the_operation_does_not_have_is_told():
    found = {f.where: f for f in nik.laws(mixed("he_uniform")).of("WRONG-FAN")}
    assert found["depthwise/kernel"].severity == "warning"
    assert found["depthwise/kernel"].numbers["true"] == (9, 36)
    assert found["depthwise/kernel"].numbers["assumed"] == (576, 36)
    assert "as keras.initializers counts it" in found["depthwise/kernel"].measured
    assert "plain/kernel" not in found


def test_a_layer_that_is_not_built_is_never_written():
    model = keras.Sequential([kinds.Dense(3), kinds.Dense(2)])
    (finding,) = nik.laws(model).findings
    assert (finding.code, finding.severity) == ("NEVER-WRITTEN", "error")
    assert nik.check(model, noise()).codes == {"NOT-RUN"}


def test_one_seeded_initializer_for_all_layers_makes_clones():
    report = nik.laws(perceptron(law=RANDOM(stddev=0.2, seed=1)))
    (finding,) = report.of("CLONES")
    assert finding.severity == "error"
    assert finding.count == 4


def test_a_healthy_model_passes_and_is_left_as_it_was():
    model = perceptron()
    kept = [np.copy(array_of(v)) for v in model.variables]
    report = nik.check(model, noise())
    assert not report.findings
    assert len(report) == 7
    assert report["net/top"]["fan_in"] == 64
    assert all(0.05 < row["spread"] < 1 and row["sensitivity"] > 0 for row in report.rows)
    assert all(row["dead"] < 0.5 for row in report.rows[:-1])
    assert report.facts["loss of zeros"] == pytest.approx(math.log(10), rel=1e-5)
    assert report.facts["loss of the best constant"] < math.log(10)
    for one, other in zip(kept, model.variables, strict=True):
        np.testing.assert_array_equal(one, array_of(other))
    assert model.layers[-2].rate == 0.5
    assert "call" not in vars(model.layers[0])


def test_the_loss_and_the_gradient_are_those_of_the_model():
    model, (x, y) = perceptron(depth=2), noise()
    report = nik.check(model, (x, y))
    base = model(x, training=False)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert report.facts["loss"] == pytest.approx(float(array_of(loss(y, base))), rel=1e-5)
    kernel = model.layers[-1].kernel
    size = np.linalg.norm(array_of(kernel))
    scores = array_of(base)
    hidden = x
    for layer in model.layers[:-1]:
        hidden = layer(hidden)
    chances = np.exp(scores - scores.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    slope = array_of(hidden).T @ (chances - np.eye(10)[y]) / len(y)
    assert report["net/top"]["sensitivity"] == pytest.approx(np.linalg.norm(slope) * size, rel=1e-3)


@pytest.mark.parametrize("loss", [None, "sparse_categorical_crossentropy"])
def test_probabilities_are_compared_with_constant_probabilities(loss):
    model = perceptron(last="softmax")
    if loss:
        model.compile(loss=loss)
    report = nik.check(model, noise())
    assert report.facts["loss of zeros"] == pytest.approx(math.log(10), rel=1e-5)
    assert not report.findings


@pytest.mark.parametrize(
    ("options", "code", "severity"),
    [
        ({"law": "zeros"}, "NO-GRADIENT", "error"),
        ({"law": RANDOM(stddev=2 / 64)}, "GAIN", "warning"),
        ({"head": RANDOM(stddev=5.0)}, "LOSS", "warning"),
        ({"bias": keras.initializers.Constant(-100.0)}, "DEAD", "warning"),
        ({"bias": keras.initializers.Constant(-100.0)}, "COLLAPSE", "warning"),
    ],
)
def test_broken_models(options, code, severity):
    report = nik.check(perceptron(**options), noise())
    assert [f.severity for f in report.of(code)] == [severity]


def test_a_head_that_starts_at_zero_is_no_collapse():
    report = nik.check(perceptron(head="zeros"), noise())
    assert codes(report, "error") == set()
    assert not report.of("COLLAPSE")


class Two(keras.Model):
    """A subclass with two inputs by name, and batch normalization."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = kinds.Dense(32), kinds.BatchNormalization()
        self.top = kinds.Dense(1)

    def call(self, inputs, training=False):
        x = self.norm(self.first(inputs["a"] - inputs["b"]), training=training)
        return self.top(keras.ops.relu(x))


def test_a_subclass_with_named_inputs_and_rare_positives():
    rng = np.random.default_rng(0)
    batch = {name: rng.normal(size=(512, 8)).astype(np.float32) for name in "ab"}
    target = (rng.random((512, 1)) < 0.01).astype(np.float32)
    model = Two()
    model(batch)
    moving = np.copy(array_of(model.norm.moving_mean))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    report = nik.check(model, batch, target=target, loss=loss)
    (finding,) = report.of("LOSS-PRIOR")
    assert finding.numbers["bias"] == pytest.approx(
        [math.log(target.mean() / (1 - target.mean()))], rel=1e-2
    )
    np.testing.assert_array_equal(moving, array_of(model.norm.moving_mean))


def test_bad_input_gets_one_clear_answer():
    x, y = noise()
    with pytest.raises(TypeError, match=r"keras\.Model, not function"):
        nik.laws(noise)
    with pytest.raises(TypeError, match="loss must be"):
        nik.check(perceptron(), (x, y), loss=3)
    for batch, words in [
        ((x[:, :30], y), "Error"),
        ((x, y + 5), "there are 10 classes"),
        ((x, y[:30]), "do not fit the output"),
        ((x * math.nan, y), "NaN or infinite"),
    ]:
        (finding,) = nik.check(perceptron(), batch).findings
        assert finding.code == "NOT-RUN"
        assert words in finding.measured


@pytest.mark.parametrize("name", ["laws", "check", "gradients"])
def test_the_examples_of_a_module_are_true(name):
    assert doctest.testmod(importlib.import_module(f"netinit.keras.{name}")).failed == 0


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the run with JAX")
def test_with_jax_as_the_backend():
    code = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--noconftest",
        str(Path(__file__)),
    ]
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    run = subprocess.run(
        [sys.executable, "-c", code, *options], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
