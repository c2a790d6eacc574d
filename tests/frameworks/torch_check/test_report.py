"""Findings have stable codes, and a report says the same in every form."""

import html.parser
import json
import math

import pytest

import netinit.torch as nit
from netinit.reporting.findings import CODES, SEVERITIES, Finding, found

ROWS = [
    {"name": "a.weight", "std": 0.5, "law": "normal"},
    {"name": "b|c", "std": 0.001, "law": "<uniform>"},
    {"name": "d", "std": None, "law": "zero"},
]
MILD = found("ZERO", "d", "all 0", "a draw", "It may be meant.", "")
GRAVE = found("CLONES", "b|c", 2, 1, "Equal <units> stay equal.", "draw_(model.b)", count=3, n=4)


@pytest.fixture
def report():
    return nit.Report("A & B", ["name", "std", "law"], ROWS, [MILD, GRAVE], facts={"loss": 2.3026})


class Parts(html.parser.HTMLParser):
    """The tags of a page that are open at its end, and all its attributes and text."""

    def __init__(self, page):
        super().__init__()
        self.open, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.attributes.append((tag, dict(attributes)))
        if tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.attributes.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def of(self, tag):
        return [attributes for name, attributes in self.attributes if name == tag]


def test_every_code_has_a_title_a_severity_and_a_page_of_its_own():
    assert all(code.title and code.severity in SEVERITIES for code in CODES.values())
    assert len({code.page for code in CODES.values()}) == len(CODES)


@pytest.mark.parametrize(("code", "severity"), [("CLONE", "error"), ("CLONES", "warn")])
def test_an_unknown_code_or_severity_is_refused_with_those_there_are(code, severity):
    with pytest.raises(ValueError, match=r"unknown: .*'(CLONES|warning)'"):
        Finding(code, severity, "a", 1, 2, "", "")


def test_a_finding_can_be_hashed_and_compared():
    assert found("CLONES", "b|c", 2, 1, GRAVE.reason, GRAVE.fix, count=3, n=4) == GRAVE
    assert len({GRAVE, MILD, GRAVE}) == 2


def test_the_gravest_finding_comes_first_and_decides(report):
    assert [finding.code for finding in report.findings] == ["CLONES", "ZERO"]
    assert not report.ok
    assert nit.Report("", ["name"], [], [MILD]).ok
    assert report.codes == {"CLONES", "ZERO"}
    assert report.of("ZERO") == [MILD]


def test_a_row_is_found_by_its_name_and_a_wrong_name_gets_the_nearest(report):
    assert report["a.weight"]["std"] == 0.5
    with pytest.raises(KeyError, match=r"did you mean 'a\.weight'"):
        report["a.weigth"]


def test_json_holds_all_of_it_and_numbers_that_are_not_finite():
    rows = [{"name": "x", "std": math.nan, "top": math.inf, "shape": (2, 3)}]
    said = json.loads(nit.Report("T", ["name"], rows, [GRAVE]).to_json())
    assert said["rows"] == [{"name": "x", "std": "nan", "top": "inf", "shape": [2, 3]}]
    assert said["findings"][0]["numbers"] == {"n": 4}
    assert said["findings"][0]["page"].endswith("#clones")
    assert said["ok"] is False


def test_markdown_has_a_cell_for_each_column_whatever_the_names(report):
    lines = report.to_markdown().splitlines()
    table = [line.replace("\\|", "") for line in lines if line.startswith("|")]
    assert [line.count("|") for line in table] == [4] * 5
    assert "- loss: 2.3" in lines
    assert any("error CLONES" in line and "(and 2 more)" in line for line in lines)


def test_the_terminal_shows_rows_facts_findings_and_nothing_as_markup():
    rows = [{"name": "[bold]x[/bold]", "std": 0.25}]
    text = str(nit.Report("[red]T", ["name", "std"], rows, [GRAVE], facts={"loss": 1.5}))
    for part in ("[bold]x[/bold]", "0.25", "loss: 1.5", "error CLONES b|c (and 2 more)"):
        assert part in text
    assert "Nothing was found" in str(nit.Report("T", ["name"], rows))


def test_the_text_of_a_report_stays_text_in_a_notebook(report, monkeypatch):
    outside = str(report)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert str(report) == outside
    assert "a.weight" in outside


def test_html_is_well_formed_and_escapes_what_it_is_given(report):
    parts = Parts(report._repr_html_())
    assert parts.open == []
    assert "<uniform>" in parts.text
    assert "Equal <units> stay equal." in parts.text


def test_html_says_in_words_what_it_draws_and_names_rows_and_columns(report):
    parts = Parts(report._repr_html_())
    assert [a["scope"] for a in parts.of("th")] == ["col"] * 3 + ["row"] * 3
    (spark,) = parts.of("svg")
    assert spark["role"] == "img"
    assert spark["aria-label"].startswith("std, row by row: from 0.5 to 0.001, between")
    assert spark["aria-label"].endswith("logarithmic axis")
    assert len(parts.of("caption")) == 1
    assert "A & B (3 rows)" in parts.text


def test_html_has_colors_for_light_and_dark(report):
    page = report._repr_html_()
    for mark in ("prefers-color-scheme: dark", 'data-theme="dark"', 'data-jp-theme-light="false"'):
        assert mark in page


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0], [math.nan, 1.0], ["a", 1.0], [None]])
def test_a_column_without_two_different_numbers_has_no_line(values):
    rows = [{"name": str(i), "x": value} for i, value in enumerate(values)]
    assert "<svg" not in nit.Report("T", ["name", "x"], rows)._repr_html_()
