"""What surrounds the text of a page: its label, its sections, its notebook, its styles."""

import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.nodes import clean_astext
from sphinx_external_toc.events import remove_suffix

from netbook.frameworks import needs_torch
from netinit.style import css_variables, page_variables

UNUSED = re.compile(
    r"(documentation_options|doctools|sphinx_highlight)\.js|(mystnb\.\w+|pygments)\.css"
)
CHAPTER = re.compile(r"(?:.*/)?0*(\d+)_[^/]*")


def label_of(page: str) -> str:
    """``Chapter 1`` for ``chapters/01_what_and_why``; nothing for other pages."""
    match = CHAPTER.fullmatch(page)
    return f"Chapter {match[1]}" if match else ""


def sections_of(doctree: nodes.document | None) -> list[tuple[str, str]]:
    """Id and title of the sections below the page's title."""
    top = next(doctree.findall(nodes.section), None) if doctree else None
    below = [child for child in top.children if isinstance(child, nodes.section)] if top else []
    return [(child["ids"][0], clean_astext(child[0])) for child in below]


def chapters(app: Sphinx, open_page: str) -> list[dict]:
    """The pages in reading order, as the table of contents lists them.

    Pages below another one are listed while that page or one of them is open.
    """
    root, below = app.config.root_doc, app.env.toctree_includes
    listed = _entries(app, [root, *below.get(root, [])])
    for entry in listed:
        inner = below.get(entry["page"], []) if entry["page"] != root else []
        entry["pages"] = _entries(app, inner) if open_page in [entry["page"], *inner] else []
    return listed


def parts(app: Sphinx) -> dict[str, str]:
    """The title of each part of the book that has one, by its first page."""
    trees, suffixes = app.env.external_site_map.root.subtrees, app.config.source_suffix
    return {remove_suffix(tree.items[0], suffixes): tree.caption for tree in trees if tree.caption}


def _entries(app: Sphinx, order: list[str]) -> list[dict]:
    titles = app.env.titles
    return [
        {"page": page, "label": label_of(page), "title": clean_astext(titles[page])}
        for page in order
        if page in titles
    ]


def context(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Give the template what it needs, and drop the scripts and styles that no page uses."""
    context["chapter_label"] = label_of(page)
    context["sections"] = sections_of(doctree)
    context["chapters"] = chapters(app, page)
    context["parts"] = parts(app)
    notebook = is_notebook(app, page)
    context["notebook"] = f"{Path(page).name}.ipynb" if notebook else ""
    context["needs_torch"] = notebook and needs_torch(Path(app.env.doc2path(page)))
    for kind in ("script_files", "css_files"):
        context[kind][:] = [asset for asset in context[kind] if not UNUSED.search(_name(asset))]


def _name(asset) -> str:
    return str(getattr(asset, "filename", "") or "")


def is_notebook(app: Sphinx, page: str) -> bool:
    """Whether `page` was written as a notebook."""
    return page in app.env.found_docs and str(app.env.doc2path(page)).endswith(".ipynb")


def copy_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Copy each notebook beside its page, and write the palette beside the style sheets."""
    if error or app.builder.format != "html":
        return
    palette = css_variables() + page_variables()
    Path(app.outdir, "_static", "palette.css").write_text(palette, "utf-8")
    for page in filter(lambda name: is_notebook(app, name), app.env.found_docs):
        target = Path(app.outdir, f"{page}.ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(app.env.doc2path(page), target)


def setup(app: Sphinx) -> None:
    """Run late, when other extensions have added their files."""
    app.connect("html-page-context", context, priority=900)
    app.connect("build-finished", copy_notebooks)
