"""The roster: who is in the class, and the names a learning platform may use for each."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


class RosterError(ValueError):
    """The roster cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Student:
    """A row of the roster."""

    id: str
    name: str
    aliases: frozenset[str]  # every cell of the row, and the words of the name in each rotation

    @property
    def slug(self) -> str:
        """The id as a file name that is valid on every system."""
        return slug(self.id)


def slug(text: str) -> str:
    """A text as a file name: characters that could be misread become percent codes."""
    safe = quote(text, safe="")
    return safe.replace(".", "%2E") if not safe.strip(".") else safe


def plain(text: str) -> str:
    """A text without case, accents, spaces and punctuation, for comparing names.

    >>> plain("O'Brien, Zoë") == plain("obrien zoe")
    True
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def read_roster(path: Path) -> list[Student]:
    """The students in a CSV file with a column ``id`` (or ``student``) and optional other columns.

    Any column can identify a student: add one with the platform's number or user name.

    Raises
    ------
    RosterError
        If the file, the column or an id is missing, or an id occurs twice.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise RosterError(f"the roster cannot be read: {error}") from None
    except UnicodeDecodeError:
        raise RosterError(f"the roster {path} must be saved in UTF-8") from None
    separator = (
        ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    )
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    columns = {plain(name): name for name in rows.fieldnames or []}
    key = next((columns[name] for name in ("id", "student", "studentid") if name in columns), None)
    if key is None:
        raise RosterError(f"the roster {path} must have a column id; it has {rows.fieldnames}")
    students = [_student(row, key, columns) for row in rows if any(row.values())]
    ids = [student.id for student in students]
    for student in students:
        if not student.id:
            raise RosterError(f"a row of the roster has no id: {student.name!r}")
        if ids.count(student.id) > 1:
            raise RosterError(f"the id {student.id} occurs more than once in the roster")
    if not students:
        raise RosterError(f"the roster {path} has no rows")
    return students


def _student(row: dict[str, str], key: str, columns: dict[str, str]) -> Student:
    cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    first, last = (cells.get(columns.get(name, ""), "") for name in ("firstname", "lastname"))
    name = cells.get(columns.get("name", ""), "") or f"{first} {last}".strip()
    words = [word for word in re.split(r"[\s,]+", name) if word]
    turned = ["".join(words[n:] + words[:n]) for n in range(len(words))]
    aliases = frozenset(filter(None, map(plain, [*cells.values(), *turned])))
    return Student(cells[key], name or cells[key], aliases)


def find(students: Iterable[Student], words: Iterable[str]) -> list[Student]:
    """The students that the words name; if there is more than one, a person must decide.

    A platform's number may happen to be another student's id. So if two words name different
    students, both are returned.
    """
    named = []
    for word in filter(None, map(plain, words)):
        found = [student for student in students if word in student.aliases]
        named += [found] if found else []
    agreed = [student for student in students if named and all(student in one for one in named)]
    return agreed or [student for student in students if any(student in one for one in named)]
