"""Which of a student's files is graded. Files that are not graded are always reported."""

from dataclasses import dataclass, field

from nbformat import NotebookNode

from assignments.handed_in.reading import UnreadableError, read
from assignments.handed_in.rebuild import Rebuilt, WrongNotebookError, rebuild
from assignments.handed_in.unpacking import Handed

# The outcomes of a person's work. Only the first two have points.
GRADED, CHECK, MISSING = "graded", "check", "missing"
UNREADABLE, WRONG, FAILED = "unreadable", "wrong notebook", "failed"

_OF_PROGRAMS = ("timestamp.txt", "submission_secret.txt")  # what nbgrader adds on submitting


@dataclass
class Choice:
    """The notebook to grade, or why there is none."""

    status: str
    rebuilt: Rebuilt | None = None
    handed: Handed | None = None
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


@dataclass
class _Candidate:
    handed: Handed
    rebuilt: Rebuilt | None
    error: UnreadableError | None
    notes: list[str]


def choose(
    release: NotebookNode, name: str, files: list[Handed], *, accept_late: bool = False
) -> Choice:
    """Rebuild every notebook of a student and take one.

    The last one on time counts, and with `accept_late` the last one of all; a late one counts only
    if there is no other. If the platform does not number the uploads, the one called ``NAME.ipynb``
    comes before others, then the one that was saved last.
    """
    candidates = [_candidate(release, handed) for handed in files if handed.data is not None]
    others = _others(files)
    good = [each for each in candidates if each.rebuilt is not None]
    if not good:
        return _nothing(candidates, files, others)

    def rank(each: _Candidate) -> tuple:
        named = each.handed.file.rsplit("/", 1)[-1] == f"{name}.ipynb"
        number, saved = each.handed.order
        on_time = accept_late or not each.handed.late
        return (on_time, number, named, each.rebuilt.answered, saved)

    best = max(good, key=rank)
    name_given = best.handed.file.rsplit("/", 1)[-1]
    notes = ["late"] if best.handed.late else []
    if name_given != f"{name}.ipynb":
        notes.append(f"the file is called {name_given}")
    doubts = [*best.notes, *best.rebuilt.doubts]
    if len(good) > 1:
        left = ", ".join(each.handed.where for each in good if each is not best)
        doubts.append(f"{len(good)} notebooks: {best.handed.where} was graded, not {left}")
    doubts += [f"{each.handed.where}: {each.error}" for each in candidates if each.error]
    return Choice(
        GRADED, best.rebuilt, best.handed, [*notes, *best.rebuilt.notes], [*doubts, *others]
    )


def _candidate(release: NotebookNode, handed: Handed) -> _Candidate:
    try:
        cells, notes = read(handed.data)
        return _Candidate(handed, rebuild(release, cells), None, notes)
    except UnreadableError as error:
        return _Candidate(handed, None, error, [])


def _others(files: list[Handed]) -> list[str]:
    """A line for all files that are no notebooks, and one for each that could not be read."""
    unread = [each for each in files if each.data is None]
    other = [each.file for each in unread if not each.fault and not _of_a_program(each)]
    lines = [f"also handed in, not read: {', '.join(other)}"] if other else []
    return lines + [f"{each.where}: {each.fault}" for each in unread if each.fault]


def _of_a_program(handed: Handed) -> bool:
    return handed.file.rsplit("/", 1)[-1] in _OF_PROGRAMS


def _nothing(candidates: list[_Candidate], files: list[Handed], others: list[str]) -> Choice:
    told = [f"{each.handed.where}: {each.error}" for each in candidates] + others
    if not told:
        return Choice(MISSING, notes=["no notebook was handed in"])
    wrong = [each for each in candidates if isinstance(each.error, WrongNotebookError)]
    first = (wrong or candidates)[0].handed if candidates else files[0]
    return Choice(WRONG if wrong else UNREADABLE, None, first, [], told)
