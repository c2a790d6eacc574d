"""The notebook that is graded: the released one, with the student's answers inserted.

So changes to a test, to the order of the cells or to their metadata do not matter. An answer is
found by its grade_id, or else by its cell's id, by the function that it defines, or by its place.
Cells that the student added are kept: a cell that ran before an answer or a test runs before it
here too. Text beside an answer, and lines added to a given cell, become such cells (`beside`).
"""

import ast
import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from nbformat import NotebookNode

from assignments.handed_in import beside
from assignments.handed_in.reading import Cell, UnreadableError
from assignments.problem_sets.cells import bound, grade_id, is_answer, is_test, is_written, labels


@dataclass
class Rebuilt:
    """The notebook to grade, and what a teacher should know about how it was made."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)  # for information
    doubts: list[str] = field(default_factory=list)  # for the teacher to look at
    answered: int = 0  # answer cells that were found
    labels: dict[str, str] = field(default_factory=dict)  # what a message calls a cell


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
    result = Rebuilt(notebook, labels=labels(release))
    if known != sorted(known):
        result.doubts.append("the cells were reordered: graded in the released order")
    before = _helpers(cells, places, result)
    result.doubts += beside.mark(notebook, cells, places)
    pieces: dict[int, list[Cell]] = {}
    for cell, place in zip(cells, places, strict=True):
        pieces.setdefault(place, []).append(cell)
    for n, cell in enumerate(notebook.cells):
        found = pieces.get(n, [])
        if is_answer(cell):
            if cell.cell_type == "code":
                cell.metadata[beside.KEY] = {"defines": bound(cell.source)}
            before.setdefault(n, []).extend(_answer(cell, found, result))
        elif grade_id(cell):
            before.setdefault(n + 1, [])[:0] = _compare(cell, found, result)
    notebook.cells = [
        made
        for n, cell in enumerate([*notebook.cells, None])
        for made in [*map(beside.own_cell, before.get(n, [])), cell]
        if made is not None
    ]
    return result


def _answer(cell: NotebookNode, found: list[Cell], result: Rebuilt) -> list[Cell]:
    """Fill an answer cell; return the pieces of the answer that go into cells before it."""
    name = result.labels[grade_id(cell)]
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
    if cell.cell_type == "markdown":
        cell.source = whole
        beside.attach(cell, found)
        return []
    # Pieces of a split function make sense only together. A broken draft beside the answer must not
    # break the answer.
    if not all(_parses(piece.source) for piece in found) and _parses(whole):
        cell.source = whole
        return []
    cell.source = found[-1].source
    return found[:-1]


def _compare(cell: NotebookNode, found: list[Cell], result: Rebuilt) -> list[Cell]:
    """Note changes to a cell that was given; return what was added to it, as a cell to keep."""
    name = result.labels[grade_id(cell)]
    changed = [piece for piece in found if piece.source.strip() != cell.source.strip()]
    if not found:
        if is_test(cell):
            result.notes.append(f"the test {name} was deleted: put back")
    elif any(piece.type != cell.cell_type for piece in found):
        result.notes.append(f"the type of the cell {name} was changed: changed back")
    elif changed and is_test(cell):
        result.notes.append(f"the cell {name} was edited: the released one counts")
    elif changed:
        added, doubt = beside.edit(cell, changed[-1], name)
        result.doubts.append(doubt)
        return added
    return []


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
    _place_by_neighbor(notebook, cells, places)
    return places


def _missing(
    notebook: NotebookNode, places: list[int | None], kind: Callable[[NotebookNode], bool]
) -> list[int]:
    """The places of the answers of a kind that no cell was found for."""
    there = set(places)
    return [n for n, c in enumerate(notebook.cells) if is_answer(c) and kind(c) and n not in there]


def _place_by_function(notebook: NotebookNode, cells: list[Cell], places: list[int | None]) -> None:
    """If an answer cell is missing, use a cell that defines its function."""
    missing = {}
    for place in _missing(notebook, places, lambda cell: cell.cell_type == "code"):
        missing |= dict.fromkeys(_defined(notebook.cells[place].source), place)
    if not missing:
        return
    for n, cell in enumerate(cells):
        if places[n] is None and cell.type == "code":
            named = {missing[name] for name in _defined(cell.source) if name in missing}
            if len(named) == 1:
                places[n] = named.pop()


def _place_by_neighbor(notebook: NotebookNode, cells: list[Cell], places: list[int | None]) -> None:
    """If a written answer is missing, use texts right below its statement."""
    missing = set(_missing(notebook, places, is_written))
    if not missing:
        return
    nearest = beside.neighbors(places)
    for n, (cell, (last, following)) in enumerate(zip(cells, nearest, strict=True)):
        if places[n] is None and cell.type == "markdown":
            near = {place + 1 for place in [last] if place is not None}
            near |= {place - 1 for place in [following] if place is not None}
            found = near & missing
            places[n] = min(found) if found else None


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _defined(source: str) -> set[str]:
    """The functions and classes that a cell defines at its top level."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in body if isinstance(node, kinds)}


def _helpers(cells: list[Cell], places: list[int | None], result: Rebuilt) -> dict[int, list[Cell]]:
    """The cells that the student added, by the index of the released cell they must precede."""
    end = len(result.notebook.cells)
    before: dict[int, list[Cell]] = {}
    for n, follower in _followers(cells, places, end):
        if cells[n].source.strip() or cells[n].pictures:
            before.setdefault(follower, []).append(cells[n])
    code = [cell for helpers in before.values() for cell in helpers if cell.type == "code"]
    late = [cell for cell in before.get(end, []) if cell.type == "code"]
    if code:
        result.notes.append(f"code cells that the student added, kept: {len(code)}")
    if late:
        result.doubts.append(f"code cells after the last test, without effect on it: {len(late)}")
    return before


def _followers(cells: list[Cell], places: list[int | None], end: int) -> list[tuple[int, int]]:
    """For each added cell, the released cell it must precede: the next, or one that ran later."""
    ran = sorted(
        (
            (cell.execution_count, place)
            for cell, place in zip(cells, places, strict=True)
            if place is not None and cell.execution_count is not None
        ),
        reverse=True,
    )
    first: dict[int, int] = {}  # the first place among the cells that ran later, by added cell
    added = [n for n, place in enumerate(places) if place is None]
    counted = [n for n in added if cells[n].execution_count is not None]
    lowest, at = end, 0
    for n in sorted(counted, key=lambda n: -cells[n].execution_count):
        while at < len(ran) and ran[at][0] > cells[n].execution_count:
            lowest, at = min(lowest, ran[at][1]), at + 1
        first[n] = lowest
    nearest = beside.neighbors(places)
    following = {n: end if nearest[n][1] is None else nearest[n][1] for n in added}
    return [(n, min(following[n], first.get(n, end))) for n in added]
