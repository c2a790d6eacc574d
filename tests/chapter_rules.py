"""The rules of a chapter. Each takes a chapter and returns what breaks it, in plain words."""

import ast
import re
import statistics
from collections.abc import Callable
from itertools import groupby

from chapter import Cell, Chapter, joined, paragraphs, plain, sections

Rule = Callable[[Chapter], list[str]]

HEADINGS = (
    "What you will be able to do",
    "In practice",
    "Summary",
    "Quick questions",
    "Exercises",
    "Sources",
)
CAPTION = re.compile(r"\*\*Figure (\d+)\.(\d+)\. (.+?)\*\*(.*)", re.DOTALL)
SEEDED = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "SFC64", "PCG64", "Philox"}
DIRECTIVE = re.compile(
    r"^\s*(?:`{3,}|~{3,}|:{3,})\s*\{|^\([\w-]+\)=\s*$|^\+\+\+|^% |\{[a-z][\w:+.-]*\}`", re.MULTILINE
)
FORBIDDEN = {
    "a magic or shell line": re.compile(r"^\s*[%!]|get_ipython", re.MULTILINE),
    "an installation": re.compile(r"\b(pip|conda|mamba|uv) +(install|add)\b"),
    "a download": re.compile(r"https?://|urllib|urlretrieve|\brequests\b|\bfetch_\w+"),
    "an absolute path": re.compile(r"[\"'](/(?![\"'\s])\w|~/|[A-Za-z]:\\)"),
    "a change of the import path": re.compile(r"sys\.path"),
}
QUESTIONS = 3


def every_cell_ran_in_order(chapter: Chapter) -> list[str]:
    """Execution counts are 1, 2, ... n: run once, from top to bottom, in a new kernel."""
    wanted = enumerate(chapter.code(), 1)
    return [f"cell {c.number}: run as {c.count}, expected {n}" for n, c in wanted if c.count != n]


def shows_a_value(cell: Cell) -> bool:
    """Tell whether the cell's last line is an expression that has a value to show."""
    body = ast.parse(cell.source).body
    if not body or not isinstance(body[-1], ast.Expr) or cell.source.rstrip().endswith(";"):
        return False
    value = body[-1].value
    return not (isinstance(value, ast.Call) and "assert" in ast.unparse(value.func))


def every_value_is_stored(chapter: Chapter) -> list[str]:
    """A cell that ends with a value or prints has an output, so that nbval has what to compare."""
    return [
        f"cell {c.number}: shows a value but stores none"
        for c in chapter.code()
        if not c.outputs and (shows_a_value(c) or re.search(r"^print\(", c.source, re.MULTILINE))
    ]


def no_errors_or_warnings(chapter: Chapter) -> list[str]:
    """No stored output is a traceback or a word on standard error."""
    return [
        f"cell {c.number}: {o.get('ename') or 'writes to standard error'}"
        for c in chapter.code()
        for o in c.outputs
        if o["output_type"] == "error" or o.get("name") == "stderr"
    ]


def has_the_skeleton(chapter: Chapter) -> list[str]:
    """One H1, the agreed H2s in their order, and a Predict box."""
    titles, parts = chapter.headings(1), chapter.headings(2)
    problems = [f"{len(titles)} titles, expected 1"] if len(titles) != 1 else []
    problems += [f"no section '{h}'" for h in HEADINGS if h not in parts]
    if [p for p in parts if p in HEADINGS] != [h for h in HEADINGS if h in parts]:
        problems.append(f"sections in another order than {', '.join(HEADINGS)}")
    if not any(text.startswith("> **Predict.**") for _, text in paragraphs(chapter)):
        problems.append("no Predict box")
    return problems


def every_figure_has_a_caption(chapter: Chapter) -> list[str]:
    """After a figure or widget comes its caption, after nothing else does one."""
    problems = []
    for cell, following in zip(chapter.cells, [*chapter.cells[1:], None], strict=True):
        has = following is not None and following.source.startswith("**Figure ")
        if cell.figures() and not has:
            problems.append(f"cell {cell.number}: a figure without a caption after it")
        if has and not cell.figures():
            problems.append(f"cell {following.number}: a caption without a figure before it")
    return problems


def captions_state_a_takeaway(chapter: Chapter) -> list[str]:
    """``**Figure C.K. Takeaway.** What is plotted.``: numbered in order, none twice."""
    problems, seen = [], set()
    texts = [(c, t) for c, t in paragraphs(chapter) if t.startswith("**Figure ")]
    for k, (cell, text) in enumerate(texts, 1):
        found = CAPTION.fullmatch(text)
        if not found:
            problems.append(f"cell {cell.number}: not '**Figure C.K. Takeaway.** ...'")
            continue
        c, number, takeaway, rest = found.groups()
        if (int(c), int(number)) != (chapter.number, k):
            problems.append(f"cell {cell.number}: numbered {c}.{number}, is {chapter.number}.{k}")
        if takeaway[-1] not in ".?!" or not rest.strip() or rest.strip()[-1] not in ".?!)":
            problems.append(f"cell {cell.number}: takeaway and text must be whole sentences")
        if takeaway in seen:
            problems.append(f"cell {cell.number}: repeats another caption")
        seen.add(takeaway)
    return problems


def has_quick_questions(chapter: Chapter) -> list[str]:
    """At least three quick questions, all in their section, their code out of sight."""
    section = next((s for s in sections(chapter) if s[0].source.startswith("## Quick q")), [])
    asked = [c for c in chapter.code() if c.quizzes()]
    inside = [c for c in section if c.quizzes()]
    problems = []
    if len(inside) < QUESTIONS:
        problems.append(f"{len(inside)} quick questions, expected {QUESTIONS} or more")
    if len(asked) > len(inside):
        problems.append(f"{len(asked) - len(inside)} outside the section 'Quick questions'")
    shown = [c for c in asked if "remove-input" not in c.tags]
    return problems + [f"cell {c.number}: not tagged remove-input" for c in shown]


def figures_have_words(chapter: Chapter) -> list[str]:
    """The text that stands for a figure has at least 40 characters and is no memory address."""
    texts = [(c, joined(d.get("text/plain", ""))) for c in chapter.code() for d in c.figures()]
    return [
        f"cell {c.number}: alternative text {text[:30]!r}"
        for c, text in texts
        if len(text) < 40 or text.startswith("<") or " at 0x" in text
    ]


def cells_are_short(chapter: Chapter) -> list[str]:
    """At most 15 visible lines in a cell, and a median of at most 5."""
    lengths = {c.number: len(c.source.strip().splitlines()) for c in chapter.code() if not c.folded}
    problems = [f"cell {n}: {length} lines" for n, length in lengths.items() if length > 15]
    if lengths and statistics.median(lengths.values()) > 5:
        problems.append(f"median of {statistics.median(lengths.values())} lines per cell")
    return problems


def randomness_is_passed(chapter: Chapter) -> list[str]:
    """No global random state: of ``np.random`` only what makes a generator."""
    used = re.compile(r"\b(?:np|numpy)\.random\.(\w+)")
    return [
        f"cell {c.number}: np.random.{name}"
        for c in chapter.code()
        for name in used.findall(c.source)
        if name not in SEEDED
    ]


def code_runs_anywhere(chapter: Chapter) -> list[str]:
    """No magics, installations, downloads or absolute paths."""
    return [
        f"cell {c.number}: {what}"
        for c in chapter.code()
        for what, pattern in FORBIDDEN.items()
        if pattern.search(c.source)
    ]


def reads_well_raw(chapter: Chapter) -> list[str]:
    """No MyST directive, role or label: JupyterLab and GitHub would show its source."""
    return [
        f"cell {c.number}: {found.group().strip()!r}"
        for c in chapter.prose()
        if (found := DIRECTIVE.search(c.source))
    ]


def is_said(cell: Cell | None) -> bool:
    """Tell whether the cell is prose with at least one sentence."""
    if cell is None or cell.kind != "markdown":
        return False
    lines = [line for line in cell.source.splitlines() if not line.startswith("#")]
    return len(plain("\n".join(lines)).split()) >= 4


def prose_surrounds_code(chapter: Chapter) -> list[str]:
    """A sentence before each visible cell says what to look for, one after says what was seen.

    Folded cells may stand next to a visible one: its preparation, or its figure.
    """
    problems = []
    cells = [c for c in chapter.cells if "remove-cell" not in c.tags]
    runs = [(kind, list(run)) for kind, run in groupby(cells, key=lambda c: c.kind)]
    for i, (kind, run) in enumerate(runs):
        if kind != "code":
            continue
        before = runs[i - 1][1][-1] if i else None
        after = runs[i + 1][1][0] if i + 1 < len(runs) else None
        if not is_said(before):
            problems.append(f"cell {run[0].number}: no sentence before it")
        if not is_said(after) and not all("hide-cell" in c.tags for c in run):
            problems.append(f"cell {run[-1].number}: no sentence after it")
        visible = [c.number for c in run if not c.folded]
        problems += [f"cell {n}: no sentence before it" for n in visible[1:]]
    return problems


RULES: tuple[Rule, ...] = (
    every_cell_ran_in_order,
    every_value_is_stored,
    no_errors_or_warnings,
    has_the_skeleton,
    every_figure_has_a_caption,
    captions_state_a_takeaway,
    has_quick_questions,
    figures_have_words,
    cells_are_short,
    randomness_is_passed,
    code_runs_anywhere,
    reads_well_raw,
    prose_surrounds_code,
)

# What only a chapter of the book has to keep, not every notebook of it.
OF_CHAPTERS = {
    has_the_skeleton,
    has_quick_questions,
    captions_state_a_takeaway,
    cells_are_short,
}
