"""The experiment in PyTorch of the chapter on training runs, and shows what the chapter says."""

import re

from chapter import chapters

CHAPTER = next(c for c in chapters() if c.name == "07_training_dynamics")
PROSE = "\n\n".join(cell.source for cell in CHAPTER.prose())
(BLOCK,) = re.findall(r"```python\n(import torch\n.*?)```", PROSE, re.DOTALL)
PRINTED = re.compile(r"([\d.]+) times He: first step moves (\S+), loss after 100 steps (\S+)")


def test_half_of_he_waits_and_he_learns(capsys):
    exec(BLOCK, {})
    found = [[float(n) for n in line] for line in PRINTED.findall(capsys.readouterr().out)]
    (half, short, waits), (he, full, learned) = found
    assert (half, he) == (0.5, 1.0)
    assert 50 < full / short < 300  # two to the seventh, and a smaller gradient at the output
    assert waits > 2.2  # ln 10 is 2.303
    assert learned < 0.5
