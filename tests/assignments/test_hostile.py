"""One class of hostile and unlucky submissions, graded by one command."""

import csv

import nbformat
import pytest

from assignments import __main__ as command
from assignments.grading import graders
from assignments.people.roster import slug
from tests.assignments.hostile import SECONDS, cases, right_notebook
from tests.assignments.test_isolation import BOUNDED_FORKS

STRANGER = "Not On The Roster"


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A folder in which nothing may appear, though everybody may write there."""
    folder = tmp_path_factory.mktemp("outside")
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def listed(walls, small, outside):
    return cases(small, str(outside))


@pytest.fixture(scope="module")
def processes_are_limited(walls):
    """Prove it by forking a bounded number of times, before anything forks without a bound."""
    import subprocess
    import tempfile
    from dataclasses import replace
    from pathlib import Path

    box = replace(walls, limits=replace(walls.limits, processes=16))
    with tempfile.TemporaryDirectory() as folder:
        program = box.command(["-c", BOUNDED_FORKS.format(tries=40)], Path(folder))
        told = subprocess.run(program, env=box.environment(), capture_output=True, text=True)
    assert told.stdout.strip().isdecimal(), told.stderr
    assert int(told.stdout) < 16, "the process limit does not hold: the fork bomb is not run"


@pytest.fixture(scope="module")
def graded(listed, small, processes_are_limited, tmp_path_factory):
    """The class, graded; the folder of results."""
    folder = tmp_path_factory.mktemp("class")
    handed_in = folder / "in"
    handed_in.mkdir()
    right = right_notebook(small)
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        roster = csv.writer(file)
        roster.writerow(["id", "name"])
        for case in listed:
            roster.writerow([case.name, case.name])
            case.write(handed_in / (case.student or case.name), right)
    listed[0].write(handed_in / STRANGER, right)
    before = contents(handed_in)
    arguments = ["grade", "ps1", str(handed_in), "--roster", str(folder / "roster.csv")]
    arguments += ["--out", str(folder / "out"), "--source", str(small.folder.parent)]
    arguments += ["--cell-seconds", str(SECONDS), "--require-isolation"]
    assert command.main(arguments) == 0
    assert contents(handed_in) == before, "something that was handed in has changed"
    return folder / "out"


@pytest.fixture(scope="module")
def marks(graded):
    with (graded / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def contents(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_each_submission_ends_as_it_should(listed, marks):
    """All in one test, so that the whole list of differences is seen at once."""
    wrong = []
    for case in listed:
        row = marks[case.name]
        if row["status"] != case.status:
            wrong.append(f"{case.name}: {row['status']}, not {case.status} ({row['notes']})")
        if case.told not in row["notes"]:
            wrong.append(f"{case.name}: {case.told!r} is not among its notes: {row['notes']!r}")
        points = [row["double"], row["add_up"]]
        if case.name == "fork bomb":
            assert points in (["0", "0"], ["0", "2"])  # whether the kernel lives on is luck
            continue
        expected = [""] * 2 if case.points is None else [f"{each:g}" for each in case.points]
        if points != expected:
            wrong.append(f"{case.name}: {points}, not {expected} ({row['notes']})")
    assert not wrong, "\n".join(wrong)


def test_a_text_beside_a_blank_answer_waits_for_a_person(marks, graded):
    assert marks["proof below the answer"]["to_mark"] == "1"
    assert marks["untouched"]["to_mark"] == "0"
    assert "It is twice, for it is." in (graded / "report.html").read_text("utf-8")


def test_everybody_on_the_roster_has_one_row(listed, marks, graded):
    assert list(marks) == [case.name for case in listed]
    assert len((graded / "marks.csv").read_text("utf-8").splitlines()) == len(listed) + 1


def test_who_has_no_marks_has_no_total(listed, marks):
    for case in listed:
        assert (marks[case.name]["total"] == "") == (
            case.status in ("missing", "unreadable", "wrong notebook")
        )


def test_who_is_not_on_the_roster_is_reported_and_graded_apart(marks, graded):
    assert STRANGER not in marks
    assert f"{STRANGER} is not on the roster" in (graded / "report.html").read_text("utf-8")
    page = graded / "strangers" / "Not%20On%20The%20Roster.html"
    assert "6 of 8 points" in page.read_text("utf-8")


def test_nothing_was_written_outside(graded, outside):
    assert list(outside.iterdir()) == []


def printed(graded, name):
    """What a student's code printed while it was graded."""
    notebook = nbformat.read(graded / "students" / slug(name) / "graded.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def test_the_code_saw_no_solution_and_no_network(graded):
    assert "SEEN []" in printed(graded, "reads the solutions")
    assert printed(graded, "writes outside") == ""
    assert set(printed(graded, "opens a connection").split("\n")) == {
        "REFUSED [Errno 101] Network is unreachable",
        "",
    }


def test_every_person_has_a_page_that_is_safe_and_small(listed, graded):
    pages = {path.name: path.read_text("utf-8") for path in (graded / "feedback").iterdir()}
    assert set(pages) == {f"{slug(case.name)}.html" for case in listed}
    for name, text in pages.items():
        assert "<script" not in text, name
        assert "http" not in text.replace("http-equiv", ""), name
        assert len(text) < 60_000, name
        assert "_rng.normal" not in text, f"{name} shows a hidden test"


def test_a_second_run_grades_nothing_again(graded, small, listed, monkeypatch, capsys):

    def refuse(*arguments, **keywords):
        raise AssertionError("graded again")

    monkeypatch.setattr(graders, "run", refuse)
    folder = graded.parent
    before = (graded / "marks.csv").read_bytes()
    arguments = ["grade", "ps1", str(folder / "in"), "--roster", str(folder / "roster.csv")]
    arguments += ["--out", str(graded), "--source", str(small.folder.parent)]
    arguments += ["--cell-seconds", str(SECONDS), "--require-isolation"]
    assert command.main(arguments) == 0
    assert (graded / "marks.csv").read_bytes() == before
