"""A report: rows of numbers, findings, and how they are shown."""

import difflib
import json
import math
from collections.abc import Iterable, Mapping

from netinit.reporting import html, terminal
from netinit.reporting.findings import Finding, gravest_first
from netinit.reporting.words import counted, shown

__all__ = ["Report"]

Value = str | float | int | None


class Report:
    """What was seen of a model: a table, findings, and facts about the whole.

    A notebook shows it as HTML, `print` and rich as a table for a terminal.

    Parameters
    ----------
    title : str
    columns : sequence of str
        The keys of the rows that are shown, in order. The first is the name of the row.
    rows : iterable of dict
        One for each parameter or operation. A row may hold more than is shown, and lack a column.
        One that stands for several has their names under "names".
    findings : iterable of Finding
        They are kept the gravest first.
    facts : mapping, optional
        Single values about the whole model, such as its loss.

    Examples
    --------
    >>> report = Report("Weights", ["name", "std"], [{"name": "fc.weight", "std": 0.02}])
    >>> report["fc.weight"]["std"], report.ok
    (0.02, True)
    >>> print(report.to_markdown())
    **Weights**
    <BLANKLINE>
    | name | std |
    |---|---|
    | fc.weight | 0.02 |
    <BLANKLINE>
    Nothing was found.
    """

    def __init__(
        self,
        title: str,
        columns: Iterable[str],
        rows: Iterable[Mapping[str, Value]],
        findings: Iterable[Finding] = (),
        *,
        facts: Mapping[str, Value] | None = None,
    ) -> None:
        self.title = title
        self.columns = tuple(columns)
        self.rows = [dict(row) for row in rows]
        self.findings = gravest_first(list(findings))
        self.facts = dict(facts or {})

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def codes(self) -> set[str]:
        """The codes of all findings."""
        return {finding.code for finding in self.findings}

    def of(self, code: str) -> list[Finding]:
        """The findings of one code."""
        return [finding for finding in self.findings if finding.code == code]

    def __getitem__(self, name: str) -> dict[str, Value]:
        for row in self.rows:
            if row.get(self.columns[0]) == name or name in row.get("names", ()):
                return row
        names = [str(row.get(self.columns[0])) for row in self.rows]
        near = difflib.get_close_matches(str(name), names, n=3)
        hint = f": did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise KeyError(f"the report has no row named {name!r}{hint}")

    def __len__(self) -> int:
        return len(self.rows)

    def to_dict(self) -> dict:
        """All of it, as JSON can hold it; numbers that are not finite as "nan", "inf", "-inf"."""
        return _plain(
            {
                "title": self.title,
                "ok": self.ok,
                "facts": self.facts,
                "columns": list(self.columns),
                "rows": self.rows,
                "findings": [finding.to_dict() for finding in self.findings],
            }
        )

    def to_json(self, *, indent: int | None = 2) -> str:
        """`to_dict` as JSON."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def to_markdown(self) -> str:
        """The table and the findings in Markdown, as for a comment on a pull request."""
        lines = [f"**{_cell(self.title)}**", ""]
        lines += [f"- {_cell(name)}: {_cell(shown(value))}" for name, value in self.facts.items()]
        lines += [""] * bool(self.facts)
        lines += [_table_row(self.columns), "|" + "---|" * len(self.columns)]
        lines += [_table_row(shown(row.get(key)) for key in self.columns) for row in self.rows]
        lines += ["", *(_bullet(finding) for finding in self.findings)]
        return "\n".join(lines if self.findings else [*lines, "Nothing was found."])

    def __str__(self) -> str:
        return terminal.text(self)

    def __repr__(self) -> str:
        rows, findings = counted(len(self.rows), "row"), counted(len(self.findings), "finding")
        return f"<Report {self.title!r}: {rows}, {findings}>"

    def __rich__(self) -> object:
        return terminal.renderable(self)

    def _repr_html_(self) -> str:
        return html.page(self)


def _plain(value: object) -> object:
    """A value as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _cell(text: object) -> str:
    return " ".join(str(text).replace("|", "\\|").split())


def _table_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _bullet(finding: Finding) -> str:
    places = f" (and {finding.count - 1} more)" if finding.count > 1 else ""
    says = f"- **{finding.severity} {finding.code}** `{finding.where}`{places}: measured "
    says += f"{shown(finding.measured)}, expected {shown(finding.expected)}. {finding.reason}"
    return _cell(says + (f" Fix: `{finding.fix}`" if finding.fix else ""))
