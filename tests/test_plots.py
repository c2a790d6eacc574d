import numpy as np
import pytest

from netinit import plots
from netinit.style import ROLES

X = np.arange(3)
DRAWS = np.arange(101.0)[:, None] * [1, 2, 3]  # quantiles known: p percent is at 100 p


def bands(ax):
    """Lower and upper edge at each point, of each filled band."""
    for band in ax.collections:
        corners = band.get_paths()[0].vertices
        yield [
            (corners[corners[:, 0] == x, 1].min(), corners[corners[:, 0] == x, 1].max()) for x in X
        ]


def test_a_fan_has_bands_of_90_and_50_percent_and_the_median():
    ax = plots.fan(plots.axes(), X, DRAWS, role="forward")
    assert np.allclose(
        list(bands(ax)), [[(5, 95), (10, 190), (15, 285)], [(25, 75), (50, 150), (75, 225)]]
    )
    (median,) = ax.lines
    assert np.allclose(median.get_ydata(), [50, 100, 150])
    assert median.get_color() == ROLES["forward"].light


def test_paths_are_the_first_draws_beneath_the_median():
    ax = plots.fan(plots.axes(), X, DRAWS, role="forward", paths=2, text="he")
    first, second, median = ax.lines
    assert np.array_equal([first.get_ydata(), second.get_ydata()], DRAWS[:2])
    assert median.get_linewidth() > first.get_linewidth()
    assert [note.get_text() for note in ax.texts] == ["he"]


def test_a_fan_of_an_unknown_role_is_refused():
    with pytest.raises(KeyError, match="luck"):
        plots.fan(plots.axes(), X, DRAWS, role="luck")
