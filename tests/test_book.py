"""What turns chapters into pages: each transform on good input and on bad."""

import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import nbformat
import pytest
import yaml
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from sphinx.errors import ExtensionError
from sphinx_external_toc.parsing import parse_toc_data

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))

import build
import screenshot
from netbook import (
    archives,
    boxes,
    figures,
    fingerprints,
    folds,
    frameworks,
    freshness,
    markup,
    names,
    offline,
    pages,
    search,
    svg,
    tables,
    widgets,
)

ROOT = Path(__file__).parents[1]
PICTURE = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
     width="72pt" height="36pt" viewBox="0 0 72 36">
 <title>A falling line.</title><metadata>made by</metadata>
 <defs><style>*{stroke: red}</style><clipPath id="c"><rect width="9" height="9"/></clipPath></defs>
 <path id="a" style="stroke: #0072b2; fill: #000000" clip-path="url(#c)"/>
 <use xlink:href="#a" style="stroke: #123456"/>
 <text style="font-size: 9.5px; font-family: 'DejaVu Sans', 'Arial', sans-serif">layer</text>
</svg>"""


def document(*children):
    made = new_document("page", get_default_settings())
    made.extend(children)
    return made


def paragraph(*words):
    return nodes.paragraph("", "", *words)


def strong(text):
    return nodes.strong("", text)


def cell(*mimes, hide=None):
    bundle = nodes.container("", nb_element="mime_bundle")
    for mime in mimes:
        bundle += nodes.container("", nodes.literal_block("", "shown"), mime_type=mime)
    source = nodes.container("", nodes.literal_block("", "code"), nb_element="cell_code_source")
    output = nodes.container("", bundle, nb_element="cell_code_output")
    made = nodes.container("", source, output, nb_element="cell_code")
    if hide:
        made["hide_mode"] = hide
    return made


# Pictures


def test_an_inlined_picture_follows_the_theme_and_says_what_it_shows():
    drawn = svg.inline(PICTURE, prefix="p3-")
    assert 'aria-label="A falling line."' in drawn
    assert 'role="img"' in drawn
    assert "stroke: var(--ni-forward); fill: currentColor" in drawn
    assert "stroke: #123456" in drawn


def test_an_inlined_picture_keeps_its_ids_and_styles_to_itself():
    drawn = svg.inline(PICTURE, prefix="p3-")
    assert 'id="p3-a"' in drawn
    assert 'href="#p3-a"' in drawn
    assert "url(#p3-c)" in drawn
    for leak in ("<style", "<title", "metadata", "xlink", "<?xml", "red"):
        assert leak not in drawn


def test_an_inlined_picture_takes_its_size_and_type_from_the_page():
    drawn = svg.inline(PICTURE, prefix="")
    assert "--width: 96px" in drawn
    assert "font-size: calc(9.5px * var(--type, 1)); font-family: var(--sans)" in drawn


def formula(*starts):
    glyphs = "\n".join(f'<tspan x="{x}" y="0">{i}</tspan>' for i, x in enumerate(starts))
    return PICTURE.replace(">layer</text>", f">{glyphs}</text>")


def test_the_glyphs_of_a_formula_follow_one_another_in_the_page_s_font():
    drawn = svg.inline(formula(0, 6, 12), prefix="")
    assert '<tspan x="0" y="0">0</tspan><tspan y="0">1</tspan><tspan y="0">2</tspan>' in drawn


def test_letters_that_older_matplotlib_places_one_by_one_follow_one_another():
    drawn = svg.inline(formula("0 4 8", 12), prefix="")
    assert '<tspan x="0" y="0">0</tspan><tspan y="0">1</tspan>' in drawn


def test_a_fraction_stays_as_it_was_placed():
    assert svg.inline(formula(0, 6, 2), prefix="").count("<tspan x=") == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not xml", "not an SVG picture"),
        ("<html/>", "its root is html"),
        (PICTURE.replace("<title>A falling line.</title>", ""), "no description"),
        (PICTURE.replace("<title>A falling line.</title>", "<title> </title>"), "no description"),
        (PICTURE.replace("viewBox", "data-box"), "no viewBox"),
    ],
)
def test_a_picture_that_cannot_be_inlined_is_refused_with_the_reason(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        svg.inline(text, prefix="")


def test_a_description_given_beside_the_picture_is_used_where_it_has_none():
    bare = PICTURE.replace("<title>A falling line.</title>", "")
    assert 'aria-label="Said &quot;so&quot;"' in svg.inline(bare, prefix="", alt='Said "so"')


# Captions


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ([nodes.Text(""), strong("Figure 1.2. It falls."), nodes.Text(" More.")], "1.2"),
        ([strong("Figure 10.12. It falls.")], "10.12"),
        ([strong("Figure 3. It falls.")], None),
        ([strong("Table 1.2. It falls.")], None),
        ([nodes.Text("Figure 1.2. It falls.")], None),
        ([], None),
    ],
)
def test_a_caption_is_known_by_its_bold_number(words, number):
    assert figures.number_of(paragraph(*words)) == number


def test_a_caption_carries_its_number_once_and_keeps_its_words():
    made = figures.caption(
        paragraph(strong("Figure 1.2. It falls."), nodes.Text(" Drag it.")), "1.2"
    )
    assert made["tag"] == "figcaption"
    assert [part.astext() for part in made.children[1:]] == ["It falls.", " Drag it."]
    assert 'href="#fig-1-2"' in made.children[0].astext()


@pytest.mark.parametrize("mime", ["image/svg+xml", widgets.VIEW, "image/png"])
def test_the_picture_of_a_cell_is_its_last_output_that_can_be_seen(mime):
    assert figures.picture_of(cell("text/plain", mime))["nb_element"] == "mime_bundle"


def test_words_alone_are_no_picture():
    assert figures.picture_of(cell("text/plain")) is None
    assert figures.picture_of(paragraph(nodes.Text("prose"))) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See Figure 1.2.", ["1.2"]),
        ("Figures 1.2 and Figure 2.10, both", ["1.2", "2.10"]),
        ("Figure 1.2.3 and Figure 4, disFigure 1.2", []),
    ],
)
def test_mentions_of_figures_are_found_in_prose(text, found):
    assert figures.MENTION.findall(text) == found


# Boxes and folds


@pytest.mark.parametrize("label", boxes.LABELS)
def test_a_quotation_with_a_known_label_becomes_a_box(label):
    quote = nodes.block_quote("", paragraph(strong(f"{label}."), nodes.Text(" What next?")))
    made = boxes.box(quote, boxes.label_of(quote))
    assert markup.opening(made) == (
        f'<div class="box {label.lower().replace(" ", "-")}" role="note">'
    )
    assert [part.astext() for part in made.children] == [label, "What next?"]


def test_a_label_on_its_own_leaves_no_empty_paragraph():
    quote = nodes.block_quote("", paragraph(strong("Predict.")), paragraph(nodes.Text("Well?")))
    assert [part.astext() for part in boxes.box(quote, "Predict").children] == ["Predict", "Well?"]


@pytest.mark.parametrize(
    "quote",
    [
        nodes.block_quote(""),
        nodes.block_quote("", paragraph(nodes.Text("Predict. Not bold."))),
        nodes.block_quote("", paragraph(strong("Remember."))),
        nodes.block_quote("", nodes.bullet_list()),
    ],
)
def test_other_quotations_stay_quotations(quote):
    assert boxes.label_of(quote) is None


@pytest.mark.parametrize(
    ("number", "below", "marked"),
    [
        (0, nodes.emphasis("", "", nodes.Text("Choose your network.")), True),
        (0, nodes.Text("Choose your network."), False),
        (1, nodes.emphasis("", "", nodes.Text("About 6 minutes. You need the core.")), True),
        (1, nodes.emphasis("", "", nodes.Text("Note this.")), False),
        (1, nodes.Text("About 6 minutes."), False),
    ],
)
def test_a_line_in_italics_that_states_a_time_is_marked_below_every_title(number, below, marked):
    titles = [nodes.title("", text) for text in ("The page", "Going deeper: why")]
    bodies = [paragraph(nodes.Text("Words.")), paragraph(nodes.Text("Words."))]
    bodies[number] = paragraph(below)
    inner = nodes.section("", titles[1], bodies[1])
    page = document(nodes.section("", titles[0], bodies[0], inner))
    boxes.ReadingLines(page).apply()
    assert ["reading" in body["classes"] for body in bodies] == [
        marked and at == number for at in (0, 1)
    ]


@pytest.mark.parametrize(
    ("mode", "summaries"),
    [
        ("all", ["Solution"]),
        ("input", ["Show the code"]),
        ("output", ["Show the output"]),
        ("input+output", ["Show the code", "Show the output"]),
    ],
)
def test_hidden_parts_of_a_cell_fold_under_a_summary(mode, summaries):
    page = document(cell("text/plain", hide=mode))
    folds.Folds(page).apply()
    found = [node.astext() for node in page.findall(markup.Line) if node["tag"] == "summary"]
    assert found == summaries
    assert page.astext().count("code") >= 1
    assert not any(node.get("hide_mode") for node in page.findall(nodes.container))


def test_a_table_gets_a_box_and_its_empty_corner_is_no_heading():
    entries = [nodes.entry("", paragraph(nodes.Text(word))) for word in ("", "loss")]
    head = nodes.thead("", nodes.row("", *entries))
    page = document(nodes.table("", nodes.tgroup("", head, cols=2)))
    tables.Tables(page).apply()
    assert markup.opening(page.children[0]) == '<div class="table">'
    assert [entry.astext() for entry in page.findall(nodes.entry)] == ["loss"]
    assert [cell["tag"] for cell in page.findall(markup.Block)] == ["div", "td"]


# Pages, search, freshness


def test_markup_escapes_its_attributes():
    made = markup.block("div", html={"style": 'a"b<c', "title": ""})
    assert markup.opening(made) == '<div style="a&quot;b&lt;c">'


@pytest.mark.parametrize(
    ("page", "label"),
    [("chapters/01_what_and_why", "Chapter 1"), ("chapters/12_x", "Chapter 12"), ("index", "")],
)
def test_a_chapter_is_labelled_by_the_number_of_its_file(page, label):
    assert pages.label_of(page) == label


def test_search_keeps_the_words_of_a_section_apart_from_those_of_the_next():
    inner = nodes.section("", nodes.title("", "In"), paragraph(nodes.Text("below")), ids=["in"])
    outer = nodes.section(
        "",
        nodes.title("", "Out"),
        paragraph(nodes.Text("a "), strong("bold"), nodes.Text(" word")),
        nodes.raw("", "<b>", format="html"),
        inner,
        ids=["out"],
    )
    assert search.sections(document(outer)) == [
        {"anchor": "out", "title": "Out", "text": "a bold word"},
        {"anchor": "in", "title": "In", "text": "below"},
    ]


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (r"\operatorname{Var} h_i = n\,\sigma_w^2", "Var h_i = n sigma_w^2"),
        (r"\delta^l = \partial \mathcal{L}", "delta^l = partial L"),
        ("", ""),
    ],
)
def test_search_spells_formulas_in_words(formula, words):
    assert search.spelled(formula) == words


def written(root, name, content="1"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


OF_OUTPUTS = [
    "netinit/a.py",
    "netinit/deep/advice.toml",
    "netinit/widgets/a.js",
    "netinit/widgets/a.css",
    "netinit/any.extension",
    "chapters/data/map.npz",
    "chapters/table.csv",
    "reference/data/calls.json",
    "requirements.txt",
]
OF_PAGES_ALONE = ["book/netbook/boxes.py", "_toc.yml", "netinit/torch/check.py"]
OF_NEITHER = [
    "chapters/01_what.ipynb",
    "chapters/references.bib",
    "reference/api/fans.md",
    "netinit/__pycache__/a.pyc",
    "chapters/.ipynb_checkpoints/x.csv",
    "tests/test_a.py",
]


@pytest.mark.parametrize("name", [*OF_OUTPUTS, *OF_PAGES_ALONE, *OF_NEITHER])
def test_a_fingerprint_sees_what_outputs_and_pages_depend_on_and_nothing_else(tmp_path, name):
    def both():
        return freshness.of_outputs(tmp_path), freshness.of_pages(tmp_path)

    path = written(tmp_path, name)
    before = both()
    path.write_text("2")
    edited = both()
    path.rename(path.with_name("other" + path.suffix))
    changed = [one != other for one, other in zip(before, edited, strict=True)]
    assert changed == [name in OF_OUTPUTS, name in [*OF_OUTPUTS, *OF_PAGES_ALONE]]
    assert (edited != both()) == any(changed)


def test_no_notebook_uses_what_its_fingerprint_leaves_out():
    modules = [folder.replace("/", ".") for folder in freshness.UNUSED]
    run = {*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("reference/*.ipynb")}
    for path in run - set(frameworks.torch_notebooks(ROOT)):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        assert not any(module in code for module in modules), path


def test_every_data_file_of_the_package_decides_what_a_cell_shows(tmp_path):
    shutil.copytree(ROOT / "netinit", tmp_path / "netinit")
    before = freshness.of_outputs(tmp_path)
    data = [p for p in fingerprints.files_below(tmp_path / "netinit") if p.suffix != ".py"]
    assert {".toml", ".js", ".css"} <= {path.suffix for path in data}
    for path in data:
        kept = path.read_bytes()
        path.write_bytes(kept + b" ")
        assert freshness.of_outputs(tmp_path) != before, path
        path.write_bytes(kept)
    assert freshness.of_outputs(tmp_path) == before


def test_another_installed_version_of_a_pinned_package_changes_the_fingerprint(
    tmp_path, monkeypatch
):
    written(tmp_path, "requirements.txt", "-e .\nNum_Py==2.0 ; os_name == 'posix'\nsphinx==1\n")

    def seen(**installed):
        found = [SimpleNamespace(name=n.replace("_", "."), version=v) for n, v in installed.items()]
        monkeypatch.setattr(fingerprints, "distributions", lambda: found)
        fingerprints.installed.cache_clear()
        return freshness.of_outputs(tmp_path)

    assert seen(num_py="2.0") == seen(num_py="2.0", another="1")
    assert len({seen(num_py="2.0"), seen(num_py="2.1"), seen(num_py="2.0", sphinx="2")}) == 3
    fingerprints.installed.cache_clear()


def test_all_pages_are_read_again_when_what_they_depend_on_has_changed(tmp_path):
    app = SimpleNamespace(srcdir=tmp_path)
    env = SimpleNamespace(found_docs={"b", "a"})
    assert freshness.outdated(app, env, set(), set(), set()) == []
    assert freshness.outdated(app, env, set(), set(), set()) == []
    written(tmp_path, "netinit/catalogue.toml")
    assert freshness.outdated(app, env, set(), set(), set()) == ["a", "b"]
    assert freshness.outdated(app, env, set(), set(), set()) == []


# The table of contents

CHAPTERS = """
format: jb-book
root: index
chapters:
- file: chapters/01_a
- file: reference/index
  sections:
  - file: reference/api/fans
  - file: reference/api/gains.md
- file: chapters/02_b
"""
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
    - file: reference/api/fans
    - file: reference/api/gains.md
- chapters:
  - file: chapters/02_b
"""


@pytest.mark.parametrize("toc", [CHAPTERS, PARTS], ids=["chapters", "parts"])
def test_the_modules_with_a_page_are_found_in_a_book_with_and_without_parts(tmp_path, toc):
    written(tmp_path, "_toc.yml", toc)
    assert names.pages(tmp_path) == ("fans", "gains")


@pytest.mark.parametrize(
    ("toc", "titles"),
    [
        (CHAPTERS, {}),
        (PARTS, {"chapters/01_a": "First", "reference/index": "To look things up"}),
    ],
    ids=["chapters", "parts"],
)
def test_the_contents_show_the_title_of_each_part_above_its_first_page(toc, titles):
    env = SimpleNamespace(external_site_map=parse_toc_data(yaml.safe_load(toc)))
    config = SimpleNamespace(source_suffix={".md": "", ".ipynb": ""})
    assert pages.parts(SimpleNamespace(env=env, config=config)) == titles


def test_the_mathematics_comes_from_the_installed_package():
    source = offline.mathjax_source()
    for part in offline.PARTS:
        assert (source / part).is_file(), part
    assert len(list((source / offline.FONTS).glob("*.woff"))) > 20


def test_a_missing_mathematics_package_is_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtensionError, match="sphinx-mathjax-offline is missing"):
        offline.mathjax_source()


def test_room_is_kept_for_a_widget_and_more_of_it_on_a_phone():
    spec = {
        "controls": [{}, {}],
        "panels": [{"kind": "lines"}, {"kind": "histogram", "most_rows": 5}, {"kind": "numbers"}],
    }
    wide, narrow = widgets.heights(spec)
    assert 300 < wide < narrow
    assert widgets.heights({}) == (130, 130)


def test_room_is_kept_for_every_kind_of_panel_and_for_a_question():
    text = {"kind": "text", "code": False, "most_lines": 1, "most_characters": 400}
    for panel in ({"kind": "heatmap", "most": [20, 20]}, {"kind": "scatter"}, text):
        wide, narrow = widgets.heights({"controls": [{}], "panels": [panel, panel]})
        assert 200 < wide < narrow
    answer = {"text": "short", "feedback": "x" * 200}
    wide, narrow = widgets.heights({"question": "x" * 100, "answers": [answer, answer]})
    assert 150 < wide < narrow < 500


def test_a_script_that_many_widgets_have_stands_on_the_page_once():
    state = {
        "version_major": 2,
        "state": {
            "a": {"state": {"_esm": "one </script> one", "_css": "look", "spec": {}}},
            "b": {"state": {"_esm": "one </script> one", "_css": "other"}},
            "c": {"state": {"layout": "d"}},
        },
    }
    body = widgets.shared(json.dumps(state))
    assert body.count("one <") == 1
    assert "</" not in body
    made = json.loads(body)
    assert made["shared"] == ["one </script> one", "look", "other"]
    assert made["state"]["a"]["state"] == {"_esm": 0, "_css": 1, "spec": {}}
    assert made["state"]["b"]["state"] == {"_esm": 0, "_css": 2}
    assert made["state"]["c"] == state["state"]["c"]
    assert json.loads(widgets.shared(body)) == made


# The build and its zips


def test_a_zip_is_the_same_bytes_for_the_same_content(tmp_path):
    members = [("b.txt", b"two"), ("a.txt", b"one")]
    archives.write_zip(tmp_path / "1.zip", "top", members)
    archives.write_zip(tmp_path / "2.zip", "top", reversed(members))
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    with ZipFile(tmp_path / "1.zip") as archive:
        assert archive.namelist() == ["top/a.txt", "top/b.txt"]


def test_caches_are_not_packed(tmp_path):
    (tmp_path / "netinit" / "__pycache__").mkdir(parents=True)
    (tmp_path / "netinit" / "__pycache__" / "x.pyc").write_bytes(b"")
    (tmp_path / "netinit" / "x.py").write_text("")
    assert archives.members(tmp_path, tmp_path / "netinit") == [("netinit/x.py", b"")]


def test_a_folder_without_a_book_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as refusal:
        build.main(["--source", str(tmp_path)])
    assert refusal.value.code == 2
    assert "no _config.yml" in capsys.readouterr().err


@pytest.fixture
def tiny(tmp_path):
    """A book of two pages with the project's own settings."""
    for name in ("book", "netinit"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "_config.yml", tmp_path)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n- file: chapters/references\n"
    )
    entry = "@misc{he2015, author={He, K.}, title={Rectifiers}, year={2015}}"
    (tmp_path / "chapters" / "references.bib").write_text(entry)
    works = "# Works\n\n```{bibliography}\n:all:\n```\n"
    (tmp_path / "chapters" / "references.md").write_text(works)
    return tmp_path


def run_build(folder):
    command = [sys.executable, str(folder / "book" / "build.py"), "--source", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_book_is_built_once_and_citations_lead_to_their_entries(tiny):
    text = "> **Predict.** So?\n\n## More\n\n[He, 2015](chapters/references.md#he2015) and $x$.\n"
    (tiny / "index.md").write_text(f"# Start\n\n{text}")
    first = run_build(tiny)
    assert first.returncode == 0, first.stdout + first.stderr
    page = (tiny / "_build" / "html" / "index.html").read_text()
    assert 'href="chapters/references.html#he2015"' in page
    assert '<li id="he2015">' in (tiny / "_build/html/chapters/references.html").read_text()
    assert 'class="box predict"' in page
    assert (tiny / "_build" / "netinit-site.zip").is_file()
    assert "nothing has changed" in run_build(tiny).stdout


def test_an_edited_style_sheet_reaches_the_site(tiny):
    (tiny / "index.md").write_text("# Start\n\nText.\n")
    assert run_build(tiny).returncode == 0
    sheet = tiny / "book" / "theme" / "static" / "text.css"
    sheet.write_text(sheet.read_text() + "/* edited */\n")
    assert run_build(tiny).returncode == 0
    assert "/* edited */" in (tiny / "_build" / "html" / "_static" / "text.css").read_text()


def test_an_edited_transform_reaches_pages_that_did_not_change(tiny):
    (tiny / "index.md").write_text("# Start\n\n> **Predict.** So?\n")
    assert run_build(tiny).returncode == 0
    source = tiny / "book" / "netbook" / "boxes.py"
    source.write_text(source.read_text().replace('classes=["box", kind]', 'classes=["case", kind]'))
    assert run_build(tiny).returncode == 0
    assert 'class="case predict"' in (tiny / "_build" / "html" / "index.html").read_text()


IN_PARTS = """
format: jb-book
root: index
parts:
- caption: To read
  chapters:
  - file: chapters/references
- caption: To do
  chapters:
  - file: assignments/release/ps1
- caption: To look up
  chapters:
  - file: reference/index
    sections:
    - file: reference/api/initializers.fans
"""


def test_jupyter_book_alone_makes_the_same_site_with_problem_sets_and_parts(tiny):
    pytest.importorskip("nbgrader")
    written(tiny, "_toc.yml", IN_PARTS)
    written(tiny, "index.md", "# Start\n\nText.\n")
    written(tiny, "reference/index.md", "# Look up\n\n```{api-modules}\n```\n")
    module = "initializers.fans"
    written(tiny, f"reference/api/{module}.md", f"# Fans\n\n```{{api}} netinit.{module}\n```\n")
    shutil.copytree(ROOT / "assignments" / "source" / "ps1", tiny / "assignments/source/ps1")
    program = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    options = ["build", str(tiny), "--path-output", str(tiny / "alone")]
    alone = subprocess.run([*program, *options], capture_output=True, text=True)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert "WARNING" not in alone.stderr
    site = tiny / "alone" / "_build" / "html"
    assert "NotImplementedError" in (site / "assignments/release/ps1.html").read_text()
    assert '<li class="part-title">To look up</li>' in (site / "index.html").read_text()
    assert "netinit.initializers.fans" in (site / "reference/index.html").read_text()
    assert (site / "netinit-notebooks.zip").is_file()
    ours = run_build(tiny)
    assert ours.returncode == 0, ours.stdout + ours.stderr
    sites = [tiny / where / archives.SITE for where in ("alone/_build", "_build")]
    assert sites[0].read_bytes() == sites[1].read_bytes()


# Each goes on when it has seen the other: run one after another, the first would wait in vain.
MEETING = """from pathlib import Path
import time

Path("{own}").touch()
for _ in range(6000):
    if Path("{other}").exists():
        break
    time.sleep(0.1)
else:
    raise RuntimeError("{other} is not running")
print("{own} has met {other}")"""


def notebook(code):
    cells = [nbformat.v4.new_markdown_cell("# A page"), nbformat.v4.new_code_cell(code)]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells))


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor runs one at a time")
def test_notebooks_are_run_side_by_side(tiny):
    toc = "format: jb-book\nroot: index\nchapters:\n- file: chapters/a\n- file: chapters/b\n"
    written(tiny, "_toc.yml", toc)
    written(tiny, "index.md", "# Start\n\nText.\n")
    for own, other in ("ab", "ba"):
        written(tiny, f"chapters/{own}.ipynb", notebook(MEETING.format(own=own, other=other)))
    built = run_build(tiny)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "b has met a" in (tiny / "_build" / "html" / "chapters" / "b.html").read_text()


def test_a_notebook_that_fails_stops_the_build_and_is_named(tiny):
    toc = "format: jb-book\nroot: index\nchapters:\n- file: chapters/a\n- file: chapters/b\n"
    written(tiny, "_toc.yml", toc)
    written(tiny, "index.md", "# Start\n\nText.\n")
    written(tiny, "chapters/a.ipynb", notebook("print(1)"))
    written(tiny, "chapters/b.ipynb", notebook("raise RuntimeError('out of luck')"))
    built = run_build(tiny)
    assert built.returncode != 0
    assert re.search(r"b\.ipynb.*out of luck", built.stdout + built.stderr, re.DOTALL)


def test_a_notebook_that_needs_pytorch_is_shown_and_not_run(tiny):
    toc = "format: jb-book\nroot: index\nchapters:\n- file: chapters/a\n- file: chapters/b\n"
    written(tiny, "_toc.yml", toc)
    written(tiny, "index.md", "# Start\n\nText.\n")
    stored = json.loads(notebook("import torch\nraise RuntimeError"))
    said = nbformat.v4.new_output("stream", name="stdout", text="as it was stored")
    stored["cells"][1] |= {"outputs": [said], "execution_count": 1}
    stored["metadata"] = {"language_info": {"name": "python"}}
    asked = nbformat.v4.new_code_cell('Quiz("Which?", {"A": "Yes.", "B": "No."}, correct="A")')
    view = {"model_id": "explorer-1", "version_major": 2, "version_minor": 1}
    data = {"application/vnd.jupyter.widget-view+json": view, "text/plain": "Quiz: Which?"}
    asked.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=2)]
    stored["cells"].append(asked)
    written(tiny, "chapters/a.ipynb", json.dumps(stored))
    written(tiny, "chapters/b.ipynb", notebook("print('import torch')"))
    built = run_build(tiny)
    assert built.returncode == 0, built.stdout + built.stderr
    pages = [(tiny / f"_build/html/chapters/{page}.html").read_text() for page in "ab"]
    assert "as it was stored" in pages[0]
    assert "needs PyTorch" in pages[0]
    assert re.search(r'"explorer-1":.*"question": "Which\?"', pages[0])
    assert ['class="runner"' in page for page in pages] == [False, True]
    assert ["live.js" in page for page in pages] == [False, True]


MISTAKES = {
    "[He, 2016](chapters/references.md#he2016)": "he2016",
    "As Figure 1.7 shows.": "Figure 1.7 is mentioned but does not exist",
    "**Figure 1.1. Nothing above.** Really.": "no output above its caption",
}


def test_mistakes_in_a_page_stop_every_build_until_they_are_fixed(tiny):
    (tiny / "index.md").write_text("# Start\n\n" + "\n\n".join(MISTAKES))
    for _ in range(2):
        failed = run_build(tiny)
        assert failed.returncode == 1
        for complaint in MISTAKES.values():
            assert complaint in failed.stdout + failed.stderr
    (tiny / "index.md").write_text("# Start\n\nFixed.\n")
    assert run_build(tiny).returncode == 0


# The pictures of the README

PAGE = """<html><head></head><body><nav>{contents}</nav><details>{code}</details>{text}
<script type="application/vnd.jupyter.widget-view+json">{{"model_id": "a"}}</script>{below}
<script type="application/vnd.jupyter.widget-state+json">{{"state": {{"a": {{
  "state": {{"spec": {{"panels": [{{"title": "{title}", "limits": [0, {limit}]}}]}}}},
  "buffers": [{{"path": ["table"], "data": ""}}]}}}}}}</script></body></html>"""
PARTS_OF_A_PAGE = ("contents", "code", "text", "below", "title", "limit")
SEEN = {"contents", "text", "title"}


@pytest.fixture
def site(tmp_path):
    """Return a function that writes a site of one page, and says where both are."""

    def made(sheet="a {}", **different):
        parts = dict.fromkeys(PARTS_OF_A_PAGE, 1) | different
        page = written(tmp_path, "chapters/01_a.html", PAGE.format(**parts))
        for name in screenshot.SHEETS:
            written(tmp_path, f"_static/{name}", sheet)
        return page, tmp_path

    return made


@pytest.mark.parametrize("part", PARTS_OF_A_PAGE)
def test_the_fingerprint_of_a_picture_follows_what_can_be_seen(site, part):
    before = screenshot.shown(*site())
    assert (screenshot.shown(*site(**{part: 2})) != before) == (part in SEEN)


def test_the_fingerprint_of_a_picture_follows_the_style_sheets(site):
    assert screenshot.shown(*site()) != screenshot.shown(*site(sheet="b {}"))


def test_the_picture_shows_the_first_chapter_or_else_the_start(site):
    page, folder = site()
    assert screenshot.first_page(folder) == page
    page.unlink()
    assert screenshot.first_page(folder) == folder / "index.html"


def test_a_picture_carries_its_fingerprint(tmp_path):
    from PIL import Image

    bare, marked = io.BytesIO(), tmp_path / "a.png"
    Image.new("RGB", (2, 1), "red").save(bare, "png")
    screenshot.save(bare.getvalue(), marked, "abc")
    assert screenshot.recorded(marked) == "abc"
    marked.write_bytes(bare.getvalue())
    assert screenshot.recorded(marked) is None
