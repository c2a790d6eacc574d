"""The widgets saved in a built page, decoded by Python from the page's own bytes."""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netinit.widgets.table import cell, decode

STATE = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-state\+json">(.*?)</script>', re.DOTALL
)
VIEW = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>', re.DOTALL
)


@dataclass(frozen=True)
class Saved:
    """One Explorer: what it says of itself and the table it carries."""

    spec: dict
    table: bytes

    def frame(self, indices: dict[str, int]) -> dict[str, np.ndarray]:
        """Arrays shown when each control stands at its index."""
        columns = decode(self.table)
        controls = self.spec["controls"]
        called = tuple(indices[one["name"]] for one in controls if one["kind"] != "play")
        frame = {key: cell(column, called) for key, column in columns.items()}
        for one in controls:
            frame |= {key: frame[key][indices[one["name"]]] for key in one["keys"] if key in frame}
        return frame


def models(page: Path) -> dict[str, dict]:
    """Every widget model saved in the page."""
    found = STATE.search(page.read_text("utf-8"))
    return json.loads(found[1].replace("<\\/", "</"))["state"] if found else {}


def shown(page: Path) -> list[dict]:
    """The models of the page's widgets in the order of the page: the state's is that of ids."""
    known = models(page)
    places = VIEW.findall(page.read_text("utf-8"))
    return [known[json.loads(place)["model_id"]] for place in places]


def explorers(page: Path) -> list[Saved]:
    """The Explorers of a page, from its top."""
    found = []
    for model in shown(page):
        if "panels" in model["state"].get("spec", {}):
            (data,) = [b["data"] for b in model["buffers"] if b["path"] == ["table"]]
            found.append(Saved(model["state"]["spec"], base64.b64decode(data)))
    return found


def quizzes(page: Path) -> list[dict]:
    """What each Quiz of a page asks, from its top."""
    specs = [model["state"].get("spec", {}) for model in shown(page)]
    return [spec for spec in specs if "question" in spec]


def views(page: Path) -> int:
    """How many widgets the page shows."""
    return len(shown(page))
