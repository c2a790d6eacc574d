"""A report in a notebook: a table whose columns carry a small line over the rows."""

import math
from html import escape
from typing import TYPE_CHECKING

from netinit.reporting.words import counted, shown
from netinit.style import PAGE_COLORS, ROLES

if TYPE_CHECKING:
    from netinit.reporting.findings import Finding
    from netinit.reporting.report import Report

_WIDTH, _HEIGHT, _MARGIN = 72, 18, 2  # of a sparkline, in pixels
_LOGARITHMIC = 20  # a column that spans more than this factor has a logarithmic axis
_COLORS = {
    "ink": PAGE_COLORS["ink"],
    "soft": PAGE_COLORS["soft"],
    "line": PAGE_COLORS["line"],
    "raised": PAGE_COLORS["raised"],
    "error": PAGE_COLORS["warm"],
    "spark": ROLES["forward"],
}
_RULES = """
.ni-report { color: var(--ni-r-ink); font-size: 0.9em; line-height: 1.4; }
.ni-report .ni-r-scroll { overflow: auto; max-height: 32em; }
.ni-report table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.ni-report caption { text-align: left; font-weight: 600; padding: 0.3em 0; color: inherit; }
.ni-report th, .ni-report td {
  padding: 0.2em 0.7em; border-bottom: 1px solid var(--ni-r-line); color: inherit;
  text-align: left; vertical-align: bottom; font-weight: normal; background: none;
}
.ni-report thead th { font-weight: 600; }
.ni-report .ni-r-number { text-align: right; }
.ni-report svg { display: block; margin-left: auto; }
.ni-report polyline { fill: none; stroke: var(--ni-r-spark); stroke-width: 1.5; }
.ni-report ul { list-style: none; margin: 0.6em 0; padding: 0; }
.ni-report li { margin: 0.4em 0; padding: 0.3em 0.7em; background: var(--ni-r-raised); }
.ni-report .ni-r-error { border-left: 3px solid var(--ni-r-error); }
.ni-report .ni-r-soft { color: var(--ni-r-soft); }
""".strip()


def page(report: "Report") -> str:
    """The report as a fragment of HTML that carries its own style."""
    facts = "".join(
        f"<dt>{escape(k)}</dt><dd>{escape(shown(v))}</dd>" for k, v in report.facts.items()
    )
    said = "".join(_finding(finding) for finding in report.findings)
    return (
        f"<style>{_style()}</style>"
        '<div class="ni-report">'
        f"{_table(report)}"
        + (f"<dl>{facts}</dl>" if facts else "")
        + (f"<ul>{said}</ul>" if said else "<p>Nothing was found.</p>")
        + "</div>"
    )


def _style() -> str:
    """Light colors, dark ones where the reader's system or page is dark, and the rules."""

    def colors(which: str) -> str:
        return "".join(f"--ni-r-{key}: {getattr(c, which)};" for key, c in _COLORS.items())

    lights = '[data-theme="light"] .ni-report, [data-jp-theme-light="true"] .ni-report'
    darks = '[data-theme="dark"] .ni-report, [data-jp-theme-light="false"] .ni-report'
    return (
        f".ni-report {{ {colors('light')} }}\n"
        f"@media (prefers-color-scheme: dark) {{ .ni-report {{ {colors('dark')} }} }}\n"
        f"{lights} {{ {colors('light')} }}\n{darks} {{ {colors('dark')} }}\n{_RULES}"
    )


def _table(report: "Report") -> str:
    columns = {key: [row.get(key) for row in report.rows] for key in report.columns}
    head = "".join(_header(key, values) for key, values in columns.items())
    body = "".join(f"<tr>{_row(report, row, columns)}</tr>" for row in report.rows)
    label = escape(report.title, quote=True)
    return (
        f'<div class="ni-r-scroll" role="region" tabindex="0" aria-label="{label}">'
        f"<table><caption>{escape(report.title)} ({counted(len(report.rows), 'row')})</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(report: "Report", row: dict, columns: dict[str, list]) -> str:
    first, *others = report.columns
    cells = [f'<th scope="row">{escape(shown(row.get(first)))}</th>']
    for key in others:
        kind = ' class="ni-r-number"' if _numbers(columns[key]) else ""
        cells.append(f"<td{kind}>{escape(shown(row.get(key)))}</td>")
    return "".join(cells)


def _header(key: str, values: list) -> str:
    numbers = _numbers(values)
    kind = ' class="ni-r-number"' if numbers else ""
    return f'<th scope="col"{kind}>{escape(key)}{_sparkline(key, numbers)}</th>'


def _numbers(values: list) -> list[float]:
    """The finite numbers of a column, or none if it holds anything but numbers."""
    there = [value for value in values if value is not None]
    if not all(isinstance(value, int | float) for value in there):
        return []
    return [float(value) for value in there if math.isfinite(value)]


def _sparkline(key: str, numbers: list[float]) -> str:
    """A line over the rows, and the same in words."""
    if len(numbers) < 2 or min(numbers) == max(numbers):
        return ""
    low, high = min(numbers), max(numbers)
    logarithmic = low > 0 and high / low > _LOGARITHMIC
    heights = [math.log(n) for n in numbers] if logarithmic else numbers
    bottom, span = min(heights), max(heights) - min(heights)
    step = (_WIDTH - 2 * _MARGIN) / (len(numbers) - 1)
    rise = (_HEIGHT - 2 * _MARGIN) / span
    points = " ".join(
        f"{_MARGIN + i * step:.1f},{_HEIGHT - _MARGIN - (h - bottom) * rise:.1f}"
        for i, h in enumerate(heights)
    )
    words = f"{key}, row by row: from {shown(numbers[0])} to {shown(numbers[-1])}, "
    words += f"between {shown(low)} and {shown(high)}"
    words += ", on a logarithmic axis" if logarithmic else ""
    return (
        f'<svg role="img" aria-label="{escape(words, quote=True)}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"><polyline points="{points}"/></svg>'
    )


def _finding(finding: "Finding") -> str:
    places = f" (and {finding.count - 1} more)" if finding.count > 1 else ""
    fix = f"<br>Fix: <code>{escape(finding.fix)}</code>" if finding.fix else ""
    return (
        f'<li class="ni-r-{finding.severity}"><strong>{finding.severity} {finding.code}</strong> '
        f"<code>{escape(finding.where)}</code>{places}: measured {escape(shown(finding.measured))}"
        f", expected {escape(shown(finding.expected))}. {escape(finding.reason)}{fix}"
        f'<br><span class="ni-r-soft">{escape(finding.title)}; see {finding.page}</span></li>'
    )
