"""What was handed in is found in folders and zips of every kind, and nothing outside is touched."""

import io
import os
import stat
import zipfile

import pytest

from assignments.handed_in import submissions, unpacking
from assignments.handed_in.submissions import SubmissionsError, collect, printable
from assignments.handed_in.unpacking import opened, unpack

NOTEBOOK = b'{"cells": []}'


def zipped(members, path=None, how=zipfile.ZIP_STORED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    if path is None:
        return data.getvalue()
    path.write_bytes(data.getvalue())
    return path


def read(source, *options):
    """The words of each upload, its files, and the problems."""
    collected = collect(source, *options)
    with opened(source) as container:
        files = [(each.words, unpack(container, [each])) for each in collected.uploads]
    return files, collected.problems


def found(files):
    return {(words, each.file, each.late) for words, handed in files for each in handed}


def only(files):
    """The only file of the only upload."""
    ((_, (handed,)),) = files
    return handed


def test_a_folder_for_each_student(tmp_path):
    (tmp_path / "in" / "ada" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "ps1.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "in" / "ada" / "deep" / "ps1.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "in" / "zoe").mkdir()
    (tmp_path / "in" / "max.ipynb").write_bytes(NOTEBOOK)
    files, problems = read(tmp_path / "in")
    assert found(files) == {
        (("ada",), "ps1.ipynb", False),
        (("ada",), "deep/ps1.ipynb", False),
        (("max",), "max.ipynb", False),
    }
    assert (("zoe",), []) in files
    assert problems == []


@pytest.mark.parametrize("within", ["", "PS1-2026/"])
def test_the_export_of_moodle(tmp_path, within):
    members = {
        f"{within}Ada Lovelace_10234_assignsubmission_file_/ps1.ipynb": NOTEBOOK,
        f"{within}Zoë O'Brien_10235_assignsubmission_file/my work.ipynb": NOTEBOOK,
        f"{within}Max Born_10236_assignsubmission_file_ps1.ipynb": NOTEBOOK,
    }
    files, _ = read(zipped(members, tmp_path / "in.zip"), None, lambda words: False)
    assert found(files) == {
        (("10234", "Ada Lovelace"), "ps1.ipynb", False),
        (("10235", "Zoë O'Brien"), "my work.ipynb", False),
        (("10236", "Max Born"), "ps1.ipynb", False),
    }


def test_the_export_of_canvas(tmp_path):
    members = {
        "lovelaceada_10234_99887_ps1.ipynb": NOTEBOOK,
        "obrienzoe_LATE_10235_99888_ps1-1.ipynb": NOTEBOOK,
    }
    files, _ = read(zipped(members, tmp_path / "in.zip"))
    assert found(files) == {
        (("10234", "lovelaceada"), "ps1.ipynb", False),
        (("10235", "obrienzoe"), "ps1-1.ipynb", True),
    }
    assert [handed[0].order[0] for _, handed in files] == [99887, 99888]


def test_a_zip_that_a_student_made(tmp_path):
    inner = zipped({"mine/ps1.ipynb": NOTEBOOK})
    members = {"ada/ps1.zip": inner, "lovelaceada_10234_99887_ps1.zip": inner, "zoe.zip": inner}
    files, _ = read(zipped(members, tmp_path / "in.zip"))
    assert {(words, handed[0].file, handed[0].data) for words, handed in files} == {
        (("ada",), "ps1.zip/mine/ps1.ipynb", NOTEBOOK),
        (("10234", "lovelaceada"), "ps1.zip/mine/ps1.ipynb", NOTEBOOK),
        (("zoe",), "zoe.zip/mine/ps1.ipynb", NOTEBOOK),
    }


def test_a_folder_around_everything_is_looked_into_unless_it_is_a_students(tmp_path):
    path = zipped({"all/ada/ps1.ipynb": NOTEBOOK, "all/zoe/x.ipynb": NOTEBOOK}, tmp_path / "in.zip")
    files, _ = read(path, None, lambda words: words == ("ada",))
    assert [words for words, _ in files] == [("ada",), ("zoe",)]
    files, _ = read(path, None, lambda words: words == ("all",))
    assert [words for words, _ in files] == [("all",)]


def test_the_outermost_folder_says_whose_everything_in_it_is(tmp_path):
    theft = "Victim_1_assignsubmission_file_/ps1.ipynb"
    inner = zipped({theft: NOTEBOOK})
    members = {f"Thief_2_assignsubmission_file_/{theft}": NOTEBOOK, "ada/x.zip": inner}
    members["Victim_1_assignsubmission_file_/ps1.ipynb"] = NOTEBOOK
    files, _ = read(zipped(members, tmp_path / "in.zip"))
    assert found(files) == {
        (("2", "Thief"), theft, False),
        (("ada",), f"x.zip/{theft}", False),
        (("1", "Victim"), "ps1.ipynb", False),
    }


def test_a_pattern_of_ones_own(tmp_path):
    members = {"w1/ada-2.ipynb": NOTEBOOK, "w1/ada-10.ipynb": NOTEBOOK, "notes.txt": b"x"}
    pattern = r"w1/(?P<student>\w+)-(?P<order>\d+)\.ipynb"
    files, problems = read(zipped(members, tmp_path / "in.zip"), pattern)
    handed = [each for _, found in files for each in found]
    assert max(handed, key=lambda each: each.order).where == "w1/ada-10.ipynb"
    assert problems == ["notes.txt: not used, its path does not say whose it is"]


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
    members = {name: NOTEBOOK, "ada/ps1.ipynb": NOTEBOOK, "zoe/x.zip": zipped({name: NOTEBOOK})}
    files, problems = read(zipped(members, tmp_path / "in.zip"))
    assert (files[0][0], files[0][1][0].file) == (("ada",), "ps1.ipynb")
    assert "refused, a path that leads out of the zip" in problems[0]
    assert files[1][1][0].fault == "refused, a path that leads out of the zip"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in.zip"]


def test_a_link_in_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        link = zipfile.ZipInfo("ada/ps1.ipynb")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    handed = only(read(tmp_path / "in.zip")[0])
    assert (handed.data, handed.fault) == (None, "refused, a link")


def test_only_a_link_within_the_students_own_folder_is_followed(tmp_path):
    for name in ("ada", "zoe"):
        (tmp_path / "in" / name).mkdir(parents=True)
    (tmp_path / "in" / "zoe" / "ps1.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "in" / "ada" / "stolen.ipynb").symlink_to("../zoe/ps1.ipynb")
    (tmp_path / "in" / "ada" / "everything").symlink_to("..")
    (tmp_path / "in" / "ada" / "round").symlink_to(".")
    (tmp_path / "in" / "ada" / "gone.ipynb").symlink_to("nowhere")
    (tmp_path / "in" / "max").symlink_to("zoe")
    (tmp_path / "in" / "eve.ipynb").symlink_to("zoe/ps1.ipynb")
    (tmp_path / "in" / "zoe" / "again.ipynb").symlink_to("ps1.ipynb")
    files = dict(read(tmp_path / "in")[0])
    refused = "refused, a link that leads out of the student's folder"
    assert {each.file: each.fault for each in files["ada",]} == {
        "everything": refused,
        "gone.ipynb": "cannot be read: No such file or directory",
        "stolen.ipynb": refused,
    }
    assert [each.fault for name in ("max", "eve") for each in files[name,]] == [refused] * 2
    assert [each.data for each in files["zoe",]] == [NOTEBOOK] * 2


def broken_stream():
    """A zip with a good directory and a damaged deflate stream."""
    data = bytearray(zipped({"ps1.ipynb": os.urandom(500) * 9}, how=zipfile.ZIP_DEFLATED))
    data[60:200] = b"\xff" * 140
    return bytes(data)


def misflagged(data):
    """The zip, its names flagged as UTF-8 and no longer valid in it."""
    made = bytearray(data.replace(b"Zoe", b"Zo\xeb"))
    for mark, flags in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        start = made.find(mark)
        while start >= 0:
            made[start + flags] |= 8
            start = made.find(mark, start + 4)
    return bytes(made)


def protected(data):
    made = bytearray(data)
    made[made.find(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (zipped({"ps1.ipynb": NOTEBOOK})[:-10], "cannot be read: File is not a zip file"),
        (b"", "cannot be read"),
        (broken_stream(), "cannot be read"),
        (protected(zipped({"ps1.ipynb": NOTEBOOK})), "protected by a password"),
        (zipped({}), "it holds nothing"),
        (zipped({"x.zip": zipped({"ps1.ipynb": NOTEBOOK})}), "a zip within a zip"),
    ],
    ids=["cut", "empty", "stream", "password", "nothing", "nested"],
)
def test_a_damaged_zip_of_a_student_is_that_students_fault(tmp_path, data, fault):
    path = zipped({"ada/x.zip": data, "zoe/ps1.ipynb": NOTEBOOK}, tmp_path / "in.zip")
    files = dict(read(path)[0])
    assert fault in files["ada",][0].fault
    assert files["zoe",][0].data == NOTEBOOK


@pytest.mark.parametrize("how", ["inner", "outer"])
def test_a_name_flagged_wrongly_does_not_stop_the_class(tmp_path, how):
    if how == "inner":
        inner = misflagged(zipped({"Zoe.ipynb": NOTEBOOK}))
        path = zipped({"ada/x.zip": inner, "max/ps1.ipynb": NOTEBOOK}, tmp_path / "in.zip")
    else:
        path = tmp_path / "in.zip"
        path.write_bytes(misflagged(zipped({"Zoe/x.ipynb": NOTEBOOK, "max/ps1.ipynb": NOTEBOOK})))
    files = dict(read(path)[0])
    assert files["max",][0].data == NOTEBOOK
    assert files["ada" if how == "inner" else "Zo\ufffd",][0].data == NOTEBOOK


def test_a_damaged_outer_zip_is_one_clear_message(tmp_path):
    path = zipped({"ada/ps1.ipynb": NOTEBOOK}, tmp_path / "in.zip")
    data = path.read_bytes()
    for damaged in (data[:-10], data.replace(b"PK\x01\x02", b"PK\x00\x00"), b""):
        path.write_bytes(damaged)
        with pytest.raises(SubmissionsError, match=r"is damaged|neither a folder nor a zip"):
            collect(path)


def test_limits_are_those_of_one_student(tmp_path, monkeypatch):
    many = {f"{n}.txt": b"x" for n in range(unpacking.MOST + 5)}
    members = {"ada/x.zip": zipped(many), "zoe/ps1.ipynb": NOTEBOOK}
    members |= {f"max/{name}": data for name, data in many.items()}
    files = dict(read(zipped(members, tmp_path / "in.zip"))[0])
    for name in ("ada", "max"):
        assert files[name,][-1].fault == f"only the first {unpacking.MOST} files were read"
    assert files["zoe",][0].data == NOTEBOOK


@pytest.mark.parametrize("kind", ["folder", "zip", "zip in zip"])
def test_what_is_too_large_is_not_read(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(unpacking, "LARGEST", 2000)
    monkeypatch.setattr(unpacking, "ALL", 5000)
    sizes = {"a.ipynb": 2001, "b.ipynb": 1900, "c.ipynb": 1900, "d.ipynb": 1900}
    members = {f"ada/{name}": b" " * size for name, size in sizes.items()}
    if kind == "folder":
        for name, data in members.items():
            (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / name).write_bytes(data)
        path = tmp_path / "in"
    elif kind == "zip":
        path = zipped(members, tmp_path / "in.zip", zipfile.ZIP_DEFLATED)
    else:
        inner = zipped(members, how=zipfile.ZIP_DEFLATED)
        path = zipped({"ada/x.zip": inner}, tmp_path / "in.zip")
    files = dict(read(path)[0])["ada",]
    faults = {each.file[-7:]: each.fault for each in files}
    assert faults["a.ipynb"].startswith("larger than")
    assert faults["d.ipynb"].startswith("all files together are larger")
    assert [len(each.data) for each in files if each.data is not None] == [1900, 1900]


def test_names_of_any_bytes_can_be_shown(tmp_path):
    name = b"Zo\xeb\n\x1b" + b"x" * 180
    (tmp_path / "in").mkdir()
    folder = os.path.join(os.fsencode(tmp_path / "in"), name)  # noqa: PTH118 (bytes)
    try:
        os.mkdir(folder)  # noqa: PTH102
    except OSError:
        pytest.skip("this system has names in UTF-8 only")
    with open(os.path.join(folder, b"ps1.ipynb"), "wb") as file:  # noqa: PTH118, PTH123
        file.write(NOTEBOOK)
    ((words, (handed,)),) = read(tmp_path / "in")[0]
    assert handed.data == NOTEBOOK
    assert words[0].startswith("Zo\\xeb\\n\\x1bx")
    assert printable("x" * 999, 5) == "xxxxx..."


def test_many_problems_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(submissions, "MOST_PROBLEMS", 3)
    members = {f"../{n}": b"x" for n in range(9)}
    problems = read(zipped(members, tmp_path / "in.zip"))[1]
    assert problems[3:] == ["and 6 more of these"]


def test_what_systems_leave_behind_is_ignored(tmp_path):
    members = {"__MACOSX/ada/._ps1.ipynb": b"x", "ada/.DS_Store": b"x", "ada/ps1.ipynb": NOTEBOOK}
    members["ada/.ipynb_checkpoints/ps1-checkpoint.ipynb"] = NOTEBOOK
    files, problems = read(zipped(members, tmp_path / "in.zip"))
    assert only(files).where == "ada/ps1.ipynb"
    assert problems == []


def test_other_files_are_named_but_not_taken_for_notebooks(tmp_path):
    members = {"ada/timestamp.txt": b"2026-11-24", "ada/ps1.ipynb.txt": NOTEBOOK, "ada/a.csv": b"{"}
    files = dict(read(zipped(members, tmp_path / "in.zip"))[0])
    assert {each.file: each.data for each in files["ada",]} == {
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
