"""The file of decisions: nothing that was acknowledged is lost, nobody overwrites anybody."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assignments.grading import class_file
from assignments.handed_back import finish
from assignments.marking.desk import Desk
from assignments.marks import given
from assignments.marks.rows import ByHand, Request, change
from assignments.marks.store import Entry, NewerError, Store, StoreError
from assignments.marks.tasks import tasks_of
from tests.assignments.graded import graded

ROOT = Path(__file__).parents[2]


def mark(points, student="s1", **more):
    return Entry("mark", student, "why", points, who="grace", **more)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "marking.jsonl")


def test_what_is_added_is_read_with_its_time_and_nothing_else_changes(store):
    assert store.entries() == []
    assert store.add(mark(1.5, comment="für später", parts=(1.0, None)), 0) == 1
    first = store.path.read_bytes()
    assert store.add(mark(2), 1) == 2
    assert store.path.read_bytes().startswith(first)
    entries = Store(store.path).entries()
    assert entries == store.entries()
    assert [(e.points, e.comment, e.parts) for e in entries] == [
        (1.5, "für später", (1.0, None)),
        (2, "", ()),
    ]
    assert all(len(e.when) == len("2026-11-29 15:00:00") for e in entries)
    assert "reason" not in json.loads(first)


def test_on_top_of_a_newer_action_nothing_is_saved(store):
    other = Store(store.path)
    store.add(mark(1), 0)
    with pytest.raises(NewerError) as newer:
        other.add(mark(2), 0)
    assert (newer.value.number, newer.value.entry.points) == (1, 1)
    assert len(store.entries()) == 1
    other.add(mark(2, student="s2"), 0)  # another student is another thing
    assert other.add(mark(2), 1) == 3


@pytest.mark.parametrize("rest", [b'{"kind": "mark", "stu', b"\xff", b'{"kind":'])
def test_what_a_crash_left_of_a_line_does_not_count_and_is_dropped(store, rest):
    store.add(mark(1), 0)
    whole = store.path.read_bytes()
    store.path.write_bytes(whole + rest)
    again = Store(store.path)
    assert [e.points for e in again.entries()] == [1]
    assert again.add(mark(2), 1) == 2
    assert store.path.read_bytes().startswith(whole + b'{"kind": "mark", "student"')
    assert [e.points for e in store.entries()] == [1, 2]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", "line 2 cannot be read"),
        ("[1]", "line 2 cannot be read"),
        ('{"kind": "mark", "student": "s1", "ponits": 1}', "unknown field: ponits"),
        ('{"kind": "mark", "student": "s1", "points": -1}', "points must be a number"),
        ('{"kind": "mark", "student": "s1", "points": "2"}', "points must be a number"),
        ('{"kind": "mark", "student": "s1", "points": NaN}', "points must be a number"),
        ('{"kind": "steal", "student": "s1"}', "kind must be one of"),
    ],
)
def test_a_damaged_line_is_named(store, line, message):
    store.add(mark(1), 0)
    with store.path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(StoreError, match=message):
        Store(store.path).entries()


WRITER = """
import sys
from pathlib import Path
from assignments.marks.store import Entry, Store
store = Store(Path({path!r}))
for n in range({count}):
    number = store.add(Entry("mark", sys.argv[1] + str(n), "why", n), 0)
    print(number, flush=True)
"""


def writer(store, name, count):
    code = WRITER.format(path=str(store.path), count=count)
    command = [sys.executable, "-c", code, name]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal")
def test_a_killed_program_loses_nothing_that_it_acknowledged(store):
    running = writer(store, "a", 10_000)
    told = [running.stdout.readline() for _ in range(20)]
    running.kill()
    told += running.stdout.read().splitlines()
    running.wait()
    running.stdout.close()
    saved = Store(store.path).entries()
    assert len(saved) >= len(told) >= 20
    assert [e.points for e in saved] == list(range(len(saved)))
    assert store.add(mark(1), 0) == len(saved) + 1


def test_two_programs_at_a_time_lose_nothing(store):
    both = [writer(store, name, 40) for name in "ab"]
    for each in both:
        assert each.communicate(timeout=120)[0].count("\n") == 40
        assert each.returncode == 0
    students = [e.student for e in store.entries()]
    assert sorted(students) == sorted(f"{name}{n}" for name in "ab" for n in range(40))


TAKER = """
import fcntl, sys
with open(sys.argv[1], "a+b") as file:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("held")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="files are locked in another way there")
def test_while_one_program_adds_no_other_can(store, monkeypatch):
    told = []

    def meanwhile(self, file, *, repair=False):
        command = [sys.executable, "-c", TAKER, str(store.path)]
        told.append(subprocess.run(command, capture_output=True, text=True).stdout)
        read(self, file, repair=repair)

    read = Store._read
    monkeypatch.setattr(Store, "_read", meanwhile)
    store.add(mark(1), 0)
    assert told == ["held\n"] * 2  # before it looks for newer actions, and after it has written


def test_the_last_mark_that_was_not_undone_counts():
    entries = [mark(1, comment="a"), mark(2, comment="b"), Entry("undo", "s1", "why", of=2)]
    assert given.given(entries, {}, []).by_hand == {("s1", "why"): [ByHand(1.0, "a")]}
    assert given.given([*entries, mark(None)], {}, []).by_hand == {}


def test_the_window_counts_before_written_csv_and_the_difference_is_told():
    entries = [mark(2, answer="new", comment="x")]
    written = {("s1", "why"): [ByHand(1.0, "y", "new")], ("s2", "why"): [ByHand(1.0, "")]}
    counts = given.given(entries, written, []).by_hand
    assert [m.points for m in counts["s1", "why"]] == [1.0, 2.0]  # the last that fits counts
    assert counts["s2", "why"] == [ByHand(1.0, "")]
    (told,) = given.contradictions(entries, written)
    assert "s1, why: written.csv says 1 points, but 2 were given in the window" in told
    other = {("s1", "why"): [ByHand(1.0, "y", "old")]}
    assert given.contradictions(entries, other) == []


def test_a_request_waits_until_it_is_answered_and_the_decision_counts():
    asked = [("s1", Request("why", "I did say twice"))]
    first = mark(1, answer="d", comment="no")
    waits = given.given([first], {}, asked).requests["s1"]
    assert [(r.text, r.waits) for r in waits] == [("I did say twice", True)]
    words = {"request": "I did say twice", "answer": "d", "before": 1.0}
    answer = Entry("regrade", "s1", "why", 2, reason="you did", **words)
    made = given.given([first, answer], {}, asked)
    (decided,) = made.requests["s1"]
    assert (decided.waits, decided.before, decided.after) == (False, 1.0, 2)
    assert change(decided) == "1 became 2"
    assert made.by_hand["s1", "why"] == [ByHand(2.0, "no", "d")]


def test_a_request_that_is_declined_leaves_the_tests_points_to_the_tests():
    words = {"request": "more!", "before": 3.0, "reason": "the test is right"}
    entry = Entry("regrade", "s1", "double", 3.0, **words)
    assert given.given([entry], {}, []).by_hand == {}
    changed = Entry("regrade", "s1", "double", 4.0, **words)
    assert given.given([changed], {}, []).by_hand["s1", "double"][0].reason == "the test is right"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("student,task\ns1,why\n", "no column request"),
        ("student,task,request\ns1,wy,please\n", "line 2: there is no task 'wy'"),
        ("student,task,request\ns9,why,please\n", "line 2: 's9' is not on the roster"),
    ],
)
def test_requests_that_cannot_be_placed_are_refused(small, tmp_path, text, message):
    (tmp_path / "requests.csv").write_text(text)
    with pytest.raises(given.RequestsError, match=message):
        given.read_requests(tmp_path / "requests.csv", tasks_of(small), {"s1"})


def test_all_decisions_reach_marks_report_and_feedback(small, tmp_path):
    out = tmp_path / "out"
    made = graded(small, out, {"s1": "twice", "s2": None}, failing=["s1"], penalties={"s1": 0.5})
    (out / "requests.csv").write_text("student,task,request\ns1,why,<b>please</b>\n")
    digest = {r.student.id: r.written for r in made.results}["s1"]
    store = Store(out / "marking.jsonl")
    store.add(mark(1, answer=digest["why"], comment="half"), 0)
    words = {"reason": "the message misled", "answer": digest["double"], "who": "grace"}
    store.add(Entry("mark", "s1", "double", 4, **words), 0)
    store.add(Entry("extra", "s1", "", 0.5, reason="found a mistake"), 0)
    finished = finish.finish(small, out, made)
    (row, other) = finished.rows
    assert row.points == {"double": 4.0, "add_up": 2.0, "why": 1.0}
    assert (row.total, row.final) == (7.0, 4.0)  # half of 7, and the extra in full
    assert other.blank == {"why"}
    notes = (out / "marks.csv").read_text("utf-8-sig").splitlines()[1]
    assert "double: 4 instead of 3, because the message misled" in notes
    assert "why: a regrade request needs an answer" in notes
    assert "extra: 0.5, because found a mistake" in notes
    page = (out / "feedback" / "s1.html").read_text()
    for words in (
        "instead of the 3 by the tests: the message misled",
        "0.5 points, because found a mistake",
        "&lt;b&gt;please&lt;/b&gt;",
        "It has not been decided yet",
        "Together: 4 points",
    ):
        assert words in page
    assert "grace" not in page  # who marked is not for the students
    report = (out / "report.html").read_text()
    assert "grace: double: 4 points, because the message misled" in report
    assert "&lt;b&gt;please" not in report.split("What people decided")[0]


def test_an_override_of_code_that_changed_since_is_shown_and_waits(small, tmp_path):
    made = graded(small, tmp_path, {"s1": "twice"}, failing=["s1"])
    entry = Entry("mark", "s1", "double", 4, reason="r", answer="of another answer")
    Store(tmp_path / "marking.jsonl").add(entry, 0)
    (row,) = finish.finish(small, tmp_path, made).rows
    assert row.points["double"] == 3.0
    assert row.earlier["double"].points == 4.0
    assert "double changed since it was marked" in (tmp_path / "marks.csv").read_text("utf-8-sig")


def test_a_blank_answer_is_in_no_statistic(small, tmp_path):
    made = graded(small, tmp_path, {"s1": "twice", "s2": None, "s3": None})
    digest = made.results[0].written["why"]
    Store(tmp_path / "marking.jsonl").add(mark(2, answer=digest), 0)
    finish.finish(small, tmp_path, made)
    report = (tmp_path / "report.html").read_text()
    line = report.split("<tr><td>why</td>")[1].split("</tr>")[0]
    assert [cell.split("</td>")[0] for cell in line.split('<td class="n">')[1:4]] == [
        "100 %",
        "1",
        "2",
    ]


def test_a_group_is_marked_once_and_each_member_may_ask(small, tmp_path):
    made = graded(small, tmp_path, {"s1": "twice", "s2": "twice"})
    made.results[1].owner = "s1"
    made.results[1].folder = made.results[0].folder
    class_file.write(tmp_path, made)
    (tmp_path / "requests.csv").write_text("student,task,request\ns2,why,please look again\n")
    desk = Desk(small, tmp_path, "grace")
    (code,) = desk.order("why")
    assert [r.text for r in desk.answer("why", code, desk.state()).row.requests] == [
        "please look again"
    ]
    digest = made.results[0].written["why"]
    desk.save(mark(2, answer=digest), 0)
    desk.save(Entry("extra", "s2", "", 1, reason="led the group"), 0)
    one, two = finish.finish(small, tmp_path, class_file.read(tmp_path)).rows
    assert one.points == two.points == {"double": 4.0, "add_up": 2.0, "why": 2.0}
    assert (one.final, two.final) == (8.0, 9.0)
    assert one.requests == two.requests
    assert (tmp_path / "written.csv").read_text("utf-8-sig").count("\n") == 1  # the columns alone
