"""What a reader can move: a range of numbers, a choice of names, the play of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from netinit.widgets.formatting import check_format, label_from, nearest, number

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Control:
    """A control as an Explorer uses it: values, their texts and the index it starts at."""

    kind: str
    name: str
    label: str
    values: tuple[Scalar, ...]
    texts: tuple[str, ...]
    start: int
    keys: tuple[str, ...] = ()

    def index(self, value: object) -> int:
        """Position of ``value``; a float may differ in its last digits."""
        for i, known in enumerate(self.values):
            if _same(known, value):
                return i
        raise ValueError(f"{self.name}={value!r} is not on the grid; {self._offer(value)}")

    def _offer(self, value: object) -> str:
        if self.kind == "choice" or not isinstance(value, (int, float, np.number)):
            return nearest(value, self.values)
        close = sorted(self.values, key=lambda known: abs(known - value))[:2]
        return f"the nearest values are {' and '.join(map(repr, close))}"

    def spec(self) -> dict[str, Any]:
        """JSON description for the browser."""
        fields = ("kind", "name", "label", "start")
        lists = {name: list(getattr(self, name)) for name in ("values", "texts", "keys")}
        return {name: getattr(self, name) for name in fields} | lists

    def __str__(self) -> str:
        offered = f"{len(self.values)} values from {self.texts[0]} to {self.texts[-1]}"
        if self.kind == "choice":
            offered = ", ".join(self.texts)
        return f"{self.label}: {offered}, starts at {self.texts[self.start]}"


@dataclass(frozen=True)
class Range:
    """A slider over increasing numbers, evenly spaced or not.

    Parameters
    ----------
    values : increasing numbers, one per notch
    label : name a reader sees; the keyword of the control if not given
    format : how a value is written, such as ".2f"; enough digits to tell all apart if not given
    start : the value shown first; the middle one if not given

    >>> Range([0.5, 1.0, 2.0], label="gain", start=1.0).control("gain").texts
    ('0.5', '1', '2')
    """

    values: Iterable[float]
    label: str | None = None
    format: str | None = None
    start: float | None = None

    def control(self, name: str) -> Control:
        """Checked description under the keyword ``name``."""
        values = _increasing(self.values, name)
        texts = _texts(values, self.format, name)
        label = self.label or label_from(name)
        return _started(Control("range", name, label, values, texts, len(values) // 2), self.start)


@dataclass(frozen=True)
class Choice:
    """One of a few named alternatives.

    Parameters
    ----------
    values : the alternatives, as the function takes them
    labels : their names for readers; the values themselves if not given
    label : name of the control; its keyword if not given
    start : the value shown first; the first one if not given
    """

    values: Sequence[Scalar]
    label: str | None = None
    labels: Sequence[str] | None = None
    start: Scalar | None = None

    def control(self, name: str) -> Control:
        """Checked description under the keyword ``name``."""
        values = _distinct(self.values, name)
        texts = tuple(map(str, values if self.labels is None else self.labels))
        if len(texts) != len(values):
            raise ValueError(f"{name}: {len(values)} values but {len(texts)} labels")
        label = self.label or label_from(name)
        return _started(Control("choice", name, label, values, texts, 0), self.start)


@dataclass(frozen=True)
class Play:
    """Time: a slider that can run by itself over the first axis of the arrays named ``keys``.

    The function is not called with it: one call returns all frames of those arrays.

    Parameters
    ----------
    values : increasing times (training steps), one per frame
    keys : names of the arrays whose first axis is time
    label, format, start : as in Range; it starts at the first frame if not given
    """

    values: Iterable[float]
    keys: Sequence[str] | str = ()
    label: str | None = None
    format: str | None = None
    start: float | None = None

    def control(self, name: str) -> Control:
        """Checked description under the keyword ``name``."""
        keys = (self.keys,) if isinstance(self.keys, str) else tuple(self.keys)
        if not keys:
            raise ValueError(f"{name}: say which arrays it plays, as Play(values, keys=[...])")
        values = _increasing(self.values, name)
        texts = _texts(values, self.format, name)
        label = self.label or label_from(name)
        return _started(Control("play", name, label, values, texts, 0, keys), self.start)


def as_control(name: str, given: object) -> Control:
    """Control for a keyword: a Range, Choice or Play, a list of names or an array of numbers."""
    if isinstance(given, (Range, Choice, Play)):
        return given.control(name)
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"{name}={given!r}: give a list of values, or a Range, Choice or Play")
    values = list(given)
    named = any(isinstance(value, (str, bool, np.bool_)) for value in values)
    return (Choice if named else Range)(values).control(name)


def _same(known: Scalar, value: object) -> bool:
    if isinstance(known, (str, bool)) or isinstance(value, (str, bool, np.bool_)):
        return known == value and isinstance(known, str) == isinstance(value, str)
    if not isinstance(value, (int, float, np.number)):
        return False
    return abs(known - value) <= 1e-9 * max(abs(known), abs(value))


def _distinct(values: Iterable[Scalar], name: str) -> tuple[Scalar, ...]:
    listed = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    if not listed:
        raise ValueError(f"{name} has no values")
    for value in listed:
        if not isinstance(value, (str, int, float, bool)):
            raise TypeError(f"{name}: {value!r} is neither a name nor a number")
        if listed.count(value) > 1:
            raise ValueError(f"{name}: {value!r} appears {listed.count(value)} times")
    return listed


def _increasing(values: Iterable[float], name: str) -> tuple[float, ...]:
    listed = _distinct(np.asarray(values if hasattr(values, "__len__") else list(values)), name)
    if not all(isinstance(v, (int, float)) and np.isfinite(v) for v in listed):
        raise ValueError(f"{name}: a range takes finite numbers; for names use Choice")
    if any(b <= a for a, b in pairwise(listed)):
        raise ValueError(f"{name}: the values of a range must increase; sort them")
    return listed


def _texts(values: tuple[float, ...], spec: str | None, name: str) -> tuple[str, ...]:
    if spec is not None:
        check_format(spec)
    for candidate in [spec] if spec else [f".{digits}g" for digits in range(3, 17)]:
        texts = tuple(number(value, candidate) for value in values)
        if len(set(texts)) == len(texts):
            return texts
    raise ValueError(f"{name}: format {spec!r} writes two values alike; give it more digits")


def _started(control: Control, start: Scalar | None) -> Control:
    return control if start is None else replace(control, start=control.index(start))
