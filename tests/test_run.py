"""The run of all checks: what it does again, what it reports, and which files it counts."""

import shutil
import subprocess
import sys
import types

import pytest
import threadpoolctl

from tests import __main__ as run
from tests import project

GOOD = run.Step("good", run.python("-c", "print('said')"))
BAD = run.Step("bad", run.python("-c", "raise SystemExit(3)"))


@pytest.fixture
def once(tmp_path, monkeypatch):
    """Run `main` on given steps; return its exit code."""
    monkeypatch.setattr(run, "PASSED", tmp_path / "_build" / "tests-passed")

    def main(*groups, arguments=()):
        monkeypatch.setattr(run, "steps", lambda: list(groups))
        monkeypatch.setattr(sys, "argv", ["tests", *arguments])
        return run.main()

    return main


def test_what_passed_is_not_run_again_until_something_changes(once, monkeypatch, capfd):
    assert once([GOOD], [GOOD, GOOD]) == 0
    assert "3 passed, 0 failed" in capfd.readouterr().out
    assert once([BAD]) == 0
    assert "Nothing changed" in capfd.readouterr().out
    assert once([BAD], arguments=["--force"]) == 1
    monkeypatch.setattr(run, "fingerprint", lambda: "another")
    assert once([BAD]) == 1


def test_a_failed_step_is_named_and_the_others_are_run(once, capfd):
    assert once([BAD], [GOOD, BAD]) == 1
    told = capfd.readouterr()
    assert "1 passed, 2 failed" in told.out
    assert told.out.index("said") < told.out.index("good: ok")
    assert "bad: FAILED (3)" in told.out
    assert told.err == "Failed: bad; bad\n"
    assert once([GOOD]) == 0
    assert "1 passed, 0 failed" in capfd.readouterr().out


def test_a_program_that_the_tests_installed_does_not_make_them_run_again(once, monkeypatch, capfd):
    states = iter(["", "/usr/bin/bwrap 1", "/usr/bin/bwrap 1", "/usr/bin/bwrap 2"])
    run.PASSED.parent.mkdir()
    run.PASSED.write_text("of an earlier run")
    monkeypatch.setattr(run, "programs", lambda: next(states))
    assert once([GOOD]) == 0  # bubblewrap came while it ran
    assert once([BAD]) == 0
    assert "Nothing changed" in capfd.readouterr().out
    assert once([BAD]) == 1  # a new version of it


def test_programs_and_variables_are_seen(monkeypatch, tmp_path):
    before = run.programs()
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert str(program) in run.programs()
    monkeypatch.setenv("CHROMIUM", "/opt/chromium")
    assert "CHROMIUM=/opt/chromium" in run.programs()
    assert before != run.programs()


def test_a_changed_file_and_a_changed_package_change_the_fingerprint(monkeypatch, tmp_path):
    (tmp_path / "a").write_text("1")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "files", lambda: sorted(tmp_path.iterdir()))
    seen = {run.fingerprint()}
    (tmp_path / "a").write_text("2")
    seen.add(run.fingerprint())
    (tmp_path / "a").rename(tmp_path / "b")
    seen.add(run.fingerprint())
    package = types.SimpleNamespace(name="new", version="1")
    monkeypatch.setattr(run.importlib.metadata, "distributions", lambda: [package])
    seen.add(run.fingerprint())
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("chosen", "second"),
    [("SkylakeX", "Haswell"), ("Zen", "Sandybridge"), ("Sandybridge", "Nehalem"), ("", "Nehalem")],
)
def test_the_second_kernel_is_another_and_not_a_newer_one(monkeypatch, chosen, second):
    monkeypatch.setattr(run.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [{"architecture": chosen}])
    assert run.second_kernel() == second


def test_the_night_runs_what_every_run_leaves_out(once, monkeypatch, capfd):
    monkeypatch.setattr(run, "nightly_steps", lambda: [[GOOD, GOOD]])
    assert once([BAD], arguments=["--nightly"]) == 0
    assert "2 passed, 0 failed" in capfd.readouterr().out
    assert not run.PASSED.exists()  # it says nothing of the others
    monkeypatch.setattr(run, "nightly_steps", lambda: [[BAD]])
    assert once([GOOD], arguments=["--nightly"]) == 1


def test_the_night_has_another_kernel_and_the_marked_tests():
    chapters, marked = run.nightly_steps()[-1]
    assert chapters.environment["OPENBLAS_CORETYPE"] == run.second_kernel()
    assert "nightly" in marked.command[marked.command.index("-m", 3) + 1]


def collects(command, path):
    """Whether a command of pytest runs the tests of a file."""
    within = [run.ROOT / each for each in command if each.startswith("tests")]
    ignored = [run.ROOT / each.partition("=")[2] for each in command if "--ignore=" in each]
    return any(map(path.is_relative_to, within)) and not any(map(path.is_relative_to, ignored))


def test_every_test_is_in_one_step():
    """Those of the frameworks have a command of their own."""
    commands = [step.command for group in run.steps() for step in group]
    paths = [path for path in project.files() if path.match("tests/**/test_*.py")]
    paths = [path for path in paths if "frameworks" not in path.relative_to(project.ROOT).parts]
    assert len(paths) > 20
    for path in paths:
        assert sum(collects(command, path) for command in commands) == 1, path


@pytest.mark.parametrize("git", ["none", "own", "ignored by another"])
def test_the_files_are_found_with_git_without_and_within_another_project(
    tmp_path, monkeypatch, git
):
    if git != "none" and not shutil.which("git"):
        pytest.skip("needs git")
    root = tmp_path / "mé folder"
    for name in ("a.py", "ö.md", "_build/made", "grades/ps1/x"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    if git != "none":
        place = root if git == "own" else tmp_path
        (place / ".gitignore").write_text("_build\ngrades\n" if git == "own" else "mé folder\n")
        subprocess.run(["git", "init", "--quiet"], cwd=place, check=True)
    monkeypatch.setattr(project, "ROOT", root)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    names = {path.name for path in project.files()} - {".gitignore"}
    assert names == {"a.py", "ö.md"}
