"""One line for a test: this model starts as it should."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from fnmatch import fnmatchcase

from torch import nn

from netinit._checks import arguments
from netinit.reporting.findings import CODES, SEVERITIES, Finding
from netinit.reporting.report import Report
from netinit.torch.checking.check import check
from netinit.torch.checking.running import Loss

__all__ = ["assert_initialized"]


def assert_initialized(
    model: nn.Module,
    batch: object,
    *,
    allow: Iterable[str] = (),
    at_least: str = "error",
    loss: Loss | None = None,
    target: object = None,
    steps: int = 30,
) -> Report:
    """Check a model, and raise an AssertionError that shows what was found.

    Parameters
    ----------
    model, batch, loss, target, steps
        As for `check`.
    allow : iterable of str
        What may be found all the same: a code (``"DEAD"``) for the whole model, a pattern of names
        (``"head.*"``, with the wildcards ``*`` and ``?``) for all codes, or both
        (``"DEAD:encoder.*"``). A finding about several places is allowed if each of them is.
    at_least : {"error", "warning", "info"}
        The mildest severity that fails.

    Returns
    -------
    Report
        That of `check`, if nothing failed.

    Raises
    ------
    AssertionError
        If something was found that is not allowed.
    TypeError, ValueError
        If an allowance is no text, a code or a severity unknown.
    """
    at_least = arguments.choice(at_least, SEVERITIES, "at_least")
    allowances = [_allowance(each) for each in ([allow] if isinstance(allow, str) else allow)]
    report = check(model, batch, loss=loss, target=target, steps=steps)
    grave = SEVERITIES[: SEVERITIES.index(at_least) + 1]
    left = [f for f in report.findings if f.severity in grave and not _is_allowed(f, allowances)]
    if left:
        shown = Report(report.title, report.columns, report.rows, left, facts=report.facts)
        raise AssertionError(f"the model does not start as it should\n{shown}")
    return report


def _allowance(text: str) -> tuple[str, str]:
    """A code and a pattern of names; "*" stands for all codes, or all names."""
    if not isinstance(text, str) or not text:
        raise TypeError(f"allow must hold texts such as 'DEAD' or 'DEAD:head.*', not {text!r}")
    code, colon, pattern = text.partition(":")
    if code in CODES:
        return code, pattern or "*"
    if colon or text.replace("-", "").isupper():
        near = difflib.get_close_matches(code.upper(), CODES, n=1)
        hint = f": did you mean {near[0]!r}?" if near else f"; there are {', '.join(CODES)}"
        raise ValueError(f"allow has the code {code!r}, which is unknown{hint}")
    return "*", text


def _is_allowed(finding: Finding, allowances: list[tuple[str, str]]) -> bool:
    names = finding.numbers.get("names") or [finding.where]
    patterns = [pattern for code, pattern in allowances if code in ("*", finding.code)]
    return all(any(fnmatchcase(name, pattern) for pattern in patterns) for name in names)
