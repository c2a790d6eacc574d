"""At home a student sees what the visible tests say, and what would be ignored."""

import nbformat
import pytest

from assignments import __main__ as command
from assignments.problem_sets.release import released
from tests.assignments.hostile import by_name, right_notebook


def check(small, notebook, path):
    path.write_text(nbformat.writes(notebook), "utf-8")
    return command.main(["check", str(path), "--source", str(small.folder.parent)])


def test_the_visible_tests_are_run_and_what_is_ignored_is_said(small, tmp_path, capsys):
    notebook = right_notebook(small)
    by_name(notebook, "add_up").source = "def add_up(x):\n    return 0"
    by_name(notebook, "add_up-visible").source = "assert True"
    by_name(notebook, "why").source = "YOUR ANSWER HERE"
    assert check(small, notebook, tmp_path / "mine.ipynb") == 1
    assert capsys.readouterr().out.splitlines() == [
        "Problem set 1: Mini",
        "double: passed",
        "add_up: failed: AssertionError: 1 + 2 is 3",
        "why: empty; a person will mark it",
        "Note: the cell add_up-visible was edited: the released one counts",
        "Note: hand it in under the name ps1.ipynb",
        "More tests, which you do not see, run when it is graded.",
    ]


def test_a_good_notebook_ends_well(small, tmp_path, capsys):
    assert check(small, right_notebook(small), tmp_path / "ps1.ipynb") == 0
    told = capsys.readouterr().out
    assert "failed" not in told
    assert "why: 3 words, 0 pictures" in told


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not a notebook"), (None, "there is no file"), ("", "is empty")]
)
def test_what_cannot_be_checked_is_said_in_a_line(small, tmp_path, capsys, text, message):
    if text is not None:
        (tmp_path / "ps1.ipynb").write_text(text)
    arguments = ["check", str(tmp_path / "ps1.ipynb"), "--source", str(small.folder.parent)]
    assert command.main(arguments) == 2
    assert message in capsys.readouterr().err


def test_another_notebook_belongs_to_no_problem_set(small, tmp_path, capsys):
    notebook = released(small)
    notebook.cells = [nbformat.v4.new_markdown_cell("Something else")]
    assert check(small, notebook, tmp_path / "ps1.ipynb") == 2
    assert "none of its cells belongs to a problem set" in capsys.readouterr().err
