"""What students write where nobody asked for it: beside an answer, or into a cell that was given.

Nothing of it may be lost from the sight of the person who marks. It is kept in cells of the
student's own, which say beside which task they stood, and it is named among the doubts. A written
answer that is untouched but has a text beside it waits for a person, and gets no zero.
"""

import ast
import hashlib
import json

from nbformat import NotebookNode, v4

from assignments.handed_in.reading import Cell
from assignments.problem_sets.cells import grade_id, is_answer, is_written, labels, task_of

LONGEST = 200  # characters of an edit in a message
KEY = "netinit"  # of the metadata of cells in a rebuilt notebook


def neighbors(places: list[int | None]) -> list[tuple[int | None, int | None]]:
    """For each cell, the places of the nearest released cells above and below it."""
    above: list[int | None] = []
    last = None
    for place in places:
        above.append(last)
        last = last if place is None else place
    below: list[int | None] = []
    following = None
    for place in reversed(places):
        below.append(following)
        following = following if place is None else place
    return list(zip(above, below[::-1], strict=True))


def mark(notebook: NotebookNode, cells: list[Cell], places: list[int | None]) -> list[str]:
    """Give each text that the student added its task; mark untouched answers that must wait.

    Parameters
    ----------
    notebook : NotebookNode
        The released notebook; the metadata of its written answers are changed.
    cells : list of Cell
        What was handed in; the added texts are changed.
    places : list of int or None
        The places of the cells in the release.

    Returns
    -------
    list of str
        What a person should look at.
    """
    texts: dict[str, int] = {}
    for cell, place, (above, below) in zip(cells, places, neighbors(places), strict=True):
        if place is None and cell.type != "code" and (cell.source.strip() or cell.pictures):
            cell.beside = _task(notebook, above, below)
            texts[cell.beside] = texts.get(cell.beside, 0) + 1
    return _wait(notebook, cells, places, texts)


def _task(notebook: NotebookNode, above: int | None, below: int | None) -> str:
    """The written answer next to a text, or else the task of the cell above it."""
    near = [notebook.cells[place] for place in (above, below) if place is not None]
    written = [cell for cell in near if is_written(cell)]
    return task_of((written or near)[0]) if near else ""


def _wait(
    notebook: NotebookNode,
    cells: list[Cell],
    places: list[int | None],
    texts: dict[str, int],
) -> list[str]:
    written = {grade_id(c): n for n, c in enumerate(notebook.cells) if is_written(c)}
    found: dict[int, list[Cell]] = {}
    for cell, place in zip(cells, places, strict=True):
        found.setdefault(place, []).append(cell)
    untouched = [n for n in written if not _touched(notebook.cells[written[n]], found, written[n])]
    pictured = [n for n in untouched if any(cell.pictures for cell in found.get(written[n], []))]
    elsewhere = bool(set(texts) - set(written))  # which may be the answer to any of them
    loose = [n for n in untouched if n not in texts and n not in pictured and elsewhere]
    for name in untouched:
        if name in texts or name in pictured or name in loose:
            notebook.cells[written[name]].metadata[KEY] = {"waits": True}
    named = labels(notebook)
    near = [name for name in written if name in texts]
    doubts = [f"text in cells beside the answer {named[n]}: {texts[n]}" for n in near]
    doubts += [f"the answer {named[name]} is only a picture" for name in pictured]
    if loose:
        doubts.append(
            f"no answer {', '.join(named[n] for n in loose)}, but text in other cells: see there"
        )
    return doubts


def _touched(released: NotebookNode, found: dict[int, list[Cell]], place: int) -> bool:
    """Whether the text of an answer is another than the released one."""
    return any(c.source.strip() != released.source.strip() for c in found.get(place, []))


def edit(cell: NotebookNode, edited: Cell, name: str) -> tuple[list[Cell], str]:
    """What a student added to a given cell, as a cell to keep; and what to tell a person."""
    text = _added(cell.source, edited.source)
    told = f"the cell {name} was edited: the released one counts"
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    if not text.strip():
        return [], f"{told}; lines were removed or changed"
    if cell.cell_type == "code" and not _only_more(cell.source, edited.source):
        return [], f"{told}, not these lines: {shown!r}"
    kept = Cell(edited.type, text, "", None, None, edited.pictures, task_of(cell))
    return [kept], f"{told}, then what was added: {shown!r}"


def _added(before: str, after: str) -> str:
    """The lines of a text that an earlier version of it has not."""
    known = {line.strip() for line in before.splitlines()}
    return "\n".join(line for line in after.splitlines() if line.strip() not in known)


def _only_more(before: str, after: str) -> bool:
    """Whether lines were only added, and make sense alone."""
    lines = iter([line.rstrip() for line in after.splitlines()])
    try:
        ast.parse(_added(before, after))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(line.rstrip() in lines for line in before.splitlines())


def own_cell(cell: Cell) -> NotebookNode:
    """A cell of the student's own, as a cell of the notebook that is graded."""
    make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}.get(cell.type)
    made = (make or v4.new_raw_cell)(cell.source, metadata={KEY: {"beside": cell.beside}})
    if cell.type != "code":
        attach(made, [cell])
    return made


def attach(cell: NotebookNode, pieces: list[Cell]) -> None:
    """Give a text the pictures that were attached to the cells it was made from."""
    pictures: dict[str, dict[str, str]] = {}
    for number, piece in enumerate(pieces):
        for name, kinds in piece.pictures.items():
            pictures[name if name not in pictures else f"{number}-{name}"] = kinds
    if pictures:
        cell["attachments"] = pictures


def digests(notebook: NotebookNode) -> dict[str, str]:
    """A short hash of each answer of a rebuilt notebook, with the texts that stand beside it."""
    parts: dict[str, list] = {grade_id(cell): [] for cell in notebook.cells if is_answer(cell)}
    for cell in notebook.cells:
        name = grade_id(cell) if is_answer(cell) else beside(cell)
        if name in parts and (is_answer(cell) or cell.cell_type != "code"):
            parts[name].append([cell.source.strip(), cell.get("attachments")])
    return {
        name: hashlib.sha256(json.dumps(each, sort_keys=True).encode()).hexdigest()[:12]
        for name, each in parts.items()
    }


def beside(cell: NotebookNode) -> str | None:
    """The task beside which a cell of the student's own stood; None for any other cell."""
    return cell.metadata.get(KEY, {}).get("beside")


def waits(cell: NotebookNode) -> bool:
    """Whether an untouched written answer must be looked at by a person."""
    return bool(cell.metadata.get(KEY, {}).get("waits"))
