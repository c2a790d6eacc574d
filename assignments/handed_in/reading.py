"""Read a file that was handed in as cells, whatever the notebook's format, or say why not."""

import json
import warnings
from dataclasses import dataclass, field

import nbformat

MOST_CELLS = 5_000
MOST_PICTURES = 20  # attached to a cell
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_TYPES = ("code", "markdown", "raw")


class UnreadableError(ValueError):
    """A file is not a notebook; the message tells a teacher why."""


@dataclass
class Cell:
    """The parts of a cell that grading needs."""

    type: str  # code, markdown or raw
    source: str
    id: str
    grade_id: str | None
    execution_count: int | None
    pictures: dict[str, dict[str, str]] = field(default_factory=dict)  # attached, as in the file
    beside: str = ""  # the task near which the student added it


def read(data: bytes) -> tuple[list[Cell], list[str]]:
    """The cells of a notebook of any format, and notes on what was unusual about the file.

    Raises
    ------
    UnreadableError
        If it is not a notebook.
    """
    if not data.strip():
        raise UnreadableError("the file is empty")
    text, notes = _decoded(data)
    try:
        notebook = json.loads(text)
        if isinstance(notebook, dict) and notebook.get("nbformat") != 4:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # missing cell ids and the like do not matter here
                notebook = nbformat.reads(text, as_version=4)
    except MemoryError:
        raise UnreadableError("reading it needs too much memory") from None
    except Exception as error:  # a damaged file can make the readers raise anything
        raise UnreadableError(f"it is not a notebook: {_first_line(error)}") from None
    found = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(found, list):
        raise UnreadableError("it is not a notebook: it has no cells")
    if len(found) > MOST_CELLS:
        raise UnreadableError(f"it has more than {MOST_CELLS:,} cells")
    cells = [_cell(cell) for cell in found]
    if None in cells:
        notes.append("cells that could not be read were left out")
    return [cell for cell in cells if cell is not None], notes


def _decoded(data: bytes) -> tuple[str, list[str]]:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), ["the file is not in UTF-8: read as Latin"]


def _cell(cell: object) -> Cell | None:
    if not isinstance(cell, dict) or cell.get("cell_type") not in _TYPES:
        return None
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(map(str, source))
    metadata = cell.get("metadata")
    marked = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = marked.get("grade_id") if isinstance(marked, dict) else None
    count = cell.get("execution_count")
    return Cell(
        type=cell["cell_type"],
        source=_valid(str(source)),
        id=str(cell.get("id", "")),
        grade_id=name if isinstance(name, str) else None,
        execution_count=count if isinstance(count, int) else None,
        pictures=_pictures(cell.get("attachments")),
    )


def _valid(text: str) -> str:
    """A text that can be written in UTF-8: JSON can hold halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _pictures(attached: object) -> dict[str, dict[str, str]]:
    """The pictures among the attachments of a cell: data in base64 by name and kind."""
    if not isinstance(attached, dict):
        return {}
    found = {}
    for name, kinds in list(attached.items())[:MOST_PICTURES]:
        kinds = kinds if isinstance(kinds, dict) else {}
        data = {k: v for k, v in kinds.items() if k in PICTURES and isinstance(v, str)}
        if data:
            found[_valid(name)] = {kind: _valid(each) for kind, each in data.items()}
    return found


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
