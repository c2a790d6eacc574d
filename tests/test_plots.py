import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

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
    with pytest.raises(ValueError, match="no role is named 'luck'"):
        plots.fan(plots.axes(), X, DRAWS, role="luck")


def drawn(color):
    ax = plots.axes()
    ax.plot(X, X, color=color)
    return plots.show(ax, alt="A straight line that rises from the origin to the corner.")


def test_a_figure_is_an_svg_a_png_and_words_and_the_png_shows_what_the_svg_shows():
    data, metadata = drawn("#FF0000")._repr_mimebundle_()
    assert set(data) == {"image/svg+xml", "image/png", "text/plain"}
    with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    width, height = (
        float(re.search(rf'<svg[^>]* {side}="([\d.]+)pt"', data["image/svg+xml"])[1])
        for side in ("width", "height")
    )
    assert np.allclose(pixels.shape, (2 * height, 2 * width, 3), atol=1)
    assert metadata["image/png"]["width"] == round(96 / 72 * width)
    red = np.argwhere((pixels - [255, 0, 0] == 0).all(axis=2))
    up, right = red.T  # the line falls, as pixels are counted, from one end to the other
    assert len(red) > 1000
    assert np.corrcoef(up, right)[0, 1] < -0.99
    assert (pixels[0] == 255).all()


def test_the_same_figure_is_the_same_bytes_and_another_one_is_not():
    assert drawn("#FF0000").png == drawn("#FF0000").png != drawn("#0000FF").png


def test_a_role_or_a_place_that_does_not_exist_is_refused_in_the_callers_words():
    ax = plots.axes()
    with pytest.raises(ValueError, match="no role is named 'forwrad'; known: 'forward', "):
        plots.seeds(ax, X, [X], role="forwrad")
    with pytest.raises(ValueError, match="at='middle' is not one of 'start', "):
        plots.line_label(ax, X, X, "text", role="theory", at="middle")
