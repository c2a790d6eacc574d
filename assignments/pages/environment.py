"""The templates of the pages."""

from pathlib import Path

import jinja2

from assignments.marks.rows import change, number

ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).resolve().parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters["number"] = number
ENVIRONMENT.filters["change"] = change
