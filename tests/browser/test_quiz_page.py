"""A quick question in a static page, by keyboard, pointer and screen reader."""

import pytest
from axe import violations
from drawn import simple, visits, write_page

from netinit.widgets import Quiz

pytestmark = pytest.mark.browser

ONE = Quiz(
    "Which variance keeps a `relu` layer level, <b>at any width</b>?",
    {
        "1/n": "ReLU throws half of the mean square away, so this halves it in each layer.",
        "2/n": "The 2 makes up for the half that `relu` throws away.",
        "0.01, as in the <i>old</i> examples": "It names no width: " + "that is half a rule. " * 6,
    },
    correct="2/n",
)
MANY = Quiz(
    "What may be zero?",
    {"Biases": "The weights differ.", "All weights": "Units stay equal.", "A gate": "It opens."},
    correct=["Biases", "A gate"],
)


@pytest.fixture
def visit(browser):
    yield from visits(browser)


def status(page):
    return page.locator("[role=status]").text_content()


def state(page):
    return page.locator(".ni-quiz").get_attribute("data-state")


def test_each_answer_is_told_why_and_can_be_tried_again_by_keyboard(visit, tmp_path):
    page = visit(write_page(tmp_path, ONE).as_uri())
    for key in ("Tab", "Space", "Tab", "Enter"):
        page.keyboard.press(key)
    assert status(page).startswith("Not right. ReLU throws half")
    assert state(page) == "wrong"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    assert status(page) == ""
    assert state(page) == "open"
    page.keyboard.press("Enter")
    assert status(page) == "Right. The 2 makes up for the half that relu throws away."
    assert state(page) == "right"


def test_a_mark_that_is_not_color_alone_stands_at_the_chosen_answer_only(visit, tmp_path):
    page = visit(write_page(tmp_path, ONE).as_uri())
    shapes = []
    for name in ("1/n", "2/n"):
        page.get_by_label(name).check()
        page.get_by_role("button", name="Check").click()
        marks = page.locator(".ni-choice svg path")
        assert marks.count() == 1
        shapes.append(marks.get_attribute("d"))
    assert shapes[0] != shapes[1]


def test_asking_without_an_answer_says_so(visit, tmp_path):
    page = visit(write_page(tmp_path, ONE).as_uri())
    page.get_by_role("button", name="Check").click()
    assert status(page) == "Choose an answer first."


def test_the_page_does_not_jump_whatever_is_said(visit, tmp_path):
    page = visit(write_page(tmp_path, simple(), ONE, MANY).as_uri())  # all styles on one page
    second = page.locator(".ni-quiz").nth(1)
    before = second.bounding_box()["y"]
    for i in range(3):
        page.locator(".ni-quiz input").nth(i).check()
        page.get_by_role("button", name="Check").first.click()
        assert second.bounding_box()["y"] == before


def test_of_several_right_answers_all_are_needed_and_no_wrong_one(visit, tmp_path):
    page = visit(write_page(tmp_path, MANY).as_uri())
    check = page.get_by_role("button", name="Check")
    page.get_by_label("Biases").check()
    check.click()
    assert status(page).startswith("Right so far, but one is missing.")
    assert state(page) == "wrong"
    page.get_by_label("All weights").check()
    check.click()
    assert status(page).startswith("Not all of these are right.")
    assert "All weights: Not right. Units stay equal." in status(page)
    page.get_by_label("All weights").uncheck()
    page.get_by_label("A gate").check()
    check.click()
    assert status(page).startswith("All right.")
    assert state(page) == "right"


def test_a_screen_reader_finds_a_named_group_and_words_are_shown_as_they_are(visit, tmp_path):
    page = visit(write_page(tmp_path, ONE).as_uri())
    group = page.get_by_role("group", name="Which variance keeps a relu layer level, <b>at any")
    assert group.get_by_role("radio").count() == 3
    assert page.locator(".ni-quiz b, .ni-quiz i").count() == 0
    assert page.locator("legend code").text_content() == "relu"
    assert group.get_by_label("0.01, as in the <i>old</i> examples").count() == 1


def test_two_views_of_one_question_agree(visit, tmp_path):
    page = visit(write_page(tmp_path, ONE, ONE).as_uri())
    page.get_by_label("2/n").first.check()
    page.get_by_role("button", name="Check").nth(1).click()
    assert page.locator("[role=status]").all_text_contents()[0].startswith("Right.")
    assert page.get_by_label("2/n").nth(1).is_checked()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation_before_and_after_the_answer(visit, tmp_path, theme):
    page = visit(write_page(tmp_path, ONE, MANY, theme=theme).as_uri())
    for ask in (False, True):
        if ask:
            page.get_by_label("1/n").check()
            page.get_by_label("All weights").check()
            for button in page.get_by_role("button", name="Check").all():
                button.click()
        assert violations(page) == []


def test_on_a_phone_nothing_overflows_and_targets_are_large_enough(visit, tmp_path):
    page = visit(write_page(tmp_path, ONE, MANY).as_uri(), has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_label("0.01").check()
    page.get_by_role("button", name="Check").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = page.evaluate("""() => [...document.querySelectorAll('.ni-quiz button, label')]
      .map((e) => e.getBoundingClientRect().height)""")
    assert min(heights) >= 40
