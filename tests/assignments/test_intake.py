"""What a student's files do to the process that reads them is that student's status alone."""

import json
import os
import time

import nbformat
import pytest

from assignments.grading import intake
from assignments.grading.intake import Desk, Reader
from assignments.handed_in.submissions import collect
from assignments.running.isolation import Sandbox
from assignments.running.limits import Limits
from tests.assignments.hostile import by_name, right_notebook

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="the reader is replaced before it is forked"
)


def harm(uploads):
    """What the reader does at each name, in place of reading."""
    name = uploads[0].path
    if name == "exits":
        os._exit(3)
    elif name == "computes":
        while True:
            pass
    elif name == "waits":
        time.sleep(1000)
    elif name == "grows":
        bytearray(10**11)
    elif name == "fails":
        raise ValueError("x" * 9999)


@pytest.fixture
def desk(small, tmp_path):
    folder = tmp_path / "in"
    for name in ("exits", "computes", "waits", "grows", "fails", "good"):
        (folder / name).mkdir(parents=True)
        nbformat.write(right_notebook(small), folder / name / "ps1.ipynb")
    return Desk(small, "key", Sandbox(Limits(), None, None), False, folder)


STATUS = {
    "exits": ("unreadable", "too much time or memory"),
    "computes": ("unreadable", "too much time or memory"),
    "waits": ("unreadable", "too much time or memory"),
    "grows": ("unreadable", "too much memory"),
    "fails": ("failed", "ValueError: xxx"),
}


def test_the_next_student_is_read_whatever_one_does(desk, tmp_path, monkeypatch):
    real = intake.take

    def take(desk, release, uploads, folder):
        harm(uploads)
        return real(desk, release, uploads, folder)

    monkeypatch.setattr(intake, "take", take)
    monkeypatch.setattr(intake, "SECONDS", 2)
    uploads = {each.path: [each] for each in collect(desk.source).uploads}
    with Reader(desk) as reader:
        for name, (status, told) in STATUS.items():
            # Waiting is by the clock: only what waits may meet that limit.
            monkeypatch.setattr(intake, "PATIENCE", 1 if name == "waits" else 600)
            bad = reader.take(uploads[name], tmp_path / "out" / name)
            assert (bad.status, bad.fingerprint) == (status, None)
            assert told in bad.doubts[0]
            assert len(bad.doubts[0]) < 500
        good = reader.take(uploads["good"], tmp_path / "out" / "good")
    assert good.status == "graded"
    assert (tmp_path / "out" / "good" / "rebuilt.ipynb").is_file()


@pytest.mark.parametrize("source", ["1" + "<1" * 500_000, "(" * 500_000, "-" * 10**6 + "1"])
def test_code_that_is_hard_to_parse_is_read_all_the_same(desk, small, tmp_path, source):
    notebook = right_notebook(small)
    answer = by_name(notebook, "double")
    answer.metadata, answer.id = {}, "another"
    cells = json.loads(nbformat.writes(notebook))
    cells["cells"].append({"cell_type": "code", "source": source, "metadata": {}})
    (desk.source / "good" / "ps1.ipynb").write_text(json.dumps(cells), "utf-8")
    uploads = [each for each in collect(desk.source).uploads if each.path == "good"]
    with Reader(desk) as reader:
        taken = reader.take(uploads, tmp_path / "out")
    assert taken.status in ("graded", "unreadable")
    assert taken.doubts or taken.notes


def test_many_notes_are_counted(tmp_path):
    assert intake._few(["x" * 999] * 15)[-1] == "and 5 more such notes"
    assert max(map(len, intake._few(["x" * 999]))) <= 403
