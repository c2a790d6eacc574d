"""A group hands in one notebook and has several rows, each with its own lateness."""

import csv

import nbformat
import pytest

from assignments import __main__ as command
from assignments.grading import classes, graders
from assignments.people.groups import GroupsError, read_groups
from assignments.people.roster import read_roster
from assignments.running import isolation
from assignments.running.isolation import Sandbox
from tests.assignments.hostile import by_name, right_notebook
from tests.assignments.test_fuzz import graded_by_rule

ROSTER = "id,name\n" + "".join(f"s{n},Name {n}\n" for n in range(1, 6))
GROUPS = "group,student\nred,s1\nred,Name 2\nred,s3\nblue,s4\n"


@pytest.fixture
def room(small, tmp_path, monkeypatch):
    """A class of five with groups; points are taken from the text of the answers."""
    monkeypatch.setattr(graders, "run", graded_by_rule)
    monkeypatch.setattr(classes, "_gradebook", lambda course: None)
    monkeypatch.setattr(isolation, "sandbox", lambda limits: Sandbox(limits, None, None))
    (tmp_path / "roster.csv").write_text(ROSTER)
    (tmp_path / "groups.csv").write_text(GROUPS)
    (tmp_path / "in").mkdir()
    return tmp_path


def hand_in(room, small, who, saved, wrong=()):
    import os

    notebook = right_notebook(small)
    for cell in wrong:
        by_name(notebook, cell).source = f"def {cell}(x):\n    return 0"
    by_name(notebook, "why").source = f"Since {who} says that it is twice."
    (room / "in" / who).mkdir()
    path = room / "in" / who / "ps1.ipynb"
    nbformat.write(notebook, path)
    os.utime(path, (saved, saved))


def marks_of(room, small, *options):
    arguments = ["grade", "ps1", str(room / "in"), "--roster", str(room / "roster.csv")]
    arguments += ["--groups", str(room / "groups.csv"), "--out", str(room / "out")]
    assert command.main([*arguments, "--source", str(small.folder.parent), *options]) == 0
    with (room / "out" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_one_notebook_counts_for_all_members_and_for_nobody_else(room, small):
    hand_in(room, small, "s2", 1)
    hand_in(room, small, "s4", 2, wrong=["double"])
    hand_in(room, small, "s5", 3, wrong=["add_up"])
    rows = marks_of(room, small)
    assert [rows[f"s{n}"]["total"] for n in range(1, 6)] == ["6", "6", "6", "2", "4"]
    assert rows["s1"]["notes"] == "the notebook of Name 2 (s2), for the group red"
    assert rows["s2"]["notes"] == rows["s4"]["notes"] == ""
    assert (room / "out" / "feedback" / "s1.html").is_file()


def test_an_answer_of_a_group_is_marked_once(room, small):
    hand_in(room, small, "s2", 1)
    marks_of(room, small)
    sheet = room / "out" / "written.csv"
    lines = sheet.read_text("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["student", "s2"]
    sheet.write_text("\n".join(lines).replace("s2,why,2,,", "s2,why,2,1.5,Good"), "utf-8")
    rows = marks_of(room, small)
    assert [rows[f"s{n}"]["final"] for n in (1, 2, 3)] == ["7.5"] * 3
    assert "Good" in (room / "out" / "feedback" / "s3.html").read_text("utf-8")
    assert len(sheet.read_text("utf-8-sig").splitlines()) == 2


def test_the_newest_counts_and_it_is_said(room, small):
    hand_in(room, small, "s1", 10)
    hand_in(room, small, "s3", 20, wrong=["double"])
    rows = marks_of(room, small)
    assert [rows[f"s{n}"]["total"] for n in (1, 2, 3)] == ["2"] * 3
    for name in ("s1", "s2", "s3"):
        assert rows[name]["status"] == "check"
        assert "group red: handed in by s1, s3, the newest counts, of s3" in rows[name]["notes"]
    times = room / "times.csv"
    times.write_text("student,submitted\ns1,2026-01-02\ns3,2026-01-01\n")
    rows = marks_of(room, small, "--times", str(times), "--due", "2026-01-03")
    assert rows["s2"]["total"] == "6"  # the platform's times say more than those of the files


def test_lateness_is_of_the_group_and_an_extension_of_each(room, small):
    hand_in(room, small, "s2", 1)
    (room / "in" / "s2" / "ps1.ipynb").touch()
    times = room / "times.csv"
    times.write_text("student,submitted,extension\ns2,2026-01-02 12:00,\ns3,2026-01-01,48\n")
    late = ["--times", str(times), "--due", "2026-01-01", "--late-penalty", "10%/day"]
    rows = marks_of(room, small, *late)
    assert [rows[f"s{n}"]["penalty"] for n in (1, 2, 3)] == ["20 %", "20 %", ""]


def test_a_broken_file_of_one_member_is_said_and_costs_nothing(room, small):
    hand_in(room, small, "s2", 1)
    (room / "in" / "s1").mkdir()
    (room / "in" / "s1" / "ps1.ipynb").write_text("{")
    rows = marks_of(room, small)
    assert [rows[f"s{n}"]["total"] for n in (1, 2, 3)] == ["6"] * 3
    assert (rows["s1"]["status"], rows["s2"]["status"]) == ("check", "graded")
    assert "not a notebook" in rows["s1"]["notes"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("group,student\nred,s1\nblue,s1\n", r"line 3: Name 1 \(s1\) is in two groups, red and"),
        ("group,student\nred,nobody\n", "line 2: 'nobody' is not on the roster"),
        ("team,points\nred,3\n", "needs columns group and student"),
        ("group,student\nred,\xff\n", "not on the roster"),
    ],
)
def test_groups_that_cannot_be_are_refused(room, text, message, capsys):
    (room / "groups.csv").write_text(text, "latin-1")
    with pytest.raises(GroupsError, match=message):
        read_groups(room / "groups.csv", read_roster(room / "roster.csv"))
    arguments = ["grade", "ps1", str(room / "in"), "--roster", str(room / "roster.csv")]
    assert command.main([*arguments, "--groups", str(room / "groups.csv")]) == 2
    assert "Not done: " in capsys.readouterr().err


def test_groups_as_canvas_writes_them(room):
    text = "name,canvas_user_id,user_id,login_id,sections,group_name\n"
    text += "Name 1,1,s1,n1,A,red\nName 2,2,s2,n2,A,red\nName 3,3,s3,n3,A,\n"
    (room / "groups.csv").write_text(text)
    roster = read_roster(room / "roster.csv")
    assert read_groups(room / "groups.csv", roster) == {"s1": "red", "s2": "red"}
