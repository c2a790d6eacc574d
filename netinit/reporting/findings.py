"""What can be found about a model's start: the codes, and one finding.

A code is a stable word that tests and allowances may name. Its severity says what is at stake:
an *error* keeps a part of the model from learning, or makes its numbers arbitrary; a *warning* is
likely unintended, or makes the first steps poor; an *info* is worth knowing.
"""

from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from netinit._checks import arguments

__all__ = ["CODES", "SEVERITIES", "Code", "Finding"]

SEVERITIES = ("error", "warning", "info")  # the gravest first


class Code(NamedTuple):
    """What a code of a finding stands for.

    Parameters
    ----------
    title : str
        What is the matter, in a few words.
    severity : {"error", "warning", "info"}
        The usual one; a finding may be graver or milder.
    page : str
        Where the book explains it, from the root of its site.
    """

    title: str
    severity: str
    page: str


_TITLES = {
    # Where the values came from.
    "NEVER-WRITTEN": ("memory that nothing ever initialized", "error"),
    "OVERWRITTEN": ("loaded values were drawn again", "error"),
    "LOST-WRITE": ("a draw into a tensor that is not the parameter", "error"),
    "EMPTY-WRITE": ("a draw into a parameter while it had no elements", "error"),
    "RANKS": ("processes that do not start alike", "error"),
    "DRAWN-TWICE": ("drawn more than once: the last draw counts", "info"),
    # What the values are.
    "ZERO": ("all zeros", "info"),
    "CONSTANT": ("one number everywhere in a weight", "warning"),
    "CLONES": ("equal weights where each should have its own", "error"),
    "OUTLIERS": ("entries that the law of the others cannot give", "warning"),
    "LAW": ("not the law that was declared", "error"),
    "WRONG-FAN": ("scaled by a fan that the operation does not have", "warning"),
    "NONFINITE": ("entries that are NaN or infinite", "error"),
    # What the model does with a batch.
    "COLLAPSE": ("the output hardly depends on the input", "error"),
    "GRADIENT": ("gradients of very different sizes along the depth", "warning"),
    "NO-GRADIENT": ("a parameter that no step would move", "error"),
    "DEAD": ("units that are zero on the whole batch", "warning"),
    "SATURATED": ("units on the flat part of their activation", "warning"),
    "LOSS": ("a first loss above that of a constant output", "warning"),
    "LOSS-PRIOR": ("a first loss that a bias in the output would lower", "warning"),
    "GAIN": ("a scale that the next activation does not keep", "info"),
    "RESIDUAL": ("a stream that grows from block to block", "warning"),
    "ATTENTION": ("attention that looks at a few places only", "warning"),
    "FORGET-BIAS": ("a forget gate that forgets at once", "info"),
    "TWINS": ("units that compute the same", "error"),
    "NOT-RUN": ("the model could not be run", "error"),
}

CODES: dict[str, Code] = {
    name: Code(title, severity, f"reference/findings.html#{name.lower()}")
    for name, (title, severity) in _TITLES.items()
}


@dataclass(frozen=True)
class Finding:
    """One thing that was found about a model.

    Parameters
    ----------
    code : str
        A key of `CODES`.
    severity : {"error", "warning", "info"}
    where : str
        The name of the parameter, operation or module.
    measured, expected : str or float
        What was found there, and what would be right.
    reason : str
        Why it matters, in a sentence.
    fix : str
        A line of code, or what to do.
    count : int
        Of how many places it is true, where one finding stands for several.
    numbers : dict
        What the verdict was made of, by name.

    Raises
    ------
    ValueError
        If the code or the severity is unknown.

    Examples
    --------
    >>> finding = Finding("ZERO", "info", "head.weight", "all 0", "a draw", "It learns later.", "")
    >>> finding.code, finding.page
    ('ZERO', 'reference/findings.html#zero')
    """

    code: str
    severity: str
    where: str
    measured: str | float
    expected: str | float
    reason: str
    fix: str
    count: int = 1
    numbers: dict = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        arguments.choice(self.code, CODES, "code")
        arguments.choice(self.severity, SEVERITIES, "severity")

    @property
    def page(self) -> str:
        """Where the book explains the code."""
        return CODES[self.code].page

    @property
    def title(self) -> str:
        """The code in a few words."""
        return CODES[self.code].title

    def to_dict(self) -> dict:
        """The fields and the page, as JSON can hold them."""
        return asdict(self) | {"page": self.page}


def found(
    code: str,
    where: str,
    measured: str | float,
    expected: str | float,
    reason: str,
    fix: str,
    *,
    severity: str | None = None,
    count: int = 1,
    **numbers: object,
) -> Finding:
    """A finding with the usual severity of its code, unless another is given."""
    usual = CODES[code].severity
    return Finding(code, severity or usual, where, measured, expected, reason, fix, count, numbers)


def gravest_first(findings: list[Finding]) -> list[Finding]:
    """The findings by severity; those of one severity stay in their order."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
