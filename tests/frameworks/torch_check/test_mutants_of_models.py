"""Eight ways to spoil one layer of ten models: the layer is named; no original is accused."""

import os
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
mutated = pytest.importorskip("mutated", exc_type=ImportError)

ROOT = Path(__file__).parents[3]
NAMED_AT_LEAST = 0.9
pytestmark = pytest.mark.filterwarnings("default")  # what transformers says of its own models


@pytest.mark.parametrize("name", mutated.MODELS)
def test_no_original_is_accused(name):
    said = mutated.found(mutated.MODELS[name])
    assert not said, [(f.code, f.where, f.measured) for f in said]


def test_nearly_all_mutants_are_named_at_their_layer():
    rows, missed = [], []
    for name, case in mutated.MODELS.items():
        row = [name]
        for kind, (spoil, _) in mutated.KINDS.items():
            said = mutated.found(case, spoil)
            guilty = mutated.guilty(case, kind)
            codes = {f.code for f in said if guilty in mutated.names(f)}
            row.append(", ".join(sorted(codes)) or "missed")
            if not codes:
                missed.append((name, kind, sorted({(f.code, f.where) for f in said})))
        rows.append(row)
    write(rows)
    total = len(mutated.MODELS) * len(mutated.KINDS)
    assert len(missed) <= (1 - NAMED_AT_LEAST) * total, missed


def write(rows):
    """The table of results, in _build."""
    lines = [["model", *mutated.KINDS], ["---"] * (len(mutated.KINDS) + 1), *rows]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    folder = ROOT / "_build"
    folder.mkdir(exist_ok=True)
    (folder / "mutants.md").write_text(text + "\n", "utf-8")
