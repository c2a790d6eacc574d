"""The page that shows which answers of a class are alike: ``similarity.html``."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from assignments.files.writing import write_whole
from assignments.grading.results import Result
from assignments.handed_in.beside import beside
from assignments.marks.tasks import tasks_of
from assignments.pages.environment import ENVIRONMENT
from assignments.problem_sets.cells import grade_id, is_answer
from assignments.problem_sets.sets import ProblemSet
from assignments.similarity.pairs import Answer, Given, Pair, pairs

MOST_PAIRS = 200  # on the page
LONGEST = 20_000  # characters of an answer on the page
PAGE = "similarity.html"


def write(out: Path, problem_set: ProblemSet, results: list[Result], teams: dict[str, str]) -> int:
    """Compare the answers of a class and write the page; return how many pairs are alike.

    Parameters
    ----------
    out : Path
        The folder of the page.
    problem_set : ProblemSet
        What the answers answer.
    results : list of Result
        The class.
    teams : dict
        The team of each student who has one, by ids: its members hand in the same.
    """
    given = [each for each in results if each.scores]
    answers = [one for each in given for one in _answers(each, teams.get(each.student.id, ""))]
    found = pairs(answers, Given.of(problem_set))
    names = {each.student.id: each.student.name for each in given}
    called = {task.name: task.title for task in tasks_of(problem_set)}
    page = ENVIRONMENT.get_template(PAGE).render(
        title=problem_set.title(),
        students=len(given),
        pairs=[(pair, _sides(pair)) for pair in found[:MOST_PAIRS]],
        more=max(len(found) - MOST_PAIRS, 0),
        names=names,
        called=called,
    )
    write_whole(out / PAGE, page.encode())
    return len(found)


def _answers(result: Result, team: str) -> Iterator[Answer]:
    """A student's answers, each with the student's own cells before it or beside it."""
    text = (result.folder / "rebuilt.ipynb").read_text("utf-8")
    sources: dict[tuple[str, str], list[str]] = {}
    waiting: list[str] = []  # the student's own code, which belongs to the next answer in code
    for cell in map(_Cell, json.loads(text)["cells"]):
        near, code = beside(cell), cell.cell_type == "code"
        if near is not None and code:
            waiting.append(cell.source)
        elif near is not None:
            sources.setdefault((near, "text"), []).append(cell.source)
        elif is_answer(cell):
            mine = [*waiting, cell.source] if code else [cell.source]
            sources.setdefault((grade_id(cell), "code" if code else "text"), []).extend(mine)
            waiting = [] if code else waiting
    for (task, kind), parts in sources.items():
        yield Answer(result.student.id, task, kind, "\n\n".join(parts), team)


class _Cell:
    """A cell of a notebook that was read as plain JSON, which is quick for a whole class."""

    def __init__(self, cell: dict) -> None:
        self.cell_type, self.metadata = cell["cell_type"], cell["metadata"]
        self.source = "".join(cell["source"])


Segments = list[tuple[str, bool]]  # pieces of a text, and whether the other text has them


def _sides(pair: Pair) -> tuple[Segments, Segments]:
    both = zip((pair.first, pair.second), pair.passages, strict=True)
    first, second = (list(_segments(answer.source, places)) for answer, places in both)
    return first, second


def _segments(source: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """The beginning of a text in pieces: those in `places` are marked."""
    done, shown = 0, source[:LONGEST]
    for start, end in places:
        yield shown[done:start], False
        yield shown[start:end], True
        done = end
    yield shown[done:], False
    if len(source) > LONGEST:
        yield f"\n[... {len(source):,} characters]", False
