"""The book to take home, without a browser: its order, its facts, its links in the site."""

import contextlib
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))

import epub
import pdf
from netbook import cite
from volume import epub as packed
from volume import offer, paper, prepare, source

ROOT = Path(__file__).parents[1]


def written(root, name, content):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


PARTS = """
format: jb-book
root: index
parts:
- caption: First
  chapters:
  - file: chapters/01_a.ipynb
- caption: To look things up
  chapters:
  - file: reference/index
    sections:
    - file: reference/api/a.fans
"""
CHAPTERS = "format: jb-book\nroot: index.md\nchapters:\n- file: chapters/01_a\n"


def test_the_order_is_that_of_the_table_of_contents(tmp_path):
    written(tmp_path, "_toc.yml", PARTS)
    assert source.places(tmp_path) == [
        source.Place("index"),
        source.Place("chapters/01_a", "First"),
        source.Place("reference/index", "To look things up"),
        source.Place("reference/api/a.fans", depth=1),
    ]
    assert source.places(tmp_path)[-1].key == "reference-api-a-fans"
    written(tmp_path, "_toc.yml", CHAPTERS)
    assert [place.name for place in source.places(tmp_path)] == ["index", "chapters/01_a"]


def test_the_keys_of_the_book_s_pages_differ():
    places = source.places(ROOT)
    assert len({place.key for place in places}) == len(places) > 60


def test_the_facts_are_those_of_the_project():
    about = source.facts(ROOT)
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'version = "{about.version}"' in pyproject
    assert about.title == "Network Initialization"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", about.date)
    assert about.address == ""
    assert source.facts(ROOT, "https://book.example/x").address == "https://book.example/x/"


@pytest.mark.parametrize("command", [pdf, epub])
def test_without_a_site_it_is_said_how_to_make_one(command, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "running", contextlib.nullcontext)
    assert command.main(["--site", str(tmp_path / "html")]) == 1
    assert "make book" in capsys.readouterr().err


SITE = '<html data-root="{}"><body><footer><!-- to take home --><!-- end --></footer></body></html>'


def test_the_site_offers_what_has_been_made_and_nothing_else(tmp_path):
    site = tmp_path / "html"
    pages = [written(site, "index.html", SITE.format("./"))]
    pages.append(written(site, "chapters/a.html", SITE.format("../")))
    assert offer.offer(site, []) == []
    assert [page.read_text() for page in pages] == [SITE.format("./"), SITE.format("../")]
    book = written(tmp_path, "netinit.epub", "x" * 1_230_000)
    for _ in range(2):
        assert offer.offer(site, [book]) == ["netinit.epub"]
        texts = [page.read_text() for page in pages]
        assert [text.count("netinit.epub") for text in texts] == [1, 1]
    assert '<a href="../netinit.epub" download>EPUB, 1.2 MB</a>' in texts[1]
    assert "PDF" not in texts[1]
    sheet = written(tmp_path, "netinit-a4.pdf", "x")
    assert offer.offer(site, [sheet]) == ["netinit-a4.pdf", "netinit.epub"]
    assert 'href="./netinit-a4.pdf"' in pages[0].read_text()
    poster = written(tmp_path, "netinit-part-2.svg", "x")
    assert offer.offer(site, [poster])[-1] == "netinit-part-2.svg"
    said = (
        '<p>Each part on one sheet: <a href="./netinit-part-2.svg" download>Part II (SVG), 0.0 MB'
    )
    assert said in pages[0].read_text()
    (site / "netinit.epub").unlink()
    offer.offer(site, [])
    assert "epub" not in pages[0].read_text()


def page(key="chapters/01_a", part="", answers=()):
    heading = (prepare.Heading(1, "a", 'On "A" & B'), prepare.Heading(2, "b", "More"))
    body = '<article xmlns="http://www.w3.org/1999/xhtml" class="page x"><h1>On</h1></article>'
    return prepare.Page(source.Place(key, part), "Chapter 1", heading, body, answers, ())


FOLDED = prepare.Folded(
    "x-answers-1",
    "Exercise 1.1",
    "Solution",
    '<div xmlns="http://www.w3.org/1999/xhtml" id="x-answers-1"><p>42</p></div>',
)


def test_the_outline_nests_sections_in_pages_and_pages_in_parts():
    pages = [page("index"), page(part="Part I", answers=(FOLDED,))]
    found = [(entry.depth, entry.text) for entry in paper.entries(pages)]
    called = 'Chapter 1: On "A" & B'
    assert found == [
        *((0, called), (1, "More"), (0, "Part I"), (1, called), (2, "More")),
        *((0, paper.ANSWERS), (1, called)),
    ]


def test_a_page_number_is_written_wherever_it_is_asked_for():
    about = source.facts(ROOT)
    prepared = prepare.Prepared((page(answers=(FOLDED,)),), "")
    blank, filled = (
        paper.document(prepared, about, paper.PAPERS["a4"], ROOT, numbers)
        for numbers in ({}, {"chapters-01_a": 7, "x-answers-1-from": 9})
    )
    assert 'data-page-of="chapters-01_a"></span>' in blank
    assert 'data-page-of="chapters-01_a">7</span>' in filled
    assert 'data-page-of="x-answers-1-from">9</span>' in filled
    assert "210mm 297mm" in filled
    assert 'content: "Chapter 1: On ”A” &amp; B"' in filled


def test_a_link_that_leads_nowhere_is_an_error_of_the_epub(tmp_path):
    lost = page().body.replace("<h1>On</h1>", '<a href="#lost">x</a>')
    broken = prepare.Page(source.Place("a"), "", page().headings, lost, (), ())
    with pytest.raises(packed.BrokenBook, match="a: nothing is called lost"):
        packed.pack(tmp_path / "x.epub", [broken], source.facts(ROOT), tmp_path, b"")


BOOK = {"title": "A & B", "author": "The authors", "version": "1.2", "year": "2030", "address": ""}


def test_a_page_is_cited_with_its_chapter_and_the_version_of_the_book():
    entry = cite.bibtex("chapters/03_random_scale", "On a_b", BOOK)
    assert entry.splitlines() == [
        "@misc{netinit2030-03-random-scale,",
        "  author = {{The authors}},",
        r"  title = {{On a\_b}},",
        r"  howpublished = {Chapter 3 of \emph{A \& B}},",
        "  year = {2030},",
        "  note = {Version 1.2},",
        "}",
    ]
    there = cite.bibtex("index", "On", {**BOOK, "address": "https://book.example/"})
    assert "  url = {https://book.example/index.html}," in there
    assert r"howpublished = {A page of \emph{A \& B}}" in there


def test_bibtex_reads_the_entry():
    pybtex = pytest.importorskip("pybtex.database")
    text = cite.bibtex("reference/api/theory.finite_width", "netinit.theory.finite_width", BOOK)
    (entry,) = pybtex.parse_string(text, "bibtex").entries.values()
    assert entry.fields["note"] == "Version 1.2"
    assert [str(person) for person in entry.persons["author"]] == ["{The authors}"]


def test_a_book_that_does_not_say_its_version_is_not_cited(tmp_path):
    assert cite.facts(tmp_path, None) is None
