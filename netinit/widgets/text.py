"""Words that the selection chooses: advice, reasons, code to copy."""

from dataclasses import dataclass
from typing import Any

from netinit.widgets.limits import Columns
from netinit.widgets.table import Packing
from netinit.widgets.words import spoken


@dataclass(frozen=True)
class Text:
    """A string that the function returned: plain paragraphs, or code to copy.

    A blank line starts a paragraph; words between backticks are set as code. There is no other
    markup: write mathematics in Unicode (σ², √2). Room is kept for the longest text, so the page
    does not jump from one selection to the next.

    Parameters
    ----------
    key : name of the string among what the function returns (a list of strings if it is played)
    title : heading above it
    code : keep line breaks, and offer a button that copies the text

    >>> from netinit.widgets import Explorer
    >>> advice = {"relu": "Use `he_normal`.", "tanh": "Use `xavier_normal`."}
    >>> explorer = Explorer(
    ...     lambda activation: {"advice": advice[activation]},
    ...     panels=[Text("advice", title="Recommended")],
    ...     activation=["relu", "tanh"],
    ... )
    >>> explorer.frame(activation="tanh")["advice"].item()
    'Use `xavier_normal`.'
    """

    key: str
    title: str | None = None
    code: bool = False

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What each axis of its arrays counts, time aside."""
        return {self.key: ()}

    def packings(self, columns: Columns) -> dict[str, Packing]:
        """How its arrays are stored."""
        return {self.key: Packing("text")}

    def spec(self, columns: Columns) -> dict[str, Any]:
        """JSON description for the browser."""
        texts = [str(text) for cell in columns[self.key].cells for text in cell.ravel()]
        return {
            "kind": "text",
            "key": self.key,
            "title": self.title,
            "code": self.code,
            "most_lines": max(text.count("\n") + 1 for text in texts),
            "most_characters": max(map(len, texts)),
        }

    def __str__(self) -> str:
        return f"Text: {self.title or spoken(self.key)}"
