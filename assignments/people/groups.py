"""Groups: several students who hand in one notebook, and have a row each.

A table with columns ``group`` and ``student`` says who belongs together. Each student's files are
read apart, as without groups, so nobody's files can harm those of another. Then the newest notebook
of a group is graded, for all of its members.
"""

from dataclasses import dataclass
from pathlib import Path

from assignments.files.tables import TableError, read_table
from assignments.people.roster import Student, find, plain

_GROUP = ("group", "groupname", "team")
_STUDENT = ("student", "id", "studentid", "idnumber", "sisuserid", "userid", "username", "loginid")


class GroupsError(ValueError):
    """The table of groups cannot be used; the message says why."""


@dataclass(frozen=True)
class HandedIn:
    """One member's notebook that can be graded, and when it came."""

    student: Student
    on_time: bool
    submitted: float | None  # hours after the end of the time, if a table of times says
    order: tuple[float, float]  # the platform's number, when the file was saved
    fingerprint: str  # of what is graded

    @property
    def rank(self) -> tuple:
        """What is newest ranks highest; what came late, below all that was on time."""
        known = self.submitted is not None
        return (self.on_time, known, self.submitted if known else 0.0, self.order)


def read_groups(path: Path, roster: list[Student]) -> dict[str, str]:
    """The group of each student who has one, by the students' ids.

    Parameters
    ----------
    path : Path
        A CSV file with a column ``group`` (or ``group_name``, as Canvas writes it) and a column
        that names the student; one line for each member. A line without a group is left out.
    roster : list of Student
        The class.

    Raises
    ------
    GroupsError
        If the file cannot be used, or a student is not on the roster or is in two groups.
    """
    try:
        columns, lines = read_table(path, excel=True)
    except (TableError, OSError) as error:
        raise GroupsError(f"the groups cannot be read: {error}") from None
    named = {plain(name): name for name in columns}
    group = next((named[name] for name in _GROUP if name in named), None)
    who = [named[name] for name in _STUDENT if name in named]
    if group is None or not who:
        raise GroupsError(f"{path} needs columns group and student; it has {columns}")
    groups: dict[str, str] = {}
    for line, row in lines:
        if not row[group]:
            continue
        found = find(roster, [row[name] for name in who])
        if len(found) != 1:
            told = "may be more than one student" if found else "is not on the roster"
            raise GroupsError(f"{path}, line {line}: {row[who[0]]!r} {told}")
        student = found[0]
        if groups.setdefault(student.id, row[group]) != row[group]:
            raise GroupsError(
                f"{path}, line {line}: {student.name} ({student.id}) is in two groups, "
                f"{groups[student.id]} and {row[group]}"
            )
    return groups


def newest(handed_in: list[HandedIn]) -> HandedIn:
    """The notebook of a group that is graded."""
    return max(handed_in, key=lambda each: each.rank)


def told(group: str, handed_in: list[HandedIn], chosen: HandedIn) -> str:
    """A sentence about a group in which several handed in."""
    names = ", ".join(each.student.id for each in handed_in)
    same = len({each.fingerprint for each in handed_in}) == 1
    which = "the same" if same else f"the newest counts, of {chosen.student.id}"
    return f"group {group}: handed in by {names}, {which}"
