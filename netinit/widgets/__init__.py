"""Interactive figures and quick questions that any page can show.

Python computes all numbers of a figure when it is made; the browser shows them.

>>> import numpy as np
>>> from netinit.widgets import Explorer, Line, Lines
>>> Explorer(
...     lambda gain: {"norm": gain ** np.arange(1, 11.0)},
...     panels=[Lines([Line("norm")], y_scale="log")],
...     title="Powers of the gain",
...     gain=[0.5, 1.0, 2.0],
... )
Explorer 'Powers of the gain'
  gain: 3 values from 0.5 to 2, starts at 1
  Lines: norm
"""

from netinit.widgets.controls import Choice, Play, Range
from netinit.widgets.explorer import Explorer
from netinit.widgets.panels import (
    Heatmap,
    Histogram,
    Line,
    Lines,
    Number,
    Numbers,
    Points,
    Scatter,
    Text,
)
from netinit.widgets.quiz import Quiz

__all__ = [
    "Choice",
    "Explorer",
    "Heatmap",
    "Histogram",
    "Line",
    "Lines",
    "Number",
    "Numbers",
    "Play",
    "Points",
    "Quiz",
    "Range",
    "Scatter",
    "Text",
]
