"""What every kind of panel has to say: the base class, and the moment that a picture shows."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from netinit.widgets.controls import Control
from netinit.widgets.limits import Columns
from netinit.widgets.table import Packing

Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Moment:
    """What a picture shows: the arrays of one selection.

    Attributes
    ----------
    frame : the arrays by name, as :meth:`Explorer.frame` returns them
    past : of each played array all frames so far, along its first axis
    indices : the index at which each control is, by the control's name
    """

    frame: Mapping[str, np.ndarray]
    past: Mapping[str, np.ndarray]
    indices: Mapping[str, int]


class Panel(ABC):
    """One kind of panel: what it reads, how that is stored, and how it is shown without a script.

    A kind is a frozen dataclass in ``panels/<kind>.py`` that inherits from this class, the
    JavaScript module ``panels/<kind>.js`` that draws it, and ``panels/<kind>.css`` if it has
    styles of its own, every selector of which starts with ``.ni-panel.ni-<kind>``.
    ``panels/__init__.py`` lists the kinds; nothing else names one.

    The methods of an instance are called once, when its Explorer is made, in this order:
    ``bound``, ``axes`` and ``strings``, ``packings``, ``spec``. The static methods are given what
    ``spec`` returned, as the browser is, with the ``kind`` and the ``title`` added.

    The JavaScript module exports ``{ draw, legend }`` as its default. ``legend(panel)`` is
    optional and returns an element. ``draw(panel, frame, width)`` gets the panel's description, a
    function from the name of an array to ``{ values, shape, log }`` (explorer.js says what else it
    offers) and the width in pixels. It returns an object:

    ``element``   what is shown; an SVG carries an ``aria-label`` with the ``summary``
    ``summary``   the result in a few words, for screen readers; may be empty
    ``notes``     pairs (kind of note, what it is about): what could not be drawn in its place
    ``table``     optional: function that returns ``{ caption, head, rows }``, the values as text
    ``probe``     optional: function from a place in pixels to ``{ place, lines }``, the values
                  under the pointer; with it ``guide``, the element that marks the place
    ``choose``    optional: function from a place in pixels to ``{ control: index }``, for clicks
    ``others``    optional: function that returns the elements of all selections, so that room is
                  kept for the tallest
    """

    kind: ClassVar[str]  # the name of its two files
    chart_width: ClassVar[float] = 0  # of its axes in a picture, beside the others'; 0 for none
    whole_row: ClassVar[bool] = False  # whether it takes a row of its own in a page

    title: str | None

    def bound(self, controls: Mapping[str, Control]) -> Self:
        """The panel as it is shown with these controls; raises ValueError if it cannot be."""
        return self

    @property
    @abstractmethod
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What it reads: for each array, what each axis counts, time aside."""

    @property
    def strings(self) -> frozenset[str]:
        """Which of its arrays hold strings; the others hold numbers."""
        return frozenset()

    @abstractmethod
    def packings(self, columns: Columns) -> dict[str, Packing]:
        """How each of its arrays is stored.

        Raises ValueError if the arrays, which hold the values of all selections, cannot be shown.
        """

    @abstractmethod
    def spec(self, columns: Columns) -> dict[str, Any]:
        """JSON description for the browser; limits that hold for every selection belong here."""

    @abstractmethod
    def __str__(self) -> str:
        """A line of the Explorer's text, such as ``Lines: measured; predicted``."""

    @staticmethod
    @abstractmethod
    def height(spec: Spec, width: int) -> int:
        """Roughly how tall it is in a page, in pixels, when it is so many pixels wide."""

    @staticmethod
    def draw(ax: Any, spec: Spec, moment: Moment) -> None:
        """Draw its chart on matplotlib's axes; called if ``chart_width`` is positive."""
        raise NotImplementedError("a panel with a chart_width needs a draw method")

    @staticmethod
    def passage(spec: Spec, moment: Moment, characters: int) -> tuple[str, str] | None:
        """Text of several lines for a picture and its font family; None for none."""
        return None

    @staticmethod
    def facts(spec: Spec, moment: Moment) -> list[str]:
        """Short texts, such as ``loss: 0.5``, for the lines below a picture."""
        return []
