"""The page of the findings: its code runs, and it has every code as the package has it."""

import re

from project import ROOT

from netinit.torch import CODES

PAGE = (ROOT / "reference" / "findings.md").read_text("utf-8")
SECTION = re.compile(r"^### ([A-Z-]+)\n\n\*(\w+): (.+?)\.\* ", re.MULTILINE)


def test_each_code_has_a_section_with_its_severity_and_title():
    said = {code: (title, severity.lower()) for code, severity, title in SECTION.findall(PAGE)}
    assert said == {name: (code.title, code.severity) for name, code in CODES.items()}
    assert PAGE.count("\n### ") == len(CODES)


def test_findings_link_to_the_sections():
    for name, code in CODES.items():
        assert code.page == f"reference/findings.html#{name.lower()}"


def test_the_code_of_the_page_runs():
    known = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, known)
    # The check of the repaired model is in the page; the first one stays for a look here.
    assert not known["report"].ok
