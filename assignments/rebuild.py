"""The notebook that is graded: the released one, with the student's answers inserted.

So changes to a test, to the order of the cells or to their metadata do not matter. An answer is
found by its grade_id, or else by its cell's id, or else by the function that it defines. Cells that
the student added are kept: a cell that ran before an answer or a test runs before it here too.
"""

import ast
import copy
from dataclasses import dataclass, field

from nbformat import NotebookNode, v4

from assignments.problem_sets import grade_id, is_answer, is_test
from assignments.reading import Cell, UnreadableError


@dataclass
class Rebuilt:
    """The notebook to grade, and what a teacher should know about how it was made."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)  # for information
    doubts: list[str] = field(default_factory=list)  # for the teacher to look at
    answered: int = 0  # answer cells that were found


class WrongNotebookError(UnreadableError):
    """A notebook, but not one of this problem set."""


def rebuild(release: NotebookNode, cells: list[Cell]) -> Rebuilt:
    """Put the answers among `cells` into a copy of the released notebook.

    Raises
    ------
    WrongNotebookError
        If none of the cells belongs to the release.
    """
    notebook = copy.deepcopy(release)
    places = _places(notebook, cells)
    known = [place for place in places if place is not None]
    if not any(is_answer(notebook.cells[n]) or is_test(notebook.cells[n]) for n in known):
        raise WrongNotebookError("none of its cells belongs to this problem set")
    result = Rebuilt(notebook)
    if known != sorted(known):
        result.doubts.append("the cells were reordered: graded in the released order")
    before = _helpers(cells, places, result)
    for n, cell in enumerate(notebook.cells):
        pieces = [piece for piece, place in zip(cells, places, strict=True) if place == n]
        if is_answer(cell):
            before.setdefault(n, []).extend(_answer(cell, pieces, result))
        elif grade_id(cell):
            _compare(cell, pieces, result)
    notebook.cells = [
        made
        for n, cell in enumerate([*notebook.cells, None])
        for made in [*map(_own, before.get(n, [])), cell]
        if made is not None
    ]
    return result


def _answer(cell: NotebookNode, found: list[Cell], result: Rebuilt) -> list[Cell]:
    """Fill an answer cell; return the pieces of the answer that go into cells before it."""
    name = grade_id(cell)
    if not found:
        result.doubts.append(f"the answer cell {name} is missing")
        return []
    result.answered += 1
    if any(piece.type != cell.cell_type for piece in found):
        result.notes.append(f"the type of the answer cell {name} was changed: changed back")
    if len(found) > 1:
        result.doubts.append(
            f"the answer {name} was in {len(found)} cells: taken in their order, so that the last "
            "definition counts"
        )
    whole = "\n\n".join(piece.source for piece in found)
    # Pieces of a split function make sense only together. A broken draft beside the answer must not
    # break the answer.
    split = not all(_parses(piece.source) for piece in found) and _parses(whole)
    if cell.cell_type == "markdown" or split:
        cell.source = whole
        return []
    cell.source = found[-1].source
    return found[:-1]


def _compare(cell: NotebookNode, found: list[Cell], result: Rebuilt) -> None:
    """Note changes to a cell that the student should not have changed."""
    name = grade_id(cell)
    if not found:
        if is_test(cell):
            result.notes.append(f"the test {name} was deleted: put back")
    elif any(piece.type != cell.cell_type for piece in found):
        result.notes.append(f"the type of the cell {name} was changed: changed back")
    elif any(piece.source.strip() != cell.source.strip() for piece in found):
        result.notes.append(f"the cell {name} was edited: the released one counts")


def _places(notebook: NotebookNode, cells: list[Cell]) -> list[int | None]:
    """The index of the released cell for each cell handed in; None if the student added it."""
    released = list(enumerate(notebook.cells))
    by_name = {grade_id(cell): place for place, cell in released if grade_id(cell)}
    by_id = {cell.id: place for place, cell in released}
    by_source = {cell.source.strip(): place for place, cell in released}
    places = []
    for cell in cells:
        place = by_name.get(cell.grade_id, by_id.get(cell.id))
        places.append(by_source.get(cell.source.strip()) if place is None else place)
    _place_by_function(notebook, cells, places)
    return places


def _place_by_function(notebook: NotebookNode, cells: list[Cell], places: list[int | None]) -> None:
    """If an answer cell is missing, use a cell that defines its function."""
    missing = {}
    for place, cell in enumerate(notebook.cells):
        if is_answer(cell) and cell.cell_type == "code" and place not in places:
            missing |= dict.fromkeys(_defined(cell.source), place)
    for n, cell in enumerate(cells):
        if places[n] is None and cell.type == "code":
            named = {missing[name] for name in _defined(cell.source) if name in missing}
            if len(named) == 1:
                places[n] = named.pop()


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _defined(source: str) -> set[str]:
    """The functions and classes that a cell defines at its top level."""
    if not _parses(source):
        return set()
    body = ast.parse(source).body
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in body if isinstance(node, kinds)}


def _helpers(cells: list[Cell], places: list[int | None], result: Rebuilt) -> dict[int, list[Cell]]:
    """The cells that the student added, by the index of the released cell they must precede."""
    end = len(result.notebook.cells)
    before: dict[int, list[Cell]] = {}
    for n, (cell, place) in enumerate(zip(cells, places, strict=True)):
        if place is None and cell.source.strip():
            before.setdefault(min([*_followers(n, cells, places), end]), []).append(cell)
    code = [cell for helpers in before.values() for cell in helpers if cell.type == "code"]
    late = [cell for cell in before.get(end, []) if cell.type == "code"]
    if code:
        result.notes.append(f"code cells that the student added, kept: {len(code)}")
    if late:
        result.doubts.append(f"code cells after the last test, without effect on it: {len(late)}")
    return before


def _followers(n: int, cells: list[Cell], places: list[int | None]) -> list[int]:
    """The released cells that an added cell must precede: the next, and those that ran later."""
    found = [place for place in places[n + 1 :] if place is not None][:1]
    mine = cells[n].execution_count
    for cell, place in zip(cells, places, strict=True):
        ran = cell.execution_count
        if place is not None and mine is not None and ran is not None and ran > mine:
            found.append(place)
    return found


def _own(cell: Cell) -> NotebookNode:
    make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}.get(cell.type)
    return (make or v4.new_raw_cell)(cell.source)
