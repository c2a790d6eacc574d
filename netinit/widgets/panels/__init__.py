"""The kinds of panel: each is a Python file, a JavaScript file and perhaps a style sheet."""

from netinit.widgets.formatting import nearest
from netinit.widgets.panels.base import Moment, Panel, Spec
from netinit.widgets.panels.heatmap import Heatmap
from netinit.widgets.panels.histogram import Histogram
from netinit.widgets.panels.lines import Line, Lines
from netinit.widgets.panels.numbers import Number, Numbers
from netinit.widgets.panels.scatter import Points, Scatter
from netinit.widgets.panels.text import Text

KINDS = {panel.kind: panel for panel in (Lines, Histogram, Heatmap, Scatter, Numbers, Text)}

__all__ = [
    "KINDS",
    "Heatmap",
    "Histogram",
    "Line",
    "Lines",
    "Moment",
    "Number",
    "Numbers",
    "Panel",
    "Points",
    "Scatter",
    "Spec",
    "Text",
    "kind_of",
]


def kind_of(spec: Spec) -> type[Panel]:
    """The class of a panel whose description is given.

    Raises
    ------
    ValueError
        If no panel is of that kind.
    """
    if spec["kind"] not in KINDS:
        raise ValueError(f"no panel is of kind {spec['kind']!r}; {nearest(spec['kind'], KINDS)}")
    return KINDS[spec["kind"]]
