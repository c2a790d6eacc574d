"""netinit.flax: the laws of NNX models, and what a batch shows of healthy and broken ones."""

import doctest
import importlib
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import netinit.flax as nif

INIT = nnx.initializers
HE, LECUN = INIT.he_normal(), INIT.lecun_normal()


class Perceptron(nnx.Module):
    def __init__(self, depth=6, width=64, law=HE, head=LECUN, seed=0):
        rngs = nnx.Rngs(seed)
        self.layers = nnx.List(
            [
                nnx.Linear(width if i else 32, width, kernel_init=law, rngs=rngs)
                for i in range(depth)
            ]
        )
        self.dropout = nnx.Dropout(0.5, rngs=rngs)
        self.head = nnx.Linear(width, 10, kernel_init=head, rngs=rngs)

    def __call__(self, x):
        for layer in self.layers:
            x = nnx.relu(layer(x))
        return self.head(self.dropout(x))


class Mixed(nnx.Module):
    """A layer of each kind that has fans of its own."""

    def __init__(self, kernel=LECUN):
        rngs = nnx.Rngs(0)
        self.depthwise = nnx.Conv(
            64, 64, (3, 3), feature_group_count=64, kernel_init=kernel, rngs=rngs
        )
        self.turned = nnx.ConvTranspose(
            64, 40, (4, 4), strides=(2, 2), kernel_init=kernel, rngs=rngs
        )
        self.heads = nnx.MultiHeadAttention(4, 80, rngs=rngs, decode=False)
        self.memory = nnx.OptimizedLSTMCell(40, 80, rngs=rngs)
        self.table = nnx.Embed(100, 80, rngs=rngs)


def noise(count=256):
    x = np.random.default_rng(0).normal(size=(count, 32)).astype(np.float32)
    return x, x[:, :10].argmax(1)


def kept(model):
    """The values of all variables, the states of the random streams among them."""
    leaves = jax.tree.leaves(nnx.state(model))
    keys = jax.dtypes.prng_key
    return [
        np.asarray(jax.random.key_data(a) if jnp.issubdtype(a.dtype, keys) else a) for a in leaves
    ]


def codes(report, *severities):
    return {f.code for f in report.findings if not severities or f.severity in severities}


def test_laws_have_the_true_fans_of_each_layer():
    report = nif.laws(Mixed())
    assert "1/fan_in with fan_in 9" in report["depthwise.kernel"]["law"]
    assert "1/fan_in with fan_in 80" in report["heads.query.kernel"]["law"]
    assert "1/fan_in with fan_in 80" in report["heads.out.kernel"]["law"]
    assert "1/fan_in with fan_in 40" in report["memory.dense_i.kernel"]["law"]
    assert report["memory.dense_h.kernel"]["law"] == "orthogonal, gain 1"
    assert report["table.embedding"]["law"].startswith("normal")
    assert codes(report, "error", "warning") == set()


def test_a_healthy_stack_is_one_row_without_findings():
    report = nif.laws(Perceptron())
    assert report["layers.3.kernel"]["tensors"] == 5
    assert "He" in report["layers.3.kernel"]["law"]
    assert not report.findings


def test_a_fan_that_the_operation_does_not_have_is_told():
    (finding,) = nif.laws(Mixed(INIT.he_normal())).of("WRONG-FAN")
    assert (finding.where, finding.severity) == ("turned.kernel", "warning")
    assert finding.numbers["true"] == (256, 640)
    assert "as jax.nn.initializers counts it" in finding.measured


def test_parameters_of_an_abstract_model_are_never_written():
    model = nnx.eval_shape(Perceptron)
    (finding,) = nif.laws(model).findings
    assert (finding.code, finding.severity, finding.count) == ("NEVER-WRITTEN", "error", 14)
    assert nif.laws_by_name(model)["head.kernel"].kind == "meta"
    assert "NOT-RUN" in nif.check(model, noise()).codes


def test_what_the_values_show():
    model = Perceptron()
    with_nan = model.layers[1].kernel[...].at[0, 0].set(math.nan)
    model.layers[1].kernel[...] = with_nan
    model.layers[3].kernel[...] = model.layers[2].kernel[...]
    model.head.kernel[...] = jnp.zeros((64, 10))
    found = {(f.code, f.where) for f in nif.laws(model).findings}
    assert {("NONFINITE", "layers.1.kernel"), ("CLONES", "layers.3.kernel")} <= found
    assert ("ZERO", "head.kernel") in found


def test_bfloat16_is_read_as_what_it_was_drawn_from():
    layer = nnx.Linear(256, 300, kernel_init=HE, rngs=nnx.Rngs(0))
    layer.kernel = nnx.Param(layer.kernel[...].astype(jnp.bfloat16))
    assert nif.laws_by_name(layer)["kernel"].rule.name == "He"


def test_a_healthy_model_passes_and_is_left_as_it_was():
    model = Perceptron()
    before = kept(model)
    report = nif.check(model, noise())
    assert not report.findings
    assert [row["name"] for row in report.rows] == [*(f"layers.{i}" for i in range(6)), "head"]
    assert report["layers.0"]["fan_in"] == 32
    assert all(0.05 < row["spread"] < 1.01 and row["sensitivity"] > 0 for row in report.rows)
    assert report.facts["loss of zeros"] == pytest.approx(math.log(10), rel=1e-5)
    assert report.facts["loss of the best constant"] < math.log(10)
    for one, other in zip(before, kept(model), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not model.dropout.deterministic
    assert type(model.head) is nnx.Linear


def test_the_gradients_are_those_of_jax():
    model, (x, y) = Perceptron(depth=2), noise()
    report = nif.check(model, (x, y))
    model.eval()

    def loss(model):
        scores = jax.nn.log_softmax(model(x))
        return -scores[jnp.arange(len(y)), y].mean()

    value, slopes = nnx.value_and_grad(loss)(model)
    product = np.linalg.norm(slopes["head"]["kernel"][...]) * np.linalg.norm(model.head.kernel[...])
    assert report.facts["loss"] == pytest.approx(float(value), rel=1e-5)
    assert report["head"]["sensitivity"] == pytest.approx(float(product), rel=1e-4)


def variance_for_std(key, shape, dtype=jnp.float32, **options):
    return 2 / shape[0] * jax.random.normal(key, shape, dtype)


@pytest.mark.parametrize(
    ("options", "code", "severity"),
    [
        ({"law": INIT.zeros}, "NO-GRADIENT", "error"),
        ({"law": variance_for_std}, "GAIN", "warning"),
        ({"law": INIT.variance_scaling(0.01, "fan_in", "normal")}, "GAIN", "warning"),
        ({"head": INIT.normal(5.0)}, "LOSS", "warning"),
    ],
)
def test_broken_models(options, code, severity):
    report = nif.check(Perceptron(**options), noise())
    assert [f.severity for f in report.of(code)] == [severity]


def test_an_output_that_does_not_depend_on_the_input():
    model = Perceptron()
    for layer in model.layers[1:]:
        layer.bias[...] = jnp.full_like(layer.bias[...], 3000.0)
    report = nif.check(model, noise())
    (finding,) = report.of("COLLAPSE")
    assert finding.numbers["lost_at"] == "layers.1"


def test_a_head_that_starts_at_zero_is_no_collapse():
    report = nif.check(Perceptron(head=INIT.zeros), noise())
    assert codes(report, "error") == set()
    assert not report.of("COLLAPSE")
    assert report.of("NO-GRADIENT")[0].severity == "warning"


class Normed(nnx.Module):
    def __init__(self):
        rngs = nnx.Rngs(0)
        self.conv = nnx.Conv(3, 16, (3, 3), rngs=rngs)
        self.norm = nnx.BatchNorm(16, rngs=rngs)
        self.head = nnx.Linear(16, 1, rngs=rngs)

    def __call__(self, image, *, scale):
        x = nnx.relu(self.norm(self.conv(image)))
        return self.head(x.mean((1, 2))) * scale


def test_keywords_rare_classes_and_statistics_of_a_norm():
    rng = np.random.default_rng(0)
    image = rng.normal(size=(512, 8, 8, 3)).astype(np.float32)
    target = (rng.random((512, 1)) < 0.01).astype(np.float32)
    model = Normed()

    def loss(scores, target):
        return jnp.mean(jnp.maximum(scores, 0) - scores * target + jnp.log1p(jnp.exp(-abs(scores))))

    report = nif.check(model, {"image": image, "scale": 0.1}, loss=loss, target=target)
    (finding,) = report.of("LOSS-PRIOR")
    assert finding.numbers["bias"] == pytest.approx(
        [math.log(target.mean() / (1 - target.mean()))], rel=1e-3
    )
    assert report["norm"]["kind"] == "BatchNorm"
    np.testing.assert_array_equal(model.norm.mean[...], np.zeros(16))


def test_bad_input_gets_one_clear_answer():
    x, y = noise()
    with pytest.raises(TypeError, match=r"flax\.nnx\.Module, not function"):
        nif.laws(noise)
    with pytest.raises(TypeError, match="loss must be a function"):
        nif.check(Perceptron(), (x, y), loss="mse")
    for batch, words in [
        ((x[:, :30], y), "TypeError"),
        ((x, y + 5), "there are 10 classes"),
        ((x, y[:30]), "do not fit the output"),
        ((x * math.nan, y), "NaN or infinite"),
    ]:
        (finding,) = nif.check(Perceptron(), batch).findings
        assert finding.code == "NOT-RUN"
        assert words in finding.measured


@pytest.mark.parametrize("name", ["laws", "check"])
def test_the_examples_of_a_module_are_true(name):
    assert doctest.testmod(importlib.import_module(f"netinit.flax.{name}")).failed == 0
