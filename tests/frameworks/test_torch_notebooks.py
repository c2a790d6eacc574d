"""The notebooks that need PyTorch show what they store, and the lines that they offer run."""

import copy
import json
import re
import sys

import flax.nnx
import keras
import nbformat
import numpy as np
import pytest
import torch
from project import ROOT

import netinit
import netinit.torch as nit

sys.path.insert(0, str(ROOT / "book"))

import outputs

NOTEBOOKS = outputs.NOTEBOOKS
CHAPTER = ROOT / "chapters" / "17_your_own_model.ipynb"
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


def words(output):
    """What an output says; pictures are compared by their words alone."""
    said = output.get("text") or output.get("data", {}).get("text/plain", "")
    return output["output_type"], ADDRESS.sub("0x", said)


def changed(stored, now):
    """The ids of the cells whose outputs differ in words."""
    pairs = zip(stored.cells, now.cells, strict=True)
    return [
        cell.id
        for cell, other in pairs
        if list(map(words, cell.get("outputs", []))) != list(map(words, other.get("outputs", [])))
    ]


def test_the_chapter_is_among_them():
    assert CHAPTER in NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_stores(path):
    stored = nbformat.read(path, as_version=4)
    now = copy.deepcopy(stored)
    outputs.run(now, path.parent)
    assert changed(stored, now) == [], "make outputs-frameworks, and look at the difference"


def test_another_output_is_noticed():
    stored = nbformat.read(CHAPTER, as_version=4)
    other = copy.deepcopy(stored)
    cell = next(cell for cell in other.cells if cell.get("outputs"))
    cell.outputs[0].text = cell.outputs[0].text.replace("1", "2")
    assert changed(stored, other) == [cell.id]


def kernels():
    """A dense layer's kernel of each framework that stores it as (in, out)."""
    layer = keras.layers.Dense(300)
    layer.build((1, 200))
    flax_layer = flax.nnx.Linear(200, 300, rngs=flax.nnx.Rngs(0))
    return {
        "Keras": (layer.kernel.value.detach(), "Xavier"),
        "JAX": (flax_layer.kernel[...], "LeCun"),
    }


@pytest.mark.parametrize("framework", ["Keras", "JAX"])
def test_the_lines_for_keras_and_jax_read_the_law_of_a_kernel(framework):
    cells = json.loads(CHAPTER.read_text("utf-8"))["cells"]
    prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    (block,) = (b for b in re.findall(r"```python\n(.*?)```", prose, re.DOTALL) if "layout=" in b)
    kernel, rule = kernels()[framework]
    known = {"netinit": netinit, "nit": nit, "np": np, "torch": torch, "kernel": kernel}
    *first, last = block.strip().splitlines()
    exec("\n".join(first), known)
    assert eval(last, known).rule.name == rule
