"""Copies are found however they are disguised; honest answers of several students are not."""

import ast
import re

import pytest

from assignments.problem_sets.sets import problem_sets
from assignments.similarity.pairs import GRAM, WINDOW, Answer, Given, grams, pairs, tokens, winnow
from tests.assignments.answer_file import answers

SETS = problem_sets()
RIGHT = {name: [each for each in answers(name) if each.kind == "right"] for name in SETS}
EACH = [(name, each) for name in SETS for each in RIGHT[name]]


def code(student, task, source):
    return Answer(student, task, "code", source)


@pytest.fixture(scope="module")
def given():
    return {name: Given.of(one) for name, one in SETS.items()}


@pytest.mark.parametrize("name", SETS)
def test_independent_right_answers_are_not_alike(name, given):
    listed = [code(f"{n}", each.task, each.code) for n, each in enumerate(RIGHT[name])]
    assert pairs(listed, given[name]) == []


def renamed(source):
    """Every name that the code assigns, replaced, also in nested functions."""
    nodes = ast.walk(ast.parse(source))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for number, name in enumerate(sorted(names)):
        source = re.sub(rf'(?<![.\w"]){name}\b(?!=[^=])', f"renamed_{number}", source)
    return source


def reordered(source):
    """Statements in another order at every level, and another layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(getattr(node, "body", None), list):
            node.body = node.body[::-1]
    return ast.unparse(tree)


def commented(source):
    return f"# All my own work\n{source}".replace("\n", "  # a comment\n\n")


DISGUISES = {"copied": str, "renamed": renamed, "reordered": reordered, "commented": commented}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_copy_is_found_among_honest_answers(disguise, given):
    missed = []
    for name, each in EACH:
        others = [one for one in RIGHT[name] if one.task == each.task and one is not each]
        listed = [code(f"o{n}", one.task, one.code) for n, one in enumerate(others)]
        listed += [code("x", each.task, each.code)]
        listed += [code("y", each.task, DISGUISES[disguise](each.code))]
        found = [{pair.first.student, pair.second.student} for pair in pairs(listed, given[name])]
        assert found in ([], [{"x", "y"}])
        missed += [each.label] * (not found)
    # Reversing all statements of a short answer leaves too little of it.
    assert len(missed) <= (5 if disguise == "reordered" else 0), missed


def test_functions_in_another_order_are_the_same(given):
    parts = [each.code for each in RIGHT["ps1"]][:3]
    listed = [code("x", "t", "\n\n".join(parts)), code("y", "t", "\n\n".join(parts[::-1]))]
    (pair,) = pairs(listed, given["ps1"])
    assert pair.share > 0.9
    for answer, passages in zip((pair.first, pair.second), pair.passages, strict=True):
        marked = "".join(answer.source[start:end] for start, end in passages)
        assert len(marked) > 0.8 * len(answer.source.replace(" ", ""))


def test_what_the_problem_set_explains_does_not_count(given):
    source = SETS["ps1"].notebook()
    for cell in source.cells:
        listed = [Answer(who, "t", "code", cell.source) for who in "xy"]
        assert cell.cell_type != "code" or pairs(listed, given["ps1"]) == []
        listed = [Answer(who, "t", "text", cell.source) for who in "xy"]
        assert cell.cell_type == "code" or pairs(listed, given["ps1"]) == []


def test_what_several_students_wrote_does_not_count(given):
    source = RIGHT["ps1"][0].code
    few = [code(f"s{n}", "t", source) for n in range(3)]
    assert len(pairs(few, given["ps1"])) == 3
    assert pairs([*few, code("s3", "t", source)], given["ps1"]) == []


def test_a_team_hands_in_the_same(given):
    source = RIGHT["ps1"][0].code
    team = [Answer(f"s{n}", "t", "code", source, "team") for n in range(5)]
    assert pairs(team, given["ps1"]) == []
    assert len(pairs([*team, code("other", "t", source)], given["ps1"])) == 5


PROOF = """Suppose the claim is false at some first step. Then a gradient above the lower zero
matrix was not zero, although the factor that belongs to the upper one vanishes for every example in
the batch, which contradicts the chain rule. Hence both stay where they started, for ever."""
OTHER = """We use induction. At the start both are zero by assumption. For the step, look at what
flows forward: nothing passes the lower matrix, so what enters the upper one is zero and its
gradient too. What flows back meets the upper matrix first, and dies there. So nothing moves."""


def test_written_answers_are_compared_word_by_word(given):
    changed = PROOF.replace("Hence", "So").replace("some first step", "one step").upper()
    texts = {"x": PROOF, "y": changed, "z": OTHER}
    listed = [Answer(who, "t", "text", text) for who, text in texts.items()]
    (pair,) = pairs(listed, given["ps1"])
    assert {pair.first.student, pair.second.student} == {"x", "y"}


def test_every_shared_run_of_that_length_has_a_fingerprint():
    """The promise of winnowing: see the paper's section 3."""
    row = [f"w{(n * n) % 17}" for n in range(200)]
    shared = " ".join(f"shared{n}" for n in range(GRAM["text"] + WINDOW - 1))
    sides = [" ".join([*row[:cut], shared, *row[:cut][::-1]]) for cut in (13, 40)]
    hashed = [grams(tokens(side, "text"), GRAM["text"]) for side in sides]
    inside = set(grams(tokens(shared, "text"), GRAM["text"]))
    assert winnow(hashed[0]) & winnow(hashed[1]) & inside


@pytest.mark.parametrize(
    "source",
    [
        "",
        "(" * 50_000,
        '"' * 50_001,
        "'''" * 9_999 + '"""',
        "\\" * 9_999,
        "é\0\u202e" * 9,
        "a." * 9,
    ],
    ids=range(7),
)
def test_any_text_can_be_compared(source, given):
    for kind in ("code", "text"):
        listed = [Answer(who, "t", kind, source) for who in "xy"]
        assert isinstance(pairs(listed, given["ps1"]), list)
