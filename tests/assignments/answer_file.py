"""Wrong and right answers to the problem sets, and what the tests say of each.

``answers/psN.py`` holds them as sections: ``# %% task: NAME`` opens the answers to one task, each
under ``# %% wrong: WHAT IS WRONG`` or ``# %% right: HOW IT IS WRITTEN``. The code of a section
takes the place of the task's answer cell; all other answers are the reference's.
"""

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from assignments.problem_sets.cells import grade_id, is_answer, is_test, task_of
from assignments.problem_sets.course_key import keyed
from assignments.problem_sets.sets import ProblemSet

FOLDER = Path(__file__).resolve().parent / "answers"
_SECTION = re.compile(r"^# %% (?P<kind>task|wrong|right): (?P<text>.+)$", re.M)


@dataclass(frozen=True)
class Answer:
    """One way to answer a task."""

    task: str
    kind: str  # wrong or right
    label: str
    code: str


def answers(problem_set: str) -> list[Answer]:
    """All listed answers to a problem set."""
    text = (FOLDER / f"{problem_set}.py").read_text("utf-8")
    found, task = [], None
    sections = list(_SECTION.finditer(text))
    for section, following in zip(sections, [*sections[1:], None], strict=True):
        if section["kind"] == "task":
            task = section["text"].strip()
            continue
        code = text[section.end() : following.start() if following else len(text)].strip()
        found.append(Answer(task, section["kind"], section["text"].strip(), code))
    return found


class Run:
    """A problem set in one process, with the answer to one task replaced; as quick as a call."""

    def __init__(self, problem_set: ProblemSet, answer: Answer | None = None) -> None:
        self.problem_set, self.answer = problem_set, answer
        self.source = problem_set.notebook()
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.broken: Exception | None = None
        for cell in self.source.cells:
            if cell.cell_type != "code" or is_test(cell):
                continue
            mine = answer is not None and is_answer(cell) and grade_id(cell) == answer.task
            try:
                self._execute(answer.code if mine else cell.source, grade_id(cell) or "cell")
            except Exception as error:  # as in a notebook, the tests then say what is missing
                if not mine:
                    raise
                self.broken = error

    def failures(self, key: str) -> dict[str, Exception]:
        """The tests of the answered task (all tasks without one) that fail under a course key."""
        failed = {}
        for cell in keyed(self.source, self.problem_set.name, key).cells:
            if is_test(cell) and self._concerns(cell):
                try:
                    self._execute(cell.source, grade_id(cell))
                except Exception as error:
                    failed[grade_id(cell)] = error
        return failed

    def _concerns(self, cell: object) -> bool:
        return self.answer is None or task_of(cell) == self.answer.task

    def _execute(self, source: str, name: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, f"<{name}>", "exec"), self.names)
