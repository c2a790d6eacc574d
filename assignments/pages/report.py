"""The teacher's report on a class."""

import itertools
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assignments.files.writing import write_whole
from assignments.marks.rows import Row, decisions
from assignments.marks.tasks import Task
from assignments.pages.environment import ENVIRONMENT
from assignments.pages.shown import Shown
from assignments.problem_sets.sets import ProblemSet

BINS = 10


def write_report(
    path: Path,
    problem_set: ProblemSet,
    each_task: list[Task],
    marks: list[Row],
    tasks: list[list[Shown]],
    problems: list[str],
    warnings: list[str],
) -> None:
    """Write the teacher's report to `path`."""
    out_of = sum(task.out_of for task in each_task)
    totals = [row.total for row in marks if row.total is not None and row.attempted]
    page = ENVIRONMENT.get_template("report.html").render(
        title=problem_set.title(),
        marks=marks,
        tasks=_difficulties(each_task, marks, tasks),
        untouched=sum(row.total is not None and not row.attempted for row in marks),
        decisions=_decisions(marks),
        rubrics=problem_set.rubrics(),
        to_mark=list(_written(each_task, marks, tasks)),
        out_of=out_of,
        histogram=_histogram(totals, out_of),
        quartiles=statistics.quantiles(totals, n=4) if len(totals) > 1 else [],
        counts=Counter(row.result.status for row in marks),
        problems=problems,
        warnings=warnings,
    )
    write_whole(path, page.encode())


@dataclass(frozen=True)
class Difficulty:
    """How a class did in one task: who left it blank is counted apart and in nothing else."""

    task: Task
    share: float | None  # the mean share of its points; None if nobody's is known
    marked: int
    blank: int
    messages: list[tuple[str, int]]  # the most frequent ones, with how often


def _difficulties(
    each_task: list[Task], marks: list[Row], tasks: list[list[Shown]]
) -> list[Difficulty]:
    """Each task, the hardest first; those of which nothing is known come last."""
    said: dict[str, Counter] = {task.name: Counter() for task in each_task}
    for row, shown_to in zip(marks, tasks, strict=True):
        for each in shown_to:
            if each.task.name not in row.blank:
                messages = [test.message[:200] for test in each.tests if test.message]
                said[each.task.name].update(list(dict.fromkeys(messages)))  # each once, in order
    found = []
    for task in each_task:
        tried = [row for row in marks if row.result.scores and task.name not in row.blank]
        known = [row.points[task.name] for row in tried if row.points[task.name] is not None]
        share = statistics.mean(known) / task.out_of if known and task.out_of else None
        blank = sum(bool(row.result.scores) and task.name in row.blank for row in marks)
        most = said[task.name].most_common(3)
        found.append(Difficulty(task, share, len(known), blank, most))
    return sorted(found, key=lambda each: 2.0 if each.share is None else each.share)


def _decisions(marks: list[Row]) -> list[tuple[Row, list[str]]]:
    """Who has points that rest on a person's decision or wait for one, and in what words."""
    told = [(row, decisions(row)) for row in marks]
    return [(row, words) for row, words in told if words or row.history]


def _written(
    each_task: list[Task], marks: list[Row], tasks: list[list[Shown]]
) -> Iterator[tuple[Task, list]]:
    """Each written task with the answers that are still to be marked."""
    for task in filter(lambda task: task.written, each_task):
        answers = [
            (row, each.answers)
            for row, shown_to in zip(marks, tasks, strict=True)
            for each in shown_to
            if each.task == task and task.name in row.to_mark and not row.result.owner
        ]
        if answers:
            yield task, answers


def _histogram(totals: list[float], out_of: float) -> list[tuple[str, int, float]]:
    """The range, the count and the relative height (from 0 to 1) of each bin of totals."""
    counts = [0] * BINS
    for total in totals:
        counts[min(int(BINS * total / out_of), BINS - 1)] += 1
    edges = [out_of * n / BINS for n in range(BINS + 1)]
    ranges = [f"{low:.3g} to {high:.3g}" for low, high in itertools.pairwise(edges)]
    top = max(counts) or 1
    return [(name, count, count / top) for name, count in zip(ranges, counts, strict=True)]
