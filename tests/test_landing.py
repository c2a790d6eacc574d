"""The experiment of the landing page, and what its text says of it."""

import gzip
import re
import sys

import numpy as np
import pytest
from project import ROOT

sys.path.insert(0, str(ROOT / "book"))

from netbook import starts

TEXT = (ROOT / "index.md").read_text("utf-8")


@pytest.fixture(scope="module")
def explorer():
    """Run the page's cell; return what it shows."""
    cells = re.findall(r"^```\{code-cell\}.*?\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    (code,) = (re.sub(r"\A(?::.*\n)+", "", cell) for cell in cells)
    setup, shown = code.split("\nExplorer(\n")
    names = {}
    exec(f"{setup}\nshown = Explorer(\n{shown}", names)
    return names["shown"]


def test_at_scale_1_the_network_learns(explorer):
    end = explorer.frame(scale=1, step=600)
    assert end["right"] > 0.85
    assert np.ptp(end["belief"]) > 0.9


def test_at_half_that_scale_almost_nothing_reaches_the_last_layers(explorer):
    assert "At half that scale almost nothing reaches the last layers" in TEXT
    end = explorer.frame(scale=0.5, step=600)
    assert end["size"][-1] < 1e-11
    assert np.ptp(end["belief"]) < 0.02
    assert end["right"] == pytest.approx(0.5)


def test_at_twice_that_scale_the_numbers_overflow_within_20_steps(explorer):
    assert "overflow within the first 20 steps" in TEXT
    assert explorer.frame(scale=2, step=0)["right"] == pytest.approx(0.5, abs=0.05)
    assert np.isnan(explorer.frame(scale=2, step=20)["right"])


@pytest.fixture(scope="module")
def arrived():
    """Share of the mean square of layer 1 that arrives at the last layer, by scale."""
    found = {}
    for one in starts.starts():
        moments = starts.moments(one["experiment"])
        assert len(moments) == 16
        found[one["scale"]] = moments[-1] / moments[0]
    return found


def test_the_rows_of_cells_show_what_their_words_say(arrived):
    assert list(arrived) == [0.5, 1, 2]
    assert arrived[0.5] < 1e-8
    assert 0.1 < arrived[1] < 10
    assert arrived[2] > 1e8


def test_a_cell_is_as_full_as_its_signal():
    text = starts.cells(np.array([1.0, 1e-5, 1e-12, 1e5]))
    assert re.findall(r'fill-opacity="([\d.]+)"', text) == ["1.0", "0.5", "0", "0.5"]
    assert text.count("--ni-ink") == 1


def test_the_first_view_is_light():
    assert len(gzip.compress(starts.rows("laboratory.html").encode())) < 2000
