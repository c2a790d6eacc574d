"""What lateness costs: a rule for the class, the times of uploads, extensions for some."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assignments.files.tables import TableError, read_table
from assignments.people.roster import Student, find

_RULE = re.compile(r"(?P<percent>\d+(?:\.\d+)?) ?% ?(?:/|per) ?(?P<unit>hour|day)")
_HOURS = {"hour": 1.0, "day": 24.0}
_IDS = ("id", "student", "ID number", "Email address", "Full name", "name")
_TIMES = ("submitted", "Last modified (submission)")
# As in Moodle's worksheet in English.
_FORMS = ("%A, %d %B %Y, %I:%M %p", "%A, %B %d, %Y, %I:%M %p")


class LatenessError(ValueError):
    """A rule or a table of times cannot be used; the message says why."""


@dataclass(frozen=True)
class Rule:
    """What each begun hour or day costs, in percent of the points earned, up to a cap."""

    percent: float
    hours: float  # of one step
    cap: float = 100.0  # percent
    grace: float = 0.0  # hours that cost nothing; beyond them all count

    def share(self, late: float) -> float:
        """The share of the points, from 0 to 1, that so many hours of lateness cost."""
        if late <= self.grace:
            return 0.0
        return min(self.percent * math.ceil(late / self.hours), self.cap) / 100


def rule(text: str, cap: float = 100.0, grace: float = 0.0) -> Rule:
    """The rule that is written as ``10%/day`` or ``1 % per hour``.

    Raises
    ------
    LatenessError
        If it is written otherwise.
    """
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise LatenessError(f"a late penalty is written like 10%/day or 1%/hour, not {text!r}")
    return Rule(float(found["percent"]), _HOURS[found["unit"]], cap, grace)


def moment(text: str) -> datetime:
    """A time as ``2026-11-20 23:59``, or as Moodle writes it in English.

    Raises
    ------
    LatenessError
        If it is neither.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise LatenessError(f"a time is written like 2026-11-20 23:59, not {text!r}")


@dataclass(frozen=True)
class Time:
    """When a student handed in, in hours after the end, and how many more the student has."""

    hours: float  # negative for those on time
    extra: float


def read_times(path: Path, roster: list[Student], due: datetime) -> dict[str, Time]:
    """When the students handed in, by their ids.

    Parameters
    ----------
    path : Path
        A CSV file: a column that names the student, a column ``submitted``, and optionally
        ``extension``, hours of extra time. Moodle's worksheet is such a file.
    roster : list of Student
        The class.
    due : datetime
        The end of everybody's time.

    Returns
    -------
    dict of str to Time
        Students without a time are not in it.

    Raises
    ------
    LatenessError
        If the file cannot be used.
    """
    try:
        columns, lines = read_table(path, excel=True)
    except (TableError, OSError) as error:
        raise LatenessError(f"the times cannot be read: {error}") from None
    time = next((name for name in _TIMES if name in columns), None)
    ids = [name for name in _IDS if name in columns]
    if time is None or not ids:
        raise LatenessError(f"{path} needs columns student and submitted; it has {columns}")
    times = {}
    for line, row in lines:
        found = find(roster, [row[name] for name in ids])
        if not row[time] or row[time] == "-" or not found:
            continue
        if len(found) > 1:
            raise LatenessError(f"{path}, line {line}: {row[ids[0]]} may be more than one student")
        try:
            hours = (moment(row[time]) - due).total_seconds() / 3600
            extra = float(row.get("extension", "").replace(",", ".") or 0)
        except (LatenessError, ValueError, TypeError) as error:
            raise LatenessError(f"{path}, line {line}: {error}") from None
        times[found[0].id] = Time(hours, extra)
    return times
