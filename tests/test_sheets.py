"""The summary sheets: one page each, all of it there, said as the chapters say it."""

import re
import sys

import pikepdf
import pypdf
import pytest
from project import ROOT

sys.path.insert(0, str(ROOT / "book"))

from volume import offer, sheet, sheet_text, source
from volume.tex import mathtext

SHEETS = {one.name: one for one in sheet_text.sheets(ROOT)}
FONTS = ("STIX", "DejaVu")
A3 = (420, 297)  # mm


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Draw every sheet once; return its files by name and kind."""
    folder, about = tmp_path_factory.mktemp("sheets"), source.facts(ROOT, "https://example.org/")
    paths = [path for one in SHEETS.values() for path in sheet.save(one, about, folder)]
    return {path.name: path for path in paths}


def text_of(path):
    """The words of a page in one line, without the breaks that columns bring."""
    (page,) = pypdf.PdfReader(path).pages
    return " ".join(page.extract_text().split())


def test_the_site_offers_each_file(files):
    assert set(files) <= set(offer.FILES)
    assert len(files) == 4


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_is_one_page_of_a3(files, name):
    (page,) = pypdf.PdfReader(files[f"{name}.pdf"]).pages
    size = [float(length) / 72 * 25.4 for length in page.mediabox[2:]]
    assert size == pytest.approx(A3, abs=0.1)
    svg = files[f"{name}.svg"].read_text("utf-8")
    found = re.search(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"|<svg ', svg)
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found
    assert [float(length) / 72 * 25.4 for length in view.groups()] == pytest.approx(A3, abs=0.1)
    assert max(files[f"{name}.{kind}"].stat().st_size for kind in ("pdf", "svg")) < 1_000_000


@pytest.mark.parametrize("name", SHEETS)
def test_all_words_are_on_the_page_and_can_be_found(files, name):
    text = text_of(files[f"{name}.pdf"])
    shown = SHEETS[name]
    wanted = [shown.title, shown.advice]
    wanted += [sentence for part in shown.sections for sentence in part.sentences]
    wanted += [start for _, start in shown.advised]
    words = {
        word for one in wanted for word in re.findall(r"[A-Za-z]{4,}", re.sub(r"\$.*?\$", "", one))
    }
    assert len(words) > 150
    assert {word for word in words if word not in text} == set()


@pytest.mark.parametrize("name", SHEETS)
def test_fonts_are_those_of_the_book_and_embedded(files, name):
    with pikepdf.open(files[f"{name}.pdf"]) as pdf:
        fonts = [one for one in pdf.pages[0].Resources.Font.values()]
        assert fonts
        for one in fonts:
            assert any(family in str(one.BaseFont) for family in FONTS), one.BaseFont
            described = one.DescendantFonts[0] if "/DescendantFonts" in one else one
            assert any("/FontFile" in key for key in described.FontDescriptor)
    assert "<text" not in files[f"{name}.svg"].read_text("utf-8")  # its letters are shapes


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_leaves_its_column_or_the_page(name):
    size, columns = sheet.fitted(SHEETS[name])
    assert size >= 8  # points on A3: 5.7 if it is printed on A4
    width = (sheet.WIDTH - 2 * sheet.MARGIN - (sheet.COLUMNS - 1) * sheet.GUTTER) / sheet.COLUMNS
    assert len(columns) <= sheet.COLUMNS
    for column in columns:
        for line in (line for block in column for line in block):
            assert line.indent + sheet.extent(line.text, line.size, line.bold)[0] <= width + 0.5
        tall = sum(sheet.height(block) + 0.9 * size for block in column)
        assert tall <= sheet.HEIGHT - sheet.MARGIN - sheet.HEAD - sheet.FOOT


def test_every_chapter_is_on_a_sheet():
    numbers = [part.number for one in SHEETS.values() for part in one.sections]
    chapters = sorted(int(path.name[:2]) for path in (ROOT / "chapters").glob("[0-9]*.ipynb"))
    assert numbers == chapters


def test_a_formula_that_its_chapter_does_not_have_is_refused():
    asked = {"name": "04_vanishing_exploding", "formulas": ["e = mc^2"]}
    with pytest.raises(sheet_text.NotInTheBook, match="04_vanishing_exploding: 0 displayed"):
        sheet_text.section(ROOT, asked)
    with pytest.raises(sheet_text.NotInTheBook, match="0 symbols have xyz"):
        sheet_text.symbol(ROOT, "xyz")


def test_a_sheet_that_says_too_much_is_refused():
    (first, *_) = SHEETS.values()
    crowded = sheet_text.Sheet(**{**vars(first), "sections": first.sections * 3})
    with pytest.raises(sheet.TooMuch, match="say less"):
        sheet.fitted(crowded)


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        ("*Loss*: near [Chapter 1](a.ipynb), in `f(x)`.", "Loss: near Chapter 1, in f(x)."),
        ("where *q* is (see [there](b.md)) **small**", "where $q$ is small"),
        ("(1 + t₀)⁻³", "(1 + t$_{0}$)$^{-3}$"),
    ],
)
def test_a_sentence_loses_the_marks_of_markdown(markdown, said):
    assert sheet_text.plain(markdown) == said


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        (r"\frac q2 + \tfrac12", r"\frac{q}{2} + \frac{1}{2}"),
        (r"\sqrt{\frac{q}{\sqrt q z}}", r"\sqrt{\frac{q}{\sqrt{q} z}}"),
        (r"\Bigl(a \le b\Bigr) \left(c\right)", r"(a \leq b) \left(c\right)"),
        (r"\frac{\frac1n}{2}", r"\frac{\frac{1}{n}}{2}"),
    ],
)
def test_tex_is_said_in_the_words_of_mathtext(tex, said):
    assert mathtext(tex) == said
