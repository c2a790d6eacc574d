"""Marks leave in the forms that platforms read: each form meets a reader written from theirs."""

import csv
import io

import pytest

from assignments.grading.autograde import Score
from assignments.grading.results import Result
from assignments.handed_back import platforms
from assignments.handed_back.platforms import PlatformError
from assignments.marks.csv_files import write_marks
from assignments.marks.rows import marks_of
from assignments.marks.tasks import tasks_of
from assignments.people import lateness
from assignments.people.lateness import LatenessError, moment, read_times, rule
from assignments.people.roster import read_roster

ROSTER = "id,name,email\ns1,Ada Lovelace,ada@x.org\ns2,Zoë O'Brien,zoe@x.org\ns3,Max Born,\n"
WORKSHEET = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,"
    "Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 11,"Zoë O\'Brien",s2,zoe@x.org,Submitted,,8.00,Yes,'
    '"Saturday, 21 November 2026, 2:30 AM",-,\n'
    "Participant 12,Ada Lovelace,s1,ada@x.org,Submitted,1.00,8.00,Yes,-,-,\n"
    "Participant 13,Max Born,s3,max@x.org,Submitted,1.00,8.00,No,-,-,\n"
    "Participant 99,Some One,s9,one@x.org,No submission,,8.00,Yes,-,-,\n"
)
GRADEBOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section,PS1 (881),PS2 (882)\n"
    "    Points Possible,,,,,8,20\n"
    '"Lovelace, Ada",501,s1,ada,A,,3\n'
    '"O\'Brien, Zoë",502,s2,zoe,A,,\n'
)


@pytest.fixture
def roster(tmp_path):
    (tmp_path / "roster.csv").write_text(ROSTER, "utf-8")
    return read_roster(tmp_path / "roster.csv")


@pytest.fixture
def rows(small, roster):
    """Three students: one with all marks, one late, one with an answer to mark."""
    made = []
    for student, why in zip(roster, (2.0, 1.0, None), strict=True):
        scores = {"double-visible": Score(1.0, 1.0), "double-hidden": Score(3.0, 3.0)}
        scores |= {"add_up-visible": Score(2.0, 2.0), "why": Score(why, 2.0)}
        made.append(Result(student, "graded", scores=scores))
    made = marks_of(tasks_of(small), made, {})
    made[1].penalty = 0.1
    made[1].comments["why"] = "a < b"
    return made


def worksheet_grades(text):
    """What Moodle takes from a worksheet: its reader looks for three columns by their names."""
    columns, *lines = csv.reader(io.StringIO(text))
    at = {name: columns.index(name) for name in platforms.WORKSHEET}
    grades = {}
    for line in lines:
        number = line[at["Identifier"]][len("Participant ") :]
        grades[int(number)] = line[at["Grade"]]
    return grades


def test_a_worksheet_of_moodle_is_filled_in(rows, tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text(WORKSHEET, "utf-8-sig")
    filled = platforms.fill(path, rows, 8.0)
    text = platforms.write_table(filled.lines, guard=False, mark=False).decode()
    assert worksheet_grades(text) == {11: "6.3", 12: "8", 13: "1.00", 99: ""}
    assert filled.lines[1][-1] == "late: 10 % less; why: a &lt; b"
    assert [line[:5] for line in filled.lines] == [
        line[:5] for line in csv.reader(io.StringIO(WORKSHEET))
    ]
    assert filled.problems == []
    assert "maximum is 8.00, not 20" in platforms.fill(path, rows, 20.0).problems[0]


def test_a_gradebook_of_canvas_is_filled_in(rows, tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text(GRADEBOOK, "utf-8")
    filled = platforms.fill(path, rows, 8.0, "PS1")
    assert [line[5:] for line in filled.lines[1:]] == [["8", "20"], ["8", "3"], ["6.3", ""]]
    assert filled.problems == []
    assert "maximum is 20, not 8" in platforms.fill(path, rows, 8.0, "PS2").problems[0]
    with pytest.raises(PlatformError, match=r"one of: PS1 \(881\), PS2 \(882\)"):
        platforms.fill(path, rows, 8.0)


def test_who_is_not_in_the_file_is_named(rows, tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text("\n".join(WORKSHEET.splitlines()[:2]) + "\n", "utf-8")
    assert platforms.fill(path, rows, 8.0).problems == ["not in the platform's file: s1"]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Identifier,Grade\n"])
def test_another_file_is_refused(rows, tmp_path, text):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(PlatformError, match="neither a worksheet of Moodle"):
        platforms.fill(tmp_path / "x.csv", rows, 8.0)


def test_the_import_has_final_marks_only(rows, tmp_path):
    platforms.write_import(tmp_path / "moodle.csv", rows)
    with (tmp_path / "moodle.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(x["ID number"], x["Email address"], x["Grade"]) for x in lines] == [
        ("s1", "ada@x.org", "8"),
        ("s2", "zoe@x.org", "6.3"),
    ]


def test_the_import_has_every_reason_and_an_address_is_no_number(small, tmp_path):
    (tmp_path / "roster.csv").write_text("First name,ID number,Email address\nAda,,a@x.org\n")
    (student,) = read_roster(tmp_path / "roster.csv")
    scores = {"double-visible": Score(1.0, 1.0), "double-hidden": Score(0.0, 3.0)}
    scores |= {"add_up-visible": Score(2.0, 2.0), "why": Score(2.0, 2.0)}
    result = Result(student, "graded", scores=scores)
    (row,) = marks_of(tasks_of(small), [result], {})
    row.points["double"], row.by_tests["double"], row.reasons["double"] = 2.0, 1.0, "half right"
    row.comments["why"] = "well done"
    row.extra, row.extra_reason = 1.0, "found a misprint"
    platforms.write_import(tmp_path / "moodle.csv", [row])
    (line,) = csv.DictReader(io.StringIO((tmp_path / "moodle.csv").read_text("utf-8")))
    assert line == {
        "ID number": "",
        "Email address": "a@x.org",
        "Grade": "7",
        "Feedback": "why: well done; double: 2 instead of 1, because half right; "
        "extra: 1, because found a misprint",
    }


def test_excel_knows_that_marks_are_utf8(small, rows, tmp_path):
    write_marks(tmp_path / "marks.csv", tasks_of(small), rows)
    data = (tmp_path / "marks.csv").read_bytes()
    assert data.startswith("\ufeff".encode())
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [(x["total"], x["penalty"], x["final"]) for x in lines] == [
        ("8", "", "8"),
        ("7", "10 %", "6.3"),
        ("6", "", ""),
    ]


@pytest.mark.parametrize(
    ("hours", "share"), [(-5, 0), (0, 0), (2, 0), (2.1, 0.1), (24, 0.1), (24.1, 0.2), (999, 0.5)]
)
def test_a_penalty_grows_by_steps_up_to_its_cap(hours, share):
    assert rule("10%/day", cap=50, grace=2).share(hours) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "10", "10/day", "x%/day", "10%/week", "-1%/day"])
def test_a_rule_that_is_none_is_refused(text):
    with pytest.raises(LatenessError, match="written like 10%/day"):
        rule(text)


def late_by(path, roster):
    times = read_times(path, roster, moment("2026-11-21 00:00"))
    return {name: time.hours - time.extra for name, time in times.items()}


def test_times_and_extensions_are_read(roster, tmp_path):
    path = tmp_path / "times.csv"
    text = "student,submitted,extension\ns1,2026-11-21 01:00,2\nMax Born,2026-11-21 01:00,\n"
    path.write_text(text, "utf-8")
    late = late_by(path, roster)
    assert late == {"s1": -1.0, "s3": 1.0}


def test_times_are_read_from_a_worksheet(roster, tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text(WORKSHEET, "utf-8")
    assert late_by(path, roster) == {"s2": 2.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("student\ns1\n", "needs columns student and submitted"),
        ("student,submitted\ns1,soon\n", "line 2: a time is written like"),
        ("student,submitted,extension\ns1,2026-11-21,some\n", "line 2: could not convert"),
    ],
)
def test_times_that_cannot_be_used_are_refused(roster, tmp_path, text, message):
    (tmp_path / "times.csv").write_text(text, "utf-8")
    with pytest.raises(lateness.LatenessError, match=message):
        read_times(tmp_path / "times.csv", roster, moment("2026-11-21 00:00"))
