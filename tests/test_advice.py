"""What is advised: known names, sources in the book, and code for NumPy that does what it says.

The code for the other frameworks is run in ``tests/frameworks/test_advice.py``.
"""

import ast
import itertools
import math
import re
import warnings
from contextlib import nullcontext

import numpy as np
import pytest
from project import ROOT

import netinit as ni
from netinit.datasets import digits
from netinit.initializers.advice import (
    FRAMEWORKS,
    KINDS,
    SOURCE,
    activations,
    advise,
    advise_layer,
    architectures,
    decision_table,
    decisions,
    key_of,
    layers,
)
from netinit.network import init_network
from netinit.network.layers import Dense, Residual, Sequential
from netinit.theory.gains import UnstableGainWarning, gain, unit_gain
from netinit.training import SGD, Adam, train

EVERYTHING = list(itertools.product(architectures(), activations(), FRAMEWORKS))
BIBLIOGRAPHY = (ROOT / "chapters" / "references.bib").read_text("utf-8")
SCALE = {"relu": 2.0, "gelu": 2.352, "silu": 2.811, "mish": 2.211, "elu": 1.551}
SCALE |= {"tanh": 1.0, "selu": 1.0, "sigmoid": 16.0}
UNSTABLE = {"gelu", "silu", "mish"}


def run(architecture, activation):
    words = {}
    exec(advise(architecture, activation, "netinit").code, words)
    return words


def assert_std(weight, variance):
    # The kurtosis is 3 at most, so the relative standard error is 1 / sqrt(2 n) at most.
    assert weight.std() == pytest.approx(math.sqrt(variance), rel=5 / math.sqrt(2 * weight.size))


def expected(shape, activation):
    fan_in, fan_out = math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
    xavier = activation in ("tanh", "sigmoid")
    return SCALE[activation] / ((fan_in + fan_out) / 2 if xavier else fan_in)


@pytest.mark.parametrize(("architecture", "activation", "framework"), EVERYTHING)
def test_every_advice_is_whole_and_its_code_is_python(architecture, activation, framework):
    advice = advise(architecture, activation, framework)
    assert "$" not in advice.recommendation + advice.reason + advice.code
    assert "*" not in advice.recommendation + advice.reason  # a Text panel knows no emphasis
    assert advice.recommendation.count("`") % 2 == advice.reason.count("`") % 2 == 0
    ast.parse(advice.code)
    assert len(max(advice.code.splitlines(), key=len)) <= 92


def test_every_source_is_in_the_book():
    for row in decisions():
        words = f"{row.condition} {row.reason}"
        cited = list(SOURCE.finditer(words))
        assert len(cited) == len(re.findall(r"\b(?:19|20)\d\d\b", words)), row
        assert all(f"{{{key_of(source)}," in BIBLIOGRAPHY for source in cited)
        assert row.kind != "activation" or cited or row.network in ("GELU", "SiLU")


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu", "selu", "mish", "elu"])
def test_the_scale_of_an_activation_is_the_square_of_its_gain(activation):
    with pytest.warns(UnstableGainWarning) if activation in UNSTABLE else nullcontext():
        assert SCALE[activation] == pytest.approx(gain(activation) ** 2, abs=6e-4)


@pytest.mark.parametrize("activation", activations())
def test_numpy_code_draws_the_variance_that_is_recommended(activation):
    net = run("dense", activation)["model"]
    for weight in net.weights[:-1]:
        assert_std(weight, expected(weight.shape, activation))
    assert_std(net.weights[-1], 1 / 256)
    assert not any(b.any() for b in net.biases)
    for kernel in run("convolution", activation)["kernels"]:
        assert_std(kernel, expected(kernel.shape, activation))
    for kernel in run("normalized", activation)["kernels"]:
        assert_std(kernel, expected(kernel.shape, activation))
    for architecture, variance in (("residual", 1 / 16), ("residual_adam", 1)):
        residual = run(architecture, activation)
        for weight in residual["first"]:
            assert_std(weight, expected(weight.shape, activation) * variance)
        assert not any(weight.any() for weight in residual["last"])
    assert residual["scale"] == 1 / 16


def test_a_wrong_variance_is_noticed():
    weight = run("dense", "relu")["model"].weights[0]
    with pytest.raises(AssertionError):
        assert_std(weight, expected(weight.shape, "selu"))


def test_numpy_code_of_an_lstm_and_of_a_transformer_does_what_it_says():
    lstm = run("recurrent", "relu")
    for gate in np.split(lstm["U"], 4):
        np.testing.assert_allclose(gate @ gate.T, np.eye(128), atol=1e-5)
    for gate in np.split(lstm["W"], 4):
        assert_std(gate, 2 / (64 + 128))
    assert lstm["b"].sum() == 128
    assert (lstm["b"][128:256] == 1).all()
    block = run("transformer", "gelu")["block"]
    for name in ("qkv", "up"):
        assert_std(block[name], 0.4 / 256)
    for name in ("out", "down"):
        assert_std(block[name], 0.4 / 256 / 24)


def test_a_condition_of_the_activation_is_told_where_its_scheme_is_used():
    zero = "Zero biases"
    assert zero in advise("dense", "relu").condition
    assert zero not in advise("transformer", "relu").condition


@pytest.mark.parametrize("layer", layers())
def test_every_layer_has_code_that_is_python_for_every_framework(layer):
    for framework in FRAMEWORKS.keys() - {"jax"}:
        advice = advise_layer(layer, framework)
        assert len(max(advice.code.splitlines(), key=len)) <= 100
        compile(advice.code, layer, "exec")
    with pytest.raises(ValueError, match="framework"):
        advise_layer(layer, "jax")


# The decision tables --------------------------------------------------------------------------


def test_the_tables_have_a_row_for_everything_that_is_advised_and_for_special_layers():
    rows = {kind: [row.network for row in decisions() if row.kind == kind] for kind in KINDS}
    assert rows["activation"] == list(activations().values())
    assert rows["architecture"] == list(architectures().values())
    assert len(rows["case"]) == len(set(rows["case"])) >= 10
    assert {row.kind for row in decisions()} == set(KINDS)


def test_a_row_says_what_the_chooser_says():
    for row in decisions():
        texts = (row.network, row.start, row.condition, row.reason)
        assert not re.search(r"[$|*]", "".join(texts))
        assert all(text and text.count("`") % 2 == 0 for text in texts)
    for architecture, name in architectures().items():
        said = advise(architecture)
        row = next(row for row in decisions() if row.network == name)
        assert said.reason.endswith(row.reason)
        assert said.condition.startswith(row.condition)
        for part in row.start.split("by the activation"):
            assert part in said.recommendation


@pytest.mark.parametrize("activation", activations())
def test_the_call_in_a_row_draws_the_variance_that_is_recommended(activation):
    label = activations()[activation]
    (row,) = [row for row in decisions() if row.network == label and row.kind == "activation"]
    (name, options) = re.search(r"`(\w+)\((.*)\)`$", row.start).groups()
    weight = eval(f"ni.{name}((300, 200), rng=0, {options})")
    assert_std(weight, expected(weight.shape, activation))


def test_every_call_in_the_tables_is_of_the_package():
    calls = [name for row in decisions() for name in re.findall(r"`(\w+)\(", row.start)]
    assert len(calls) > 15
    assert [name for name in calls if not hasattr(ni, name)] == []


def test_a_table_links_its_sources():
    table = decision_table("case", references="there.md")
    assert "([Mishkin & Matas, 2016](there.md#mishkin2016))" in table
    assert table.count("\n") == 1 + sum(row.kind == "case" for row in decisions())
    with pytest.raises(ValueError, match="architecture"):
        decision_table("architectur")


@pytest.mark.parametrize("given", [("dens", "relu", "jax"), ("dense", "rel", "jax")])
def test_an_unknown_name_is_told_with_the_nearest(given):
    with pytest.raises(ValueError, match=r"dense|relu"):
        advise(*given)


# What the reasons claim -----------------------------------------------------------------------


def movement(blocks, power, optimizer):
    """How far two steps move the stream of a residual network, relative to its size."""
    branch = {"A": Dense(64, 64, bias=False), "phi": "relu", "B": Dense(64, 64, bias=False)}
    numbers = map(str, range(1, blocks + 1))
    stack = {n: Residual(branch, scale=blocks**-power) for n in numbers}
    layers = Sequential(stack | {"readout": Dense(64, 10, bias=False)})
    schemes = {"*.B.weight": "zeros", "readout.*": "zeros"}
    net = init_network(layers, "he_normal", schemes=schemes, seeds=range(3))
    data = digits()
    x = data.x_train[:64]
    before = net.forward(x).stream[-1]
    task = {"optimizer": optimizer, "steps": 2, "batch_size": 64, "rng": 8}
    moved = train(net, data.x_train, data.y_train, **task).net.forward(x).stream[-1] - before
    return math.sqrt(np.mean(moved**2) / np.mean(before**2))


@pytest.mark.parametrize(("optimizer", "power"), [(Adam(0.001), 1), (SGD(0.1), 0.5)])
def test_the_factor_of_a_branch_that_keeps_updates_from_adding_up(optimizer, power):
    at = [movement(blocks, power, optimizer) for blocks in (4, 16, 64)]
    assert max(at) < 1.1 * min(at)
    other = [movement(blocks, 1.5 - power, optimizer) for blocks in (4, 64)]
    growth = 4 if power == 1 else 1 / 16  # too weak a factor for Adam, too strong a one for SGD
    assert other[1] / other[0] == pytest.approx(growth, rel=0.25)


@pytest.mark.parametrize("activation", ["gelu", "silu", "mish"])
def test_the_growth_that_a_reason_states_is_the_slope_of_the_gain(activation):
    reason = advise("dense", activation).reason
    stated = r"grows by a factor of ([\d.]+) a layer, (?:nearly|about) (\w+)fold in (\d+) layers"
    factor, times, depth = re.search(stated, reason).groups()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnstableGainWarning)
        slope = unit_gain(activation).slope
    assert round(slope, 2) == float(factor)
    assert slope ** int(depth) == pytest.approx({"four": 4, "five": 5}[times], rel=0.1)
