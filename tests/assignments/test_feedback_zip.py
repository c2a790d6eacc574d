"""The pages for Moodle and Canvas: the reader finds whose each is; only final marks are there."""

import re
import zipfile
from dataclasses import replace

import pytest

from assignments import __main__ as command
from assignments.grading.autograde import Score
from assignments.grading.results import Result
from assignments.handed_back import feedback_zip
from assignments.handed_in.submissions import SubmissionsError
from assignments.marks.rows import marks_of
from assignments.marks.tasks import tasks_of
from assignments.people.roster import Student, plain
from tests.assignments.graded import graded

OLD, NEW = "{}_{}_assignsubmission_file_/ps1.ipynb", "{}_{}_assignsubmission_file/ps1.ipynb"
FLAT = "{}_{}_assignsubmission_file_ps1.ipynb"
CLASS = {"ada": ("Ada Lovelace", 11), "max": ("Max Born", 12), "zoe": ("Zoë O'Brien", 13)}


def moodle(path):
    """What Moodle takes from a zip: the files of each participant, by number."""
    taken = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            folder, _, file = name.partition("/")
            _, number, kind, plugin, *_ = folder.split("_", 4)
            assert (kind, plugin) == ("assignsubmission", "file")
            taken[int(number)] = (file, archive.read(name).decode())
    return taken


@pytest.fixture
def rows(small, tmp_path):
    """Three students: two with final marks, one with an answer to mark."""
    made = []
    (tmp_path / "feedback").mkdir()
    for name, (full, _) in CLASS.items():
        why = Score(None if name == "max" else 2.0, 2.0)
        scores = {"double-visible": Score(1.0, 1.0), "double-hidden": Score(3.0, 3.0)}
        scores |= {"add_up-visible": Score(2.0, 2.0), "why": why}
        student = Student(name, full, frozenset([name, plain(full)]))
        made.append(Result(student, "graded", scores=scores))
        (tmp_path / "feedback" / f"{name}.html").write_text(f"page of {name}")
    return marks_of(tasks_of(small), made, {})


def moodles_zip(path, pattern, within=""):
    with zipfile.ZipFile(path, "w") as archive:
        for full, number in [*CLASS.values(), ("No One", 14)]:
            archive.writestr(within + pattern.format(full, number), "{}")
    return path


@pytest.mark.parametrize("within", ["", "PS1/"])
@pytest.mark.parametrize("pattern", [OLD, NEW, FLAT])
def test_everybody_with_a_final_mark_gets_the_own_page(rows, tmp_path, pattern, within):
    handed_in = moodles_zip(tmp_path / "in.zip", pattern, within)
    made = feedback_zip.write(tmp_path, handed_in, rows)
    assert (made.platform.name, made.count, made.without) == ("Moodle", 2, [])
    assert moodle(tmp_path / "moodle-feedback.zip") == {
        11: ("feedback.html", "page of ada"),
        13: ("feedback.html", "page of zoe"),
    }


def test_who_cannot_be_found_is_named(rows, tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr(OLD.format("Ada Lovelace", 11), "{}")
        archive.writestr("zoe/ps1.ipynb", "{}")
    made = feedback_zip.write(tmp_path, tmp_path / "in.zip", rows)
    assert (made.count, made.without) == (1, ["zoe"])


def canvas(path, attempts):
    """What Canvas takes from a zip: the pages of each person, by number.

    `attempts` has the numbers of the files of each person's last attempt.
    """
    taken = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            user, attachment = [int(p) for p in name.split("_") if re.fullmatch(r"\d+", p)][:2]
            assert attachment in attempts[user], "Canvas would pass over it"
            taken[user] = archive.read(name).decode()
    return taken


@pytest.mark.parametrize("within", ["", "submissions/"])
def test_canvas_gets_a_page_for_the_last_attempt_of_each(rows, tmp_path, within):
    names = ["lovelaceada_11_500_ps1.ipynb", "lovelaceada_LATE_11_501_ps1-1.ipynb"]
    names += ["bornmax_12_502_ps1.ipynb", "obrienzoe_13_98_notes_7_8.txt", "one_14_503_ps1.ipynb"]
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name in reversed(names):
            archive.writestr(within + name, "{}")
    by_number = {11: "ada", 12: "max", 13: "zoe"}
    for row in rows:
        numbers = [str(n) for n, name in by_number.items() if name == row.result.student.id]
        known = row.result.student.aliases | set(numbers)
        row.result.student = replace(row.result.student, aliases=known)
    made = feedback_zip.write(tmp_path, tmp_path / "in.zip", rows)
    assert (made.platform.name, made.count, made.without) == ("Canvas", 2, [])
    attempts = {11: [501], 12: [502], 13: [98], 14: [503]}
    assert canvas(tmp_path / "canvas-feedback.zip", attempts) == {
        11: "page of ada",
        13: "page of zoe",
    }


def test_a_zip_that_is_no_platforms_is_refused(rows, tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("ada/ps1.ipynb", "{}")
    with pytest.raises(SubmissionsError, match="is named as Moodle names it"):
        feedback_zip.write(tmp_path, tmp_path / "in.zip", rows)
    assert not list(tmp_path.glob("*-feedback.zip"))


def test_the_command_makes_it(small, tmp_path, capsys):
    graded(small, tmp_path, {"ada": None, "max": "an answer", "zoe": None})
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr(OLD.format("ada", 11), "{}")
    words = ["marks", "ps1", "--out", str(tmp_path), "--feedback-for", str(tmp_path / "in.zip")]
    assert command.main(words) == 0
    told = capsys.readouterr().out
    assert "Pages for Moodle: 1" in told
    assert "Note: no page for Moodle: zoe" in told
    ((file, page),) = moodle(tmp_path / "moodle-feedback.zip").values()
    assert file == "feedback.html"
    assert "Name of ada" in page
