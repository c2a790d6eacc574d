"""Rubrics in parts: each set's own, and texts that cannot be split."""

import pytest

from assignments.marking import rubric
from assignments.problem_sets.cells import grade_id, is_written, points
from assignments.problem_sets.sets import problem_sets

WRITTEN = [
    pytest.param(one, grade_id(cell), points(cell), id=f"{one.name}-{grade_id(cell)}")
    for one in problem_sets().values()
    for cell in one.notebook().cells
    if is_written(cell)
]


@pytest.mark.parametrize(("one", "task", "out_of"), WRITTEN)
def test_the_parts_of_each_rubric_add_up_to_its_task(one, task, out_of):
    made = rubric.split(one.rubrics()[task], out_of)
    assert len(made.parts) > 1
    assert sum(part.out_of for part in made.parts) == out_of
    for part in made.parts:
        assert part.text
        assert part.choices[0] == 0
        assert part.choices[-1] == part.out_of
        assert part.choices == sorted(set(part.choices))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("- **A (1½ points).** x\n  y\n- **B** (½) z\n\nend", [1.5, 0.5]),
        ("One each:\n\n1. Full (0.797): a\n2. b", [1.0, 1.0]),
        ("- **1 point** for a\n- **1 point** for b", [1.0, 1.0]),
        ("- **A (1 point).** x\n- **B (3 points).** y", [2.0]),  # they come to 4, not 2
        ("- **A (2 points).** x\n- no points", [2.0]),
        ("Two points for it.", [2.0]),
        ("", [2.0]),
    ],
)
def test_points_are_read_or_the_rubric_stays_whole(text, parts):
    made = rubric.split(text, 2.0)
    assert [part.out_of for part in made.parts] == parts
    whole = "\n".join([made.before, *(part.text for part in made.parts), made.after])
    assert {word for word in text.split() if word.isalpha()} <= set(whole.split())


def test_a_set_says_how_its_tasks_are_called():
    for one in problem_sets().values():
        called = one.headings()
        assert list(called) == list(one.statements())
        assert [number for number, _ in called.values()] == [
            f"Task {n}" for n in range(1, len(called) + 1)
        ]
        for name, (number, title) in called.items():
            assert "(" not in title
            assert one.statements()[name].startswith(f"## {number}")
