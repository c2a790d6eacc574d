"""The code of chapter 12 for PyTorch, Keras and JAX measures what the chapter says it does."""

import contextlib
import io
import json
import math
import re

import numpy as np
import pytest
from project import ROOT

import netinit
from netinit.propagation import jacobian

NOTEBOOK = json.loads((ROOT / "chapters" / "12_shattering.ipynb").read_text("utf-8"))
PROSE = "\n\n".join(
    "".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "markdown"
)
# The scaled branch, then, in a section of its own, the measurement.
SCALED, MEASURED = re.findall(r"```python\n(.*?)```", PROSE, re.DOTALL)
TORCH, JAX = MEASURED.strip().split("\n\n")
NET = netinit.init_mlp([6, 20, 20, 3], "he_normal", rng=12)
X = np.random.default_rng(12).standard_normal((2, 6)).astype(np.float32)


def cosine():
    first, second = jacobian(NET, X)[:, 0].astype(float)
    return first @ second / np.linalg.norm(first) / np.linalg.norm(second)


def printed(code, words):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, words)
    return float(re.search(r"-?\d+\.\d+", out.getvalue()).group())


def test_torch():
    torch = pytest.importorskip("torch")
    layers = [torch.nn.Linear(i, o, bias=False) for i, o in ((6, 20), (20, 20), (20, 3))]
    with torch.no_grad():
        for layer, weight in zip(layers, NET.weights, strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
    relu = torch.nn.ReLU()
    model = torch.nn.Sequential(layers[0], relu, layers[1], relu, layers[2])
    words = {"torch": torch, "model": model, "x": torch.from_numpy(X.copy())}
    assert printed(TORCH, words) == pytest.approx(cosine(), abs=1e-3)


def test_jax():
    jax = pytest.importorskip("jax")

    def model(x):
        for weight in NET.weights[:-1]:
            x = jax.nn.relu(weight @ x)
        return NET.weights[-1] @ x

    words = {"jax": jax, "jnp": jax.numpy, "model": model, "x": jax.numpy.asarray(X)}
    assert printed(JAX, words) == pytest.approx(cosine(), abs=1e-3)


def test_the_two_ways_to_scale_a_branch():
    keras = pytest.importorskip("keras")
    for line in SCALED.splitlines():
        h = keras.ops.convert_to_tensor(X) if "keras" in line else X
        words = {"h": h, "branch": lambda x: 3 * x, "blocks": 9, "math": math, "keras": keras}
        exec(line, words)
        found = words["h"] if h is X else words["h"].detach().numpy()  # its backend is torch
        assert found == pytest.approx(2 * X, rel=1e-6)
