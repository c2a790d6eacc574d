"""A message names a command as its reader starts it: with make or without."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from assignments import __main__ as classroom
from assignments import commands
from tests.assignments.graded import graded
from tests.project import ROOT


@pytest.fixture
def by_make(monkeypatch):
    monkeypatch.setenv(commands.VARIABLE, "yes")


@pytest.fixture
def without_make(monkeypatch):
    monkeypatch.delenv(commands.VARIABLE, raising=False)


def test_make_is_named_where_make_was_called(by_make):
    assert commands.command("grade") == "make grade"
    assert commands.command("mark", "ps1") == "make mark PS=ps1"
    assert commands.command("mark", "ps1", Path("grades/ps1")) == "make mark PS=ps1"
    out = commands.command("mark", "ps1", Path("else/where"))
    assert out == "make mark PS=ps1 OPTIONS='--out else/where'"


def test_make_passes_on_a_folder_with_a_space(by_make):
    *_, options = shlex.split(commands.command("mark", "ps1", Path("my grades")))
    assert shlex.split(options.removeprefix("OPTIONS=")) == ["--out", "my grades"]


def test_without_make_the_command_can_be_typed_as_it_is(without_make):
    told = shlex.split(commands.command("marks", "ps1", Path("my grades")))
    assert told[1:] == ["-m", "assignments", "marks", "ps1", "--out", "my grades"]
    run = [*told[:3], "marks", "--help"]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_interpreter_of_this_folder_has_a_short_path(without_make, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert shlex.split(commands.command("grade"))[0] == str(Path(".venv/bin/python"))


def test_the_makefile_says_that_it_calls():
    lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
    for name in ("grade", "mark", "marks"):
        (line,) = [each for each in lines if f"-m assignments {name} " in each]
        assert f"{commands.VARIABLE}=" in line


@pytest.mark.parametrize(("made", "typed"), [("yes", "make"), ("", "-m assignments")])
def test_what_a_teacher_reads_names_the_command(small, tmp_path, capsys, monkeypatch, made, typed):
    monkeypatch.setenv(commands.VARIABLE, made)
    graded(small, tmp_path, {"s1": "an answer"})
    assert classroom.main(["marks", "ps1", "--out", str(tmp_path)]) == 0
    report = (tmp_path / "report.html").read_text("utf-8")
    assert f"{typed} mark" in capsys.readouterr().out
    assert f"{typed} mark" in report
    assert classroom.main(["marks", "ps1", "--out", str(tmp_path / "none")]) == 2
    assert f"{typed} grade" in capsys.readouterr().err
