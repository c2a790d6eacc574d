"""A few numbers in large type."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from netinit.widgets.formatting import check_format, label_from, number
from netinit.widgets.limits import Columns, check_role
from netinit.widgets.panels.base import Moment, Panel, Spec
from netinit.widgets.table import Packing


@dataclass(frozen=True)
class Number:
    """One number of a Numbers panel.

    Parameters
    ----------
    key : name of the array, which holds one value
    label : its name for readers; the key if not given
    format : how it is written, as in Range
    role : color by meaning, one of ``netinit.style.ROLES``
    """

    key: str
    label: str | None = None
    format: str = ".3g"
    role: str = "ink"

    def __post_init__(self) -> None:
        check_role(self.role)
        check_format(self.format)

    def spec(self) -> dict[str, Any]:
        """JSON description for the browser."""
        label = self.label or label_from(self.key)
        return {"key": self.key, "label": label, "format": self.format, "role": self.role}


@dataclass(frozen=True)
class Numbers(Panel):
    """A row of numbers in large type.

    Parameters
    ----------
    numbers : one Number or the name of an array that holds one value, or a list of them
    title : heading above it
    """

    kind: ClassVar[str] = "numbers"
    whole_row: ClassVar[bool] = True

    numbers: Sequence[Number]
    title: str | None = None

    def __post_init__(self) -> None:
        numbers = (self.numbers,) if isinstance(self.numbers, (Number, str)) else self.numbers
        made = tuple(Number(number) if isinstance(number, str) else number for number in numbers)
        object.__setattr__(self, "numbers", made)

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """What each axis of its arrays counts, time aside."""
        return {number.key: () for number in self.numbers}

    def packings(self, columns: Columns) -> dict[str, Packing]:
        """How its arrays are stored."""
        return {number.key: Packing("exact") for number in self.numbers}

    def spec(self, columns: Columns) -> dict[str, Any]:
        """JSON description for the browser."""
        numbers = [number.spec() for number in self.numbers]
        return {"numbers": numbers}

    def __str__(self) -> str:
        labels = (number.label or label_from(number.key) for number in self.numbers)
        return f"Numbers: {'; '.join(labels)}"

    @staticmethod
    def height(spec: Spec, width: int) -> int:
        """Roughly how tall it is in a page: see Panel."""
        return 80

    @staticmethod
    def facts(spec: Spec, moment: Moment) -> list[str]:
        """Each number with its label: see Panel."""
        entries = ((e["label"], moment.frame[e["key"]], e["format"]) for e in spec["numbers"])
        return [f"{label}: {number(float(value), format)}" for label, value, format in entries]
