"""A kept result is used again only while nothing that can change the mark has changed."""

import copy
import importlib.metadata
import shutil
import types
from dataclasses import fields, replace
from pathlib import Path

import nbformat
import pytest

import netinit
from assignments.grading import fingerprint
from assignments.problem_sets.sets import ProblemSet
from assignments.running import isolation
from assignments.running.isolation import Sandbox
from assignments.running.limits import Limits
from tests.assignments.hostile import right_notebook

BOX = Sandbox(Limits(), "bwrap", "setpriv")


@pytest.fixture
def files(small, tmp_path, monkeypatch):
    """Copies of all that is read: the problem set, the grader's code, netinit."""
    shutil.copytree(small.folder.parents[1], tmp_path / "mini")
    ignored = shutil.ignore_patterns("__pycache__", "source", "release")
    shutil.copytree(fingerprint.ROOT, tmp_path / "assignments", ignore=ignored)
    shutil.copytree(Path(netinit.__file__).parent, tmp_path / "netinit", ignore=ignored)
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path / "assignments")
    package = types.SimpleNamespace(__file__=str(tmp_path / "netinit" / "__init__.py"))
    monkeypatch.setattr(fingerprint, "netinit", package)
    return tmp_path


@pytest.fixture
def prints(small, files):
    """Take the fingerprints of a result and of its gradebook, as a process of its own would."""
    usual = {
        "problem_set": ProblemSet(files / "mini" / "source" / small.name),
        "key": "key",
        "box": BOX,
        "notebook": right_notebook(small),
    }

    def take(**other):
        fingerprint.programs.cache_clear()
        given = usual | other
        tests = fingerprint.of_tests(given["problem_set"], given["key"])
        return fingerprint.of_result(**given), tests

    yield take
    fingerprint.programs.cache_clear()


def grow(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((path.read_bytes() if path.is_file() else b"") + b"\n")


def both_change(before, after):
    return before[0] != after[0] and before[1] != after[1]


@pytest.mark.parametrize(
    "name",
    [
        *("assignments/handed_in/rebuild.py", "assignments/running/limited.py"),
        "assignments/new/folder.py",
        *("netinit/__init__.py", "netinit/new/package.py", "netinit/new/data.toml"),
    ],
)
def test_a_change_of_a_program_counts(prints, files, name):
    before = prints()
    grow(files / name)
    assert both_change(before, prints())


def test_every_file_of_netinit_counts(prints, files):
    package = Path(netinit.__file__).parent
    files_of_netinit = [path for path in package.rglob("*") if path.is_file()]
    counted = {path for _, path in fingerprint._files()}
    for path in files_of_netinit:
        copied = files / "netinit" / path.relative_to(package)
        assert copied in counted or "__pycache__" in path.parts, path


def test_a_file_that_is_moved_counts(prints, files):
    before = prints()
    (files / "assignments/handed_in/rebuild.py").rename(files / "assignments/handed_in/rebuilt.py")
    assert both_change(before, prints())


@pytest.mark.parametrize(
    "name",
    [
        "assignments/pages/templates/report.html",
        *("assignments/guide.md", "assignments/course.key"),
        *("assignments/release/x.py", "assignments/submitted/s1/ps1/x.py"),
        *("assignments/__pycache__/x.py", "netinit/__pycache__/x.pyc", "mini/notes/ps1.md"),
    ],
)
def test_what_changes_no_mark_does_not_count(prints, files, name):
    before = prints()
    grow(files / name)
    assert prints() == before


def test_a_version_of_any_installed_package_counts(prints, monkeypatch):
    before = prints()
    real = list(importlib.metadata.distributions())
    new = types.SimpleNamespace(name="somewhere-deep", version="1.0")
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: [*real, new])
    added = prints()
    assert both_change(before, added)
    new.version = "1.1"
    assert both_change(added, prints())


def test_the_version_of_python_counts(prints, monkeypatch):
    before = prints()
    monkeypatch.setattr(fingerprint.sys, "version", "3.99")
    assert both_change(before, prints())


def test_the_problem_set_and_the_key_count(prints, small, files):
    before = prints()
    assert both_change(before, prints(key="another"))
    path = files / "mini" / "source" / small.name / f"{small.name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[4].source = notebook.cells[4].source.replace("size=5", "size=6")  # hidden
    nbformat.write(notebook, path)
    assert both_change(before, prints())


def test_the_answers_count_and_the_ids_of_cells_do_not(prints, small):
    before = prints()
    notebook = right_notebook(small)
    changed = copy.deepcopy(notebook)
    changed.cells[0].id = "another"
    assert prints(notebook=changed) == before
    changed.cells[2].source += " "
    assert prints(notebook=changed)[0] != before[0]
    changed = copy.deepcopy(notebook)
    changed.cells[2].cell_type = "raw"
    assert prints(notebook=changed)[0] != before[0]


@pytest.mark.parametrize("limit", fields(Limits), ids=lambda limit: limit.name)
def test_each_limit_counts(prints, limit):
    limits = replace(BOX.limits, **{limit.name: limit.default + 1})
    assert prints(box=replace(BOX, limits=limits))[0] != prints()[0]


def test_what_enforces_the_limits_counts(prints):
    assert prints(box=replace(BOX, bubblewrap=None))[0] != prints()[0]
    assert prints(box=replace(BOX, bubblewrap="/opt/bin/bwrap")) == prints()


def test_a_variable_that_changes_results_counts_and_a_folder_does_not(prints, monkeypatch):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    before = prints()
    monkeypatch.setenv("TMPDIR", "/var/tmp")
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setattr(isolation.sys, "executable", "/elsewhere/bin/python")
    assert prints() == before
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert prints()[0] != before[0]
