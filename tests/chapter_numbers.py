"""Every number a chapter's prose claims is one that its code printed, was given, or is cited.

Counted are decimal numbers (0.95), percentages (12 %), numbers with an exponent (3.1e-12,
3.1 × 10⁻¹²) and bare powers of ten (10⁻³⁰). Whole numbers are not: they count things. Formulas,
code, versions and the numbers of figures, sections and exercises are left out.
"""

import ast
import math
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from chapter import Cell, Chapter, joined, sections, without_code, without_math

ALLOWED = Path(__file__).with_name("prose_numbers.toml")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−", "0123456789-+-")
_POWER = "[⁺⁻]?[⁰¹²³⁴-⁹]+"
_WHOLE = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
CLAIM = re.compile(
    rf"(?<![\w.])(?:(?P<mantissa>{_WHOLE}(?:\.\d+)?)\s?[·×]\s?10(?P<power>{_POWER})"
    rf"|10(?P<bare>{_POWER})"
    rf"|(?P<plain>{_WHOLE}(?:\.\d+)?)(?:e(?P<exponent>[-+−]?\d+))?)(?P<percent>\s?%)?(?![\d⁰-⁹])"
)
NAMED = re.compile(
    r"\b(?:Figures?|Sections?|Exercises?|Chapters?|Equations?|Eq\.|Python|NumPy|PyTorch|Keras"
    r"|JAX|Flax|version)\s+\(?\d+(?:\.\d+)*"
)
CITATION = re.compile(r"\]\(references\.md#[\w:-]+\)")
_ABBREVIATION = r"(?<!\bal\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bEq\.)(?<!\bvs\.)(?<!\bcf\.)"
SENTENCE = re.compile(rf"{_ABBREVIATION}(?<=[.?!])[*)]*\s+(?=[*\[(>\"]*[A-Z])")


@dataclass(frozen=True)
class Claim:
    """A number as the prose writes it, its value, and half a unit of its last digit."""

    text: str
    value: float
    half: float
    percent: bool = False
    magnitude: bool = False

    def agrees(self, number: float) -> bool:
        """Tell whether ``number``, rounded as this claim is, is this claim."""
        number = abs(number)
        if self.magnitude:
            return number > 0 and abs(math.log10(number) - math.log10(self.value)) <= 0.5
        scales = (1.0, 100.0) if self.percent else (1.0,)
        room = self.half * (1 + 1e-9) + 1e-12 * self.value
        return any(abs(number * scale - self.value) <= room for scale in scales)


def read(found: re.Match[str]) -> Claim:
    """Return the number that a match of CLAIM writes."""
    text = found.group().strip()
    if bare := found["bare"]:
        return Claim(text, float(f"1e{bare.translate(_DIGITS)}"), 0.0, magnitude=True)
    digits = (found["mantissa"] or found["plain"]).replace(",", "")
    exponent = int((found["power"] or found["exponent"] or "0").translate(_DIGITS))
    half = 0.5 * 10.0 ** (exponent - len(digits.partition(".")[2]))
    return Claim(text, float(f"{digits}e{exponent}"), half, percent=bool(found["percent"]))


def counts(found: re.Match[str]) -> bool:
    """Tell whether a match is a bare whole number, which counts things and claims nothing."""
    return bool(found["plain"]) and re.fullmatch(r"[\d,]+", found.group().strip()) is not None


def readable(markdown: str) -> str:
    """Return the prose in which numbers count as claims."""
    text = without_math(without_code(markdown))
    text = re.sub(r"`([\d.,e-]+)`", r"\1", text)
    text = re.sub(r"`[^`]*`|<[^>]+>|(?<=\])\((?!references\.md)[^)]*\)", " ", text)
    return NAMED.sub(" ", text)


def claims(cell: Cell) -> Iterator[Claim]:
    """Yield the uncited claims of one markdown cell."""
    for paragraph in re.split(r"\n\s*\n", readable(cell.source)):
        for sentence in SENTENCE.split(paragraph):
            if not CITATION.search(sentence):
                yield from (read(m) for m in CLAIM.finditer(sentence) if not counts(m))


def printed_numbers(text: str) -> list[float]:
    """Return all numbers in what a cell printed."""
    return [read(found).value for found in CLAIM.finditer(text)]


def given_numbers(source: str) -> list[float]:
    """Return the numbers written in a cell's code: what the experiment was given."""
    constants = (n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant))
    return [float(value) for value in constants if type(value) in (int, float)]


def backed(claimed: Claim, code: Iterable[Cell]) -> bool:
    """Tell whether a cell printed the number (at the claim's rounding) or was given it exactly."""
    cells = list(code)
    if any(claimed.agrees(n) for cell in cells for n in printed_numbers(cell.printed())):
        return True
    given = {n for cell in cells for n in given_numbers(cell.source)}
    return claimed.value in given or (claimed.percent and claimed.value / 100 in given)


def questions(chapter: Chapter) -> Iterator[Cell]:
    """Yield what each quick question asks and tells; a wrong answer may say a wrong number."""
    for cell in chapter.code():
        for quiz in cell.quizzes():
            lines = joined(quiz["text/plain"]).splitlines()
            told = [line.strip() for line in lines if not line.startswith("  [ ]")]
            yield replace(cell, source="\n\n".join(told))


def unbacked(chapter: Chapter) -> Iterator[tuple[Cell, Claim]]:
    """Yield the claims that nothing in their section backs.

    A section without code of its own (a summary) may quote the whole chapter, and so may a quick
    question.
    """
    for asked in questions(chapter):
        yield from ((asked, c) for c in claims(asked) if not backed(c, chapter.code()))
    for section in sections(chapter):
        code = [c for c in section if c.kind == "code"] or chapter.code()
        for cell in section:
            if cell.kind == "markdown":
                yield from ((cell, c) for c in claims(cell) if not backed(c, code))


def allowed() -> list[dict[str, str]]:
    """Return the exceptions: chapter, number as written, reason."""
    return tomllib.loads(ALLOWED.read_text("utf-8")).get("allowed", [])


def excuse(chapter: str, claimed: Claim, exceptions: list[dict[str, str]]) -> dict | None:
    """Return the exception that covers a claim, or None."""
    for entry in exceptions:
        if (entry["chapter"], entry["number"]) == (chapter, claimed.text):
            return entry
    return None


def numbers_are_backed(chapter: Chapter) -> list[str]:
    """Every number of the prose is printed, given, cited or excepted with a reason."""
    exceptions = allowed()
    return [
        f"cell {cell.number}: {c.text} is neither printed nor given in its section, nor cited"
        for cell, c in unbacked(chapter)
        if excuse(chapter.name, c, exceptions) is None
    ]


def unused_exceptions(book: list[Chapter], exceptions: list[dict[str, str]]) -> list[str]:
    """Exceptions that no chapter needs any more."""
    used = [excuse(ch.name, c, exceptions) for ch in book for _, c in unbacked(ch)]
    return [f"{e['chapter']}: {e['number']}" for e in exceptions if e not in used]
