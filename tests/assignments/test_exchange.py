"""Pages are put where nbgrader returns them from, whatever a student handed in."""

import pytest

from assignments import __main__ as command
from assignments.handed_back.exchange import ExchangeError, put
from assignments.people.roster import read_roster


@pytest.fixture
def course(tmp_path):
    """What was collected of three students, two of them on the roster, and their pages."""
    for name in ("ada", "max", "eve"):
        folder = tmp_path / "course" / "submitted" / name / "ps1"
        folder.mkdir(parents=True)
        for kept in ("ps1.ipynb", "ps1 (1).ipynb", "timestamp.txt", "submission_secret.txt"):
            (folder / kept).write_text(f"{kept} of {name}")
        (tmp_path / "feedback").mkdir(exist_ok=True)
        (tmp_path / "feedback" / f"{name}.html").write_text(f"page of {name}")
    (tmp_path / "roster.csv").write_text("id,login\nada,ada\n7,max\n")
    (tmp_path / "feedback" / "7.html").write_text("page of max")
    return tmp_path / "course"


def put_all(course):
    roster = read_roster(course.parent / "roster.csv")
    return put(course.parent / "feedback", course, "ps1", roster)


def test_each_notebook_of_a_student_has_the_page_and_what_finds_the_student(course):
    assert put_all(course) == (2, ["eve"])
    made = {path.name: path.read_text() for path in (course / "feedback/max/ps1").iterdir()}
    assert made == {
        "ps1.html": "page of max",
        "ps1 (1).html": "page of max",
        "timestamp.txt": "timestamp.txt of max",
        "submission_secret.txt": "submission_secret.txt of max",
    }
    assert not (course / "feedback" / "eve").exists()


def test_a_link_or_a_missing_file_of_one_student_stops_nobody(course, tmp_path):
    (tmp_path / "course.key").write_text("secret")
    secret = course / "submitted" / "ada" / "ps1" / "submission_secret.txt"
    secret.unlink()
    secret.symlink_to(tmp_path / "course.key")
    assert put_all(course) == (1, ["ada", "eve"])
    secret.unlink()
    assert put_all(course) == (1, ["ada", "eve"])
    assert not (course / "feedback" / "ada").exists()


def test_a_student_without_a_page_is_told(course, capsys):
    (course.parent / "feedback" / "ada.html").unlink()
    given = ["return", "ps1", str(course), "--roster", f"{course.parent}/roster.csv"]
    assert command.main([*given, "--out", str(course.parent)]) == 0
    told = capsys.readouterr().out
    assert "nothing can be returned to ada" in told
    assert "Pages to return: 1." in told
    assert "nbgrader release_feedback ps1" in told


def test_without_anything_collected_the_way_to_it_is_said(course, capsys):
    with pytest.raises(ExchangeError, match="run nbgrader collect ps2"):
        put(course.parent, course, "ps2", [])
    given = ["return", "ps2", str(course), "--roster", f"{course.parent}/roster.csv"]
    assert command.main(given) == 2
    assert "nbgrader collect ps2" in capsys.readouterr().err
