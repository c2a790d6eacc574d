"""What was handed in is found in folders and zips of every kind, and nothing outside is touched."""

import io
import stat
import zipfile

import pytest

from assignments.submissions import LARGEST, SubmissionsError, collect

NOTEBOOK = b'{"cells": []}'


def zipped(members, path=None):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    if path is None:
        return data.getvalue()
    path.write_bytes(data.getvalue())
    return path


def found(collected):
    return {(each.words, each.file, each.late) for each in collected.files}


def test_a_folder_for_each_student(tmp_path):
    (tmp_path / "in" / "ada" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "ps1.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "in" / "ada" / "deep" / "ps1.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "in" / "zoe").mkdir()
    (tmp_path / "in" / "max.ipynb").write_bytes(NOTEBOOK)
    collected = collect(tmp_path / "in")
    assert found(collected) == {
        (("ada",), "ps1.ipynb", False),
        (("ada",), "deep/ps1.ipynb", False),
        (("max",), "max.ipynb", False),
    }
    assert collected.empty == [("zoe",)]
    assert collected.problems == []


def test_the_export_of_moodle(tmp_path):
    members = {
        "Ada Lovelace_10234_assignsubmission_file_/ps1.ipynb": NOTEBOOK,
        "Zoë O'Brien_10235_assignsubmission_file/my work.ipynb": NOTEBOOK,
    }
    collected = collect(zipped(members, tmp_path / "in.zip"))
    assert found(collected) == {
        (("10234", "Ada Lovelace"), "ps1.ipynb", False),
        (("10235", "Zoë O'Brien"), "my work.ipynb", False),
    }


def test_the_export_of_canvas(tmp_path):
    members = {
        "lovelaceada_10234_99887_ps1.ipynb": NOTEBOOK,
        "obrienzoe_LATE_10235_99888_ps1-1.ipynb": NOTEBOOK,
    }
    collected = collect(zipped(members, tmp_path / "in.zip"))
    assert found(collected) == {
        (("10234", "lovelaceada"), "ps1.ipynb", False),
        (("10235", "obrienzoe"), "ps1-1.ipynb", True),
    }
    assert [each.order[0] for each in collected.files] == [99887, 99888]


def test_a_zip_that_a_student_made(tmp_path):
    inner = zipped({"work/ps1.ipynb": NOTEBOOK})
    members = {"ada/ps1.zip": inner, "lovelaceada_10234_99887_ps1.zip": inner}
    collected = collect(zipped(members, tmp_path / "in.zip"))
    assert [(each.words, each.data) for each in collected.files] == [
        (("ada",), NOTEBOOK),
        (("10234", "lovelaceada"), NOTEBOOK),
    ]


def test_a_pattern_of_ones_own(tmp_path):
    members = {"w1/ada-2.ipynb": NOTEBOOK, "w1/ada-10.ipynb": NOTEBOOK, "notes.txt": b"x"}
    pattern = r"w1/(?P<student>\w+)-(?P<order>\d+)\.ipynb"
    collected = collect(zipped(members, tmp_path / "in.zip"), pattern)
    assert max(collected.files, key=lambda each: each.order).where == "w1/ada-10.ipynb"
    assert collected.problems == ["notes.txt: not used, its path does not say whose it is"]


@pytest.mark.parametrize(
    ("pattern", "message"), [("(", "not a regular"), (".*", "group named student")]
)
def test_a_wrong_pattern_is_refused(tmp_path, pattern, message):
    with pytest.raises(SubmissionsError, match=message):
        collect(tmp_path, pattern)


@pytest.mark.parametrize(
    "name",
    ["../../evil.ipynb", "ada/../../evil.ipynb", "/etc/evil.ipynb", "C:\\evil.ipynb", "..\\x"],
)
def test_a_path_out_of_the_zip_is_refused_and_the_rest_is_read(tmp_path, name):
    members = {name: NOTEBOOK, "ada/ps1.ipynb": NOTEBOOK}
    collected = collect(zipped(members, tmp_path / "in.zip"))
    assert [each.where for each in collected.files] == ["ada/ps1.ipynb"]
    assert "refused, a path that leads out of the zip" in collected.problems[0]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in.zip"]


def test_a_link_in_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        link = zipfile.ZipInfo("ada/ps1.ipynb")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    collected = collect(tmp_path / "in.zip")
    assert collected.files == []
    assert collected.problems == ["ada/ps1.ipynb: refused, a link"]


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "secret.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "ps1.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (tmp_path / "in" / "zoe").symlink_to(tmp_path)
    collected = collect(tmp_path / "in")
    assert collected.files == []
    assert [problem.split(":")[0] for problem in collected.problems] == ["ada/ps1.ipynb", "zoe"]


def test_a_damaged_zip_of_a_student_leaves_the_others(tmp_path):
    damaged = zipped({"ps1.ipynb": NOTEBOOK})[:-10]
    collected = collect(
        zipped({"ada/x.zip": damaged, "zoe/ps1.ipynb": NOTEBOOK}, tmp_path / "in.zip")
    )
    assert [each.words for each in collected.files] == [("ada",), ("zoe",)]
    assert "cannot be read" in collected.problems[0]


def test_a_file_that_unpacks_to_too_much_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("assignments.submissions.LARGEST", 1000)
    members = {"ada/ps1.ipynb": b" " * 1001, "zoe/ps1.ipynb": NOTEBOOK}
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    collected = collect(tmp_path / "in.zip")
    assert [each.data for each in collected.files] == [b"", NOTEBOOK]
    assert "larger than" in collected.problems[0]
    assert LARGEST >= 10_000_000


def test_what_systems_leave_behind_is_ignored(tmp_path):
    members = {"__MACOSX/ada/._ps1.ipynb": b"x", "ada/.DS_Store": b"x", "ada/ps1.ipynb": NOTEBOOK}
    members["ada/.ipynb_checkpoints/ps1-checkpoint.ipynb"] = NOTEBOOK
    collected = collect(zipped(members, tmp_path / "in.zip"))
    assert [each.where for each in collected.files] == ["ada/ps1.ipynb"]
    assert collected.problems == []


def test_other_files_are_named_but_not_taken_for_notebooks(tmp_path):
    members = {"ada/timestamp.txt": b"2026-11-24", "ada/ps1.ipynb.txt": NOTEBOOK, "ada/a.csv": b"{"}
    collected = collect(zipped(members, tmp_path / "in.zip"))
    assert {each.file: each.data for each in collected.files} == {
        "timestamp.txt": None,
        "ps1.ipynb.txt": NOTEBOOK,
        "a.csv": None,
    }


def test_what_is_neither_folder_nor_zip_is_refused(tmp_path):
    for path in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(SubmissionsError, match="neither a folder nor a zip"):
            collect(path)
        (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SubmissionsError, match="is empty"):
        collect(tmp_path / "empty")
