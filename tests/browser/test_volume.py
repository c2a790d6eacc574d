"""The book to take home: some pages printed and packed by day, the whole at night."""

import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))

import epub
import pdf
from volume import finish, paper, prepare, source

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
# A chapter with explorers, figures, questions and exercises; a wide table; a page of the API.
SOME = {
    "index",
    "laboratory",
    "chapters/03_random_scale",
    "chapters/references",
    "reference/frameworks",
    "reference/api/losses",
}
LARGEST = 10_000_000  # bytes
XHTML = "{http://www.w3.org/1999/xhtml}"
MATH = "{http://www.w3.org/1998/Math/MathML}math"
SVG = "{http://www.w3.org/2000/svg}svg"
CHECKER = Path("/usr/share/java/epubcheck.jar")
ADDRESS = "https://book.example/"


def some_places():
    return [place for place in source.places(ROOT) if place.name in SOME]


@pytest.fixture(scope="module")
def volume(browser, site, tmp_path_factory):
    """Some pages as a PDF, and what they were made of."""
    out = tmp_path_factory.mktemp("volume")
    about = source.facts(ROOT, "")
    (path,) = pdf.make(browser, site, some_places(), about, [paper.PAPERS["a4"]], out)
    return path


@pytest.fixture(scope="module")
def opened(volume):
    with pikepdf.open(volume) as document:
        yield document


@pytest.fixture(scope="module")
def words(volume):
    """The text of each printed page."""
    return [page.extract_text() for page in PdfReader(volume).pages]


@pytest.fixture(scope="module")
def prepared(browser, site, tmp_path_factory):
    """The same pages, as XHTML with MathML."""
    work = tmp_path_factory.mktemp("prepared")
    made = prepare.prepare(browser, site, some_places(), work, folded="appendix", math="mathml")
    return made.pages


@pytest.fixture(scope="module")
def book(browser, site, tmp_path_factory):
    """The same pages as an EPUB."""
    out = tmp_path_factory.mktemp("book")
    return epub.make(browser, site, some_places(), source.facts(ROOT, ADDRESS), out)


def tight(text):
    """The letters, with the two of a ligature apart."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def outline(document):
    with document.open_outline() as found:
        todo = [(0, item) for item in found.root]
        while todo:
            depth, item = todo.pop(0)
            yield depth, item.title, item.destination
            todo[:0] = [(depth + 1, child) for child in item.children]


def numbers(document):
    return {page.obj.objgen: number for number, page in enumerate(document.pages, 1)}


def check_pdf(document, pages):
    """Links arrive, the outline has every heading, pictures and formulas have words."""
    places = {name[1:] for name in document.Root.Dests}
    inner = [str(link.Dest)[1:] for link in finish.links(document) if "/Dest" in link]
    assert len(inner) > 100
    assert set(inner) <= places
    outer = [str(link.A.URI) for link in finish.links(document) if "/A" in link]
    assert [uri for uri in outer if "site.invalid" in uri or uri.startswith("file:")] == []
    assert any(uri.startswith("chapters/03_random_scale.html#fig") for uri in outer)
    assert any(uri.startswith("laboratory.html#v1&data=") for uri in outer)
    written = [title for _, title, _ in outline(document)]
    assert written == [entry.text for entry in paper.entries(pages)]
    kinds = {"/Figure": [], "/Formula": []}
    for thing in document.objects:
        if isinstance(thing, pikepdf.Dictionary) and thing.get("/S") in kinds:
            kinds[str(thing.S)].append(str(thing.get("/Alt", "")))
    assert [words for found in kinds.values() for words in found if not words.strip()] == []
    assert len(kinds["/Figure"]) > 5
    assert len(kinds["/Formula"]) > 50
    assert not any(words.startswith(finish.FORMULA) for words in kinds["/Figure"])
    assert document.Root.MarkInfo.Marked
    assert document.Root.Lang == "en"
    assert document.docinfo["/Title"] == "Network Initialization"


def missing_glyphs(document):
    """How often the first glyph of a font, which stands for one that it lacks, is drawn."""
    found = 0
    for page in document.pages:
        fonts = page.obj.Resources.get("/Font", {})
        composite = {name for name, font in fonts.items() if font.Subtype == "/Type0"}
        current = None
        for operands, operator in pikepdf.parse_content_stream(page, "Tf Tj TJ"):
            if str(operator) == "Tf":
                current = str(operands[0])
            elif current in composite:
                parts = operands[0] if str(operator) == "TJ" else operands
                for part in parts:
                    if isinstance(part, pikepdf.String):
                        codes = bytes(part)
                        found += sum(
                            codes[at : at + 2] == b"\0\0" for at in range(0, len(codes), 2)
                        )
    return found


def test_links_arrive_headings_are_in_the_outline_and_pictures_have_words(opened, prepared):
    check_pdf(opened, prepared)


def test_no_glyph_is_missing_from_the_print(opened):
    assert missing_glyphs(opened) == 0


def test_the_fonts_of_the_print_have_every_letter_of_the_book(prepared):
    known = set()
    for files in paper.FONTS.values():
        known |= set(TTFont(paper.font(files[0])).getBestCmap())
    text = "".join(
        "".join(ElementTree.fromstring(part).itertext())
        for page in prepared
        for part in (page.body, *(one.entry for one in (*page.answers, *page.code)))
    )
    unknown = {letter for letter in text if ord(letter) not in known and letter.isprintable()}
    assert unknown == set()


def test_a_missing_glyph_would_be_noticed():
    document = pikepdf.new()
    document.add_blank_page()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type0)
    document.pages[0].obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    document.pages[0].obj.Contents = document.make_stream(b"BT /F1 9 Tf <00410000> Tj ET")
    assert missing_glyphs(document) == 1


def test_the_contents_say_the_page_on_which_each_chapter_begins(opened, words, prepared):
    first = 1 + next(at for at, text in enumerate(words) if "Contents" in text[:40])
    assert first == 2
    found = numbers(opened)
    for page in prepared:
        number = found[opened.Root.Dests[f"/{page.place.key}"][0].objgen]
        assert number > first
        assert tight(page.title) in tight(words[number - 1])
        contents = tight("".join(words[first - 1 : number - 1]))
        assert f"{tight(page.called)}{number}" in contents


def test_the_outline_leads_to_the_page_of_each_heading(opened, words):
    found = numbers(opened)
    for _, title, place in outline(opened):
        heading = re.sub(r"^(Chapter \d+: |Part I+: )", "", title)
        if not title.startswith(("Part", "Problem sets", "Teaching")):
            assert tight(heading) in tight(words[found[place[0].objgen] - 1]), title


def test_the_cover_says_what_the_book_is_and_every_other_page_has_its_number(words):
    about = source.facts(ROOT)
    for part in (about.title, about.summary, about.author, about.version, about.date):
        assert tight(part) in tight(words[0])
    assert re.search(r"\b1\s*$", words[0]) is None
    for number, text in enumerate(words[1:], 2):
        assert re.search(rf"(?<!\d){number}(?!\d)", text), f"page {number}"
        assert len(text.split()) > 8, f"page {number} is nearly empty"


def test_the_doors_of_the_landing_page_are_not_cut(words):
    (page,) = [text for text in words if "Start with Chapter 1." in text]
    for end in ("a server or an account", "does by default", "one command that grades a class"):
        assert tight(end) in tight(page)


def test_a_figure_and_its_caption_are_on_one_page(opened, words):
    found = numbers(opened)
    anchors = [name for name in opened.Root.Dests if re.search(r"--fig-\d+-\d+$", name)]
    assert len(anchors) >= 4
    for name in anchors:
        number = ".".join(name.rsplit("-", 2)[1:])
        page = words[found[opened.Root.Dests[name][0].objgen] - 1]
        assert tight(f"Figure {number}") in tight(page)


def test_answers_stand_in_an_appendix_and_lead_back(opened, prepared):
    chapter = next(page for page in prepared if page.label == "Chapter 3")
    assert len(chapter.answers) >= 8
    assert [one.label for one in chapter.answers][:3] == [
        f"Quick questions, question {number}" for number in (1, 2, 3)
    ]
    assert any(one.label.startswith("Exercise 3.1") for one in chapter.answers)
    found = numbers(opened)
    for one in (*chapter.answers, *chapter.code):
        there, back = (opened.Root.Dests[f"/{id_}"] for id_ in (one.id, f"{one.id}-from"))
        assert found[there[0].objgen] > found[back[0].objgen]
        assert "<details" not in one.entry


def test_what_is_folded_can_stay_where_it_belongs(browser, site, tmp_path):
    place = [place for place in some_places() if place.name == "chapters/03_random_scale"]
    made = prepare.prepare(browser, site, place, tmp_path, folded="place", math="mathml")
    (page,) = made.pages
    assert page.answers == page.code == ()
    assert "<details" not in page.body
    assert page.body.count('class="unfolded-label"') >= 8
    assert "<math" in page.body
    assert made.math_styles == ""


def test_a_place_that_is_not_in_the_print_is_an_error(volume, tmp_path):
    missing = [paper.Entry(0, "Lost", "lost")]
    with pytest.raises(finish.BrokenVolume, match="not in the print: lost"):
        finish.finish(volume, tmp_path / "broken.pdf", missing, source.facts(ROOT))


# The EPUB


def texts(book):
    with ZipFile(book) as archive:
        return {
            Path(name).name: ElementTree.fromstring(archive.read(name))
            for name in archive.namelist()
            if name.endswith(".xhtml")
        }


def test_each_page_is_in_the_epub_without_a_script_and_pictures_have_words(book, prepared):
    found = texts(book)
    for page in prepared:
        tree = found[f"{page.place.key}.xhtml"]
        assert page.title in " ".join("".join(tree.itertext()).split())
    for name, tree in found.items():
        assert [tree.findall(f".//{XHTML}{tag}") for tag in ("script", "noscript", "details")] == [
            [],
            [],
            [],
        ], name
        assert all(image.get("alt", "").strip() for image in tree.iter(f"{XHTML}img")), name
        assert all(drawn.get("aria-label", "").strip() for drawn in tree.iter(SVG)), name
        assert all(one.get("alttext", "").strip() for one in tree.iter(MATH)), name
        assert "var(--" not in "".join(
            value
            for drawn in tree.iter(SVG)
            for part in drawn.iter()
            for value in part.attrib.values()
        )
    chapter = found["chapters-03_random_scale.xhtml"]
    assert len(list(chapter.iter(MATH))) > 50
    assert len(list(chapter.iter(SVG))) >= 2
    assert len(list(chapter.iter(f"{XHTML}img"))) >= 2
    assert not [word for word in chapter.itertext() if r"\(" in word]


def test_links_of_the_epub_arrive(book):
    found = texts(book)
    ids = {name: {part.get("id") for part in tree.iter()} for name, tree in found.items()}
    links = [
        (name, link.get("href")) for name, tree in found.items() for link in tree.iter(f"{XHTML}a")
    ]
    assert len(links) > 200
    for name, href in links:
        assert href, name
        if not re.match(r"[a-z]+:", href):
            file, _, anchor = href.partition("#")
            assert file in {"", *found}, href
            assert not anchor or anchor in ids[file or name], href
    assert f"{ADDRESS}chapters/03_random_scale.html#fig-3-1" in {href for _, href in links}


def test_the_epub_says_what_it_is(book):
    about = source.facts(ROOT)
    with ZipFile(book) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
        package = archive.read("EPUB/package.opf").decode()
        names = set(archive.namelist())
    for word in (about.title, about.author, about.version, "schema:accessibilitySummary", "MathML"):
        assert word in package
    assert re.search(r"urn:uuid:[0-9a-f-]{36}<", package)
    listed = {f"EPUB/{name}" for name in re.findall(r'href="([^"]+)"', package)}
    assert names - listed == {"mimetype", "META-INF/container.xml", "EPUB/package.opf"}
    assert listed <= names


def can_install():
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")


def checker():
    """The command of epubcheck, which is installed where that is possible."""
    if not CHECKER.is_file() and can_install():
        subprocess.run(["apt-get", "update"], check=False, capture_output=True)
        command = ["apt-get", "install", "--yes", "--no-install-recommends", "epubcheck"]
        subprocess.run(command, check=False, capture_output=True)
    if CHECKER.is_file() and shutil.which("java"):
        return ["java", "-jar", str(CHECKER)]
    if can_install() and os.environ.get("CI"):
        pytest.fail("epubcheck is missing and could not be installed: apt-get install epubcheck")
    return pytest.skip("epubcheck is missing (Debian: apt-get install epubcheck)")


def check_epub(path):
    done = subprocess.run([*checker(), str(path)], capture_output=True, text=True, check=False)
    assert "0 fatals / 0 errors / 0 warnings" in done.stdout + done.stderr, done.stderr[-3000:]
    assert done.returncode == 0


def test_epubcheck_has_no_complaint(book):
    check_epub(book)


def test_epubcheck_would_complain(book, tmp_path):
    broken = tmp_path / "broken.epub"
    with ZipFile(book) as old, ZipFile(broken, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename.endswith("chapters-03_random_scale.xhtml"):
                content = content.replace(b"<h1>", b"<h1 id='two words'>", 1)
            new.writestr(member, content)
    with pytest.raises(AssertionError):
        check_epub(broken)


# The whole


@pytest.mark.nightly
@pytest.mark.parametrize("name", paper.PAPERS)
def test_the_whole_book_is_printed(browser, site, tmp_path, name):
    order = source.places(ROOT)
    (path,) = pdf.make(browser, site, order, source.facts(ROOT, ""), [paper.PAPERS[name]], tmp_path)
    assert path.stat().st_size < LARGEST
    made = prepare.prepare(browser, site, order, tmp_path, folded="appendix", math="mathml")
    with pikepdf.open(path) as document:
        check_pdf(document, made.pages)
        assert missing_glyphs(document) == 0


@pytest.mark.nightly
def test_the_whole_book_is_packed_without_a_complaint(browser, site, tmp_path):
    order = source.places(ROOT)
    path = epub.make(browser, site, order, source.facts(ROOT, ""), tmp_path)
    assert path.stat().st_size < LARGEST
    assert {f"{place.key}.xhtml" for place in order} <= set(texts(path))
    check_epub(path)
