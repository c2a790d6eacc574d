"""The rules that let a reader reach the end: times, the mark of the core, the language."""

import ast
import re
from collections.abc import Callable

import chapter_times as times
from chapter import Chapter, joined, paragraphs, plain, sections

Rule = Callable[[Chapter], list[str]]

CAPTION_WORDS = 60
EXPLORER_LINES = 25
FIRST_LINES = 10
# How a caption refers to a panel by its side, and not to a part of what is drawn in it.
SIDE = re.compile(r"\b(?:Left|Right|Above|Below):|\((?:left|right|above|below)\)")
# What a reader of American textbooks would stumble over, and what to write.
STUMBLES = {
    r"for ever\b": "forever",
    r"\w*[oO]ptimis(?:er|e|ing|ation)\w*": "optimizer, optimize",
    r"\w*[nN]ormalis\w+": "normalize",
    r"\w*[iI]nitialis\w+": "initialize",
    r"\w*[bB]ehaviour\w*": "behavior",
    r"\w*[cC]olour\w*": "color",
    r"\w*[fF]avour\w*": "favor",
    r"\w*[cC]entred?\b": "center, centered",
    r"\w*[nN]eighbour\w*": "neighbor",
    r"\w*[mM]odelled\b|\w*[mM]odelling\b": "modeled, modeling",
    r"\bper cent\b": "percent",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bin the mean\b": "on average",
    r"\bleft alone\b": "unchanged, or ignored",
    r"\bgrey\b": "gray",
    r"\bshall\b": "must, will",
    r"\b[bB]y He\b": "with He initialization",
    r"\b[wW]hilst\b|\b[aA]mongst\b": "while, among",
}
EXPLORER = re.compile(r"^\w*(?: = )?Explorer\(", re.MULTILINE)
HE_ALONE = re.compile(r"(?:^|(?<=[.?!:;] )|(?<=[.?!]\*\* )|(?<=\n))He (?!et al|initialization|&)")


def stops_once(chapter: Chapter) -> list[str]:
    """The mark closes the core: after the summary and the questions, before what goes deeper."""
    marks = [text for _, text in paragraphs(chapter) if text.startswith(times.STOP)]
    problems = [] if len(marks) == 1 else [f"{len(marks)} marks '{times.STOP}', expected 1"]
    order = [s[0].source.splitlines()[0] for s in sections(chapter)[1:]]
    later = (times.DEEPER, *times.UNCOUNTED)
    ranks = [int(heading.startswith(later)) for heading in order]
    if ranks != sorted(ranks):
        problems.append("a section of the core comes after the first that goes deeper")
    last = [s for s in sections(chapter) if not s or not s[0].source.startswith(later)][-1]
    if marks and not any(times.STOP in cell.source for cell in last):
        problems.append("the mark is not in the last section of the core")
    return problems


def states_its_times(chapter: Chapter) -> list[str]:
    """``*Core: about N minutes. ...*`` under the title, ``*About N minutes. ...*`` in the rest."""
    found = re.search(
        r"^\*Core: about (\d+) minutes\. .+\*\s*$", chapter.cells[0].source, re.MULTILINE
    )
    if not found:
        return ["no '*Core: about N minutes. You need ...*' under the title"]
    stated, problems = int(found[1]), []
    estimate = times.core(chapter)
    if not times.agrees(stated, estimate):
        problems.append(f"says {stated} minutes; the core takes about {estimate:.0f}")
    if estimate > times.LONGEST_CORE + 0.5:
        problems.append(f"the core takes {estimate:.1f} minutes, more than {times.LONGEST_CORE}")
    for section in times.deeper(chapter):
        if section.stated is None:
            problems.append(f"'{section.title}': no '*About N minutes. ...*' of its own")
        elif not times.agrees(section.stated, section.estimate):
            problems.append(
                f"'{section.title}': says {section.stated}, takes about {section.estimate:.0f}"
            )
    return problems


def states_its_time(chapter: Chapter) -> list[str]:
    """A page without a number, which has no core: ``*About N minutes. ...*`` under the title."""
    found = re.search(r"^\*About (\d+) minutes\. .+\*\s*$", chapter.cells[0].source, re.MULTILINE)
    if not found:
        return ["no '*About N minutes. You need ...*' under the title"]
    estimate = times.core(chapter)
    good = times.agrees(int(found[1]), estimate)
    return [] if good else [f"says {found[1]} minutes; it takes about {estimate:.0f}"]


def captions_are_short(chapter: Chapter) -> list[str]:
    """A caption has at most 60 words."""
    captions = [(c, t) for c, t in paragraphs(chapter) if t.startswith("**Figure ")]
    lengths = [(c, len(plain(text).split())) for c, text in captions]
    return [
        f"cell {c.number}: a caption of {length} words"
        for c, length in lengths
        if length > CAPTION_WORDS
    ]


def panels_of_explorers_have_no_side(chapter: Chapter) -> list[str]:
    """A caption counts the panels of an explorer ("First:"): on a phone they are stacked."""
    below = zip(chapter.cells, chapter.cells[1:], strict=False)
    captions = [c for cell, c in below if EXPLORER.search(cell.source) and cell.figures()]
    return [
        f"cell {c.number}: {found[0]!r} is another place on a narrow page"
        for c in captions
        if (found := SIDE.search(c.source.partition("\n")[0]))
    ]


def explorers_are_built_out_of_sight(chapter: Chapter) -> list[str]:
    """The cell that makes an explorer is folded and has at most 25 lines."""
    built = [c for c in chapter.code() if EXPLORER.search(c.source)]
    lengths = [(c, len(c.source.strip().splitlines())) for c in built]
    return [f"cell {c.number}: not folded" for c in built if not c.folded] + [
        f"cell {c.number}: an explorer of {length} lines"
        for c, length in lengths
        if length > EXPLORER_LINES
    ]


def begins_in_plain_numpy(chapter: Chapter) -> list[str]:
    """The first code of a chapter is visible, short, and imports nothing but NumPy."""
    first = chapter.code()[0]
    nodes = list(ast.walk(ast.parse(first.source)))
    names = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    names |= {str(n.module) for n in nodes if isinstance(n, ast.ImportFrom)}
    length = len(first.source.strip().splitlines())
    problems = [f"cell {first.number}: imports {name}" for name in sorted(names - {"numpy"})]
    problems += [f"cell {first.number}: is folded"] if first.folded else []
    problems += [f"cell {first.number}: {length} lines"] if length > FIRST_LINES else []
    return problems


def is_american_english(chapter: Chapter) -> list[str]:
    """One spelling throughout, and no word that only translations have."""
    said = [(c, plain(c.source)) for c in chapter.prose()]
    asked = [(c, quiz) for c in chapter.code() for quiz in c.quizzes()]
    said += [(c, joined(quiz.get("text/plain", ""))) for c, quiz in asked]
    found = [
        (c, hit, better)
        for c, text in said
        for pattern, better in STUMBLES.items()
        for hit in re.findall(pattern, text)
    ]
    return [f"cell {c.number}: {hit!r}; write {better}" for c, hit, better in found]


def he_is_a_scheme_not_a_man(chapter: Chapter) -> list[str]:
    """No sentence begins with He where it reads as the pronoun."""
    found = [
        (c, hit.group(), plain(text).strip()[hit.start() : hit.start() + 40])
        for c, text in paragraphs(chapter)
        for hit in HE_ALONE.finditer(plain(text).strip())
    ]
    return [f"cell {c.number}: {words!r}: write 'He initialization'" for c, _, words in found]


RULES: tuple[Rule, ...] = (
    stops_once,
    states_its_times,
    captions_are_short,
    panels_of_explorers_have_no_side,
    explorers_are_built_out_of_sight,
    begins_in_plain_numpy,
    is_american_english,
    he_is_a_scheme_not_a_man,
)

# What a page without a number has to keep.
OF_PAGES: tuple[Rule, ...] = (
    states_its_time,
    captions_are_short,
    panels_of_explorers_have_no_side,
    is_american_english,
    he_is_a_scheme_not_a_man,
)
