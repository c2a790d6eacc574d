"""Read the defaults of the frameworks' layers off real layers: ``python book/defaults.py``.

Writes ``chapters/data/defaults.json``, which the page *What your framework does by default* shows.
`make outputs-frameworks` runs it where the frameworks are, and `make test-frameworks` compares.
"""

import json
import os
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import torch
from flax import nnx
from torch import nn

import netinit.flax
import netinit.keras
import netinit.torch

ROOT = Path(__file__).resolve().parents[1]
STORED = ROOT / "chapters" / "data" / "defaults.json"
SEED = 17

# Large enough for the law of a bias to be told, and no two sizes of a layer alike.
PYTORCH = (
    *("Linear(960, 640)", "Bilinear(24, 36, 640)"),
    *("Conv1d(48, 512, 5)", "Conv2d(24, 512, 3)", "Conv3d(12, 512, 3)"),
    *("Conv2d(64, 512, 3, groups=4)", "ConvTranspose2d(24, 512, 4, stride=2)"),
    *("Embedding(500, 96)", "EmbeddingBag(500, 96)"),
    *("BatchNorm2d(300)", "GroupNorm(4, 300)", "LayerNorm(300)", "RMSNorm(300)", "PReLU(300)"),
    *("RNN(80, 640)", "GRU(80, 320)", "LSTM(80, 320)"),
    *("MultiheadAttention(480, 4)", "MultiheadAttention(480, 4, kdim=64, vdim=80)"),
)
# A layer, and the shape of what it is built for, without the batch.
KERAS = {
    "Dense(640)": (960,),
    "Conv1D(512, 5)": (16, 48),
    "Conv2D(512, 3)": (8, 8, 24),
    "Conv3D(512, 3)": (8, 8, 8, 12),
    "Conv2D(512, 3, groups=4)": (8, 8, 256),
    "DepthwiseConv2D(3)": (8, 8, 512),
    "Conv2DTranspose(512, 4, strides=2)": (8, 8, 24),
    "Embedding(500, 96)": (7,),
    "BatchNormalization()": (300,),
    "GroupNormalization(4)": (300,),
    "LayerNormalization()": (300,),
    "RMSNormalization()": (300,),
    "PReLU()": (300,),
    "SimpleRNN(640)": (5, 80),
    "GRU(320)": (5, 80),
    "LSTM(320)": (5, 80),
    "MultiHeadAttention(4, 120)": (5, 480),
}
FLAX = (
    *("Linear(960, 640)", "Conv(48, 512, 5)", "Conv(24, 512, (3, 3))", "Conv(12, 512, (3, 3, 3))"),
    "Conv(256, 512, (3, 3), feature_group_count=4)",
    *("ConvTranspose(24, 512, (4, 4), strides=2)", "Embed(500, 96)"),
    *("BatchNorm(300)", "GroupNorm(300, 4)", "LayerNorm(300)", "RMSNorm(300)"),
    *("SimpleCell(80, 640)", "GRUCell(80, 320)", "LSTMCell(80, 320)"),
    *("OptimizedLSTMCell(80, 320)", "MultiHeadAttention(4, 480, decode=False)"),
)


def of_pytorch() -> list[dict]:
    """The defaults of PyTorch's layers, a row for each parameter."""
    torch.manual_seed(SEED)
    layers = {call: eval(f"nn.{call}", {"nn": nn}) for call in PYTORCH}
    return rows_of(layers, netinit.torch.laws_by_name)


def of_keras() -> list[dict]:
    """The same of Keras's layers, built for a shape."""
    keras.utils.set_random_seed(SEED)
    layers = {call: eval(f"layers.{call}", {"layers": keras.layers}) for call in KERAS}
    for (call, layer), shape in zip(layers.items(), KERAS.values(), strict=True):
        inputs = 2 if call.startswith("MultiHeadAttention") else 1
        layer.build(*[(None, *shape)] * inputs)
    return rows_of(layers, _by_last_names)


def of_flax() -> list[dict]:
    """The same of the layers of Flax NNX."""
    rngs = nnx.Rngs(SEED)
    layers = {
        call: eval(f"nnx.{call[:-1]}, rngs=rngs)", {"nnx": nnx, "rngs": rngs}) for call in FLAX
    }
    return rows_of(layers, netinit.flax.laws_by_name)


def _by_last_names(layer: keras.Layer) -> dict:
    """The laws of a Keras layer; a path begins with the names that Keras numbers."""
    laws = netinit.keras.laws_by_name(layer)
    return {path.removeprefix(f"{layer.name}/"): law for path, law in laws.items()}


def rows_of(layers: Mapping[str, object], read: Callable[..., Mapping]) -> list[dict]:
    """A row for each parameter of some layers, which `read` gives the laws of."""
    return [
        {"layer": call, "parameter": parameter} | said(law)
        for call, layer in layers.items()
        for parameter, law in read(layer).items()
    ]


# A framework's name, its package, and a function that returns rows.
FRAMEWORKS: dict[str, tuple[str, Callable[[], list[dict]]]] = {
    "PyTorch": ("torch", of_pytorch),
    "Keras": ("keras", of_keras),
    "Flax NNX": ("flax", of_flax),
}


def said(law) -> dict:
    """What a law says: its kind and rule, its std, and its variance times fan_in."""
    if law.kind in ("zero", "constant", "pair"):
        return {"law": str(law), "std": 0.0, "scaled": None}
    rule = f", variance {law.rule.variance}" if law.rule and law.rule.mode else ""
    fan_in = law.fans.fan_in if law.fans else None
    return {
        "law": law.kind + rule,
        "std": float(f"{law.std:.3g}"),
        "scaled": fan_in and float(f"{law.std**2 * fan_in:.2g}"),
    }


def read() -> dict:
    """The defaults of every framework, with its version."""
    return {
        name: {"version": version(package).split("+")[0], "rows": rows()}
        for name, (package, rows) in FRAMEWORKS.items()
    }


if __name__ == "__main__":
    told = read()
    STORED.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    print(f"{STORED.name}: {sum(len(each['rows']) for each in told.values())} rows")
