"""The page *What your framework does by default* tells the truth about the installed frameworks."""

import json
import math
import re
from importlib.metadata import version

import flax
import flax.linen
import flax.nnx
import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import torch
from project import ROOT
from samples import SEED, kurtosis

import netinit

NOTEBOOK = json.loads((ROOT / "reference" / "frameworks.ipynb").read_text("utf-8"))
PROSE = "\n\n".join(
    "".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "markdown"
)
BLOCKS = re.findall(r"```python\n(.*?)```", PROSE, re.DOTALL)
FEATURES, HIDDEN = 320, 240  # of the inputs; of the layer, and of an LSTM's state
HEADS, CONV = 4, (3, 24, 32)  # heads; taps in each direction, channels in and out


def table():
    """``{weight: (PyTorch's law, Keras's, Flax's)}``, as the page writes them."""
    rows = re.findall(r"^\| ([^|]+) \| `(.+?)` \| `(.+?)` \| `(.+?)` \|$", PROSE, re.MULTILINE)
    return {weight: laws for weight, *laws in rows}


def parameters_of(layer, *inputs):
    """The parameters of a Flax layer, by path."""
    drawn = layer.init(jax.random.key(SEED), *inputs)["params"]
    return {
        key: np.asarray(value)
        for key, value in flax.traverse_util.flatten_dict(drawn, sep="/").items()
    }


def torch_weights():
    torch.manual_seed(SEED)
    taps, channels, filters = CONV
    dense, conv = torch.nn.Linear(FEATURES, HIDDEN), torch.nn.Conv2d(channels, filters, taps)
    lstm = torch.nn.LSTM(FEATURES, HIDDEN)
    attention = torch.nn.MultiheadAttention(FEATURES, HEADS)
    input_gate, forget, cell, output = lstm.bias_ih_l0.chunk(4)
    return {
        "Dense, weight": dense.weight,
        "Dense, bias": dense.bias,
        "Convolution, weight": conv.weight,
        "Convolution, bias": conv.bias,
        "Embedding": torch.nn.Embedding(500, FEATURES).weight,
        "LSTM, from the input": lstm.weight_ih_l0,
        "LSTM, recurrent": lstm.weight_hh_l0,
        "LSTM, bias of the forget gate": forget,
        "LSTM, other biases": torch.cat([input_gate, cell, output]),
        "Attention, query": attention.in_proj_weight[:FEATURES],
        "Attention, output": attention.out_proj.weight,
        "Layer normalization, scale": torch.nn.LayerNorm(FEATURES).weight,
    }


def keras_weights():
    keras.utils.set_random_seed(SEED)
    taps, channels, filters = CONV
    dense, conv = keras.layers.Dense(HIDDEN), keras.layers.Conv2D(filters, taps)
    embedding, lstm = keras.layers.Embedding(500, FEATURES), keras.layers.LSTM(HIDDEN)
    norm = keras.layers.LayerNormalization()
    attention = keras.layers.MultiHeadAttention(HEADS, FEATURES // HEADS)
    dense.build((1, FEATURES))
    conv.build((1, 9, 9, channels))
    embedding.build((1, 1))
    lstm.build((1, 1, FEATURES))
    norm.build((1, FEATURES))
    attention.build(*[(1, 1, FEATURES)] * 2)
    input_gate, forget, cell, output = lstm.cell.bias.value.chunk(4)
    found = {
        "Dense, weight": dense.kernel,
        "Dense, bias": dense.bias,
        "Convolution, weight": conv.kernel,
        "Convolution, bias": conv.bias,
        "Embedding": embedding.embeddings,
        "LSTM, from the input": lstm.cell.kernel,
        "LSTM, recurrent": lstm.cell.recurrent_kernel,
        "LSTM, bias of the forget gate": forget,
        "LSTM, other biases": torch.cat([input_gate, cell, output]),
        "Attention, query": attention.query_dense.kernel,
        "Attention, output": attention.output_dense.kernel,
        "Layer normalization, scale": norm.gamma,
    }
    return {name: getattr(weight, "value", weight) for name, weight in found.items()}


def flax_weights():
    taps, channels, filters = CONV
    x, linen = jnp.ones((1, 1, FEATURES)), flax.linen
    dense = parameters_of(linen.Dense(HIDDEN), x)
    conv = parameters_of(linen.Conv(filters, (taps, taps)), jnp.ones((1, 9, 9, channels)))
    cell = linen.OptimizedLSTMCell(HIDDEN)
    lstm = parameters_of(cell, cell.initialize_carry(jax.random.key(0), (1, FEATURES)), x[0])
    attention = parameters_of(linen.MultiHeadDotProductAttention(HEADS), x, x)
    return {
        "Dense, weight": dense["kernel"],
        "Dense, bias": dense["bias"],
        "Convolution, weight": conv["kernel"],
        "Convolution, bias": conv["bias"],
        "Embedding": parameters_of(linen.Embed(500, FEATURES), jnp.zeros((1,), int))["embedding"],
        "LSTM, from the input": lstm["ii/kernel"],
        "LSTM, recurrent": lstm["hi/kernel"],
        "LSTM, bias of the forget gate": lstm["hf/bias"],
        "LSTM, other biases": np.concatenate([lstm[f"h{gate}/bias"] for gate in "igo"]),
        "Attention, query": attention["query/kernel"],
        "Attention, output": attention["out/kernel"],
        "Layer normalization, scale": parameters_of(linen.LayerNorm(), x)["scale"],
    }


def arrays(weights):
    return {
        name: weight.detach().numpy() if isinstance(weight, torch.Tensor) else weight
        for name, weight in weights.items()
    }


FOUND = [arrays(weights()) for weights in (torch_weights, keras_weights, flax_weights)]
KURTOSIS = {"U": 1.8, "N": 3.0, "T": 2.36554}


def evaluated(formula, words):
    """The value of a formula as the page writes it: ``1/√fan_in``, ``√(6/(2*features))``."""
    code = re.sub(r"√(\w+)", r"√(\1)", formula).replace("√", "sqrt")
    return eval(code, {"sqrt": math.sqrt, **words})


def assert_follows(weight, law, fans):
    """Hold the array of a layer to a law in the page's notation."""
    if law in {"0", "1"}:
        np.testing.assert_array_equal(weight, float(law))
        return
    if law == "O":
        matrix = weight.reshape(weight.shape[0], -1)
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(len(matrix)), atol=1e-5)
        return
    kind, formula = re.fullmatch(r"([UNT])\((.+)\)", law).groups()
    size = evaluated(formula, {"hidden": HIDDEN, "features": FEATURES, **fans})
    std = size / math.sqrt(3) if kind == "U" else size
    n, expected = weight.size, KURTOSIS[kind]
    assert abs(weight.mean()) < 5 * std / math.sqrt(n)
    spread = math.sqrt((expected - 1) / (4 * n))
    assert weight.std() == pytest.approx(std, rel=5 * spread)
    if n > 1000:
        assert kurtosis(weight) == pytest.approx(expected, abs=0.2)
    if kind == "U":
        assert np.abs(weight).max() == pytest.approx(size, rel=30 / n)


def fans_of(weight_name):
    taps, channels, filters = CONV
    if weight_name.startswith("Convolution"):
        return {"fan_in": channels * taps**2, "fan_out": filters * taps**2}
    return {"fan_in": FEATURES, "fan_out": HIDDEN}


@pytest.mark.parametrize("framework", range(3), ids=["PyTorch", "Keras", "Flax"])
@pytest.mark.parametrize("weight", FOUND[0])
def test_a_default_follows_the_law_of_the_table(weight, framework):
    assert_follows(FOUND[framework][weight], table()[weight][framework], fans_of(weight))


def test_the_table_names_each_weight_that_is_checked():
    assert set(table()) == set(FOUND[0]) == set(FOUND[1]) == set(FOUND[2])


@pytest.mark.parametrize(
    ("law", "other"), [("U(1/√fan_in)", "N(0.577/√fan_in)"), ("U(0.05)", "U(0.051)")]
)
def test_a_law_that_differs_by_little_is_rejected(law, other):
    bound = evaluated(law[2:-1], {"fan_in": FEATURES})
    weight = netinit.uniform((HIDDEN, FEATURES), bound=bound, rng=SEED)
    assert_follows(weight, law, fans_of("Dense"))
    with pytest.raises(AssertionError):
        assert_follows(weight, other, fans_of("Dense"))


@pytest.mark.parametrize(
    ("name", "package"), [("PyTorch", "torch"), ("Keras", "keras"), ("Flax", "flax")]
)
def test_the_page_names_the_versions_it_was_compared_with(name, package):
    assert f"{name} {version(package)}".split("+")[0] in PROSE


# The code on the page, run in its order ------------------------------------------------------


def he(weight, fan_in):
    return np.std(np.asarray(weight)) * math.sqrt(fan_in / 2) == pytest.approx(1, rel=0.02)


def test_the_lines_that_change_a_default_do():
    model = torch.nn.Sequential(torch.nn.Linear(FEATURES, HIDDEN), torch.nn.Conv2d(64, 64, 3))
    dense = keras.layers.Dense(512)
    dense.build((1, 400))
    words = {
        **{"torch": torch, "keras": keras, "flax": flax, "jax": jax, "netinit": netinit},
        **{"rng": np.random.default_rng(SEED), "inputs": np.ones((1, 400), np.float32)},
        **{"model": model, "dense": dense, "linear": torch.nn.Linear(400, 512)},
    }
    assert len(BLOCKS) == 5
    torch_block, keras_block, flax_block, nnx_block, netinit_block = BLOCKS

    exec(torch_block, words)
    for layer, fan_in in zip(model, (FEATURES, 64 * 9), strict=True):
        assert he(layer.weight.detach(), fan_in)
        assert not layer.bias.detach().any()

    exec(keras_block, words)
    words["layer"].build((1, 400))
    assert he(words["layer"].kernel.value.detach(), 400)

    exec(flax_block, words)
    assert he(parameters_of(words["layer"], words["inputs"])["kernel"], 400)

    exec(nnx_block, words)
    assert he(np.asarray(words["layer"].kernel[...]), 400)

    exec(netinit_block, words)
    assert he(words["linear"].weight.detach(), 400)
    assert he(dense.kernel.value.detach(), 400)
    assert he(words["parameters"]["kernel"], 400)
    assert words["outputs"].shape == (1, 512)
