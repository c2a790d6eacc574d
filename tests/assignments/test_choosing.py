"""Which of a student's notebooks is graded where several problem sets were handed in together."""

import json

import nbformat
import pytest

from assignments import __main__ as command
from assignments.handed_in.choosing import choose
from assignments.handed_in.submissions import collect
from assignments.handed_in.unpacking import opened, unpack
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import problem_set

SETS = ("ps1", "ps2", "ps3")


@pytest.fixture(scope="module")
def release():
    """The students' versions of three problem sets."""
    return {name: released(problem_set(name)) for name in SETS}


def chosen(folder, release, name):
    """What is chosen of all that lies in the only student's folder below `folder`."""
    (upload,) = collect(folder, known=lambda words: "s1" in words).uploads
    with opened(folder) as source:
        files = unpack(source, [upload])
    return choose(release[name], name, files, others=problem_set(name).others())


def put(path, notebook):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


@pytest.mark.parametrize("name", SETS)
def test_of_several_sets_the_right_one_is_graded_and_the_others_are_no_doubt(
    release, tmp_path, name
):
    for each in SETS:
        put(tmp_path / "s1" / each / f"{each}.ipynb", release[each])
        (tmp_path / "s1" / each / "timestamp.txt").write_text("2026-11-24")
        (tmp_path / "s1" / each / "plot.png").write_bytes(b"x")
    made = chosen(tmp_path, release, name)
    assert (made.status, made.handed.where) == ("graded", f"s1/{name}/{name}.ipynb")
    assert made.doubts == [f"also handed in, not read: {name}/plot.png"]


def test_who_handed_in_other_sets_alone_is_missing_and_not_wrong(release, tmp_path):
    put(tmp_path / "s1/ps3/ps3.ipynb", release["ps3"])
    put(tmp_path / "s1/ps2/ps2.ipynb", release["ps2"])
    made = chosen(tmp_path, release, "ps1")
    assert (made.status, made.doubts) == ("missing", [])
    assert made.notes == ["no notebook was handed in, only something in a folder ps2, ps3"]


def test_a_notebook_of_the_set_counts_in_whatever_folder_it_lies(release, tmp_path):
    put(tmp_path / "s1/ps2/ps1.ipynb", release["ps1"])
    made = chosen(tmp_path, release, "ps1")
    assert (made.status, made.handed.where) == ("graded", "s1/ps2/ps1.ipynb")


@pytest.mark.parametrize("other", ["ps2", "ps3"])
def test_a_notebook_of_another_set_is_wrong_and_named(release, tmp_path, other):
    put(tmp_path / "s1/mine/ps1.ipynb", release[other])
    made = chosen(tmp_path, release, "ps1")
    assert made.status == "wrong notebook"
    assert made.doubts == [f"s1/mine/ps1.ipynb: it is a notebook of {other}"]


def test_sets_that_share_names_of_cells_are_told_apart(release, tmp_path):
    """Sets 1 and 5 both have cells called `repair`, so a part of one fits the other."""
    both = problem_set("ps1").graded() & problem_set("ps5").graded()
    assert "repair" in both
    put(tmp_path / "s1/ps1.ipynb", released(problem_set("ps5")))
    assert chosen(tmp_path, release, "ps1").doubts == ["s1/ps1.ipynb: it is a notebook of ps5"]


def test_beside_the_right_notebook_one_of_another_set_is_noted(release, tmp_path):
    put(tmp_path / "s1/ps1.ipynb", release["ps1"])
    put(tmp_path / "s1/ps2.ipynb", release["ps2"])
    made = chosen(tmp_path, release, "ps1")
    assert (made.status, made.handed.where, made.doubts) == ("graded", "s1/ps1.ipynb", [])
    assert made.notes == ["s1/ps2.ipynb: it is a notebook of ps2"]


def grade(tmp_path):
    """Grade ps1 of what lies in the folder ``in``; return the exit code."""
    (tmp_path / "roster.csv").write_text("id\ns1\ns2\n")
    options = ["--roster", str(tmp_path / "roster.csv"), "--out", str(tmp_path / "out")]
    return command.main(["grade", "ps1", str(tmp_path / "in"), *options])


def test_a_folder_around_each_set_is_explained(release, tmp_path, capsys):
    for each in SETS:
        for student in ("s1", "s2"):
            put(tmp_path / "in" / each / student / f"{each}.ipynb", release[each])
    assert grade(tmp_path) == 2
    assert f"Or is it {tmp_path / 'in/ps1'} that is to be graded?" in capsys.readouterr().err


def test_a_class_that_handed_in_another_set_alone_is_missing(release, tmp_path, capsys):
    for student in ("s1", "s2"):
        put(tmp_path / "in" / student / "ps2/ps2.ipynb", release["ps2"])
    assert grade(tmp_path) == 0
    kept = json.loads((tmp_path / "out/class.json").read_text("utf-8"))
    assert [result["status"] for result in kept["results"]] == ["missing", "missing"]
    assert "missing: 2" in capsys.readouterr().out
