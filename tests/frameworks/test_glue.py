"""The code of the page *Use netinit in your framework* runs, and does what the page says."""

import math
import re

import flax
import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import torch
from project import ROOT
from samples import SEED

import netinit

PAGE = (ROOT / "reference" / "glue.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def words():
    """The names that the page's code defines, run in its order; each layer once it is filled."""
    known, layers = {}, []
    for block in BLOCKS:
        exec(block, known)
        layers.append(known.get("layer"))
    return known | {"bfloat16_layer": layers[1], "float32_layer": layers[2]}


def assert_he(weight, fan_in):
    weight = np.asarray(weight, np.float64)
    spread = 5 / math.sqrt(2 * weight.size)
    assert weight.std() == pytest.approx(math.sqrt(2 / fan_in), rel=spread)
    assert np.unique(weight).size > 100


def test_parameters_of_pytorch_are_filled(words):
    layer = words["bfloat16_layer"]
    assert layer.weight.dtype == torch.bfloat16
    assert_he(layer.weight.detach().float(), 512)
    assert not layer.bias.detach().any()
    assert_he(words["float32_layer"].weight.detach(), 512)


def test_a_parameter_is_filled_where_it_is(words):
    layer = torch.nn.Linear(8, 4)
    place = layer.weight.data_ptr()
    netinit.he_normal((4, 8), rng=SEED, out=layer.weight.detach().numpy())
    assert layer.weight.data_ptr() == place
    assert (layer.weight.detach().numpy() == netinit.he_normal((4, 8), rng=SEED)).all()
    assert layer.weight.requires_grad


def test_layers_of_keras_follow_the_law(words):
    dense, conv = words["dense"], words["conv"]
    dense.build((1, 400))
    conv.build((1, 9, 9, 24))
    assert_he(dense.kernel.value.detach(), 400)
    assert_he(conv.kernel.value.detach(), 24 * 9)
    half = keras.layers.Dense(256, kernel_initializer=words["he"], dtype="bfloat16")
    half.build((1, 400))
    assert half.kernel.value.dtype == torch.bfloat16
    assert_he(half.kernel.value.detach().float(), 400)


def test_queries_keys_and_values_of_keras_differ(words):
    options = {"in_axis": 0, "out_axis": (1, 2)}
    attention = keras.layers.MultiHeadAttention(
        4, 16, kernel_initializer=words["Netinit"]("he_normal", **options)
    )
    attention.build(*[(1, 1, 64)] * 2)
    layers = (attention.query_dense, attention.key_dense, attention.value_dense)
    kernels = [layer.kernel.value.detach().numpy() for layer in layers]
    for kernel in kernels:
        assert_he(kernel, 64)
    assert len({float(kernel.ravel()[0]) for kernel in kernels}) == 3


# Keras's own way of turning a tensor into an array.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_model_of_keras_is_saved_with_its_initializer(words, tmp_path):
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(4, kernel_initializer=words["he"])]
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    found = loaded.layers[0].kernel_initializer
    assert found.get_config() == {"name": "he_normal", "in_axis": -2, "out_axis": -1}
    kernels = [m.layers[0].kernel.value.detach().numpy() for m in (model, loaded)]
    assert (kernels[0] == kernels[1]).all()


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
def test_a_key_of_jax_gives_the_same_numbers_inside_jit_and_outside(words, dtype):
    initializer = words["from_key"](words["channels_last"])
    key, other = jax.random.split(jax.random.key(SEED))
    plain = initializer(key, (400, 300), dtype)
    assert plain.dtype == dtype
    assert_he(plain.astype(jnp.float32), 400)
    jitted = jax.jit(initializer, static_argnums=(1, 2))
    assert (jitted(key, (400, 300), dtype) == plain).all()
    assert not (jitted(other, (400, 300), dtype) == plain).all()
    old_style = initializer(jax.random.key_data(key), (400, 300), dtype)
    assert (old_style == plain).all()


def test_a_stack_of_keys_gives_a_stack_of_weights(words):
    initializer = words["from_key"](words["channels_last"])
    keys = jax.random.split(jax.random.key(SEED), 3)
    stacked = jax.vmap(lambda key: initializer(key, (20, 30)))(keys)
    for key, weight in zip(keys, stacked, strict=True):
        assert (weight == initializer(key, (20, 30))).all()


def test_a_model_of_flax_follows_the_law(words):
    assert words["weights"].dtype == jnp.bfloat16
    first = words["model"].init(jax.random.key(0), words["inputs"])
    flat = flax.traverse_util.flatten_dict(first["params"], sep=".")
    assert_he(flat["layers_0.kernel"], 512)
    assert_he(flat["layers_2.kernel"], 256)


def test_a_whole_model_of_pytorch_is_drawn_from_one_seed(words):
    state = words["network"].state_dict()
    for name, fan_in in [("0.weight", 512), ("3.weight", 256)]:
        assert_he(state[name], fan_in)
    assert (state["1.weight"] == 1).all()
    assert not any(state[name].any() for name in state if name.endswith("bias"))


def test_a_whole_tree_of_jax_is_drawn_from_one_seed(words):
    flat = flax.traverse_util.flatten_dict(words["parameters"]["params"], sep=".")
    assert_he(flat["layers_0.kernel"], 512)
    assert_he(flat["layers_2.kernel"], 256)
    assert words["outputs"].shape == (32, 10)
    assert np.isfinite(words["outputs"]).all()
