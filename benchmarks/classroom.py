"""Grade a class with `make grade`'s command and with plain ``nbgrader autograde``, side by side.

``python -m benchmarks.classroom --students 100``; `make bench` puts the result into the README. The
notebooks are the same: the reference's answers, and for every fourth student one wrong answer. Ours
runs each in a sandbox, where there is one; nbgrader's batch has none.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from assignments.problem_sets.cells import is_answer
from assignments.problem_sets.course_key import PUBLIC, keyed
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import ProblemSet, problem_set
from assignments.running import isolation
from assignments.running.limits import Limits

ROOT = Path(__file__).resolve().parent.parent


def seconds(students: int, name: str = "ps1") -> dict[str, float]:
    """Return how long a class takes: ours, a second run of ours, and nbgrader's."""
    chosen = problem_set(name)
    with tempfile.TemporaryDirectory(prefix="class-") as folder:
        course = Path(folder)
        prepare(course, chosen, students)
        took = {"ours": ours(course, name), "again": ours(course, name)}
        return took | {"nbgrader": plain(course, name)}


def prepare(course: Path, chosen: ProblemSet, students: int) -> None:
    """Write a course folder of nbgrader's, with everything handed in, and a roster."""
    source = course / "source" / chosen.name
    source.mkdir(parents=True)
    nbformat.write(keyed(chosen.notebook(), chosen.name, PUBLIC), source / chosen.path.name)
    with (course / "roster.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id"], *([f"s{n:03}"] for n in range(students))])
    for n in range(students):
        place = course / "submitted" / f"s{n:03}" / chosen.name
        place.mkdir(parents=True)
        nbformat.write(answered(chosen, wrong=n % 4 == 3), place / chosen.path.name)
    nbgrader(course, "generate_assignment", chosen.name)


def answered(chosen: ProblemSet, *, wrong: bool) -> nbformat.NotebookNode:
    """Return a notebook as a student hands it in; the first answer may be left blank."""
    notebook, source = released(chosen), chosen.notebook()
    pairs = zip(notebook.cells, source.cells, strict=True)
    answers = [(cell, reference) for cell, reference in pairs if is_answer(cell)]
    for cell, reference in answers[wrong:]:
        cell.source = reference.source
    return notebook


def ours(course: Path, name: str) -> float:
    """Grade by our command."""
    start = time.perf_counter()
    run = [sys.executable, "-m", "assignments", "grade", name, str(course / "submitted")]
    run += ["--roster", str(course / "roster.csv"), "--out", str(course / "grades")]
    subprocess.run(run, cwd=ROOT, check=True, capture_output=True)
    took = time.perf_counter() - start
    with (course / "grades" / "marks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    if not all(row["total"] for row in rows):
        raise SystemExit("not everybody was graded")
    return took


def plain(course: Path, name: str) -> float:
    """Grade by nbgrader's own command."""
    start = time.perf_counter()
    nbgrader(course, "autograde", name, "--create")
    took = time.perf_counter() - start
    graded = list((course / "autograded").glob("*/*/*.ipynb"))
    if len(graded) != len(list((course / "submitted").iterdir())):
        raise SystemExit("nbgrader did not grade everybody")
    return took


def nbgrader(course: Path, *arguments: str) -> None:
    """Run nbgrader's command; it calls alembic by name."""
    programs = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": programs + os.pathsep + os.environ["PATH"]}
    run = [str(Path(programs, "nbgrader")), *arguments, f"--CourseDirectory.root={course}"]
    subprocess.run(run, env=environment, cwd=course, check=True, capture_output=True)


def row(students: int) -> tuple[str, str, str]:
    """Return what the README shows."""
    took = seconds(students)
    held = "all limits enforced" if not walls_missing() else "without all limits"
    return (
        f"a class of {students} graded, {held}; again with nothing new",
        f"{took['ours']:.0f} s; {took['again']:.0f} s",
        f"plain nbgrader × {took['ours'] / took['nbgrader']:.2f}, target 0.7",
    )


def walls_missing() -> list[str]:
    """Return the limits that this system does not enforce."""
    return isolation.sandbox(Limits()).missing()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classroom", description=__doc__)
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--problem-set", default="ps1")
    options = parser.parse_args()
    took = seconds(options.students, options.problem_set)
    for what, value in took.items():
        print(f"{what}: {value:.1f} s")
    print(f"ours / nbgrader: {took['ours'] / took['nbgrader']:.2f}")


if __name__ == "__main__":
    main()
