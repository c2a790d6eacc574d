"""marks.csv has one row per student, written.csv the marks that are given by hand."""

import math
from pathlib import Path

from assignments.files.tables import Rows, TableError, read_table, write_table
from assignments.files.writing import write_whole
from assignments.marks.rows import ByHand, Entered, Row, decisions, number
from assignments.marks.tasks import Task, named

WRITTEN_COLUMNS = ("student", "task", "out_of", "points", "comment", "answer")


class WrittenError(ValueError):
    """written.csv cannot be used; the message says which row and why."""


def write_marks(path: Path, each_task: list[Task], marks: list[Row]) -> None:
    """Write marks.csv to `path`: one line per row, in the given order."""
    heads = ["student", "name", "status", "late", *(task.column for task in each_task)]
    heads += ["total", "out_of", "to_mark", "penalty", "extra", "final", "notes"]
    out_of = number(sum(task.out_of for task in each_task))
    lines = [heads]
    for row in marks:
        result = row.result
        cells = [result.student.id, result.student.name, result.status, "yes" * result.late]
        cells += [number(row.points[task.name]) for task in each_task]
        cells += [number(row.total), out_of, str(len(row.to_mark))]
        cells += [f"{100 * row.penalty:g} %" * (row.penalty > 0)]
        cells += [number(row.extra or None), number(row.final)]
        notes = [*decisions(row), *result.doubts, *result.notes]
        lines.append([*cells, "; ".join(notes)])
    write_whole(path, write_table(lines))


def read_written(path: Path, each_task: list[Task]) -> Entered:
    """What a teacher entered in written.csv; empty if there is no such file.

    Raises
    ------
    WrittenError
        If points are not a number, are negative, or are more than the task gives; if a column is
        missing, or a task is unknown.
    """
    written = [task for task in each_task if task.written]
    entered: Entered = {}
    for line, row in _lines(path):
        given = row["points"].replace(",", ".")
        if not given:
            continue
        task = named(written, row["task"])
        if task is None:
            raise WrittenError(f"{path}, line {line}: there is no written task {row['task']!r}")
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if not 0 <= value <= task.out_of:
            limits = f"a number from 0 to {number(task.out_of)}"
            raise WrittenError(f"{path}, line {line}: points must be {limits}, not {given!r}")
        mark = ByHand(value, row.get("comment", ""), row.get("answer", ""))
        entered.setdefault((row["student"], task.name), []).append(mark)
    return entered


def unknown_students(entered: Entered, marks: list[Row]) -> list[str]:
    """A line for each student that was marked by hand and is not in the class."""
    known = {row.result.student.id for row in marks}
    names = dict.fromkeys(student for student, _ in entered if student not in known)
    return [f"written.csv has marks of {name!r}, who is not on the roster" for name in names]


def _lines(path: Path) -> Rows:
    """The lines of written.csv with their numbers; none if there is no such file."""
    if not path.is_file():
        return []
    try:
        columns, lines = read_table(path, excel=True)
    except TableError as error:
        raise WrittenError(str(error)) from None
    if missing := {"student", "task", "points"} - set(columns):
        raise WrittenError(f"{path} has no column {', '.join(sorted(missing))}")
    return lines


def write_written(path: Path, each_task: list[Task], marks: list[Row]) -> None:
    """Add a line for each written answer that is still to be marked; keep all existing lines.

    A line without points is about the answer as it is now. An answer that changed after it was
    marked gets a second line. A blank answer needs none: nbgrader has given it 0 points.
    """
    written = [task.name for task in each_task if task.written]
    now = {
        (row.result.student.id, name): row.result.written.get(name, "")
        for row in marks
        for name in written
    }
    lines, there = [], set()
    for _, row in _lines(path):
        line = [row.get(name, "") for name in WRITTEN_COLUMNS]
        task = named(each_task, line[1])
        key = (line[0], task.name if task else line[1])
        if not line[3] or not line[5]:
            line[5] = now.get(key, "") or line[5]
        there |= {(*key, line[5])} | ({(*key, "")} if not line[5] else set())
        lines.append(line)
    known = {name[:2] for name in there}
    for row in marks:
        for task in (task for task in each_task if task.name in written):
            key = (row.result.student.id, task.name)
            new = (*key, now[key]) not in there if now[key] else key not in known
            if task.name in row.to_mark and new and not row.result.owner:
                lines.append([key[0], task.column, number(task.out_of), "", "", now[key]])
    text = write_table([list(WRITTEN_COLUMNS), *lines], guard=False)
    if not path.is_file() or path.read_bytes() != text:
        write_whole(path, text)
