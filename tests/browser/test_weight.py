"""What a first visit carries: the tables of a page, and the site as a whole."""

import json
import sys
from pathlib import Path

import pytest
from saved import explorers

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))

from volume import offer

from netinit.widgets import Explorer, Quiz
from netinit.widgets.budget import weight

pytestmark = pytest.mark.browser

TABLES = 250  # kB of one page's tables, as a web server sends them
FILES = 22_000_000  # bytes of a site of seventeen chapters, its notebooks too, before it is zipped


def test_the_tables_of_a_page_stay_within_their_budget(site):
    totals = {
        page.stem: sum(weight(saved.table) for saved in explorers(page))
        for page in sorted((site / "chapters").glob("*.html"))
    }
    assert any(totals.values()), "no page carries a table"
    assert {name: total for name, total in totals.items() if total > TABLES} == {}


def test_a_page_carries_each_script_once_however_many_widgets_it_has(site):
    for page in sorted((site / "chapters").glob("*.html")):
        text = page.read_text("utf-8")
        explorer, quiz = (set(script.splitlines()) for script in (Explorer._esm, Quiz._esm))
        for line in (max(explorer - quiz, key=len), max(quiz - explorer, key=len)):
            assert text.count(json.dumps(line)[1:-1].replace("</", "<\\/")) <= 1


def test_the_site_is_small_enough_to_carry(site):
    # The PDF and the EPUB, where they have been made, are not read in the browser; the engine is
    # not in the zip, and is loaded by whoever presses its button.
    files = [path for path in site.rglob("*") if path.is_file() and path.name not in offer.FILES]
    files = [path for path in files if site / "_static" / "engine" not in path.parents]
    assert sum(path.stat().st_size for path in files) < FILES
