"""The page for marking: who may ask, what is saved, and that nothing handed in can run."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import v4

from assignments import commands
from assignments.grading import class_file
from assignments.marking import desk as desks
from assignments.marking import markup
from assignments.marking.desk import Desk
from assignments.marks.store import Store
from tests.assignments.graded import MESSAGE, graded
from tests.assignments.hostile import by_name
from tests.assignments.marking_page import TOKEN, ask, serving

ROOT = Path(__file__).parents[2]
HOME = f"/{TOKEN}/"
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    '<meta http-equiv="refresh" content="0;url=http://evil.example">',
    "[a](javascript:alert(1))",
    "[a](http://evil.example)",
    "<http://evil.example>",
    "![a](http://evil.example/a.png)",
    "![a](data:image/svg+xml;base64,PHN2Zz4=)",
    '![a"onerror="alert(1)](attachment:a"onerror="b.png)',
    "$<script>alert(1)</script>$",
    "$$</div><script>alert(1)</script>$$",
    "\\begin{align}</div><img src=x onerror=alert(1)>\\end{align}",
    "```html\n</pre><script>alert(1)</script>\n```",
    "<style>body{display:none}</style>",
    "</section></main><form action=http://evil.example>",
    '| <b onclick="alert(1)"> |\n|---|\n| x |',
]


@pytest.fixture
def desk(small, tmp_path):
    graded(small, tmp_path, {"s1": "It is *twice*: $x^2$.", "s2": "hm", "s3": None}, failing=["s2"])
    return Desk(small, tmp_path, "grace")


@pytest.fixture
def port(desk):
    with serving(desk) as port:
        yield port


def saved(desk, code, points, seen, **more):
    return {"task": "why", "code": code, "points": points, "seen": seen, "answer": ""} | more


def post(port, action, body, **headers):
    status, text, _ = ask(port, HOME + action, "POST", body, **headers)
    return status, json.loads(text)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/wrong/", {}),
        (f"/{TOKEN}x/", {}),
        (f"/{TOKEN[:-1]}/answer/why/BBBB", {}),
        (HOME, {"Host": "evil.example"}),
        (HOME, {"Host": "evil.example:80"}),
        (HOME, {"Origin": "http://evil.example"}),
        (HOME, {"Origin": "null"}),
        ("/wrong/static/mark.js", {}),
    ],
)
def test_who_is_not_meant_is_refused(port, path, headers):
    status, text, _ = ask(port, path, **headers)
    assert status in (403, 404)
    assert TOKEN not in text
    assert "Mini" not in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Host": "evil.example"},
    ],
)
def test_another_sites_page_can_save_nothing(port, desk, headers):
    code = desk.code("why", "s1")
    body = saved(desk, code, 2, 0)
    assert ask(port, f"{HOME}save", "POST", body, **headers)[0] in (400, 403)
    assert desk.store.entries() == []
    assert post(port, "save", body)[0] == 200


def test_every_page_says_what_a_browser_may_do(port, desk):
    code = desk.code("why", "s1")
    for path in ("", "students", f"answer/why/{code}", "static/mark.js", "nothing"):
        _, _, headers = ask(port, HOME + path)
        assert headers["Content-Security-Policy"].startswith(
            "default-src 'none'; script-src 'self';"
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Server" not in headers


@pytest.mark.parametrize("path", ["../server.py", "x.js", "..%2fserver.py"])
def test_no_other_file_is_served(port, path):
    assert ask(port, f"{HOME}static/{path}")[0] in (403, 404)
    assert ask(port, f"{HOME}mathjax/output/chtml/fonts/woff-v2/../../../../{path}")[0] in (
        403,
        404,
    )


def test_an_answer_shows_no_name_and_its_code_says_nothing(port, desk, small):
    code = desk.code("why", "s1")
    _, page, _ = ask(port, f"{HOME}answer/why/{code}")
    assert "It is <em>twice</em>" in page
    assert '<span class="math">\\(x^2\\)</span>' in page
    assert "s1" not in page
    _, told, _ = ask(port, f"{HOME}name/why/{code}")
    assert json.loads(told)["name"] == "Name of s1 (s1)"
    again = Desk(small, desk.out, "another")
    assert again.order("why") == desk.order("why")
    assert desk.code("double", "s1") != code
    assert desk.student("why", desk.order("why")[-1]) == "s3"  # what is blank comes last


def test_codes_that_meet_are_made_longer(monkeypatch):
    monkeypatch.setattr(desks, "LETTERS", "BC")
    codes = desks._codes("ps1", "why", [f"s{n}" for n in range(40)])
    assert len(codes) == 40
    assert sorted(codes.values()) == sorted(f"s{n}" for n in range(40))


def test_each_save_is_kept_and_an_old_page_cannot_hide_a_newer_one(port, desk):
    code = desk.code("why", "s1")
    status, told = post(port, "save", saved(desk, code, 1.5, 0, comment="so so", parts=[1.5]))
    assert (status, told) == (200, {"seen": 1, "said": "Saved: 1.5 points."})
    status, told = post(port, "save", saved(desk, code, 2, 0))
    assert status == 409
    assert told["newer"] == 1
    assert "gave 1.5 points" in told["message"]
    assert "so so" in told["message"]
    assert post(port, "save", saved(desk, code, 2, 1))[1]["seen"] == 2
    assert [e.points for e in Store(desk.store.path).entries()] == [1.5, 2]
    _, page, _ = ask(port, f"{HOME}answer/why/{code}")
    assert "2 points" in page
    assert "History, 2" in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": 3}, "at most 2 points"),
        ({"points": -1}, "0 or more"),
        ({"points": "2"}, "must be a number"),
        ({"points": True}, "must be a number"),
        ({"points": float("nan")}, "must be a number"),
        ({"code": "ZZZZ"}, "no answer ZZZZ"),
        ({"task": "nothing"}, "no task nothing"),
        ({"seen": None}, "did not say what it has seen"),
        ({"parts": 3}, "parts must be a list"),
        ({"comment": "x" * 30_000}, "at most 20,000 characters"),
        ({"comment": 3}, "at most"),
        ({"task": "double", "points": 4}, "need a reason"),
    ],
)
def test_what_cannot_be_saved_is_refused_in_words(port, desk, change, message):
    body = saved(desk, desk.code("why", "s1"), 2, 0) | change
    if change.get("task") == "double":
        body["code"] = desk.code("double", "s1")
    status, told = post(port, "save", body)
    assert status == 400
    assert message in told["error"]
    assert desk.store.entries() == []


def test_undo_takes_back_ones_own_last_action_alone(port, desk):
    one, two = desk.code("why", "s1"), desk.code("why", "s2")
    assert post(port, "undo", {})[1]["said"] == "There is nothing of yours to undo."
    post(port, "save", saved(desk, one, 1, 0))
    post(port, "save", saved(desk, two, 2, 0))
    assert post(port, "undo", {})[1]["address"] == f"{HOME}answer/why/{two}"
    assert desk.state().rows["s2"].points["why"] is None
    assert desk.state().rows["s1"].points["why"] == 1
    other = Desk(desk.problem_set, desk.out, "ada")
    entry = Store(desk.store.path).entries()[0]
    other.save(type(entry)("mark", "s1", "why", 2, who="ada"), 1)
    status, told = post(port, "undo", {})
    assert status == 409
    assert "ada gave 2 points" in told["message"]


def test_code_shows_its_tests_and_an_override_counts(port, desk):
    code = desk.code("double", "s2")
    _, page, _ = ask(port, f"{HOME}answer/double/{code}")
    assert MESSAGE in page
    assert "The tests gave 3." in page
    body = {"task": "double", "code": code, "points": 4, "seen": 0, "reason": "fine"}
    assert post(port, "save", body)[0] == 200
    assert desk.state().rows["s2"].points["double"] == 4
    assert post(port, "save", body | {"points": None, "seen": 1})[0] == 200  # taken back
    assert desk.state().rows["s2"].points["double"] == 3


def test_a_request_is_answered_beside_its_answer(port, desk):
    (desk.out / "requests.csv").write_text("student,task,request\ns2,why,<i>look</i> again\n")
    code = desk.code("why", "s2")
    assert "&lt;i&gt;look" in ask(port, HOME)[1]
    assert "&lt;i&gt;look" in ask(port, f"{HOME}answer/why/{code}")[1]
    body = saved(desk, code, 2, 0, request="<i>look</i> again")
    assert "reason is missing" in post(port, "regrade", body)[1]["error"]
    assert post(port, "regrade", body | {"reason": "right"})[0] == 200
    assert post(port, "regrade", body | {"reason": "right", "seen": 1})[0] == 400
    assert desk.state().rows["s2"].points["why"] == 2


def test_extra_points_need_a_reason(port, desk):
    body = {"student": "s1", "points": 1, "seen": 0, "reason": ""}
    assert post(port, "extra", body)[0] == 400
    assert post(port, "extra", body | {"reason": "found a mistake"})[0] == 200
    assert desk.state().rows["s1"].extra == 1
    assert post(port, "extra", body | {"student": "s9", "reason": "x"})[0] == 400
    assert "found a mistake" in ask(port, f"{HOME}students")[1]


def test_the_window_shows_what_written_csv_says_and_what_changed(port, desk):
    rows = "student,task,points,comment,answer\ns1,why,1,from the table,\ns2,why,2,old,0123\n"
    (desk.out / "written.csv").write_text(rows)
    page = ask(port, f"{HOME}answer/why/{desk.code('why', 's1')}")[1]
    assert "from the table" in page
    changed = ask(port, f"{HOME}answer/why/{desk.code('why', 's2')}")[1]
    assert "Changed since it was marked: it had 2 points, with the comment: old" in changed


def test_a_class_that_is_graded_again_meanwhile_is_shown_as_it_is_now(port, desk, small):
    code = desk.code("why", "s1")
    graded(small, desk.out, {"s1": "Another answer.", "s2": "hm", "s4": "new"})
    assert "Another answer." in ask(port, f"{HOME}answer/why/{code}")[1]
    assert desk.code("why", "s4")
    assert desk.code("why", "s3") is None


def test_marks_are_written_when_asked(port, desk):
    post(port, "save", saved(desk, desk.code("why", "s1"), 2, 0))
    assert post(port, "write", {})[1]["said"] == "Marks, report and pages are written."
    assert "s1,Name of s1,graded,,4,2,2,8" in (desk.out / "marks.csv").read_text("utf-8-sig")
    (desk.out / "written.csv").write_text("student,task,points\ns1,why,99\n")
    status, told = post(port, "write", {})
    assert status == 500
    assert "line 2: points must be" in told["error"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_an_answer_becomes_a_tag_that_does_something(text):
    html = str(markup.answer_html(v4.new_markdown_cell(text)))
    for tag in ("<script", "<img", "<svg", "<meta", "<a ", "<style", "<form", "<b ", "<iframe"):
        assert tag not in html, html
    for closed in ("</pre><", "</div><s", "</section"):
        assert closed not in html


def test_a_link_shows_its_address_once():
    html = str(markup.answer_html(v4.new_markdown_cell("<https://a.org/x> [w](https://b.org)")))
    assert (html.count("https://a.org/x"), html.count("[https://b.org]")) == (1, 1)
    assert "<a " not in html


def test_only_pictures_in_the_notebook_are_shown():
    cell = v4.new_markdown_cell("![x](attachment:a.png) ![y](data:image/png;base64,aGk=)")
    cell["attachments"] = {
        "a.png": {"image/png": "aGVsbG8="},
        'b" onerror="alert(1)': {"image/png": 'x" onerror="alert(1)', "text/html": "<b>"},
        "c.svg": {"image/svg+xml": "PHN2Zz4="},
    }
    html = str(markup.answer_html(cell))
    assert html.count("<img") == 3
    assert 'src="data:image/png;base64,aGVsbG8="' in html
    assert '" onerror' not in html
    assert "svg" not in html


@pytest.mark.parametrize("text", ["x" * 100_000, "![(" * 20_000, "> " * 20_000, "**a " * 9_000])
def test_a_huge_answer_is_cut(text):
    assert len(markup.answer_html(v4.new_markdown_cell(text))) < 300_000


def test_a_hostile_answer_comes_in_a_page_that_is_whole(small, tmp_path):
    def attack(notebook):
        by_name(notebook, "why").source = "\n\n".join(HOSTILE)
        by_name(notebook, "double").source = "# </pre><script>alert(1)</script>"
        by_name(notebook, "double").outputs = [
            v4.new_output("display_data", {"text/html": "<script>alert(2)</script>"}),
            v4.new_output("stream", text="</pre><script>alert(3)</script>"),
        ]

    graded(small, tmp_path, {"s1": attack})
    desk = Desk(small, tmp_path, "grace")
    with serving(desk) as port:
        for task in ("why", "double"):
            _, page, _ = ask(port, f"{HOME}answer/{task}/{desk.code(task, 's1')}")
            assert page.count("<script") == 3  # its own
            assert page.rstrip().endswith("</html>")


def test_ctrl_c_ends_the_page_and_writes_the_marks(small, tmp_path, ctrl_c_is_heeded):
    graded(small, tmp_path, {"s1": "twice"})
    command = [sys.executable, "-m", "assignments", "mark", "ps1", "--no-open"]
    command += ["--out", str(tmp_path), "--as", "grace"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    )
    try:
        address = running.stdout.readline().split()[-1]
        assert address.startswith("http://127.0.0.1:")
        assert len(address.split("/")[3]) >= 30
        running.send_signal(signal.SIGINT)
        told, errors = running.communicate(timeout=120)
    finally:
        running.kill()
        running.communicate()
    assert (running.returncode, errors) == (0, "")
    assert "Answers to mark: 1" in told
    assert (tmp_path / "marks.csv").is_file()


def test_without_a_class_the_next_step_is_said(small, tmp_path, capsys):
    from assignments.__main__ import main

    assert main(["mark", "ps1", "--out", str(tmp_path / "none")]) == 2
    assert "grade the class first" in capsys.readouterr().err
    (tmp_path / class_file.NAME).write_text("{}")
    assert main(["marks", "ps1", "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "class.json cannot be read" in told
    assert f"run {commands.command('grade')} again" in told


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("answer/why/ZZZZ", 404, "no answer ZZZZ"),
        ("answer/nothing/ZZZZ", 404, "no task nothing"),
        ("name/why/ZZZZ", 404, "no answer ZZZZ"),
        ("", 500, "requests.csv, line 2: there is no task 'x'"),
    ],
)
def test_what_is_wrong_is_said_in_the_page(port, desk, caplog, path, status, message):
    if not path:
        (desk.out / "requests.csv").write_text("student,task,request\ns1,x,please\n")
    got, text, _ = ask(port, HOME + path)
    assert got == status
    assert message in text
    assert caplog.text == ""
