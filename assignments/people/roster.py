"""The roster: who is in the class, and the names a learning platform may use for each."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from assignments.files.tables import Rows, TableError, read_table

LONGEST_SLUG = 150
_IDS = ("id", "student", "studentid", "idnumber", "sisuserid", "username")


class RosterError(ValueError):
    """The roster cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Student:
    """A row of the roster."""

    id: str
    name: str
    aliases: frozenset[str]  # every cell of the row, and the words of the name in each rotation
    email: str = ""
    names: frozenset[str] = frozenset()  # those of the aliases that are only the name

    @property
    def slug(self) -> str:
        """The id as a file name that is valid on every system."""
        return slug(self.id)


def slug(text: str) -> str:
    """A text as a file name: characters that could be misread become percent codes.

    The end of a long one becomes a hash, since file names have at most 255 bytes.
    """
    safe = quote(text, safe="", errors="surrogatepass")
    if len(safe) > LONGEST_SLUG:
        digest = hashlib.sha256(safe.encode()).hexdigest()[:16]
        return f"{safe[: LONGEST_SLUG - 17].rstrip('%')}~{digest}"
    return safe.replace(".", "%2E") if not safe.strip(".") else safe


def plain(text: str) -> str:
    """A text without case, accents, spaces and punctuation, for comparing names.

    >>> plain("O'Brien, Zoë") == plain("obrien zoe")
    True
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def read_roster(path: Path) -> list[Student]:
    """The students in a CSV file with a column ``id`` and optional other columns.

    Without it, a column ``student``, ``ID number``, ``SIS User ID`` or ``username`` has the ids.
    If that is empty for everybody, as in a Moodle without such numbers, the email addresses are.

    Any column can identify a student: add one with the platform's number or user name.

    Raises
    ------
    RosterError
        If the file, the column or an id is missing, or an id occurs twice.
    """
    key, named, rows = _table(path)
    students: dict[str, Student] = {}
    for line, row in rows:
        student = _student(row, key, named)
        if plain(student.name).startswith("pointspossible"):  # Canvas's second line
            continue
        if not student.id:
            raise RosterError(
                f"line {line} of the roster has no id: {student.name!r}. Fill in the column {key!r}"
            )
        if student.id in students:
            raise RosterError(
                f"the id {student.id} occurs more than once in the roster, again in line {line}"
            )
        students[student.id] = student
    if not students:
        raise RosterError(f"the roster {path} has no rows")
    return list(students.values())


def _table(path: Path) -> tuple[str, dict[str, str], Rows]:
    """The column of the ids, all columns by their plain names, and the rows with their lines."""
    try:
        columns, rows = read_table(path)
    except OSError as error:
        raise RosterError(f"the roster cannot be read: {error}") from None
    except TableError as error:
        raise RosterError(f"the roster {error}") from None
    named = {plain(name): name for name in columns}
    key = next((named[name] for name in _IDS if name in named), None)
    if key is None:
        raise RosterError(f"the roster {path} must have a column id; it has {columns}")
    rows = list(rows)
    email = _email_column(named)
    if email is not None and not any(row[key] for _, row in rows):
        key = email
    return key, named, rows


def _email_column(named: dict[str, str]) -> str | None:
    return named.get("email", named.get("emailaddress"))


def _student(row: dict[str, str], key: str, named: dict[str, str]) -> Student:
    family = "lastname" if "lastname" in named else "surname"  # older versions of Moodle
    first, last = (row.get(named.get(name, ""), "") for name in ("firstname", family))
    name = row.get(named.get("name", ""), "") or f"{first} {last}".strip()
    if not name and "student" in named and named["student"] != key:
        name = row[named["student"]]
    words = [word for word in re.split(r"[\s,]+", name) if word]
    turned = ["".join(words[n:] + words[:n]) for n in range(len(words))]
    called = {named.get(each) for each in ("name", "firstname", family, "student")} - {key}
    given = {plain(value) for column, value in row.items() if column not in called}
    aliases = frozenset(filter(None, given.union(map(plain, [*row.values(), *turned]))))
    email = row.get(_email_column(named) or "", "")
    return Student(row[key], name or row[key], aliases, email, aliases - given)


def find(students: Iterable[Student], words: Iterable[str]) -> list[Student]:
    """The students that the words name; if there is more than one, a person must decide.

    A platform's number may happen to be another student's id. So if two words name different
    students, both are returned. But on some platforms students choose their names: somebody who is
    called like the id of another one is not meant by it.
    """
    named = []
    for word in filter(None, map(plain, words)):
        found = [student for student in students if word in student.aliases]
        found = [student for student in found if word not in student.names] or found
        named += [found] if found else []
    agreed = [student for student in students if named and all(student in one for one in named)]
    return agreed or [student for student in students if any(student in one for one in named)]
