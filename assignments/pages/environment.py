"""The templates of the pages."""

from pathlib import Path

import jinja2

from assignments.marks.rows import change, number

SIMILARITY = "similarity.html"  # the page of answers that are alike, beside the report

ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).resolve().parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters["number"] = number
ENVIRONMENT.filters["change"] = change
