"""What the build publishes holds the problem sets and none of their solutions or hidden tests."""

import html
import re
import zipfile

import pytest

from assignments.problem_sets.sets import problem_sets
from tests.assignments.test_problem_sets import secret_lines
from tests.project import ROOT

SITE = ROOT / "_build" / "html"
SETS = problem_sets()
TEXTS = (".html", ".ipynb", ".js", ".json", ".txt", ".inv", ".md", ".py", ".toml")
STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")


def as_read(text):
    """A page's words without markup, JSON, escapes or curly quotes, and without white space."""
    text = html.unescape(re.sub(r"<[^>]+>", "", text)).replace("\\n", "\n").replace('\\"', '"')
    return re.sub(r"\s+", "", text.translate(STRAIGHT))


@pytest.fixture(scope="module")
def published():
    """The text of every file of the built site, those in its zips too."""
    if not (SITE / "assignments" / "index.html").is_file():
        pytest.skip("the book is not built: make book")
    texts = {}
    for path in SITE.rglob("*"):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if name.endswith(TEXTS)]
                texts |= {
                    f"{path.name}/{name}": as_read(archive.read(name).decode()) for name in names
                }
        elif path.suffix in TEXTS:
            name = path.relative_to(SITE).as_posix()
            texts[name] = as_read(path.read_text("utf-8", errors="replace"))
    return texts


@pytest.mark.parametrize("one", SETS.values(), ids=SETS)
def test_a_page_and_a_notebook_of_each_set_are_published(published, one):
    title = as_read(one.title())
    for name in (f"{one.name}.html", f"{one.name}.ipynb"):
        assert title in published[f"assignments/release/{name}"]
    assert (
        f"netinit-notebooks.zip/netinit-notebooks/assignments/release/{one.name}.ipynb" in published
    )


@pytest.mark.parametrize("one", SETS.values(), ids=SETS)
def test_no_line_of_a_solution_or_a_hidden_test_is_published(published, one):
    lines = [as_read(line) for line in secret_lines(one)]
    own = {name: text for name, text in published.items() if one.name in name}
    assert len(own) >= 3
    found = {name: line for name, text in own.items() for line in lines if line in text}
    assert found == {}


def test_no_source_and_no_note_is_published(published):
    assert [name for name in published if "assignments/source" in name or "/notes/" in name] == []
    for name, text in published.items():
        if not name.endswith(("guide.html", "search-text.js")):
            assert "BEGINHIDDENTESTS" not in text, name
            assert "BEGINSOLUTION" not in text, name


def test_the_check_finds_a_secret_where_there_is_one(published):
    line = secret_lines(SETS["ps1"])[0]
    page = f'<span class="n">{html.escape(line).replace(" ", "</span> <span>")}</span>'
    assert as_read(line) in as_read(page)
