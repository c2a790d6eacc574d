"""What is graded has the student's answers and nothing else that could matter."""

import json

import nbformat
import pytest

from assignments.handed_in import beside
from assignments.handed_in.reading import MOST_CELLS, Cell, UnreadableError, read
from assignments.handed_in.rebuild import WrongNotebookError, rebuild
from assignments.problem_sets.cells import grade_id
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import problem_set


@pytest.fixture(scope="module")
def release(small):
    return released(small)


def own(source, *, name=None, cell_id="", kind="code", count=None):
    return Cell(kind, source, cell_id, name, count)


def handed(release, **answers):
    """The cells of the release with some answers."""
    return [
        own(
            answers.get(grade_id(cell), cell.source),
            name=grade_id(cell),
            cell_id=cell.id,
            kind=cell.cell_type,
        )
        for cell in release.cells
    ]


def sources(rebuilt):
    return [cell.source for cell in rebuilt.notebook.cells]


def test_an_untouched_notebook_is_the_release(release):
    rebuilt = rebuild(release, handed(release))
    assert sources(rebuilt) == [cell.source for cell in release.cells]
    assert (rebuilt.notes, rebuilt.doubts) == ([], [])


def test_answers_are_taken_and_tests_are_not(release):
    cells = handed(release, double="mine", **{"double-visible": "pass"})
    rebuilt = rebuild(release, cells)
    by_name = {grade_id(cell): cell.source for cell in rebuilt.notebook.cells}
    assert by_name["double"] == "mine"
    assert by_name["double-visible"].startswith("assert double(2)")
    assert rebuilt.notes == ["the cell double-visible was edited: the released one counts"]


@pytest.mark.parametrize("strip", ["name", "id"])
def test_a_name_or_an_id_is_enough(release, strip):
    cells = [
        own(
            c.source,
            name=c.grade_id * (strip != "name") or None if c.grade_id else None,
            cell_id=c.id * (strip != "id"),
            kind=c.type,
        )
        for c in handed(release, double="mine")
    ]
    assert "mine" in sources(rebuild(release, cells))


def test_without_both_the_function_that_is_defined_is_enough(release):
    answer = "import math\ndef double(x):\n    return x + x"
    rebuilt = rebuild(release, [own(answer), own("def add_up(x):\n    return 0")])
    by_name = {grade_id(cell): cell.source for cell in rebuilt.notebook.cells}
    assert by_name["double"] == answer
    assert "the answer cell why is missing" in rebuilt.doubts


def test_a_helper_of_the_same_name_as_an_answer_that_is_there_stays_a_helper(release):
    cells = handed(release, double="def double(x):\n    return 2 * x")
    cells.insert(1, own("def double(x):\n    return 'draft'"))
    made = sources(rebuild(release, cells))
    assert made.index("def double(x):\n    return 'draft'") < made.index(
        "def double(x):\n    return 2 * x"
    )


def test_a_helper_stays_before_the_cell_it_came_before(release):
    cells = handed(release)
    cells.insert(3, own("helper = 1"))
    assert sources(rebuild(release, cells))[3] == "helper = 1"


def test_a_helper_that_ran_before_an_answer_is_put_before_it(release):
    cells = handed(release)
    cells[2] = own("def double(x):\n    return y", name="double", count=7)
    cells.append(own("y = 2", count=6))
    made = sources(rebuild(release, cells))
    assert made.index("y = 2") < made.index("def double(x):\n    return y")


def test_a_helper_after_everything_is_kept_and_reported(release):
    rebuilt = rebuild(release, [*handed(release), own("print(1)", count=50)])
    assert sources(rebuilt)[-1] == "print(1)"
    assert rebuilt.doubts == ["code cells after the last test, without effect on it: 1"]


def test_an_answer_cut_within_a_function_is_joined(release):
    cells = handed(release, double="def double(x):")
    cells.insert(3, own("    return 2 * x", name="double"))
    rebuilt = rebuild(release, cells)
    assert "def double(x):\n\n    return 2 * x" in sources(rebuilt)
    assert "in 2 cells" in rebuilt.doubts[0]


def test_a_broken_draft_does_not_break_the_answer_after_it(release):
    cells = handed(release, double="def double(x:")
    cells.insert(3, own("def double(x):\n    return 2 * x", name="double"))
    rebuilt = rebuild(release, cells)
    answer = next(c for c in rebuilt.notebook.cells if grade_id(c) == "double")
    assert answer.source == "def double(x):\n    return 2 * x"
    assert sources(rebuilt)[2] == "def double(x:"


def test_a_text_in_pieces_is_joined(release):
    cells = [*handed(release, why="First."), own("Second.", name="why", kind="markdown")]
    assert "First.\n\nSecond." in sources(rebuild(release, cells))


def test_a_foreign_notebook_is_refused(release):
    with pytest.raises(WrongNotebookError, match="belongs to this problem set"):
        rebuild(release, [own("import numpy as np", name="setup"), own("x", name="other")])
    with pytest.raises(WrongNotebookError):
        rebuild(release, [])


def test_the_rebuilt_notebook_is_a_notebook_and_the_release_is_untouched(release):
    before = nbformat.writes(release)
    rebuilt = rebuild(release, [*handed(release, double="x"), own("y"), own("z", kind="raw")])
    nbformat.validate(rebuilt.notebook)
    assert nbformat.writes(release) == before


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n",
        b"no json",
        b"[]",
        b"3",
        b"null",
        b'{"nbformat": 4}',
        b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5}',
        b'{"cells": [], "nbformat": 99, "nbformat_minor": 5}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_what_is_no_notebook_is_refused_in_words(data):
    with pytest.raises(UnreadableError, match=r"empty|not a notebook"):
        read(data)


def test_odd_cells_are_read_as_far_as_possible():
    cells = [
        {"cell_type": "code", "source": ["a\n", "b"], "metadata": None},
        {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": 3}}},
        {"cell_type": "mystery", "source": "x", "metadata": {}},
        {"cell_type": "code", "source": "c", "metadata": {"nbgrader": "x"}, "execution_count": "?"},
    ]
    data = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    found, notes = read(data)
    assert [cell.source for cell in found] == ["a\nb", "", "c"]
    assert [cell.grade_id for cell in found] == [None] * 3
    assert notes == ["cells that could not be read were left out"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(release, encoding):
    text = nbformat.writes(release).replace("Mini", "Mïni")
    cells, notes = read(text.encode(encoding))
    assert "Mïni" in cells[0].source
    assert notes == []


PICTURE = {"proof.png": {"image/png": "aGVsbG8="}}


def text(source, **kind):
    return own(source, kind="markdown", **kind)


def test_a_text_beside_an_untouched_answer_waits_for_a_person(release):
    rebuilt = rebuild(release, [*handed(release), text("My proof.")])
    why = next(c for c in rebuilt.notebook.cells if grade_id(c) == "why")
    assert beside.waits(why)
    assert [beside.beside(c) for c in rebuilt.notebook.cells][-1] == "why"
    assert rebuilt.doubts == ["text in cells beside the answer why: 1"]


def test_a_text_far_from_an_untouched_answer_is_named_too(release):
    cells = handed(release)
    cells.insert(3, text("My proof."))
    rebuilt = rebuild(release, cells)
    assert beside.waits(rebuilt.notebook.cells[-1])
    assert rebuilt.doubts == ["no answer why, but text in other cells: see there"]


def test_a_text_beside_an_answer_is_named_and_the_answer_counts(release):
    rebuilt = rebuild(release, [*handed(release, why="See below."), text("My proof.")])
    assert not any(map(beside.waits, rebuilt.notebook.cells))
    assert rebuilt.doubts == ["text in cells beside the answer why: 1"]


def test_own_texts_are_no_matter_of_doubt_where_all_is_answered(release):
    cells = handed(release, why="Twice.")
    cells.insert(3, text("A remark."))
    assert rebuild(release, cells).doubts == []


def test_pictures_stay_with_the_text_they_are_attached_to(release):
    cells = handed(release, why="![proof](attachment:proof.png)")
    cells[-1].pictures = PICTURE
    cells.append(text(""))
    cells[-1].pictures = PICTURE
    made = rebuild(release, cells).notebook.cells
    assert [cell.get("attachments") for cell in made[-2:]] == [PICTURE, PICTURE]
    assert nbformat.validate(rebuild(release, cells).notebook) is None


def test_an_answer_that_is_only_a_picture_is_no_blank_one(release):
    cells = handed(release)
    cells[-1].pictures = PICTURE
    why = next(c for c in rebuild(release, cells).notebook.cells if grade_id(c) == "why")
    assert beside.waits(why)


def test_without_names_and_ids_a_text_in_the_place_of_the_answer_is_the_answer(release):
    cells = [own(c.source, kind=c.type) for c in handed(release, why="It is twice.")]
    rebuilt = rebuild(release, cells)
    assert sources(rebuilt)[-1] == "It is twice."
    assert rebuilt.doubts == []


def test_lines_added_to_a_given_cell_run_after_it(release):
    edited = "import math\nimport numpy as np\n\nSIZE = 3"
    rebuilt = rebuild(release, handed(release, setup=edited))
    assert sources(rebuilt)[1:3] == ["import numpy as np", "import math\n\nSIZE = 3"]
    assert (
        "the cell setup was edited: the released one counts, then what was added"
        in (rebuilt.doubts[0])
    )


@pytest.mark.parametrize(
    ("edited", "told"),
    [
        ("import numpy", "not these lines: 'import numpy'"),
        ("import numpy as np\nif True:", "not these lines: 'if True:'"),
        ("", "lines were removed or changed"),
    ],
)
def test_other_edits_of_a_given_cell_are_shown(release, edited, told):
    rebuilt = rebuild(release, handed(release, setup=edited))
    assert sources(rebuilt) == [cell.source for cell in release.cells]
    assert told in rebuilt.doubts[0]


def test_messages_call_a_cell_by_its_task_as_the_student_sees_it():
    release = released(problem_set("ps1"))
    kept = [each for each in handed(release) if each.grade_id != "two-zeros"]
    rebuilt = rebuild(release, [each for each in kept if each.grade_id != "collapse-visible"])
    assert "the answer cell two-zeros of Task 2 is missing" in rebuilt.doubts
    assert rebuilt.notes == ["the test collapse-visible of Task 4 was deleted: put back"]


def test_many_cells_are_put_in_place_quickly(release):
    """A count of steps, not of seconds: each cell is looked at a bounded number of times."""
    looked = 0

    class Counted(list):
        def __getitem__(self, place):
            nonlocal looked
            looked += 1
            return super().__getitem__(place)

    cells = Counted([*handed(release), *[own("x = 1", count=n) for n in range(3000)]])
    rebuilt = rebuild(release, cells)
    assert len(rebuilt.notebook.cells) == len(release.cells) + 3000
    assert looked < 20 * len(cells)


def test_too_many_cells_are_refused():
    cells = [{"cell_type": "code", "source": "x"}] * (MOST_CELLS + 1)
    with pytest.raises(UnreadableError, match="more than 5,000 cells"):
        read(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}).encode())


def test_halves_of_characters_and_pictures_are_read():
    kinds = {"image/png": "aGk=", "text/html": "<b>", "image/jpeg": 3}
    cell = {"cell_type": "markdown", "source": "\ud800", "attachments": {"a": kinds, "b": 3}}
    data = json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5}).encode()
    ((found,), _) = read(data)
    assert (found.source, found.pictures) == ("?", {"a": {"image/png": "aGk="}})
