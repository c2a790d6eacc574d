"""The code of chapter 16 for PyTorch, Keras and JAX starts where the chapter says it does."""

import json
import math
import re

import numpy as np
import pytest
from project import ROOT

NOTEBOOK = json.loads((ROOT / "chapters" / "16_informed_starts.ipynb").read_text("utf-8"))
PROSE = "\n\n".join(
    "".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "markdown"
)
(BLOCK,) = re.findall(r"```python\n(.*?)```", PROSE, re.DOTALL)
TORCH, KERAS, JAX = re.split(r"^# (?:PyTorch|Keras|JAX)\n", BLOCK, flags=re.MULTILINE)[1:]
SHARE = 0.01


def predicted(output):
    """The probability that a logit stands for."""
    return 1 / (1 + np.exp(-np.asarray(output, float)))


def plain(value):
    """A tensor or variable of any framework as a NumPy array."""
    value = getattr(value, "value", value)
    return value.detach().numpy() if hasattr(value, "detach") else np.asarray(value)


def test_torch():
    torch = pytest.importorskip("torch")
    head, B = torch.nn.Linear(8, 1), torch.nn.Linear(4, 8, bias=False)
    exec(TORCH, {"torch": torch, "math": math, "head": head, "B": B, "p": SHARE})
    assert predicted(plain(head.bias)) == pytest.approx(SHARE, rel=1e-5)
    assert not B.weight.any()


def test_keras():
    keras = pytest.importorskip("keras")
    layer = eval(KERAS.strip(), {"keras": keras, "math": math, "p": SHARE})
    layer.build((None, 8))
    assert predicted(plain(layer.bias)) == pytest.approx(SHARE, rel=1e-5)


def test_jax():
    pytest.importorskip("flax.linen")
    flax, jax = pytest.importorskip("flax"), pytest.importorskip("jax")
    words = {"flax": flax, "jax": jax, "math": math, "p": SHARE}
    layer = eval(JAX.strip(), words)
    parameters = layer.init(jax.random.key(0), np.zeros((1, 8)))
    assert predicted(parameters["params"]["bias"]) == pytest.approx(SHARE, rel=1e-5)
