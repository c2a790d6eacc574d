"""Grading a class: what is done again and what is not, and what a broken grader does."""

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import nbformat
import pytest

from assignments import __main__ as command
from assignments.grading import autograde, classes, fingerprint, graders
from assignments.grading.classes import grade
from assignments.grading.results import Course, IsolationError
from assignments.handed_in.submissions import collect
from assignments.people.roster import read_roster
from assignments.running import isolation
from assignments.running.isolation import Sandbox
from assignments.running.limits import Limits
from tests.assignments.hostile import by_name, right_notebook
from tests.assignments.mini import scores_by_rule

NAMES = ["s0", "s1", "s2"]


@pytest.fixture
def handed_in(small, tmp_path):
    """A folder in which three students handed in the right answers, and a roster."""
    for name in NAMES:
        put(tmp_path / "in", name, right_notebook(small))
    (tmp_path / "roster.csv").write_text("id,name\n" + "".join(f"{n},Name {n}\n" for n in NAMES))
    return tmp_path / "in"


@pytest.fixture
def quick(monkeypatch):
    """No kernel runs: points are taken from the text of the answers."""
    if not hasattr(os, "fork"):
        pytest.skip("the grader is replaced before it is forked")

    def by_rule(name, notebook, *rest):
        made = {name: autograde.Score(*score) for name, score in scores_by_rule(notebook).items()}
        return autograde.Graded(made, notebook)

    monkeypatch.setattr(autograde, "autograde", by_rule)
    monkeypatch.setattr(classes, "_gradebook", lambda course: None)


def put(folder, name, notebook):
    (folder / name).mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / name / "ps1.ipynb")


def run(small, handed_in, progress=None, **options):
    """Grade; return the results by student and the names that were graded anew."""
    graded = []

    def note(done, total, name):
        graded.append(name.removeprefix("Name "))
        if progress is not None:
            progress(done)

    course = Course(small, **{"key": "k", "out": handed_in.parent / "out", "jobs": 1} | options)
    roster = read_roster(handed_in.parent / "roster.csv")
    results, problems, _ = grade(course, roster, collect(handed_in), note)
    return {result.student.id: result for result in results}, sorted(graded), problems


def points(result):
    return sum(score.points or 0 for score in result.scores.values())


def test_only_what_is_new_is_graded(small, handed_in, quick, monkeypatch):
    results, graded, problems = run(small, handed_in)
    assert graded == NAMES
    assert problems == []
    assert {points(result) for result in results.values()} == {6.0}
    assert run(small, handed_in)[1] == []
    changed = right_notebook(small)
    by_name(changed, "add_up").source = "def add_up(x):\n    return 0"
    put(handed_in, "s1", changed)
    results, graded, _ = run(small, handed_in)
    assert graded == ["s1"]
    assert points(results["s1"]) == 4.0
    assert run(small, handed_in, key="another")[1] == NAMES
    (handed_in.parent / "out" / "students" / "s2" / "result.json").write_text("{broken")
    assert run(small, handed_in, key="another")[1] == ["s2"]
    monkeypatch.setattr(fingerprint, "programs", lambda: "a fixed library")
    assert run(small, handed_in, key="another")[1] == NAMES


def test_an_interrupted_run_goes_on_where_it_stopped(small, handed_in, quick):
    def interrupt(done):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(small, handed_in, interrupt)
    results, graded, _ = run(small, handed_in)
    assert len(graded) == 1
    assert {points(result) for result in results.values()} == {6.0}


@pytest.mark.skipif(not hasattr(os, "setsid"), reason="there are no process groups")
@pytest.mark.parametrize("again", [pytest.param(False, marks=pytest.mark.nightly), True])
def test_ctrl_c_ends_grading_without_a_trace(
    walls, small, handed_in, tmp_path, again, ctrl_c_is_heeded
):
    for name in NAMES:
        slow = right_notebook(small)
        by_name(slow, "double").source += "\nimport time\ntime.sleep(25)"
        put(handed_in, name, slow)
    scratch = tmp_path / "t"
    scratch.mkdir()
    command = [sys.executable, "-m", "assignments", "grade", "ps1", str(handed_in)]
    command += ["--roster", f"{handed_in.parent}/roster.csv", "--out", str(tmp_path / "out")]
    command += ["--source", str(small.folder.parent), "--jobs", "2"]
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(root), "TMPDIR": str(scratch)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen(command, env=environment, start_new_session=True, **pipes)
    end = time.monotonic() + 120
    while len(list(scratch.glob("ni-*/s/*"))) < 2 and time.monotonic() < end:
        time.sleep(0.2)
    assert running.poll() is None
    for _ in range(1 + again):  # as a terminal sends it: to all of them
        os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "Stopped." in errors
    assert "Traceback" not in errors
    assert list(scratch.glob("ni-*")) == []


def test_what_was_handed_in_is_kept_as_it_was(small, handed_in, quick):
    run(small, handed_in)
    for name in NAMES:
        kept = handed_in.parent / "out" / "students" / name / "submitted.ipynb"
        assert kept.read_bytes() == (handed_in / name / "ps1.ipynb").read_bytes()


def test_a_grader_that_breaks_is_reported_and_the_others_are_graded(
    small, handed_in, quick, monkeypatch
):
    real = autograde.autograde

    def breaks(name, notebook, *rest):
        text = nbformat.writes(notebook)
        if "# dies" in text:
            os._exit(1)
        if "# raises" in text:
            raise RuntimeError("broken")
        return real(name, notebook, *rest)

    for name, word in [("s0", "# dies"), ("s1", "# raises")]:
        notebook = right_notebook(small)
        by_name(notebook, "double").source += f"\n{word}"
        put(handed_in, name, notebook)
    monkeypatch.setattr(autograde, "autograde", breaks)
    results, _, _ = run(small, handed_in)
    assert [results[name].status for name in NAMES] == ["failed", "failed", "graded"]
    assert results["s0"].doubts == ["the grader exited without a result"]
    assert results["s1"].doubts == ["RuntimeError: broken"]
    assert results["s0"].scores == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the grader is replaced before it is forked")
def test_a_grader_that_hangs_is_ended(small, handed_in, monkeypatch):
    import time

    monkeypatch.setattr(autograde, "autograde", lambda *arguments: time.sleep(100))
    monkeypatch.setattr(graders, "GRACE", 0)
    monkeypatch.setattr(graders, "CLOCK", 1)
    monkeypatch.setattr(graders, "PATIENCE", 0.1)
    results, _, _ = run(small, handed_in, limits=Limits(seconds=1), jobs=3)
    assert {result.status for result in results.values()} == {"failed"}
    assert results["s0"].doubts == ["the grader took too long and was killed"]


def test_a_temporary_folder_too_deep_for_sockets_is_not_used(
    walls, small, handed_in, tmp_path, monkeypatch
):
    deep = tmp_path / "mé folder" / ("long " * 25).strip()
    deep.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    results, _, _ = run(small, handed_in)
    assert {points(result) for result in results.values()} == {6.0}


def test_without_a_folder_for_sockets_the_teacher_is_told_what_to_set(
    small, handed_in, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 25)))
    monkeypatch.setattr(autograde, "PLACES", ())
    arguments = ["grade", "ps1", str(handed_in), "--roster", f"{handed_in.parent}/roster.csv"]
    arguments += ["--source", str(small.folder.parent), "--out", str(handed_in.parent / "out")]
    assert command.main(arguments) == 2
    assert "Set TMPDIR to one of at most 80 bytes" in capsys.readouterr().err


def test_isolation_can_be_required(small, handed_in, monkeypatch):
    monkeypatch.setattr(isolation, "sandbox", lambda limits: Sandbox(limits, None, None))
    with pytest.raises(IsolationError, match="does not enforce: no network"):
        run(small, handed_in, require_isolation=True)


def test_without_walls_a_class_is_graded_all_the_same(small, handed_in, monkeypatch):
    monkeypatch.setattr(isolation, "sandbox", lambda limits: Sandbox(limits, None, None))
    results, _, _ = run(small, handed_in)
    assert {points(result) for result in results.values()} == {6.0}


def test_the_page_shows_the_line_of_the_students_own_code_that_failed(small, handed_in):
    notebook = right_notebook(small)
    by_name(notebook, "double").source = "def double(x):\n    # half of it\n    return x / 0"
    put(handed_in, "s0", notebook)
    (handed_in.parent / "roster.csv").write_text("id\ns0\n")
    arguments = ["grade", "ps1", str(handed_in), "--roster", f"{handed_in.parent}/roster.csv"]
    arguments += ["--source", str(small.folder.parent), "--out", str(handed_in.parent / "out")]
    assert command.main(arguments) == 0
    page = (handed_in.parent / "out" / "feedback" / "s0.html").read_text("utf-8")
    assert "ZeroDivisionError" in page
    assert "In your code, line 3:</p><pre>return x / 0</pre>" in page


def test_two_students_of_one_name_are_left_to_a_person(small, handed_in, quick):
    (handed_in.parent / "roster.csv").write_text("id,name\na,s0\nb,s0\ns1,x\n")
    results, _, problems = run(small, handed_in)
    assert problems[0] == "s0: s0 could be any of a, b: not matched"
    assert problems[1] == "s2: s2 is not on the roster"
    assert [results[name].status for name in ("a", "b", "s1")] == ["missing", "missing", "graded"]
    assert [results[name].on_roster for name in ("s0", "s2")] == [False, False]


def write_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, notebook in members.items():
            archive.writestr(name, nbformat.writes(notebook))


def test_the_last_on_time_counts_and_with_accept_late_the_last(small, tmp_path, quick):
    right, wrong = right_notebook(small), right_notebook(small)
    by_name(wrong, "double").source = "def double(x):\n    return 0"
    write_zip(
        tmp_path / "in.zip",
        {
            "lovelaceada_7_100_ps1.ipynb": wrong,
            "lovelaceada_7_101_ps1-1.ipynb": right,
            "lovelaceada_LATE_7_102_ps1.ipynb": wrong,
            "bornmax_LATE_8_103_ps1.ipynb": right,
        },
    )
    (tmp_path / "roster.csv").write_text("id,name,canvas\na,Ada Lovelace,7\nm,Max Born,8\n")
    results, _, _ = run(small, tmp_path / "in.zip")
    assert (points(results["a"]), results["a"].late) == (6.0, False)
    assert "lovelaceada_LATE_7_102_ps1.ipynb" in results["a"].doubts[-1]
    assert (points(results["m"]), results["m"].late) == (6.0, True)
    results, _, _ = run(small, tmp_path / "in.zip", accept_late=True)
    assert (points(results["a"]), results["a"].late) == (2.0, True)


def test_from_the_export_of_moodle_to_marks(small, tmp_path, capsys):
    right = right_notebook(small)
    write_zip(
        tmp_path / "in.zip",
        {
            "Zoë O'Brien_11_assignsubmission_file_/ps1.ipynb": right,
            "../evil.ipynb": right,
            "No One_12_assignsubmission_file_/ps1.ipynb": right,
        },
    )
    (tmp_path / "roster.csv").write_text("id,name\nz,Zoë O'Brien\na,Ada\n", "utf-8")
    arguments = ["grade", "ps1", str(tmp_path / "in.zip"), "--roster", f"{tmp_path}/roster.csv"]
    arguments += ["--out", str(tmp_path / "out"), "--source", str(small.folder.parent)]
    assert command.main(arguments) == 0
    told = capsys.readouterr().out
    assert "graded: 1, missing: 1" in told
    assert "evil.ipynb: refused, a path that leads out of the zip" in told
    assert "No One is not on the roster" in told
    with (tmp_path / "out" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert (rows["z"]["total"], rows["z"]["to_mark"], rows["a"]["total"]) == ("6", "1", "")
    written = tmp_path / "out" / "written.csv"
    written.write_text(written.read_text("utf-8").replace("z,why,2,,", "z,why,2,1.5,fine"), "utf-8")
    assert command.main(arguments) == 0
    assert "7.5 of 8 points" in (tmp_path / "out" / "feedback" / "z.html").read_text("utf-8")
    assert not list(tmp_path.parent.glob("evil*"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({1: "ps9"}, "no problem set is called 'ps9'"),
        ({2: "nowhere"}, "neither a folder nor a zip"),
        ({4: "nowhere.csv"}, "the roster cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(small, handed_in, capsys, change, message):
    roster = str(handed_in.parent / "roster.csv")
    arguments = ["grade", "ps1", str(handed_in), "--roster", roster]
    for place, value in change.items():
        arguments[place] = value
    arguments += ["--source", str(small.folder.parent), "--out", str(handed_in.parent / "out")]
    assert command.main(arguments) == 2
    assert message in capsys.readouterr().err
    assert not (handed_in.parent / "out").exists()


@pytest.mark.parametrize("option", ["--jobs", "--cell-seconds", "--seconds", "--memory-mb"])
@pytest.mark.parametrize("value", ["0", "-1", "many", "nan"])
def test_a_limit_of_nothing_is_refused(capsys, option, value):
    with pytest.raises(SystemExit) as exit_:
        command.main(["grade", "ps1", "in", "--roster", "roster.csv", option, value])
    assert exit_.value.code == 2
    assert option in capsys.readouterr().err


def test_without_a_key_the_teacher_is_warned_and_with_one_not(
    small, handed_in, quick, capsys, monkeypatch
):
    monkeypatch.setattr(command, "KEY_FILE", handed_in.parent / "course.key")
    arguments = ["grade", "ps1", str(handed_in), "--roster", f"{handed_in.parent}/roster.csv"]
    arguments += ["--source", str(small.folder.parent), "--out", str(handed_in.parent / "out")]
    assert command.main(arguments) == 0
    assert "No course key" in capsys.readouterr().out
    command.KEY_FILE.write_text("secret\n")
    assert command.main(arguments) == 0
    assert "No course key" not in capsys.readouterr().out
