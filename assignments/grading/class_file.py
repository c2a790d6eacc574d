"""What grading found out about a class, kept beside the marks: ``class.json``.

From it the marks, the report and the pages can be made again without reading or running anything
that was handed in, and answers can be marked by hand.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from assignments.commands import command
from assignments.files.writing import write_whole
from assignments.grading.autograde import Score
from assignments.grading.results import Result
from assignments.people.roster import Student

NAME = "class.json"
_SETS = ("aliases", "names")  # of a student: lists in the file


class ClassFileError(ValueError):
    """There is no class that could be marked; the message says what to do."""


@dataclass
class Class:
    """The results of a class and how its marks are to be made."""

    problem_set: str
    source: str  # the folder of problem sets
    results: list[Result]
    penalties: dict[str, float] = field(default_factory=dict)  # shares of the points, by student
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    show_hidden: bool = False
    alike: int | None = None  # pairs of answers; None if they were not compared


def write(out: Path, graded: Class) -> None:
    """Keep a class in the folder of its grades."""
    kept = {name: value for name, value in vars(graded).items() if name != "results"}
    kept["results"] = [_plain(out, result) for result in graded.results]
    write_whole(out / NAME, json.dumps(kept, ensure_ascii=False, indent=1).encode())


def read(out: Path) -> Class:
    """The class whose grades are in a folder.

    Raises
    ------
    ClassFileError
        If nothing was graded there, or the file is damaged.
    """
    path = out / NAME
    if not path.is_file():
        raise ClassFileError(f"there is no {path}: grade the class first, with {command('grade')}")
    try:
        kept = json.loads(path.read_text("utf-8"))
        kept["results"] = [_result(out, each) for each in kept["results"]]
        return Class(**kept)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        told = f"{path} cannot be read ({error}): run {command('grade')} again"
        raise ClassFileError(told) from None


def _plain(out: Path, result: Result) -> dict:
    student = asdict(result.student)
    student |= {each: sorted(student[each]) for each in _SETS}
    folder = result.folder.relative_to(out).as_posix() if result.folder else None
    scores = {name: [score.points, score.out_of] for name, score in result.scores.items()}
    return vars(result) | {"student": student, "folder": folder, "scores": scores}


def _result(out: Path, kept: dict) -> Result:
    student = kept["student"]
    sets = {each: frozenset(student[each]) for each in _SETS if each in student}
    kept["student"] = Student(**student | sets)
    kept["folder"] = out / kept["folder"] if kept["folder"] else None
    kept["scores"] = {name: Score(*score) for name, score in kept["scores"].items()}
    return Result(**kept)
