"""Every chapter keeps the rules of the book, and every rule catches a chapter that does not."""

import re

import chapter_numbers
import chapter_reading as reading
import chapter_rules as rules
import chapter_times as times
import pytest
from chapter import Chapter, chapters, paragraphs, parse, without_code
from chapter_numbers import numbers_are_backed
from project import ROOT
from sphinx_external_toc.events import remove_suffix
from sphinx_external_toc.parsing import parse_toc_yaml

BOOK = chapters()
RULES = (*rules.RULES, *reading.RULES, numbers_are_backed)
# A notebook without a number is a page: no skeleton, no core, no questions, figures with a letter.
OF_PAGES = (*(r for r in rules.RULES if r not in rules.OF_CHAPTERS), *reading.OF_PAGES)
KEPT = [
    pytest.param(rule, chapter, id=f"{chapter.name}-{rule.__name__}")
    for chapter in BOOK
    for rule in (RULES if chapter.name[0].isdigit() else (*OF_PAGES, numbers_are_backed))
]


def test_the_book_has_chapters():
    assert BOOK, "no notebook in chapters/"


@pytest.mark.parametrize(("rule", "chapter"), KEPT)
def test_chapter_keeps_the_rule(rule, chapter):
    problems = rule(chapter)
    assert not problems, f"{rule.__doc__.splitlines()[0]}\n" + "\n".join(problems)


def test_every_chapter_is_in_the_table_of_contents_and_back():
    listed = [remove_suffix(e, (".md", ".ipynb")) for e in parse_toc_yaml(ROOT / "_toc.yml")]
    pages = [p for p in (ROOT / "chapters").iterdir() if p.suffix in {".ipynb", ".md"}]
    assert sorted(e for e in listed if e.startswith("chapters/")) == sorted(
        f"chapters/{p.stem}" for p in pages
    )
    numbered = [e for e in listed if re.match(r"chapters/\d\d_", e)]
    assert numbered == sorted(numbered), "the numbers of the file names say another order"


# Links --------------------------------------------------------------------------------------


def slug(heading: str) -> str:
    """Return the anchor that the book and JupyterLab's neighbours give a heading."""
    words = re.sub(r"[`*_$\\]", "", heading).strip().lower()
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", words)).strip("-")


def anchors(path) -> set[str]:
    """Return what a link into a page may end with."""
    text = path.read_text("utf-8")
    if path.name == "references.md":
        bib = path.with_name("references.bib").read_text("utf-8")
        return {slug("Works cited"), *re.findall(r"^@\w+\{([\w:-]+),", bib, re.MULTILINE)}
    if path.suffix == ".ipynb":
        page = next(c for c in BOOK if c.name == path.stem)
        text = "\n\n".join(without_code(c.source) for c in page.prose())
    return {slug(h) for h in re.findall(r"^#+ +(.+)$", text, re.MULTILINE)}


def broken_links(folder, texts) -> list[str]:
    """Return the links of some texts that lead nowhere inside the project."""
    broken = []
    prose = "\n\n".join(re.sub(r"`[^`]*`", "", text) for text in texts)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"https://|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        path = folder / name
        if not path.exists() or (anchor and name and anchor not in anchors(path)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("chapter", BOOK, ids=lambda c: c.name)
def test_links_of_the_prose_lead_somewhere(chapter):
    assert not broken_links(ROOT / "chapters", [text for _, text in paragraphs(chapter)])


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CONTRIBUTING.md",
        "index.md",
        *(f"chapters/{page}.md" for page in ("for_teachers", "glossary", "notation")),
    ],
)
def test_links_of_the_pages_lead_somewhere(name):
    path = ROOT / name
    assert not broken_links(path.parent, [without_code(path.read_text("utf-8"))])


# Exceptions ---------------------------------------------------------------------------------


def test_every_exception_of_the_number_rule_is_needed_and_has_a_reason():
    exceptions = chapter_numbers.allowed()
    assert not chapter_numbers.unused_exceptions(BOOK, exceptions)
    assert all(set(e) == {"chapter", "number", "reason"} for e in exceptions)
    assert all(len(e["reason"].split()) >= 3 for e in exceptions)


# The rules themselves -----------------------------------------------------------------------

ALT = "Accuracy against step for five schemes: the middle ones learn, zeros stay at chance."
SVG = {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>", "text/plain": ALT}}
PRINTED = {"output_type": "stream", "name": "stdout", "text": "accuracy 0.953 after 1.2e-05 s\n"}
FAILED = {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}
WARNED = {"output_type": "stream", "name": "stderr", "text": "RuntimeWarning"}
NAMELESS = {**SVG, "data": {"image/png": "", "text/plain": "<Figure size 640x480 with 1 Axes>"}}
ASKED = {
    "application/vnd.jupyter.widget-view+json": {},
    "text/plain": "Quiz: Which, at 0.953?\n  [ ] This, at 0.777.\n      Not right. No.\n",
}
QUIZ = {"output_type": "execute_result", "data": ASKED}
TOLD = {**ASKED, "text/plain": ASKED["text/plain"].replace("No.", "It is 0.888.")}
FOREIGN = {**ASKED, "text/plain": ASKED["text/plain"].replace("No.", "The colour is not.")}
BRITISH = {"output_type": "execute_result", "data": FOREIGN}
UNTRUE = {"output_type": "execute_result", "data": TOLD}
LONG = "# T\n\n*Core: about 40 minutes. It is long.*\n\n" + 3200 * "so "
CAPTION = "**Figure 1.1. Only the middle schemes learn.** Accuracy over 10 seeds."


def markdown(source: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, count: int | None, *outputs: dict, tags: tuple[str, ...] = ()) -> dict:
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
    }


def good() -> list[dict]:
    """Return the cells of a chapter that keeps every rule."""
    return [
        markdown("# Why it matters\n\n*Core: about 8 minutes. You need it.*\n\nIt matters a lot."),
        markdown("## What you will be able to do\n\nTell good from bad.\n\n> **Predict.** Which?"),
        markdown("## Experiment\n\nWatch the accuracy of the five schemes."),
        code("accuracy(std=0.05)", 1, PRINTED),
        markdown("The accuracy is 0.95 with a std of 0.05. Now the same as a picture."),
        code("show(figure)", 2, SVG),
        markdown(CAPTION),
        markdown("## A second look\n\nIt breaks."),
        markdown("## In practice\n\n```python\nnp.random.seed(0.123)\n```"),
        markdown("## Summary\n\n- It is 0.953, as ($\\sigma = 0.7$) said."),
        markdown("## Quick questions\n\nThree of them, to see what stayed."),
        *(code("Quiz()", n, QUIZ, tags=("remove-input",)) for n in (3, 4, 5)),
        markdown(f"{times.STOP} The rest is for those who want more."),
        markdown("## Going deeper: why\n\n*About 1 minute. You need nothing.*\n\nBecause."),
        markdown("## Exercises\n\nFind the std that is best."),
        markdown("## Sources\n\n[He et al., 2015](references.md#he2015) report 0.789."),
    ]


def bad(changes: dict[int, dict | None]) -> Chapter:
    """Return the good chapter with some cells replaced, or removed."""
    cells = [changes.get(i, cell) for i, cell in enumerate(good())]
    return parse("01_bad", {"cells": [c for c in cells if c is not None]})


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.__name__)
def test_a_good_chapter_breaks_no_rule(rule):
    assert rule(bad({})) == []


BAD = [
    (rules.every_cell_ran_in_order, {3: code("1 + 1", None)}),
    (rules.every_cell_ran_in_order, {3: code("x", 2, PRINTED), 5: code("y", 1, SVG)}),
    (rules.every_cell_ran_in_order, {3: code("x", 4, PRINTED), 5: code("y", 5, SVG)}),
    (rules.every_value_is_stored, {3: code("1 + 1", 1)}),
    (rules.every_value_is_stored, {3: code("print(1)\nx = 2", 1)}),
    (rules.no_errors_or_warnings, {3: code("1 / 0", 1, FAILED)}),
    (rules.no_errors_or_warnings, {3: code("log(0)", 1, WARNED)}),
    (rules.has_the_skeleton, {8: None}),
    (rules.has_the_skeleton, {9: markdown("## Sources"), 17: markdown("## Summary")}),
    (rules.has_the_skeleton, {1: markdown("## What you will be able to do")}),
    (rules.has_the_skeleton, {2: markdown("# A second title")}),
    (rules.every_figure_has_a_caption, {6: markdown("It can be seen.")}),
    (rules.every_figure_has_a_caption, {4: markdown(CAPTION)}),
    (rules.captions_state_a_takeaway, {6: markdown(CAPTION.replace("1.1", "1.2"))}),
    (rules.captions_state_a_takeaway, {6: markdown(CAPTION.replace("1.1", "2.1"))}),
    (rules.captions_state_a_takeaway, {6: markdown("**Figure 1.1.** Accuracy over 10 seeds.")}),
    (rules.captions_state_a_takeaway, {6: markdown(CAPTION.rstrip("."))}),
    (rules.captions_state_a_takeaway, {4: markdown(CAPTION), 6: markdown(CAPTION)}),
    (rules.has_quick_questions, {11: None}),
    (rules.has_quick_questions, {4: code("Quiz()", 2, QUIZ, tags=("remove-input",))}),
    (rules.has_quick_questions, {12: code("Quiz()", 4, QUIZ)}),
    (rules.has_quick_questions, {10: markdown("## Other questions")}),
    (rules.figures_have_words, {5: code("f", 2, {**SVG, "data": {"image/svg+xml": ""}})}),
    (rules.figures_have_words, {5: code("f", 2, NAMELESS)}),
    (rules.cells_are_short, {3: code("x = 1\n" * 16, 1)}),
    (rules.cells_are_short, {3: code("x = 1\n" * 7, 1), 5: code("x = 1\n" * 7, 2, SVG)}),
    (rules.randomness_is_passed, {3: code("np.random.seed(1)", 1)}),
    (rules.randomness_is_passed, {3: code("x = np.random.normal(size=3)", 1)}),
    (rules.code_runs_anywhere, {3: code("%matplotlib inline", 1)}),
    (rules.code_runs_anywhere, {3: code("!ls", 1)}),
    (rules.code_runs_anywhere, {3: code("pip install netinit", 1)}),
    (rules.code_runs_anywhere, {3: code("data = fetch_openml('mnist')", 1)}),
    (rules.code_runs_anywhere, {3: code("open('https://example.org/x')", 1)}),
    (rules.code_runs_anywhere, {3: code("open('/home/me/x.npy')", 1)}),
    (rules.code_runs_anywhere, {3: code("import sys\nsys.path.insert(0, '..')", 1)}),
    (rules.reads_well_raw, {4: markdown("```{note}\nLook.\n```")}),
    (rules.reads_well_raw, {4: markdown(":::{tip}\nLook.\n:::")}),
    (rules.reads_well_raw, {4: markdown("See {numref}`fig-1` now.")}),
    (rules.reads_well_raw, {4: markdown("(sec-label)=\n### A heading")}),
    (rules.prose_surrounds_code, {4: None}),
    (rules.prose_surrounds_code, {6: code("x", 3)}),
    (rules.prose_surrounds_code, {2: markdown("## Experiment")}),
    (reading.stops_once, {14: None}),
    (reading.stops_once, {14: markdown(f"{times.STOP}\n\n{times.STOP}")}),
    (reading.stops_once, {16: markdown("## A second summary\n\nMore.")}),
    (reading.stops_once, {14: None, 15: markdown(f"## Going deeper: why\n\n{times.STOP}")}),
    (reading.states_its_times, {0: markdown("# Title\n\nIt matters.")}),
    (reading.states_its_times, {0: markdown("# T\n\n*About 10 minutes. You need time.*")}),
    (reading.states_its_times, {0: markdown("# T\n\n*Core: about 12 minutes. You need time.*")}),
    (reading.states_its_times, {15: markdown("## Going deeper: why\n\nBecause.")}),
    (reading.states_its_times, {15: markdown("## Going deeper: why\n\n*About 3 minutes. Go.*")}),
    (reading.states_its_times, {0: markdown(LONG)}),
    (reading.captions_are_short, {6: markdown(CAPTION + " and" * 60 + ".")}),
    (
        reading.panels_of_explorers_have_no_side,
        {5: code("Explorer(f)", 2, SVG), 6: markdown(f"{CAPTION} Left: one. Right: all.")},
    ),
    (
        reading.panels_of_explorers_have_no_side,
        {5: code("Explorer(f)", 2, SVG), 6: markdown(f"{CAPTION} The rule (right) wins.")},
    ),
    (reading.explorers_are_built_out_of_sight, {5: code("Explorer(\n    f)", 2, SVG)}),
    (
        reading.explorers_are_built_out_of_sight,
        {5: code("Explorer(\n" + "    x,\n" * 24 + ")", 2, SVG, tags=("hide-input",))},
    ),
    (reading.begins_in_plain_numpy, {3: code("import numpy as np\nimport netinit", 1, PRINTED)}),
    (reading.begins_in_plain_numpy, {3: code("from netinit import plots", 1, PRINTED)}),
    (reading.begins_in_plain_numpy, {3: code("x = 1\n" * 11, 1, PRINTED)}),
    (reading.begins_in_plain_numpy, {3: code("x", 1, PRINTED, tags=("hide-input",))}),
    (reading.is_american_english, {4: markdown("They stay equal for ever.")}),
    (reading.is_american_english, {4: markdown("Drawn by He, with an optimiser of one colour.")}),
    (reading.is_american_english, {12: code("Quiz()", 4, BRITISH, tags=("remove-input",))}),
    (reading.he_is_a_scheme_not_a_man, {4: markdown("It works. He keeps the mean square.")}),
    (reading.he_is_a_scheme_not_a_man, {4: markdown("He makes the factor 1.")}),
    (numbers_are_backed, {4: markdown("The accuracy is 0.96.")}),
    (numbers_are_backed, {4: markdown("The accuracy is 0.9531.")}),
    (numbers_are_backed, {4: markdown("The accuracy is 96 %.")}),
    (numbers_are_backed, {4: markdown("It takes 1.3e-5 seconds.")}),
    (numbers_are_backed, {4: markdown("It takes 1.3 × 10⁻⁵ seconds.")}),
    (numbers_are_backed, {4: markdown("It takes 10⁻⁷ seconds.")}),
    (numbers_are_backed, {4: markdown("The accuracy is $0.96$, or `0.97`.")}),
    (numbers_are_backed, {6: markdown("Seen.\n\n## Next\n\nAt 0.95.\n"), 7: code("1.5", 3)}),
    (numbers_are_backed, {7: markdown("## A second look\n\nAt 0.31 it breaks.")}),
    (numbers_are_backed, {17: markdown("## Sources\n\nThe paper reports 0.789.")}),
    (numbers_are_backed, {12: code("Quiz()", 4, UNTRUE, tags=("remove-input",))}),
    (numbers_are_backed, {9: markdown("## Summary\n\n- It is 0.777.")}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "changes"), BAD, ids=lambda p: getattr(p, "__name__", None))
def test_the_rule_catches_a_bad_chapter(rule, changes):
    assert rule(bad(changes))


@pytest.mark.parametrize(
    "sentence",
    [
        "The accuracy is 0.953, or 95.3 %, or 95%: nearly 1.",
        "It takes 1.2e-5 seconds, 1.2·10⁻⁵, 1.2 × 10⁻⁵ or about 10⁻⁵.",
        "As Figure 3.7 and Exercise 1.4 with NumPy 2.0 show, 64 units do.",
        "In the paper it is 0.31 ([He et al., 2015](references.md#he2015)).",
        "With $q = 0.31$ it is `std=0.31`.\n\n$$\n0.31 = x\n$$",
        "The std was −0.05, from 0.95-0.05.",
    ],
)
def test_a_number_that_is_printed_given_or_cited_passes(sentence):
    assert numbers_are_backed(bad({4: markdown(sentence)})) == []


def test_an_exception_that_nothing_needs_is_found():
    entry = {"chapter": "01_bad", "number": "0.31", "reason": "an option of the Predict box"}
    needs = bad({4: markdown("Is it 0.31?")})
    assert chapter_numbers.unused_exceptions([needs], [entry]) == []
    assert chapter_numbers.unused_exceptions([bad({})], [entry]) == ["01_bad: 0.31"]


# The glossary ---------------------------------------------------------------------------------


def terms():
    text = (ROOT / "chapters" / "glossary.md").read_text("utf-8")
    return re.findall(r"^### (.+)$", text, re.MULTILINE)


def test_each_term_is_defined_once_in_the_order_of_the_alphabet():
    assert len(terms()) > 30
    assert terms() == sorted(set(terms()), key=str.lower)


def test_each_term_is_linked_from_a_chapter_or_from_another_term():
    pages = [p for p in (ROOT / "chapters").glob("*.md") if p.name != "references.md"]
    said = "".join(c.source for chapter in BOOK for c in chapter.prose())
    said += "".join(page.read_text("utf-8") for page in pages)
    linked = set(re.findall(r"\]\((?:glossary\.md)?#([\w-]+)\)", said))
    assert [term for term in terms() if slug(term) not in linked] == []
