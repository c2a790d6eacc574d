"""Whatever others hand in, honest students have their marks and everybody has a row.

The whole command runs, from the files to marks and pages; only the notebooks' kernels do not:
points are taken from the answers by a rule.
"""

import contextlib
import csv
import json
import shutil

import nbformat
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assignments import __main__ as command
from assignments.files.writing import write_whole
from assignments.grading import autograde, classes, fingerprint, graders
from assignments.people.roster import Student
from assignments.problem_sets.release import released
from assignments.running import isolation
from assignments.running.isolation import Sandbox
from tests.assignments import fuzz, mini
from tests.assignments.hostile import by_name, right_notebook

OTHERS = ("bad1", "bad2", "bad3", "b\u0430d4")
POINTS = {"ada": 6.0, "max": 2.0, "zoe": 4.0}


def graded_by_rule(jobs, *rest):
    """Take the points from the text of the answers, in place of a kernel."""
    for job in jobs:
        notebook = nbformat.read(job.folder / "rebuilt.ipynb", as_version=4)
        scores = mini.scores_by_rule(notebook)
        write_whole(job.folder / "graded.ipynb", nbformat.writes(notebook).encode())
        made = {name: autograde.Score(*score) for name, score in scores.items()}
        job.result.take(made, [])


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """The problem set, the honest students' folder, a roster; and no kernel runs."""
    folder = tmp_path_factory.mktemp("fuzz")
    small = mini.write(folder / "source")
    for name, wrong in zip(fuzz.HONEST, [(), ("double",), ("add_up",)], strict=True):
        notebook = right_notebook(small)
        for cell in wrong:
            by_name(notebook, cell).source = f"def {cell}(x):\n    return 0"
        (folder / "honest" / name).mkdir(parents=True)
        nbformat.write(notebook, folder / "honest" / name / "ps1.ipynb")
    roster = [f"{name},{name.title()}" for name in (*fuzz.HONEST, *OTHERS)]
    (folder / "roster.csv").write_text("id,name\n" + "\n".join(roster) + "\n", "utf-8")
    programs = fingerprint.programs()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graders, "run", graded_by_rule)
        patch.setattr(classes, "_gradebook", lambda course: None)
        patch.setattr(fingerprint, "programs", lambda: programs)
        patch.setattr(isolation, "sandbox", lambda limits: Sandbox(limits, None, None))
        yield folder, json.loads(nbformat.writes(released(small)))


def marks_of(folder, handed_in):
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    arguments = ["grade", "ps1", str(handed_in), "--roster", str(folder / "roster.csv")]
    arguments += ["--source", str(folder / "source"), "--out", str(out)]
    assert command.main(arguments) == 0
    with (out / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert list(rows) == [*fuzz.HONEST, *OTHERS]
    for name in rows:
        assert len(list((out / "feedback").glob(f"{Student(name, '', ()).slug}.html"))) == 1
    assert (out / "report.html").stat().st_size < 300_000
    return rows


@pytest.mark.parametrize(
    "classes", [100, pytest.param(2000, marks=pytest.mark.nightly)], ids=["day", "night"]
)
def test_honest_students_have_their_marks_in_any_class(room, classes, capsys):
    folder, release = room

    @settings(
        max_examples=classes,
        deadline=None,
        derandomize=classes == 100,
        phases=[Phase.generate],  # to shrink a failing class takes minutes and says little more
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.lists(fuzz.harms(release), max_size=3), max_size=4), st.booleans())
    def in_any_class(harms, as_zip):
        handed_in = folder / "in"
        shutil.rmtree(handed_in, ignore_errors=True)
        shutil.copytree(folder / "honest", handed_in)
        for name, mine in zip(OTHERS, harms, strict=False):
            for harm in mine:
                with contextlib.suppress(FileExistsError, NotADirectoryError):  # of another harm
                    harm(handed_in / name)
        if as_zip:
            handed_in = fuzz.packed(handed_in, folder / "in.zip")
        rows = marks_of(folder, handed_in)
        for name, points in POINTS.items():
            row = rows[name]
            assert (row["status"], row["total"], row["notes"]) == ("graded", f"{points:g}", "")

    in_any_class()


def test_the_check_sees_a_file_that_reaches_another_student(room):
    """With a pattern that lets a name inside a folder speak, the test above would fail."""
    folder, _ = room
    handed_in = folder / "theft"
    shutil.copytree(folder / "honest", handed_in)
    (handed_in / "bad1" / "Ada_1_assignsubmission_file_").mkdir(parents=True)
    thief = handed_in / "bad1" / "Ada_1_assignsubmission_file_" / "ps1.ipynb"
    thief.write_text("{}", "utf-8")
    assert marks_of(folder, handed_in)["ada"]["notes"] == ""
    pattern = r"(?:.*/)?(?P<student>[^/_]+)(?:_\d+_assignsubmission_file_)?/[^/]+"
    arguments = ["grade", "ps1", str(handed_in), "--roster", str(folder / "roster.csv")]
    arguments += ["--source", str(folder / "source"), "--out", str(folder / "out")]
    assert command.main([*arguments, "--pattern", pattern]) == 0
    with (folder / "out" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert "bad1" in rows["ada"]["notes"]
