"""The commands of the classroom: ``python -m assignments`` and one of these.

    python -m assignments release [ps1 ...]
    python -m assignments grade ps1 FROM --roster roster.csv [--out grades/ps1]
    python -m assignments check ps1.ipynb
    python -m assignments return ps1 COURSE --roster roster.csv [--out grades/ps1]

`make release` and `make grade PS=ps1 FROM=... ROSTER=...` run them.
"""

import argparse
import itertools
import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from tqdm import tqdm

from assignments import alike, course_key, exchange, isolation, marks, pages, platforms, release
from assignments.autograde import GradingError
from assignments.check import CheckError, check
from assignments.grading import ClusterError, Course, IsolationError, Result, grade
from assignments.groups import GroupsError, read_groups
from assignments.intake import write_whole
from assignments.lateness import LatenessError, Time, moment, read_times, rule
from assignments.limits import Limits, default_text, meaning, option
from assignments.platforms import PlatformError
from assignments.problem_sets import (
    ROOT,
    ProblemSet,
    UnknownProblemSetError,
    problem_set,
    problem_sets,
)
from assignments.roster import RosterError, Student, find, read_roster
from assignments.submissions import SubmissionsError, collect
from assignments.tables import write_table

KEY_FILE = ROOT / "course.key"
KEY_VARIABLE = "NETINIT_COURSE_KEY"
REFUSALS = (
    *(GradingError, IsolationError, RosterError, SubmissionsError, UnknownProblemSetError),
    *(marks.WrittenError, CheckError, LatenessError, PlatformError, GroupsError, OSError),
    *(ClusterError, exchange.ExchangeError),
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit code: 2 if it could not be carried out."""
    options = _parser().parse_args(arguments)
    tqdm.monitor_interval = 0  # no monitoring thread, which each forked grader would inherit
    try:
        return options.command(options)
    except REFUSALS as error:
        print(f"Not done: {error}", file=sys.stderr)
        return 2


def release_all(options: argparse.Namespace) -> int:
    """Write the student versions and run them."""
    chosen = [problem_set(name) for name in options.names] or list(problem_sets().values())
    faults = []
    for each in tqdm(chosen, unit="set", disable=None):
        print(f"{each.name}: {release.write(each, options.out)}")
        faults += release.faults(each, course_key_text(options)[0])
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    print("Done: each runs as it should, with its solutions and as students get it.")
    return 0


def grade_all(options: argparse.Namespace) -> int:
    """Grade a class and write marks and pages."""
    chosen, roster = problem_set(options.problem_set, options.source), read_roster(options.roster)
    out = options.out or Path("grades") / chosen.name
    each_task = marks.tasks(chosen)
    by_hand = marks.read_written(out / "written.csv", each_task)
    times = _times(options, roster)
    late = _penalties(options, times)
    key, warnings = course_key_text(options)
    course = Course(
        chosen,
        key,
        out,
        _limits(options),
        options.jobs,
        options.accept_late,
        options.require_isolation,
        options.cluster,
        read_groups(options.groups, roster) if options.groups else {},
        {name: time.hours for name, time in times.items()},
    )
    collected = collect(options.handed_in, options.pattern, lambda words: bool(find(roster, words)))
    with tqdm(unit="notebook", disable=None) as bar:

        def progress(done: int, total: int, name: str) -> None:
            bar.total = total
            bar.set_postfix_str(name)
            bar.update(done - bar.n)

        results, problems, box = grade(course, roster, collected, progress)
    if missing := box.missing():
        warnings.append(f"Not enforced on this system: {'; '.join(missing)}.")
    rows = marks.rows(each_task, results, by_hand)
    for row in rows:
        row.penalty = late(row.result)
    own = [row for row in rows if row.result.on_roster]
    marks.write_written(out / "written.csv", each_task, own)
    marks.write_marks(out / "marks.csv", each_task, own)
    platforms.write_import(out / "moodle.csv", own)
    out_of = sum(task.out_of for task in each_task)
    for path in options.fill:
        filled = platforms.fill(path, own, out_of, options.column)
        write_whole(out / f"filled-{path.name}", write_table(filled.lines, guard=False, mark=False))
        problems += filled.problems
    problems += marks.unknown_students(by_hand, rows)
    if count := alike.write(out, chosen, results, course.groups):
        problems.append(f"pairs of answers that are alike: {count}, shown in {out / alike.PAGE}")
    shown = [_feedback(options, chosen, each_task, row, problems) for row in rows]
    pages.write_report(out / "report.html", chosen, each_task, rows, shown, problems, warnings)
    _tell(out, own, problems, warnings)
    return 0


def check_one(options: argparse.Namespace) -> int:
    """Tell a student how the visible tests end, and what would be ignored."""
    box = isolation.sandbox(_limits(options))
    made = check(options.notebook, list(problem_sets(options.source).values()), box)
    print(made.problem_set.title())
    for task, message in made.tests:
        print(f"{task}: {f'failed: {message}' if message else 'passed'}")
    for task, what in made.written:
        print(f"{task}: {what}; a person will mark it")
    for remark in made.remarks:
        print(f"Note: {remark}")
    print("More tests, which you do not see, run when it is graded.")
    return 0 if made.passed else 1


def return_all(options: argparse.Namespace) -> int:
    """Put the pages for the students where nbgrader returns them from."""
    pages_of = (options.out or Path("grades") / options.problem_set) / "feedback"
    put, without = exchange.put(
        pages_of, options.course, options.problem_set, read_roster(options.roster)
    )
    for name in without:
        print(f"Note: nothing can be returned to {name}: not on the roster, or not graded")
    print(f"Pages to return: {put}. Now, in {options.course}:")
    print(f"    nbgrader release_feedback {options.problem_set}")
    return 0


def _feedback(
    options: argparse.Namespace,
    chosen: ProblemSet,
    each_task: list[marks.Task],
    row: marks.Row,
    problems: list[str],
) -> list[pages.Shown]:
    """Write one student's page and return its tasks; what keeps it from being written is told."""
    out = options.out or Path("grades") / chosen.name
    folder = out / ("feedback" if row.result.on_roster else "strangers")
    try:
        tasks = pages.shown(each_task, row, show_hidden=options.show_hidden)
        pages.write_feedback(folder, chosen, each_task, row, tasks)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        problems.append(f"{row.result.student.id}: no feedback could be written: {error!r}")
        return []
    return tasks


def _times(options: argparse.Namespace, roster: list[Student]) -> dict[str, Time]:
    """When the students handed in, if that is known; by their ids."""
    if options.due is None or options.times is None:
        if options.late_penalty is not None:
            raise LatenessError("a late penalty needs --due and --times")
        return {}
    return read_times(options.times, roster, moment(options.due))


def _penalties(options: argparse.Namespace, times: dict[str, Time]) -> Callable[[Result], float]:
    """A function that gives the share of the points that lateness costs.

    In a group the time is that of who handed in, and the extension is each member's own.
    """
    if options.late_penalty is None:
        return lambda result: 0.0
    penalty = rule(options.late_penalty, options.late_cap, options.grace_hours)

    def share(result: Result) -> float:
        mine = times.get(result.student.id)
        at = times.get(result.owner, mine) if result.owner else mine
        return 0.0 if at is None else penalty.share(at.hours - (mine.extra if mine else 0.0))

    return share


def course_key_text(options: argparse.Namespace) -> tuple[str, list[str]]:
    """The teacher's key, or the public one with a warning."""
    file = options.key_file or (KEY_FILE if KEY_FILE.is_file() else None)
    key = file.read_text("utf-8").strip() if file else os.environ.get(KEY_VARIABLE, "").strip()
    if key:
        return key, []
    return course_key.PUBLIC, [
        "No course key is set, so students can look up the numbers in the hidden tests. Put a "
        "secret into assignments/course.key."
    ]


def _tell(out: Path, rows: list[marks.Row], problems: list[str], warnings: list[str]) -> None:
    counts = Counter(row.result.status for row in rows)
    print(", ".join(f"{status}: {count}" for status, count in counts.items()))
    waiting = sum(len(row.to_mark) for row in rows if not row.result.owner)
    if waiting:
        print(f"Written answers to mark: {waiting}. Fill in {out / 'written.csv'}, then run again.")
    for text in [*warnings, *problems]:
        print(f"Note: {text}")
    print(f"Marks: {out / 'marks.csv'}")
    print(f"Report: {out / 'report.html'}; pages for the students: {out / 'feedback'}")


def _limits(options: argparse.Namespace) -> Limits:
    return Limits(**{limit.name: getattr(options, limit.name) for limit in fields(Limits)})


def _path(text: str) -> Path:
    return Path(text).expanduser()  # make and some shells do not expand the tilde


def _positive(kind: type) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = kind(text)  # argparse reports a ValueError itself
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"must be more than 0, not {text}")
        return value

    number.__name__ = kind.__name__
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assignments", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="release | grade | check | return")
    key = argparse.ArgumentParser(add_help=False)
    key.add_argument(
        "--key-file", type=Path, help=f"the course key (else {KEY_FILE.name}, then ${KEY_VARIABLE})"
    )
    one = commands.add_parser("release", parents=[key], help="write the student versions")
    one.add_argument("names", nargs="*", help="problem sets (default: all)")
    one.add_argument("--out", type=Path, default=release.RELEASE)
    one.set_defaults(command=release_all)
    two = commands.add_parser("grade", parents=[key], help="grade what a class handed in")
    two.add_argument("problem_set", help="such as ps1")
    two.add_argument("handed_in", type=_path, help="a folder, or the zip of a learning platform")
    two.add_argument("--roster", type=_path, required=True, help="CSV file with a column id")
    two.add_argument("--out", type=_path, help="where to write (default: grades/NAME)")
    two.add_argument("--source", type=Path, default=ROOT / "source", help=argparse.SUPPRESS)
    two.add_argument("--pattern", help="regular expression for the paths, with a group student")
    two.add_argument(
        "--jobs",
        type=_positive(int),
        default=0,
        help="notebooks at a time (default: the processors)",
    )
    two.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="grade on the workers of a Dask scheduler, such as tcp://10.0.0.5:8786",
    )
    two.add_argument(
        "--accept-late", action="store_true", help="the last upload counts, late or not"
    )
    two.add_argument(
        "--require-isolation",
        action="store_true",
        help="refuse to run if this system cannot enforce a limit",
    )
    two.add_argument("--late-penalty", help="such as 10%%/day or 1%%/hour, of the points earned")
    two.add_argument("--due", help="when the time ended: 2026-11-20 23:59")
    two.add_argument("--times", type=_path, help="CSV file: student, submitted, extension (hours)")
    two.add_argument("--groups", type=_path, help="CSV file: group, student; one line a member")
    two.add_argument("--late-cap", type=float, default=100, help="most that lateness costs, in %%")
    two.add_argument("--grace-hours", type=float, default=0, help="hours that cost nothing")
    two.add_argument(
        "--fill",
        type=_path,
        action="append",
        default=[],
        help="a worksheet of Moodle or a gradebook of Canvas to write the final marks into",
    )
    two.add_argument("--column", help="the assignment's column in a gradebook of Canvas")
    two.add_argument("--show-hidden", action="store_true", help="show hidden tests in the feedback")
    two.set_defaults(command=grade_all)
    three = commands.add_parser("check", help="run a notebook at home, as it will be graded")
    three.add_argument("notebook", type=_path, help="such as ps1.ipynb")
    three.add_argument("--source", type=Path, default=ROOT / "source", help=argparse.SUPPRESS)
    three.set_defaults(command=check_one)
    four = commands.add_parser("return", help="give feedback back through nbgrader's exchange")
    four.add_argument("problem_set", help="such as ps1")
    four.add_argument("course", type=_path, help="nbgrader's folder of the course")
    four.add_argument("--roster", type=_path, required=True, help="as for grade")
    four.add_argument("--out", type=_path, help="what grade wrote (default: grades/NAME)")
    four.set_defaults(command=return_all)
    for limit, command in itertools.product(fields(Limits), (two, three)):
        command.add_argument(
            option(limit),
            type=_positive(type(limit.default)),
            default=limit.default,
            help=f"limit on {meaning(limit).of} (default: {default_text(limit)})",
        )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
