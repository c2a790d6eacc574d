"""A report in a terminal, by rich."""

import io
from typing import TYPE_CHECKING

from netinit.reporting.words import shown

if TYPE_CHECKING:
    from netinit.reporting.findings import Finding
    from netinit.reporting.report import Report

_WIDTH = 120  # columns of a report that is printed and not shown by a console
_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def text(report: "Report") -> str:
    """The report as plain text."""
    from rich.console import Console

    # In a notebook rich would show the table, wherever the text was meant to go.
    paper = io.StringIO()
    console = Console(
        file=paper, width=_WIDTH, color_system=None, highlight=False, force_jupyter=False
    )
    console.print(renderable(report))
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines())


def renderable(report: "Report") -> object:
    """The report as rich shows it."""
    from rich.console import Group
    from rich.text import Text

    facts = [Text(f"{name}: {shown(value)}") for name, value in report.facts.items()]
    findings = [_finding(finding) for finding in report.findings] or [Text("Nothing was found.")]
    return Group(_table(report), *facts, *findings)


def _table(report: "Report") -> object:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=report.title, box=SIMPLE_HEAD, title_justify="left", pad_edge=False,
        collapse_padding=True,
    )  # fmt: skip
    # A terminal is narrow: what no row has takes no column.
    there = [c for c in report.columns if any(shown(row.get(c)) for row in report.rows)]
    columns = there or report.columns
    for column in columns:
        values = [row.get(column) for row in report.rows]
        table.add_column(column, justify="right" if _numeric(values) else "left", overflow="fold")
    for row in report.rows:
        table.add_row(*(Text(shown(row.get(column))) for column in columns))
    return table


def _numeric(values: list) -> bool:
    there = [value for value in values if value is not None]
    return bool(there) and all(isinstance(value, int | float) for value in there)


def _finding(finding: "Finding") -> object:
    from rich.text import Text

    places = f" (and {finding.count - 1} more)" if finding.count > 1 else ""
    line = Text()
    line.append(f"{finding.severity} {finding.code}", style=_STYLES[finding.severity])
    line.append(f" {finding.where}{places}: measured {shown(finding.measured)}")
    line.append(f", expected {shown(finding.expected)}\n  {finding.reason}")
    if finding.fix:
        line.append(f"\n  fix: {finding.fix}")
    return line
