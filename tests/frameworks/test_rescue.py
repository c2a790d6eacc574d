"""The rescue in plain PyTorch that chapter 6 prints does what the chapter says of it."""

import json
import re

import pytest
from project import ROOT

NOTEBOOK = json.loads((ROOT / "chapters" / "06_he.ipynb").read_text("utf-8"))
PROSE = "\n\n".join(
    "".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "markdown"
)
(RESCUE,) = (b for b in re.findall(r"```python\n(.*?)```", PROSE, re.DOTALL) if "seed(0)" in b)


def run(code):
    words = {}
    exec(code, words)
    return words["before"], words["after"]


@pytest.mark.parametrize("seed", range(3))
def test_the_missing_factor_rescues_the_network_that_stalled(seed):
    before, after = run(RESCUE.replace("seed(0)", f"seed({seed})"))
    assert before < 0.3
    assert after > 0.95


def test_without_the_factor_it_stays_where_it_was():
    factor = "math.sqrt(2)"
    assert RESCUE.count(factor) == 1
    assert run(RESCUE.replace(factor, "1.0"))[1] < 0.3
