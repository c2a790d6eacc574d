"""The critical networks and the default that chapter 10 shows are what the chapter says of them."""

import re

import numpy as np
import pytest
from chapter import chapters

CHAPTER = next(c for c in chapters() if c.name == "10_edge_of_chaos")
PROSE = "\n\n".join(cell.source for cell in CHAPTER.prose())
(BLOCK,) = re.findall(r"```python\n(# PyTorch\n.*?)```", PROSE, re.DOTALL)
PARTS = dict(zip(("torch", "keras", "jax"), re.split(r"# \w+\n", BLOCK)[1:], strict=True))
WIDTH = 256


def in_torch():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layer = torch.nn.Linear(WIDTH, WIDTH)
    exec(PARTS["torch"], {"torch": torch, "layer": layer})
    return layer.weight.detach().numpy(), layer.bias.detach().numpy()


def in_keras():
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    *before, last = PARTS["keras"].strip().splitlines()
    words = {"keras": keras}
    exec("\n".join([*before, f"layer = {last}"]), words)
    words["layer"].build((None, WIDTH))
    return tuple(w.value.detach().numpy() for w in words["layer"].weights)


def in_jax():
    flax = pytest.importorskip("flax")
    jax = pytest.importorskip("jax")
    from flax import nnx

    *before, last = PARTS["jax"].strip().splitlines()
    words = {"jax": jax, "flax": flax, "rngs": nnx.Rngs(0)}
    exec("\n".join([*before, f"layer = {last}"]), words)
    return np.asarray(words["layer"].kernel[...]), np.asarray(words["layer"].bias[...])


@pytest.mark.parametrize("drawn", [in_torch, in_keras, in_jax])
def test_the_code_draws_the_variances_that_the_chapter_names(drawn):
    weight, bias = drawn()
    assert WIDTH * weight.var() == pytest.approx(1.76, rel=6 * (2 / WIDTH**2) ** 0.5)
    assert bias.var() == pytest.approx(0.05, rel=5 * (2 / WIDTH) ** 0.5)


def test_the_default_of_pytorch_makes_two_inputs_one():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layers = [part for _ in range(12) for part in (torch.nn.Linear(WIDTH, WIDTH), torch.nn.ReLU())]
    with torch.no_grad():
        h = torch.nn.Sequential(*layers[:-1]).double()(torch.randn(2, WIDTH).double())
    cosine = float(torch.nn.functional.cosine_similarity(h[0], h[1], dim=0))
    assert 1e-8 < 1 - cosine < 1e-5
