"""A rubric, split into parts that can be chosen one by one and whose points add up to the task's.

A rubric is the text of a teacher's note: a list with one part each, between an introduction and
remarks. A part says its points in brackets within or after its bold beginning, as in
``**Forward (1.5 points).**``, or with its first words, ``**1 point** for``; if none does, all are
worth the same.
"""

import math
import re
from dataclasses import dataclass

STEP = 0.5  # points between the choices of a part
MOST = 20  # choices of a part

_ITEM = re.compile(r"^(?:[-*]|\d+\.) ")
_NUMBER = r"(?P<whole>\d+(?:[.,]\d+)?)?(?P<half>½)?"
_POINTS = (
    re.compile(rf"^\*\*[^*]*\({_NUMBER}(?: points?)?\)[^*]*\*\*"),
    re.compile(rf"^\*\*[^*]+\*\* \({_NUMBER}(?: points?)?\)"),
    re.compile(rf"^\**{_NUMBER} points?\b"),
)


@dataclass(frozen=True)
class Part:
    """A part of a rubric: its text in markdown, and its points."""

    text: str
    out_of: float

    @property
    def choices(self) -> list[float]:
        """The points that can be chosen, from none to all."""
        step = STEP if self.out_of / STEP <= MOST else self.out_of / MOST
        steps = [step * n for n in range(math.ceil(self.out_of / step))]
        return [*steps, self.out_of]


@dataclass(frozen=True)
class Rubric:
    """A rubric in parts; one part without a text if its points could not be told apart."""

    before: str
    parts: list[Part]
    after: str


def split(text: str, out_of: float) -> Rubric:
    """The rubric of a task that gives `out_of` points."""
    before, items, after = _items(text)
    found = [_points(item) for item in items]
    if items and not any(found):
        found = [out_of / len(items)] * len(items)
    if None in found or not math.isclose(sum(found), out_of):
        return Rubric(text, [Part("", out_of)], "")
    return Rubric(before, [Part(*pair) for pair in zip(items, found, strict=True)], after)


def _items(text: str) -> tuple[str, list[str], str]:
    """What is before the list, its items, and what is after it."""
    before: list[str] = []
    items: list[list[str]] = []
    after: list[str] = []
    for line in text.splitlines():
        if _ITEM.match(line) and not after:
            items.append([_ITEM.sub("", line)])
        elif not items:
            before.append(line)
        elif line.startswith(" ") and not after:
            items[-1].append(line.strip())
        elif line.strip() or after:
            after.append(line)
    return _joined(before), [_joined(item) for item in items], _joined(after)


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _points(item: str) -> float | None:
    for pattern in _POINTS:
        found = pattern.match(item)
        if found and (found["whole"] or found["half"]):
            whole = float((found["whole"] or "0").replace(",", "."))
            return whole + (0.5 if found["half"] else 0.0)
    return None
