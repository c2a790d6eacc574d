"""A Quiz as Python sees it: what it says where no script runs, and what it refuses."""

import re

import pytest
import traitlets
from markdown_it import MarkdownIt

from netinit.widgets import Quiz

ANSWERS = {
    "1/n": "ReLU throws half of it away.",
    "2/n": "The 2 makes up for the half.",
    "`n`": "Larger than that by a factor of n*n_in.",
}


def quiz(answers=ANSWERS, correct="2/n", question="Which variance keeps a ReLU layer level?"):
    return Quiz(question, answers, correct=correct)


def test_its_text_is_the_same_each_time_and_tells_everything():
    data, _ = quiz()._repr_mimebundle_()
    assert data["text/plain"] == repr(quiz())
    assert data["text/plain"].splitlines() == [
        "Quiz: Which variance keeps a ReLU layer level?",
        "  [ ] 1/n",
        "      Not right. ReLU throws half of it away.",
        "  [x] 2/n",
        "      Right. The 2 makes up for the half.",
        "  [ ] `n`",
        "      Not right. Larger than that by a factor of n*n_in.",
    ]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_where_no_script_runs_markdown_asks_and_folds_the_answers():
    written = quiz()._repr_mimebundle_()[0]["text/markdown"]
    page = MarkdownIt().render(written)
    asked, told = page.split("<details>")
    assert asked.count("<li>") == told.count("<li>") == 3
    assert "Right" not in asked
    for text in ("ReLU throws half of it away.", "The 2 makes up", "n*n_in", "<code>n</code>"):
        assert text in told


def test_markup_in_words_is_shown_as_it_is():
    tricky = quiz({"a_b_c < *d* [e](f)": "So <b>it</b> is.", "other": "No."}, correct="other")
    page = MarkdownIt().render(tricky._repr_mimebundle_()[0]["text/markdown"])
    assert "a_b_c &lt; *d* [e](f)" in page
    assert "&lt;b&gt;it&lt;/b&gt;" in page


def test_one_right_answer_or_several():
    assert quiz().spec["several"] is False
    both = quiz(correct=["1/n", "2/n"])
    assert both.spec["several"] is True
    assert [answer["right"] for answer in both.spec["answers"]] == [True, True, False]


def test_what_is_chosen_is_a_trait_and_must_be_an_answer():
    made = quiz()
    made.chosen = ["1/n"]
    with pytest.raises(traitlets.TraitError, match="no answer is '2/m'; did you mean '2/n'"):
        made.chosen = ["2/m"]
    assert made.chosen == ["1/n"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"correct": "3/n"}, "correct='3/n' is not an answer; did you mean"),
        ({"correct": []}, "at least one answer must be right"),
        ({"correct": list(ANSWERS)}, "at least one answer must be right and at least one wrong"),
        ({"answers": {"a": "b"}, "correct": "a"}, "at least two answers, not 1"),
        ({"question": "Is $x$ right?"}, "has a $: write mathematics in Unicode"),
        ({"answers": {"2/n": "By $x$.", "b": "c"}}, "has a $"),
        ({"question": "Is `x right?"}, "has a backtick without its partner"),
        ({"question": "One\n\ntwo"}, "has a line break"),
        ({"answers": {"2/n": " ", "b": "c"}}, "each feedback need words"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        quiz(**changes)


@pytest.mark.parametrize("answers", [["a", "b"], {"2/n": None, "b": "c"}, "ab"])
def test_answers_of_the_wrong_kind_are_a_type_error(answers):
    with pytest.raises(TypeError):
        quiz(answers)


def test_the_script_is_one_small_module_without_imports():
    script = quiz()._esm
    assert not re.search(r"^import ", script, re.MULTILINE)
    assert script.count("export default") == 1
    assert len(script) < 6000
    assert "innerHTML" not in script
