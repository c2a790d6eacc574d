"""Wrong answers fail with a message that helps; right ones, however written, always pass."""

import re
from collections import Counter
from pathlib import Path

import pytest

from assignments.problem_sets.cells import is_test, task_of
from assignments.problem_sets.sets import problem_sets
from tests.assignments.answer_file import Run, answers

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "_build" / "wrong-answers.md"
CAPSTONE = "ps5"  # it trains networks: 50 keys are for benchmarks/capstone.py
# How many keys each answer is tried under: few by day, many at night.
WRONG_KEYS, RIGHT_KEYS = (
    pytest.mark.parametrize("keys", [day, pytest.param(night, marks=pytest.mark.nightly)])
    for day, night in ((1, 3), (5, 50))
)
FEWEST_WRONG, FEWEST_RIGHT = 8, 3

SETS = problem_sets()
WRONG = [(name, each) for name in SETS for each in answers(name) if each.kind == "wrong"]
RIGHT = [(name, each) for name in SETS for each in answers(name) if each.kind == "right"]


@pytest.fixture(scope="module")
def table():
    """Which test catches which wrong answer, and what it says: kept in _build/wrong-answers.md."""
    rows = []
    yield rows
    lines = ["| set | task | wrong answer | caught by | says |", "|---|---|---|---|---|"]
    for name, answer, failures, told in rows:
        says = re.sub(r"\s+", " ", told).replace("|", "\\|")[:160]
        cells = [name, answer.task, answer.label, ", ".join(failures), says]
        lines.append(f"| {' | '.join(cells)} |")
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")


def name_of(value):
    return value if isinstance(value, str) else f"{value.task}: {value.label}"


def tasks_with_tests(name):
    return list(dict.fromkeys(task_of(c) for c in SETS[name].notebook().cells if is_test(c)))


@pytest.mark.parametrize("name", SETS)
def test_every_task_has_enough_answers(name):
    kinds = Counter((each.task, each.kind) for each in answers(name))
    for task in tasks_with_tests(name):
        assert kinds[task, "wrong"] >= FEWEST_WRONG, task
        assert kinds[task, "right"] >= FEWEST_RIGHT, task
    assert {task for task, _ in kinds} == set(tasks_with_tests(name))


@RIGHT_KEYS
@pytest.mark.parametrize("name", SETS)
def test_the_reference_passes(name, keys):
    run = Run(SETS[name])
    for n in range(min(keys, 5) if name == CAPSTONE else keys):
        assert run.failures(f"key {n}") == {}


@WRONG_KEYS
@pytest.mark.parametrize(("name", "answer"), WRONG, ids=name_of)
def test_a_wrong_answer_fails_and_is_told_why(name, answer, keys, table):
    run = Run(SETS[name], answer)
    for n in range(keys):
        failures = run.failures(f"wrong {n}")
        assert failures, f"under the key 'wrong {n}' no test fails"
        told = [str(error) for error in failures.values() if len(str(error)) >= 15]
        assert told, f"no message helps: {failures}"
    table.append((name, answer, failures, told[0]))


@RIGHT_KEYS
@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=name_of)
def test_a_right_answer_passes_under_every_key(name, answer, keys):
    run = Run(SETS[name], answer)
    assert run.broken is None
    for n in range(min(keys, 5) if name == CAPSTONE else keys):
        assert run.failures(f"key {n}") == {}
