"""Read the defaults of the frameworks' layers off real layers: ``python book/defaults.py``.

Writes ``chapters/data/defaults.json``, which the page *What your framework does by default* shows.
`make outputs-frameworks` runs it where the frameworks are, and `make test-frameworks` compares.
"""

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn

from netinit.torch import laws_by_name

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


def of_pytorch() -> list[dict]:
    """The defaults of PyTorch's layers, a row for each parameter."""
    torch.manual_seed(SEED)
    rows = []
    for call in PYTORCH:
        layer = eval(f"nn.{call}", {"nn": nn})
        for parameter, law in laws_by_name(layer).items():
            rows.append({"layer": call, "parameter": parameter} | said(law))
    return rows


# A framework's name, its package, and a function that returns rows.
FRAMEWORKS: dict[str, tuple[str, Callable[[], list[dict]]]] = {"PyTorch": ("torch", of_pytorch)}


def said(law) -> dict:
    """What a law says: its kind and rule, its std, and its variance times fan_in."""
    if law.kind in ("zero", "constant"):
        return {"law": f"all {law.mean:g}", "std": 0.0, "scaled": None}
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
