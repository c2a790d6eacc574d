"""Pairs of answers that are alike beyond what the problem set and the class explain.

An answer becomes a row of tokens without comments, layout and the student's own names, and the row
its *grams*: all runs of `GRAM` tokens. Grams of the released notebook and of the reference solution
are explained, and so are those that many students have: common correct code. Of the rest, each
answer keeps fingerprints by *winnowing* [1]_, which finds every shared run of `GRAM` + `WINDOW` - 1
tokens. Two answers that share a fingerprint are compared gram by gram.

References
----------
.. [1] S. Schleimer, D. S. Wilkerson and A. Aiken, "Winnowing: local algorithms for document
   fingerprinting", SIGMOD 2003, pages 76-85.
"""

import builtins
import functools
import hashlib
import itertools
import keyword
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assignments.problem_sets.cells import bound, is_test
from assignments.problem_sets.release import released
from assignments.problem_sets.sets import ProblemSet

GRAM, WINDOW = {"code": 7, "text": 5}, 4  # tokens
FEWEST = {"code": 30, "text": 25}  # shared tokens of a pair that is shown
SHARE = {"code": 0.6, "text": 0.5}  # of the shorter one's tokens that nothing explains
COMMON, COMMON_SHARE = 4, 0.05  # how many students explain a gram; this share of a large class
MOST_TOKENS = 10_000  # of an answer; the rest is not compared

_CODE = re.compile(
    r"""(?P<skip>\#[^\n]*|\s+|\\\n)
    |(?P<string>[A-Za-z]{0,2}(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}
        |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>\d[\w.]*)|(?P<attribute>(?<=\.)[^\W\d]\w*)|(?P<name>[^\W\d]\w*)|(?P<other>\*\*|//|[<>=!]=|[\s\S])""",
    re.X,
)
_TEXT = re.compile(r"\w+|[^\w\s]")
_KNOWN = {*keyword.kwlist, *dir(builtins), "self"}


@dataclass(frozen=True)
class Answer:
    """What one student wrote for one task."""

    student: str
    task: str
    kind: str  # code or text
    source: str
    team: str = ""  # students of one team hand in the same


@dataclass(frozen=True)
class Given:
    """What a problem set explains: its texts by kind, and the names it gives to code."""

    texts: dict[str, list[str]]
    names: frozenset[str]

    @classmethod
    def of(cls, problem_set: ProblemSet) -> "Given":
        """The released notebook and the reference solution."""
        release = released(problem_set).cells
        texts: dict[str, list[str]] = {"code": [], "text": []}
        for cell in [*release, *problem_set.notebook().cells]:
            texts["code" if cell.cell_type == "code" else "text"].append(cell.source)
        code = [cell for cell in release if cell.cell_type == "code" and not is_test(cell)]
        return cls(texts, frozenset(name for cell in code for name in bound(cell.source)))

    @functools.cached_property
    def explained(self) -> dict[str, set[bytes]]:
        """The grams of each kind."""
        return {
            kind: {
                gram for text in texts for gram in grams(tokens(text, kind, self.names), GRAM[kind])
            }
            for kind, texts in self.texts.items()
        }


@dataclass(frozen=True)
class Token:
    """A token as it is compared, and its place in the source."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Pair:
    """Two answers that are alike, and where: the first and last places of shared passages."""

    first: Answer
    second: Answer
    shared: int  # tokens
    share: float  # of the shorter one's tokens that nothing explains
    passages: tuple[list[tuple[int, int]], list[tuple[int, int]]]


def tokens(source: str, kind: str, known: frozenset[str] = frozenset()) -> list[Token]:
    """The first tokens of an answer.

    Parameters
    ----------
    source : str
        The answer; it need not be valid Python.
    kind : str
        ``"code"`` or ``"text"``.
    known : frozenset of str
        Names that the problem set gives; others are the student's own, and all alike.
    """
    if kind == "text":
        found = (Token(m[0].casefold(), m.start(), m.end()) for m in _TEXT.finditer(source))
        return list(itertools.islice(found, MOST_TOKENS))
    found = (
        Token(_normal(m, known), m.start(), m.end())
        for m in _CODE.finditer(source)
        if m.lastgroup != "skip"
    )
    return list(itertools.islice(found, MOST_TOKENS))


def _normal(match: re.Match, known: frozenset[str]) -> str:
    if match.lastgroup == "string":
        return '"'
    own = match.lastgroup == "name" and match[0] not in known and match[0] not in _KNOWN
    return "name" if own else match[0]


def grams(row: list[Token], length: int) -> list[bytes]:
    """A hash of each run of `length` tokens, in their order."""
    texts = [token.text for token in row]
    runs = ("\0".join(texts[n : n + length]) for n in range(len(texts) - length + 1))
    return [hashlib.blake2b(run.encode(), digest_size=8).digest() for run in runs]


def winnow(hashes: list[bytes], window: int = WINDOW) -> set[bytes]:
    """The least hash of each window; all of them if there are fewer."""
    count = max(len(hashes) - window + 1, 1)
    return {min(hashes[n : n + window]) for n in range(count)} if hashes else set()


@dataclass(frozen=True)
class _Read:
    """An answer with its tokens and the grams that nothing explains (None for the others)."""

    answer: Answer
    row: list[Token]
    own: list[bytes | None]


def pairs(answers: Iterable[Answer], given: Given) -> list[Pair]:
    """The pairs that are alike, the most alike first.

    Parameters
    ----------
    answers : iterable of Answer
        Of the whole class.
    given : Given
        What the problem set explains.
    """
    by_task: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for answer in answers:
        by_task[answer.task, answer.kind].append(answer)
    found: list[Pair] = []
    for (_, kind), group in by_task.items():
        reads = _unexplained(group, kind, given)
        for first, second in _candidates(reads):
            if pair := _compare(first, second):
                found.append(pair)
    return sorted(found, key=lambda pair: (-pair.share, -pair.shared, pair.first.student))


def _unexplained(group: list[Answer], kind: str, given: Given) -> list[_Read]:
    explained = given.explained[kind]
    rows = [tokens(answer.source, kind, given.names) for answer in group]
    hashed = [grams(row, GRAM[kind]) for row in rows]
    # A team hands in one answer several times, which does not make it common.
    have: dict[bytes, set[str]] = defaultdict(set)
    for answer, each in zip(group, hashed, strict=True):
        for gram in set(each):
            have[gram].add(answer.team or answer.student)
    most = max(COMMON, COMMON_SHARE * len({a.team or a.student for a in group}))
    usual = {gram for gram, students in have.items() if len(students) >= most}
    return [
        _Read(answer, row, [None if g in explained or g in usual else g for g in each])
        for answer, row, each in zip(group, rows, hashed, strict=True)
    ]


def _candidates(reads: list[_Read]) -> Iterator[tuple[_Read, _Read]]:
    """Pairs that share a fingerprint."""
    index: dict[bytes, list[int]] = defaultdict(list)
    for number, read in enumerate(reads):
        for run in _runs(read.own):
            for gram in winnow(run):
                index[gram].append(number)
    counts = Counter(
        pair for numbers in index.values() for pair in itertools.combinations(set(numbers), 2)
    )
    for first, second in counts:
        one, other = reads[first].answer, reads[second].answer
        if one.student != other.student and (not one.team or one.team != other.team):
            yield reads[first], reads[second]


def _runs(hashes: list[bytes | None]) -> Iterator[list[bytes]]:
    for some, run in itertools.groupby(hashes, key=lambda gram: gram is not None):
        if some:
            yield list(run)


def _compare(first: _Read, second: _Read) -> Pair | None:
    """A pair, if the two are alike enough."""
    kind = first.answer.kind
    both = {gram for gram in first.own if gram} & {gram for gram in second.own if gram}
    covered = [_covered(read, both, GRAM[kind]) for read in (first, second)]
    own = [_covered(read, None, GRAM[kind]) for read in (first, second)]
    shared = min(map(len, covered))
    share = max(len(mine) / max(len(all_), 1) for mine, all_ in zip(covered, own, strict=True))
    if shared < FEWEST[kind] or share < SHARE[kind]:
        return None
    places = tuple(
        _passages(read.row, mine) for read, mine in zip((first, second), covered, strict=True)
    )
    return Pair(first.answer, second.answer, shared, min(share, 1.0), places)


def _covered(read: _Read, wanted: set[bytes] | None, length: int) -> set[int]:
    """The numbers of the tokens in unexplained grams, or in those of them that are `wanted`."""
    places = (n for n, g in enumerate(read.own) if g and (wanted is None or g in wanted))
    return {place for n in places for place in range(n, n + length)}


def _passages(row: list[Token], covered: set[int]) -> list[tuple[int, int]]:
    """Places of the source, each from the start of a run of tokens to its end."""
    found: list[tuple[int, int]] = []
    last = None
    for number in sorted(covered):
        token = row[number]
        if last is not None and number == last + 1:
            found[-1] = (found[-1][0], token.end)
        else:
            found.append((token.start, token.end))
        last = number
    return found
