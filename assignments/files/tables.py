"""Tables that people and spreadsheets write: CSV files in the encodings and forms they have."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

LONGEST = 100_000  # characters of a cell
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class TableError(ValueError):
    """A file is no table that can be read; the message says which and why."""


Rows = list[tuple[int, dict[str, str]]]  # the number of the line, the cells by column


def read_table(path: Path, *, excel: bool = False) -> tuple[list[str], Rows]:
    """The columns of a CSV file, and its rows with the numbers of their lines.

    Commas, semicolons and tabs separate; a first line ``sep=;`` says which. Text is UTF-8 or UTF-16
    with its mark; with `excel` also what Excel writes in Western Europe and America (cp1252).

    Raises
    ------
    TableError
        If the file is no such table.
    OSError
        If it cannot be read.
    """
    text, separator, skipped = _form(path, excel=excel)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = list(reader.fieldnames or [])
        return columns, list(_rows(reader, skipped))
    except csv.Error as error:
        raise TableError(f"{path}, line {reader.line_num + 1 + skipped}: {error}") from None


def read_cells(path: Path) -> list[list[str]]:
    """Every line of a CSV file as it is, its columns first.

    Raises
    ------
    TableError
        If the file is no table.
    OSError
        If it cannot be read.
    """
    text, separator, _ = _form(path, excel=False)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return list(reader)
    except csv.Error as error:
        raise TableError(f"{path}, line {reader.line_num + 1}: {error}") from None


def _form(path: Path, *, excel: bool) -> tuple[str, str, int]:
    """The text of a table, what separates its cells, and how many lines were before it."""
    text = _text(path, excel=excel)
    first, _, rest = text.partition("\n")
    if re.fullmatch("sep=.", first.rstrip("\r"), re.I):
        return rest, first.rstrip("\r")[-1], 1
    return text, max(",;\t", key=first.count), 0


def _text(path: Path, *, excel: bool) -> str:
    data = path.read_bytes()
    try:
        text = data.decode(_MARKS.get(data[:2], "utf-8-sig"))
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace") if excel else "\0"
    if "\0" in text:
        raise TableError(f"{path} must be saved in UTF-8")
    return text


def _rows(reader: csv.DictReader, skipped: int) -> Iterator[tuple[int, dict[str, str]]]:
    for row in reader:
        cells = {k: (v or "").strip() for k, v in row.items() if isinstance(k, str)}
        if any(cells.values()):
            yield reader.line_num + skipped, cells


def write_table(lines: list[list[str]], *, guard: bool = True, mark: bool = True) -> bytes:
    """Lines as a CSV file in UTF-8, with the `mark` by which Excel knows that.

    With `guard`, a cell that a spreadsheet would run as a formula is quoted.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([[_guarded(cell) if guard else cell for cell in line] for line in lines])
    return text.getvalue().encode("utf-8-sig" if mark else "utf-8")


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
