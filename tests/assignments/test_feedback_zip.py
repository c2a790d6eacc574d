"""The pages for Moodle: its reader finds whose each is, and only final marks are among them."""

import zipfile

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
    assert feedback_zip.write(tmp_path, handed_in, rows) == (2, [])
    assert moodle(tmp_path / feedback_zip.NAME) == {
        11: ("feedback.html", "page of ada"),
        13: ("feedback.html", "page of zoe"),
    }


def test_who_cannot_be_found_is_named(rows, tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr(OLD.format("Ada Lovelace", 11), "{}")
        archive.writestr("zoe/ps1.ipynb", "{}")
    assert feedback_zip.write(tmp_path, tmp_path / "in.zip", rows) == (1, ["zoe"])


def test_a_zip_that_is_not_moodles_is_refused(rows, tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("ada/ps1.ipynb", "{}")
    with pytest.raises(SubmissionsError, match="is named as Moodle names it"):
        feedback_zip.write(tmp_path, tmp_path / "in.zip", rows)
    assert not (tmp_path / feedback_zip.NAME).exists()


def test_the_command_makes_it(small, tmp_path, capsys):
    graded(small, tmp_path, {"ada": None, "max": "an answer", "zoe": None})
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr(OLD.format("ada", 11), "{}")
    words = ["marks", "ps1", "--out", str(tmp_path), "--feedback-for", str(tmp_path / "in.zip")]
    assert command.main(words) == 0
    told = capsys.readouterr().out
    assert "Pages for Moodle: 1" in told
    assert "Note: no page for Moodle: zoe" in told
    ((file, page),) = moodle(tmp_path / feedback_zip.NAME).values()
    assert file == "feedback.html"
    assert "Name of ada" in page
