"""The commands of the classroom: ``python -m assignments`` and one of these.

    python -m assignments release [ps1 ...]
    python -m assignments grade ps1 FROM --roster roster.csv [--out grades/ps1]
    python -m assignments mark ps1
    python -m assignments marks ps1
    python -m assignments check ps1.ipynb
    python -m assignments return ps1 COURSE --roster roster.csv [--out grades/ps1]

`make release`, `make grade PS=ps1 FROM=... ROSTER=...`, `make mark PS=ps1` and `make marks PS=ps1`
run them.
"""

import argparse
import getpass
import itertools
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from tqdm import tqdm

from assignments.grading import class_file
from assignments.grading.autograde import GradingError
from assignments.grading.check import CheckError, check
from assignments.grading.class_file import Class, ClassFileError
from assignments.grading.classes import grade
from assignments.grading.results import ClusterError, Course, IsolationError, Result
from assignments.handed_back import exchange, feedback_zip, finish
from assignments.handed_back.platforms import PlatformError
from assignments.handed_in.submissions import SubmissionsError, collect
from assignments.marking.desk import Desk
from assignments.marking.server import serve
from assignments.marks import store
from assignments.marks.csv_files import WrittenError, read_written
from assignments.marks.given import RequestsError
from assignments.marks.tasks import tasks_of
from assignments.people.groups import GroupsError, read_groups
from assignments.people.lateness import LatenessError, Time, moment, read_times, rule
from assignments.people.roster import RosterError, Student, find, read_roster
from assignments.problem_sets import course_key, release
from assignments.problem_sets.sets import (
    ROOT,
    ProblemSet,
    UnknownProblemSetError,
    problem_set,
    problem_sets,
)
from assignments.running import interrupts, isolation
from assignments.running.limits import Limits, default_text, meaning, option
from assignments.similarity import page as alike

KEY_FILE = ROOT / "course.key"
KEY_VARIABLE = "NETINIT_COURSE_KEY"
REFUSALS = (
    *(GradingError, IsolationError, RosterError, SubmissionsError, UnknownProblemSetError),
    *(WrittenError, CheckError, LatenessError, PlatformError, GroupsError, OSError),
    *(ClassFileError, RequestsError, store.StoreError, ClusterError, exchange.ExchangeError),
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
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would leave folders behind
        interrupts.end_children()
        print("\nStopped. What was done so far is kept: the same command goes on.", file=sys.stderr)
        return 130


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
    read_written(out / finish.WRITTEN, tasks_of(chosen))  # what is wrong is said at once
    store.Store(out / store.NAME).entries()
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
    if count := alike.write(out, chosen, results, course.groups):
        problems.append(f"pairs of answers that are alike: {count}, shown in {out / alike.PAGE}")
    source = chosen.folder.resolve().parent
    graded = Class(chosen.name, str(source), results, problems=problems, warnings=warnings)
    graded.penalties = {r.student.id: share for r in results if (share := late(r))}
    graded.show_hidden = options.show_hidden
    class_file.write(out, graded)
    _tell(chosen, out, finish.finish(chosen, out, graded, _fill(options)), warnings)
    return 0


def marks_again(options: argparse.Namespace) -> int:
    """Write marks, report and pages again; nothing that was handed in is read or run."""
    chosen, out, graded = _graded(options)
    finished = finish.finish(chosen, out, graded, _fill(options))
    if options.feedback_for is not None:
        count, without = feedback_zip.write(out, options.feedback_for, finished.rows)
        finished.problems += [f"no page for Moodle: {name}" for name in without]
        print(f"Pages for Moodle: {count}, in {out / feedback_zip.NAME}")
    _tell(chosen, out, finished, graded.warnings)
    return 0


def mark_by_hand(options: argparse.Namespace) -> int:
    """Open the page for marking; write marks, report and pages when it is closed."""
    chosen, out, _ = _graded(options)
    desk = Desk(chosen, out, options.marker or getpass.getuser())
    try:
        serve(desk, options.port, options.open)
    except KeyboardInterrupt:
        print()
    _tell(chosen, out, finish.finish(chosen, out, class_file.read(out), _fill(options)), [])
    return 0


def _graded(options: argparse.Namespace) -> tuple[ProblemSet, Path, Class]:
    """The problem set of a class that was graded, the folder of its grades, and the class."""
    out = options.out or Path("grades") / options.problem_set
    graded = class_file.read(out)
    return problem_set(options.problem_set, options.source or Path(graded.source)), out, graded


def _fill(options: argparse.Namespace) -> finish.Fill:
    return finish.Fill(tuple(options.fill), options.column)


def check_one(options: argparse.Namespace) -> int:
    """Tell a student how the visible tests end, and what would be ignored."""
    box = isolation.sandbox(_limits(options))
    made = check(options.notebook, list(problem_sets(options.source).values()), box)
    print(made.problem_set.title())
    called = {task.name: task.title for task in tasks_of(made.problem_set)}
    for task, message in made.tests:
        print(f"{called[task]}: {f'failed: {message}' if message else 'passed'}")
    for task, what in made.written:
        print(f"{called[task]}: {what}; a person will mark it")
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


def _tell(chosen: ProblemSet, out: Path, finished: finish.Finished, warnings: list[str]) -> None:
    counts = Counter(row.result.status for row in finished.rows)
    print(", ".join(f"{status}: {count}" for status, count in counts.items()))
    waiting = sum(len(row.to_mark) for row in finished.rows if not row.result.owner)
    if waiting:
        which = f"PS={chosen.name}"
        if out != Path("grades") / chosen.name:
            which += f" OPTIONS='--out {out}'"
        print(
            f"Answers to mark: {waiting}. Mark them with make mark {which}, or fill in "
            f"{out / finish.WRITTEN} and run make marks {which}."
        )
    for text in [*warnings, *finished.problems]:
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
    commands = parser.add_subparsers(
        required=True, metavar="release | grade | mark | marks | check | return"
    )
    key = argparse.ArgumentParser(add_help=False)
    key.add_argument(
        "--key-file", type=Path, help=f"the course key (else {KEY_FILE.name}, then ${KEY_VARIABLE})"
    )
    fill = argparse.ArgumentParser(add_help=False)
    fill.add_argument(
        "--fill",
        type=_path,
        action="append",
        default=[],
        help="a worksheet of Moodle or a gradebook of Canvas to write the final marks into",
    )
    fill.add_argument("--column", help="the assignment's column in a gradebook of Canvas")
    one = commands.add_parser("release", parents=[key], help="write the student versions")
    one.add_argument("names", nargs="*", help="problem sets (default: all)")
    one.add_argument("--out", type=Path, default=release.RELEASE)
    one.set_defaults(command=release_all)
    two = commands.add_parser("grade", parents=[key, fill], help="grade what a class handed in")
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
    two.add_argument("--show-hidden", action="store_true", help="show hidden tests in the feedback")
    two.set_defaults(command=grade_all)
    four = commands.add_parser(
        "mark", parents=[fill], help="mark by hand, on a page of this machine"
    )
    four.add_argument("--as", dest="marker", help="the name in the history (default: the user's)")
    four.add_argument("--port", type=int, default=0, help="default: one that is free")
    four.add_argument("--no-open", dest="open", action="store_false", help="open no browser")
    four.set_defaults(command=mark_by_hand)
    five = commands.add_parser("marks", parents=[fill], help="write marks, report and pages again")
    five.add_argument(
        "--feedback-for",
        type=_path,
        metavar="ZIP",
        help="Moodle's zip of submissions: put the pages of all final marks into a zip for Moodle",
    )
    five.set_defaults(command=marks_again)
    for command in (four, five):
        command.add_argument("problem_set", help="such as ps1, which was graded before")
        command.add_argument(
            "--out", type=_path, help="where the grades are (default: grades/NAME)"
        )
        command.add_argument("--source", type=Path, help=argparse.SUPPRESS)
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
