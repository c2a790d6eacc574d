"""Marks in the forms that learning platforms import.

Moodle's grade import takes any table and asks which column names the student: `write_import`. Its
offline worksheet and Canvas's gradebook are filled in as the platform exported them, and everything
else in them stays as it was: `fill`. What a worksheet must have follows Moodle's own reader
(mod/assign/feedback/offline/importgradeslib.php: Identifier, Grade and Last modified (grade),
commas, UTF-8), and the gradebook's first columns follow Canvas's (lib/gradebook_importer.rb).
"""

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assignments.files.tables import TableError, read_cells, write_table
from assignments.files.writing import write_whole
from assignments.marks.rows import Row, added, number, replaced
from assignments.people.roster import find, plain

WORKSHEET = ("Identifier", "Grade", "Last modified (grade)")
GRADEBOOK = ("Student", "ID")
_NAMES = ("ID number", "Email address", "Full name", *("ID", "SIS User ID", "SIS Login ID"))


class PlatformError(ValueError):
    """A platform's file cannot be filled in; the message says why."""


@dataclass
class Filled:
    """A platform's table with the marks of a class in it."""

    lines: list[list[str]]
    problems: list[str] = field(default_factory=list)


def write_import(path: Path, rows: list[Row]) -> None:
    """Write a table for Moodle's grade import, with a line for each final mark."""
    lines = [["ID number", "Email address", "Grade", "Feedback"]]
    for row in rows:
        if row.final is not None:
            student = row.result.student
            own = "" if student.id == student.email else student.id
            lines.append([own, student.email, number(row.final), _comments(row)])
    write_whole(path, write_table(lines, mark=False))


def fill(path: Path, rows: list[Row], out_of: float, column: str | None = None) -> Filled:
    """Fill the final marks into a worksheet of Moodle or a gradebook of Canvas.

    Parameters
    ----------
    path : Path
        What the platform exported.
    rows : list of Row
        The class. Who still has an answer to mark, or has no marks, is left as in the file.
    out_of : float
        The points of the problem set, which the platform's maximum should equal.
    column : str, optional
        The heading of the assignment's column in Canvas, or its beginning.

    Raises
    ------
    PlatformError
        If the file is neither, or the column is not clear.
    """
    try:
        lines = read_cells(path)
    except (TableError, OSError) as error:
        raise PlatformError(f"{path} cannot be read: {error}") from None
    head = lines[0] if lines else []
    if set(WORKSHEET) <= set(head):
        return _filled(lines, rows, _worksheet(head, out_of))
    if tuple(head[:1] + [name for name in head if name == "ID"][:1]) == GRADEBOOK:
        return _filled(lines, rows, _gradebook(head, out_of, column))
    raise PlatformError(
        f"{path} is neither a worksheet of Moodle, with columns {', '.join(WORKSHEET)}, nor a "
        f"gradebook of Canvas, which begins with {', '.join(GRADEBOOK)}"
    )


_Enter = Callable[[list[str], Row | None], str]  # a line, whose it is; returns a problem or nothing


def _filled(lines: list[list[str]], rows: list[Row], enter: _Enter) -> Filled:
    made, head = Filled(lines), lines[0]
    by_id = {row.result.student.id: row for row in rows}
    students = [row.result.student for row in rows]
    names = [head.index(name) for name in _NAMES if name in head]
    entered: set[str] = set()
    for line in lines[1:]:
        if len(line) != len(head):
            continue
        found = find(students, [line[n] for n in names] or line[:1])
        row = by_id[found[0].id] if len(found) == 1 else None
        if len(found) > 1:
            made.problems.append(f"{line[0]} may be more than one student: left as it was")
        entered |= {row.result.student.id} if row else set()
        if problem := enter(line, row):
            made.problems.append(problem)
    missing = [
        r.result.student.id
        for r in rows
        if r.final is not None and r.result.student.id not in entered
    ]
    if missing:
        made.problems.append(f"not in the platform's file: {', '.join(missing)}")
    return made


def _worksheet(head: list[str], out_of: float) -> _Enter:
    grade, maximum = head.index("Grade"), _index(head, "maximumgrade")
    comment, locked = _index(head, "feedbackcomments"), _index(head, "gradecanbechanged")

    def enter(line: list[str], row: Row | None) -> str:
        if row is None or row.final is None:
            return ""
        if locked is not None and plain(line[locked]) == "no":
            return f"{line[0]}: Moodle says that the grade cannot be changed: left as it was"
        line[grade] = number(row.final)
        if comment is not None and (words := _comments(row)):
            line[comment] = html.escape(words)
        return _differs(line[maximum], out_of) if maximum is not None else ""

    return enter


def _gradebook(head: list[str], out_of: float, column: str | None) -> _Enter:
    fixed = {"Student", "ID", "SIS User ID", "SIS Login ID", "Section"}
    names = [name for name in head if name not in fixed and name.startswith(column or "")]
    exact = [name for name in names if name == column] or names
    if len(exact) != 1:
        raise PlatformError(
            f"name the assignment's column with --column, one of: {', '.join(exact or head)}"
        )
    grade = head.index(exact[0])

    def enter(line: list[str], row: Row | None) -> str:
        if plain(line[0]) == "pointspossible":
            return _differs(line[grade], out_of)
        if row is not None and row.final is not None:
            line[grade] = number(row.final)
        return ""

    return enter


def _index(head: list[str], name: str) -> int | None:
    return next((n for n, column in enumerate(head) if plain(column) == name), None)


def _differs(maximum: str, out_of: float) -> str:
    try:
        same = abs(float(maximum.replace(",", ".")) - out_of) < 1e-6
    except ValueError:
        return ""
    return (
        ""
        if same
        else f"the platform's maximum is {maximum}, not {number(out_of)}: change it there"
    )


def _comments(row: Row) -> str:
    words = [f"{row.short.get(task, task)}: {text}" for task, text in row.comments.items() if text]
    words += [*replaced(row), *added(row)]
    return "; ".join([f"late: {100 * row.penalty:g} % less"] * (row.penalty > 0) + words)
