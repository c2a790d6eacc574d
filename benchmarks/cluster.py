"""Grade a class on a Dask cluster of one worker and of two: ``python -m benchmarks.cluster``.

The workers are on this machine, with one notebook at a time each. What counts is the time between
results once every worker has had its first: neither the start of the workers nor the reading of
what was handed in. From it follow the hours of a large course.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from assignments.problem_sets.sets import problem_set
from benchmarks.classroom import answered

ROOT = Path(__file__).resolve().parent.parent
LARGE = 10_000  # submissions


def seconds(students: int, workers: int, name: str = "ps1") -> float:
    """Return the seconds from one result to the next."""
    import distributed

    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        course = Path(folder)
        prepare(course, name, students)
        with distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster:
            grade(course, name, cluster.scheduler_address)
        times = sorted(p.stat().st_mtime for p in course.glob("grades/students/*/result.json"))
    if len(times) != students:
        raise SystemExit("not everybody was graded")
    return (times[-1] - times[workers - 1]) / (students - workers)


def prepare(course: Path, name: str, students: int) -> None:
    """Write what a class hands in, every fourth with a wrong answer, and its roster."""
    chosen = problem_set(name)
    with (course / "roster.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id"], *([f"s{n:03}"] for n in range(students))])
    for n in range(students):
        (course / "in" / f"s{n:03}").mkdir(parents=True)
        notebook = answered(chosen, wrong=n % 4 == 3)
        nbformat.write(notebook, course / "in" / f"s{n:03}" / chosen.path.name)


def grade(course: Path, name: str, address: str) -> None:
    """Grade by our command."""
    run = [sys.executable, "-m", "assignments", "grade", name, str(course / "in")]
    run += ["--roster", str(course / "roster.csv"), "--out", str(course / "grades")]
    subprocess.run([*run, "--cluster", address], cwd=ROOT, check=True, capture_output=True)


def row(students: int) -> tuple[str, str, str]:
    """Return what the README shows."""
    one, two = (seconds(students, workers) for workers in (1, 2))
    return (
        "a class graded on a Dask cluster on this machine, by one worker; by two",
        f"{one:.1f} s a notebook; {two:.1f} s",
        f"× {one / two:.2f}; {LARGE:,} submissions in {LARGE * one / 3600:.1f} h; "
        f"in {LARGE * two / 3600:.1f} h",
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--students", type=int, default=24)
    print(" | ".join(row(parser.parse_args().students)))


if __name__ == "__main__":
    main()
