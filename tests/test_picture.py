"""The picture of an Explorer: nothing lies over anything, nothing is cut off, an axis that counts
has whole ticks."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from netinit.widgets import (
    Explorer,
    Heatmap,
    Histogram,
    Line,
    Lines,
    Number,
    Numbers,
    Play,
    Points,
    Scatter,
)
from netinit.widgets import picture as pictures

WALK = np.random.default_rng(0).normal(size=(6, 7)).cumsum(axis=0)
LONG = "one of a dozen labels that are each as long as a line of prose"
PANELS = {
    "lines": Lines(
        [Line("up", band=("up", "more")), Line("more", label="predicted", theory=True)],
        title="A title over the legend",
        y_label="mean square of the pre-activations of a layer",
    ),
    "log": Lines([Line("up", label=LONG)], y_scale="log", y_limits=(1e-20, 1e20)),
    "steps": Lines(["up"], x="steps", x_label="training step"),
    "scatter": Scatter(
        [Points("x", "y", label="here"), Points("y", "x", label=LONG, role="focus")],
        equal=True,
        y_label="weight from the second input",
        title="The hidden units of one layer",
    ),
    "tails": Scatter(Points("x", "y", tail=True)),
    "bars": Histogram("bars", limits=(0, 1), title="Shape"),
    "map": Heatmap("bars", title="Accuracy on unseen digits after some steps"),
    "plane": Heatmap("cells", x="side", y="side"),
}


def frame_of(layers):
    up = np.linspace(1, 2, layers)
    return {
        "up": up,
        "more": up + 1,
        "steps": 10.0 * np.arange(layers),
        "x": WALK,
        "y": WALK[::-1],
        "bars": np.ones((4, 8)),
        "cells": np.ones((31, 31)),
        "side": np.linspace(-1.2, 1.2, 31).round(2),
        "last": up[-1],
    }


def explorer_of(*panels, layers=20, numbers=5):
    entries = [Number("last", label=f"the number that is called {i}") for i in range(numbers)]
    return Explorer(
        lambda layers: frame_of(layers),
        panels=[*panels, Numbers(entries)],
        title="A title",
        layers=[layers],
        time=Play(range(6), keys=["x", "y"], start=4),
    )


def drawn(explorer):
    """The figure after its layout, and the renderer that knows where things are."""
    with mpl.rc_context(pictures._RC):
        figure = pictures.figure(explorer.spec, explorer.frame(), explorer._past())
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return figure, canvas.get_renderer()


def axes_of(*panels, **options):
    return drawn(explorer_of(*panels, **options))[0].axes


COMBINATIONS = [("lines",), ("log", "bars"), ("scatter", "steps", "log"), ("map", "lines")]


@pytest.mark.parametrize("names", COMBINATIONS, ids=" ".join)
def test_nothing_is_cut_off(names):
    figure, renderer = drawn(explorer_of(*(PANELS[name] for name in names)))
    tight = figure.get_tightbbox(renderer)  # in inches
    assert tight.x0 >= 0
    assert tight.y0 >= 0
    assert tight.x1 <= figure.get_figwidth()
    assert tight.y1 <= figure.get_figheight()


@pytest.mark.parametrize("names", COMBINATIONS, ids=" ".join)
def test_legends_lie_over_no_data_and_axes_keep_their_room(names):
    figure, renderer = drawn(explorer_of(*(PANELS[name] for name in names)))
    frames = [ax.get_window_extent(renderer) for ax in figure.axes]
    legends = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    assert legends
    for legend in legends:
        box = legend.get_window_extent(renderer)
        assert [frame for frame in frames if box.overlaps(frame)] == []
    wide = [frame.width for frame in frames if frame.width > 60]  # a color bar is narrow
    assert min(wide) > 0.5 * figure.bbox.width / len(names) - 40


def test_tick_labels_of_a_map_do_not_touch():
    figure, renderer = drawn(explorer_of(PANELS["plane"], PANELS["lines"]))
    labels = [label for label in figure.axes[0].get_xticklabels() if label.get_text()]
    boxes = [label.get_window_extent(renderer) for label in labels]
    assert len(boxes) >= 4
    gaps = [after.x0 - before.x1 for before, after in itertools.pairwise(boxes)]
    assert min(gaps) > boxes[0].height / 2


def test_every_mark_of_a_legend_is_that_of_its_line():
    (ax,) = axes_of(PANELS["lines"])
    shown = ax.get_legend().get_lines()
    assert [line.get_color() for line in shown] == [line.get_color() for line in ax.lines]
    assert [line.get_linestyle() for line in shown] == ["-", "--"]
    assert ax.get_legend().get_title().get_text() == "A title over the legend"


def test_all_numbers_are_said_in_lines_that_fit():
    figure, _ = drawn(explorer_of(PANELS["lines"], numbers=9))
    text = figure.get_supxlabel()
    assert all(f"the number that is called {i}: 2" in text for i in range(9))
    assert len(text.split("\n")) > 1


@pytest.mark.parametrize(
    ("layers", "ticks"),
    [
        (3, [1, 2, 3]),
        (17, [1, 5, 10, 15]),
        (20, [1, 5, 10, 15, 20]),
        (50, [1, 10, 20, 30, 40, 50]),
    ],
)
def test_layers_are_counted_in_whole_numbers_from_the_first(layers, ticks):
    (ax,) = axes_of(PANELS["lines"], layers=layers)
    assert ax.get_xticks().tolist() == ticks


def test_an_axis_of_whole_steps_has_whole_ticks_and_another_one_keeps_its_own():
    assert axes_of(PANELS["steps"], layers=2)[0].get_xticks().tolist() == [0, 2, 4, 6, 8, 10]
    halves = Explorer(
        lambda: {"y": np.ones(3), "x": np.array([0, 0.5, 1])}, panels=[Lines("y", x="x")]
    )
    ticks = drawn(halves)[0].axes[0].get_xticks()
    assert np.any(ticks != np.round(ticks))


def test_a_tick_of_a_log_axis_stands_at_1_and_the_others_are_evenly_spaced():
    (ax,) = axes_of(PANELS["log"])
    decades = np.round(np.log10(ax.get_yticks()), 6)
    assert 0 in decades
    assert set(np.diff(decades)) == {5}


def test_tails_run_from_the_first_frame_to_the_one_that_is_shown():
    (ax,) = axes_of(PANELS["tails"])
    assert len(ax.lines) == WALK.shape[1]
    shown = np.array([line.get_xydata() for line in ax.lines])
    assert shown.shape == (7, 5, 2)
    assert np.allclose(shown[:, :, 0], WALK[:5].T, atol=1e-3)
    dots = ax.collections[0].get_offsets()
    assert np.allclose(shown[:, -1], dots)
