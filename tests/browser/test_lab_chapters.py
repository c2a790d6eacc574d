"""Every notebook of the book as JupyterLab shows it when it is opened: nothing shows raw."""

import functools
import shutil
from pathlib import Path

import nbformat
import pytest
from chapter import FOLDED
from lab import ask, page_of, until
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted([*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("reference/*.ipynb")])
VIEW, MARKDOWN = "application/vnd.jupyter.widget-view+json", "text/markdown"
PICTURES = {VIEW, "image/svg+xml", "image/png"}
OPEN, PATIENCE = 180, 600  # seconds to open a notebook; looks at what is not drawn yet
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)  # a picture of one pixel

READ = Path(__file__).with_name("lab_cells.js").read_text("utf8")
PANEL = """[...window.jupyterapp.shell.widgets("main")].find((one) => one.context?.path === path)"""
COUNT = f"""(path) => {{
  const panel = {PANEL};
  return panel?.context.isReady && panel.content.widgets.length;
}}"""
SCROLL = f"([path, index]) => {{ {PANEL}.content.scrollToItem(index, 'start'); }}"
RUN = """async ([name, options]) => {
  await window.jupyterapp.commands.execute(name, options); // what it returns is JupyterLab's own
}"""


@pytest.fixture(scope="module")
def lab_page(browser, lab_server):
    """One page of JupyterLab in which notebooks are opened, one after another."""
    base, work = lab_server
    with page_of(browser, base, "", width=1200, height=2000) as page:
        page.wait_for_function("window.jupyterapp")
        page.evaluate("async () => { await window.jupyterapp.restored; }")
        yield page, base, work


def wanted(cell):
    """How many pictures and quick questions a cell stores, and whether the page folds its code."""
    kept = [set(output.get("data", {})) for output in cell.get("outputs", [])]
    questions = sum({VIEW, MARKDOWN} <= data for data in kept)
    return {
        "pictures": sum(bool(PICTURES & data) for data in kept) - questions,
        "questions": questions,
        "folded": int(bool(FOLDED & set(cell.metadata.get("tags", [])))),
    }


def faults(cell, expected):
    """What is wrong with how a cell is shown."""
    missing = [f"{kind}: {cell[kind]}" for kind in expected if cell[kind] != expected[kind]]
    return [*cell["raw"], *missing, *([] if cell["prose"] else ["prose missing"])]


def shown(lab_page, path, patience=PATIENCE):
    """The faults of each cell of a notebook in JupyterLab, all of it scrolled by."""
    page, base, work = lab_page
    name = path.relative_to(work).as_posix()
    expected = [wanted(cell) for cell in nbformat.read(path, as_version=4).cells]
    page.evaluate(RUN, ["docmanager:open", {"path": name}])
    pause = functools.partial(page.wait_for_timeout, 50)
    until(lambda: page.evaluate(COUNT, name) == len(expected), OPEN, f"opening {name}", pause)
    found = [["not shown"] for _ in expected]

    def look():
        for cell in page.evaluate(READ):
            i = cell["index"]
            found[i] = found[i] and faults(cell, expected[i])

    tried = -1
    while todo := [i for i, wrong in enumerate(found) if wrong and i > tried]:
        tried = todo[0]
        page.evaluate(SCROLL, [name, tried])
        for _ in range(patience):  # cells are drawn bit by bit
            look()
            if not found[tried]:
                break
            pause()
    page.evaluate(f"(path) => {{ {PANEL}.dispose(); }}", name)  # a close might ask to save
    for session in ask(base, "/api/sessions"):
        if session["path"] == name:
            ask(base, f"/api/sessions/{session['id']}", "DELETE")
    return found


# The others hold what these hold: explorers, figures, questions, mathematics, tables.
BY_DAY = {"01_what_and_why", "06_he", "11_residual", "build_an_explorer"}


@pytest.mark.parametrize(
    "notebook",
    [
        pytest.param(path, marks=() if path.stem in BY_DAY else pytest.mark.nightly)
        for path in NOTEBOOKS
    ],
    ids=lambda path: path.stem,
)
def test_a_notebook_that_is_opened_shows_nothing_raw(lab_page, notebook):
    work = lab_page[2]
    copy = shutil.copy(notebook, work / f"open-{notebook.name}")
    found = shown(lab_page, Path(copy))
    assert {i: faults for i, faults in enumerate(found) if faults} == {}


RAW = {
    "See {ref}`he` for more.": "{ref}",
    ":::{note}\nA note.\n:::": ":::",
    "```{note}\nA note.\n```": "language-{note}",
    "A lone $ sign.": "$",
    "A fraction \\frac{1}{2}.": "\\frac",
    "Mathematics $\\frac{1}$ that is none.": "mathematics",
    "A macro $\\nobodyknows{1}$ of another book.": "mathematics",
    "Bold ** that never ends.": "**",
    "A [link]\\(nowhere).": "](",
    "(target)=\n# A section": "(target)=",
    "![A picture](missing.png)": "image",
    "Escaped &lt;br&gt; in prose.": "<br>",
}
RIGHT = (
    "**Bold** and `{ref}`, `$`; [a link](other.md), $\\frac{1}{2}$, {braces and} (target).\n\n"
    "$$\\alpha < \\beta$$\n\n```python\nx = {1: '$'}  # **kwargs\n```\n\n"
    "| a | b |\n|-|-|\n| 1 | $x$ |"
)


def widget(**data):
    view = {VIEW: {"model_id": "gone", "version_major": 2, "version_minor": 0}}
    shown = new_output("display_data", view | {"text/plain": "Explorer"} | data)
    return new_code_cell("explorer", execution_count=1, outputs=[shown])


def test_each_kind_of_raw_markup_is_found_and_nothing_else(lab_page):
    work = lab_page[2]
    svg = new_output("display_data", {"image/svg+xml": "<svg/>", "text/plain": "A line."})
    cells = [
        *map(new_markdown_cell, RAW),
        new_code_cell("figure", execution_count=1, outputs=[svg]),
        widget(),
        widget(**{"image/png": "bm90IGEgcGljdHVyZQ=="}),
        new_code_cell("folded = 'on the page'", metadata={"tags": ["hide-cell"]}),
        widget(**{"image/png": DOT}),
        widget(**{MARKDOWN: "Why?\n\n<details>\n<summary>Answers</summary>\n\nSo.\n</details>"}),
        new_markdown_cell(RIGHT),
    ]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), work / "raw.ipynb")
    found = shown(lab_page, work / "raw.ipynb", patience=10)
    expected = [*RAW.values(), *["pictures: 0"] * 3, "folded: 0"]
    pairs = list(zip(expected, found[:-3], strict=True))
    assert [one for one in pairs if not any(one[0] in fault for fault in one[1])] == []
    assert found[-3:] == [[], [], []]
