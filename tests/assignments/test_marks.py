"""Marks: points add up, what a teacher entered counts and stays, nothing runs in a sheet."""

import csv

import nbformat
import pytest

from assignments.grading.autograde import Score
from assignments.grading.results import Result
from assignments.marks.csv_files import (
    WrittenError,
    read_written,
    unknown_students,
    write_marks,
    write_written,
)
from assignments.marks.rows import ByHand, marks_of
from assignments.marks.tasks import named, tasks_of
from assignments.pages.feedback import write_feedback
from assignments.pages.report import _histogram
from assignments.pages.shown import _piece, _repeats, own_line
from assignments.people.roster import Student
from assignments.problem_sets.sets import problem_set


def student(name="s1"):
    return Student(name, f"Name of {name}", frozenset())


def result(name="s1", status="graded", why=None, **kinds):
    scores = {
        "double-visible": Score(1.0, 1.0),
        "double-hidden": Score(0.0, 3.0),
        "add_up-visible": Score(2.0, 2.0),
        "why": Score(why, 2.0),
    }
    return Result(student(name), status, scores=scores if status == "graded" else {}, **kinds)


@pytest.fixture
def tasks(small):
    return tasks_of(small)


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tasks_and_their_points(tasks):
    assert [(task.name, task.out_of, task.written) for task in tasks] == [
        ("double", 4.0, False),
        ("add_up", 2.0, False),
        ("why", 2.0, True),
    ]


def test_points_add_up_and_what_waits_is_no_zero(tasks):
    (row,) = marks_of(tasks, [result()], {})
    assert row.points == {"double": 1.0, "add_up": 2.0, "why": None}
    assert (row.total, row.to_mark) == (3.0, ["why"])


def test_a_blank_answer_has_its_zero_already(tasks):
    (row,) = marks_of(tasks, [result(why=0.0)], {})
    assert (row.total, row.to_mark) == (3.0, [])


def test_who_was_not_graded_has_no_total(tasks, tmp_path):
    rows = marks_of(tasks, [result(status="missing")], {})
    write_marks(tmp_path / "marks.csv", tasks, rows)
    (line,) = read(tmp_path / "marks.csv")
    assert (line["total"], line["double"], line["to_mark"]) == ("", "", "0")


def test_what_a_teacher_enters_counts_and_stays(tasks, tmp_path):
    path = tmp_path / "written.csv"
    rows = marks_of(tasks, [result("s1"), result("s2")], {})
    write_written(path, tasks, rows)
    text = path.read_text("utf-8-sig").replace("s1,why,2,,", 's1,why,2,"1,5","good, but"')
    path.write_text(text, "utf-8")
    entered = read_written(path, tasks)
    again = marks_of(tasks, [result("s1"), result("s2"), result("s3")], entered)
    assert (again[0].total, again[0].comments) == (4.5, {"why": "good, but"})
    write_written(path, tasks, again)
    assert path.read_text("utf-8-sig").startswith(text.rstrip())
    assert [line["student"] for line in read(path)] == ["s1", "s2", "s3"]


def test_an_answer_that_is_gone_keeps_its_line(tasks, tmp_path):
    path = tmp_path / "written.csv"
    path.write_text("student,task,out_of,points,comment\nold,why,2,1,kept\n", "utf-8")
    write_written(path, tasks, marks_of(tasks, [result()], {}))
    assert [line["student"] for line in read(path)] == ["old", "s1"]


@pytest.mark.parametrize("points", ["3", "-1", "nan", "inf", "two"])
def test_impossible_points_are_refused(tasks, tmp_path, points):
    path = tmp_path / "written.csv"
    path.write_text(f"student,task,out_of,points,comment\ns1,why,2,{points},\n", "utf-8")
    with pytest.raises(WrittenError, match=r"line 2: points must be a number from 0 to 2"):
        read_written(path, tasks)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("student,task\ns1,why\n", "no column points"),
        ("student,task,points\ns1,x,1\n", "no written"),
    ],
)
def test_a_damaged_file_is_refused(tasks, tmp_path, text, message):
    (tmp_path / "written.csv").write_text(text, "utf-8")
    with pytest.raises(WrittenError, match=message):
        read_written(tmp_path / "written.csv", tasks)


def test_no_cell_is_a_formula(tasks, tmp_path):
    rows = marks_of(tasks, [result(doubts=["=HYPERLINK(1)"])], {})
    write_marks(tmp_path / "marks.csv", tasks, rows)
    assert read(tmp_path / "marks.csv")[0]["notes"] == "'=HYPERLINK(1)"


def test_the_page_of_who_was_not_graded_says_why(small, tasks, tmp_path):
    (row,) = marks_of(tasks, [result(status="unreadable", doubts=["<b>damaged"])], {})
    path = write_feedback(tmp_path, small, tasks, row, [])
    text = path.read_text("utf-8")
    assert "Not graded: unreadable" in text
    assert "&lt;b&gt;damaged" in text


def test_the_histogram_counts_everybody_once():
    totals = [0.0, 0.79, 0.8, 4.0, 8.0, 8.0]
    bins = _histogram(totals, 8.0)
    assert [count for _, count, _ in bins] == [2, 1, 0, 0, 0, 1, 0, 0, 0, 2]
    assert max(height for *_, height in bins) == 1.0


def test_an_answer_that_changed_after_it_was_marked_waits_again(tasks, tmp_path):
    path = tmp_path / "written.csv"

    def run(digest):
        (row,) = marks_of(tasks, [result(written={"why": digest})], read_written(path, tasks))
        write_written(path, tasks, [row])
        return row

    assert run("aaa").to_mark == ["why"]
    assert run("bbb").to_mark == ["why"]  # changed before it was marked: one line still
    assert [line["answer"] for line in read(path)] == ["bbb"]
    path.write_text(path.read_text("utf-8-sig").replace("why,2,,", "why,2,2,well"), "utf-8")
    assert run("bbb").total == 5.0
    changed = run("ccc")
    assert (changed.total, changed.to_mark) == (3.0, ["why"])
    assert changed.earlier["why"].points == 2.0
    assert [(line["points"], line["answer"]) for line in read(path)] == [("2", "bbb"), ("", "ccc")]
    assert run("bbb").total == 5.0
    write_marks(tmp_path / "marks.csv", tasks, [changed])
    assert read(tmp_path / "marks.csv")[0]["notes"] == "why changed since it was marked"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "student,task,points,comment\ns1,why,1,für\n"),
        ("utf-8-sig", "student;task;points;comment\ns1;why;1,0;für\n"),
        ("utf-16", "sep=\t\nstudent\ttask\tpoints\tcomment\ns1\twhy\t1\tfür\n"),
    ],
)
def test_what_excel_saves_is_read(tasks, tmp_path, encoding, text):
    (tmp_path / "written.csv").write_bytes(text.encode(encoding))
    entered = read_written(tmp_path / "written.csv", tasks)
    assert entered == {("s1", "why"): [ByHand(1.0, "für")]}
    rows = marks_of(tasks, [result("s2")], entered)
    assert unknown_students(entered, rows) == [
        "written.csv has marks of 's1', who is not on the roster"
    ]


def test_a_cell_too_long_for_a_table_is_a_clear_error(tasks, tmp_path):
    text = f"student,task,points,comment\ns1,why,1,{'x' * 200_000}\n"
    (tmp_path / "written.csv").write_text(text, "utf-8")
    with pytest.raises(WrittenError, match=r"written\.csv, line 2: field larger"):
        read_written(tmp_path / "written.csv", tasks)


def test_a_message_that_repeats_a_hidden_test_is_not_shown(small):
    hidden = next(c for c in small.notebook().cells if "HIDDEN TESTS" in c.source)
    line = "_x = _rng.normal(size=5) + 123456789012345678901234567890123"
    source = f"{hidden.source}\n{line}"
    assert _repeats(f"Error: {line}", source)
    assert _repeats("123456789012345678901234567890123", source)
    assert not _repeats("AssertionError: an array is doubled entry by entry", source)


def test_a_piece_of_an_answer_is_cut_and_its_pictures_are_shown():
    picture = "data:image/png;base64,aGVsbG8="
    cell = nbformat.v4.new_markdown_cell(f"![]({picture})" + "x" * 30_000)
    cell["attachments"] = {"b": {"image/jpeg": "aGk="}, "c": {"image/png": "a" * 400_000}}
    piece = _piece(cell, beside=False)
    assert piece.pictures == ["data:image/jpeg;base64,aGk=", picture]
    assert (piece.source[:13], piece.linked) == ("![]([picture]", True)
    assert len(piece.source) < 21_000


@pytest.mark.parametrize(
    ("traceback", "line"),
    [
        (["ZeroDivisionError: x", "Cell In[3], line 2"], "line 2: return x / 0"),
        (
            ["\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[3]\x1b[39m\x1b[32m, line 1\x1b[39m"],
            "line 1: def f(x):",
        ),
        (
            ["Cell In[3], line 1", "Cell In[4], line 1"],
            "line 1: def f(x):",
        ),  # 4 is not the student's
        (["Cell In[3], line 9"], ""),
        (["Cell In[7], line 1"], ""),
        ([], ""),
    ],
)
def test_the_line_of_the_students_own_code_is_found(traceback, line):
    code, given = nbformat.v4.new_code_cell, {"nbgrader": {"grade_id": "setup", "solution": False}}
    own = code("def f(x):\n    return x / 0", execution_count=3)
    notebook = nbformat.v4.new_notebook(cells=[own, code("1", execution_count=4, metadata=given)])
    error = nbformat.v4.new_output("error", ename="E", evalue="x", traceback=traceback)
    assert own_line(notebook, error) == line


def test_a_task_is_found_by_each_of_its_names():
    each_task = tasks_of(problem_set("ps1"))
    for words in (
        "two-zeros",
        "Task 2",
        "task 2",
        "Task 2 (two-zeros)",
        "Task 2: Two zeros, forever",
    ):
        assert named(each_task, words).name == "two-zeros"
    assert named(each_task, "Task 9") is None
    assert [task.column for task in each_task[:2]] == [
        "Task 1 (moving-layers)",
        "Task 2 (two-zeros)",
    ]
