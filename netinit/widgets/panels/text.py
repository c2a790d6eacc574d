"""Words that the selection chooses: advice, reasons, code to copy."""

import textwrap
from dataclasses import dataclass
from typing import Any, ClassVar

from netinit.widgets.formatting import label_from
from netinit.widgets.limits import Columns
from netinit.widgets.panels.base import Moment, Panel, Spec
from netinit.widgets.table import Packing


@dataclass(frozen=True)
class Text(Panel):
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

    kind: ClassVar[str] = "text"

    key: str
    title: str | None = None
    code: bool = False

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What each axis of its arrays counts, time aside."""
        return {self.key: ()}

    @property
    def strings(self) -> frozenset[str]:
        """Its only array holds strings."""
        return frozenset({self.key})

    def packings(self, columns: Columns) -> dict[str, Packing]:
        """How its arrays are stored."""
        return {self.key: Packing("text")}

    def spec(self, columns: Columns) -> dict[str, Any]:
        """JSON description for the browser."""
        texts = [str(text) for cell in columns[self.key].cells for text in cell.ravel()]
        return {
            "key": self.key,
            "code": self.code,
            "most_lines": max(text.count("\n") + 1 for text in texts),
            "most_characters": max(map(len, texts)),
        }

    def __str__(self) -> str:
        return f"Text: {self.title or label_from(self.key)}"

    @staticmethod
    def height(spec: Spec, width: int) -> int:
        """Roughly how tall it is in a page: see Panel."""
        wrapped = 0 if spec["code"] else spec["most_characters"] * 8 // width
        return 50 + 22 * (spec["most_lines"] + wrapped)

    @staticmethod
    def passage(spec: Spec, moment: Moment, characters: int) -> tuple[str, str]:
        """The text, its lines no longer than the picture is wide: see Panel."""
        lines = [spec["title"], ""] * bool(spec["title"])
        for line in str(moment.frame[spec["key"]]).split("\n"):
            plain = line.replace("`", "")
            lines += [line] if spec["code"] else textwrap.wrap(plain, characters) or [""]
        return "\n".join(lines), "monospace" if spec["code"] else "sans-serif"
