"""Search without a server: the text of every section in one script beside the pages.

It is a script and not JSON, because a page opened as a file may load scripts but not fetch data.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import clean_astext

DRESS = re.compile(
    r"\\(?:mathcal|mathbb|mathrm|text|operatorname|q?quad|left|right|tfrac|d?frac)\b|[{}&]"
)
SKIPPED = (nodes.section, nodes.title, nodes.raw, nodes.comment, nodes.system_message)


def spelled(formula: str) -> str:
    r"""The words of a formula: ``delta^l`` for ``\delta^l``.

    >>> spelled(r"\operatorname{Var} h_i = n\,\sigma_w^2")
    'Var h_i = n sigma_w^2'
    """
    return re.sub(r"\\[^a-zA-Z]", " ", DRESS.sub("", formula)).replace("\\", "")


def text_of(node: nodes.Node) -> str:
    """The words of `node`, without those of the sections inside it."""
    if isinstance(node, nodes.Text):
        return str(node)
    if isinstance(node, nodes.math | nodes.math_block):
        return spelled(node.astext())
    pieces = (text_of(child) for child in node.children if not isinstance(child, SKIPPED))
    joint = "" if isinstance(node, nodes.TextElement) else " "
    return joint.join(pieces)


def sections(doctree: nodes.document) -> list[dict]:
    """Anchor, title and text of each section of a page."""
    found = []
    for section in doctree.findall(nodes.section):
        title = clean_astext(section[0]) if isinstance(section[0], nodes.title) else ""
        text = " ".join(text_of(section).split())
        found.append({"anchor": section["ids"][0], "title": title, "text": text})
    return found


def texts(env: BuildEnvironment) -> dict[str, list[dict]]:
    """The sections of every page read so far."""
    if not hasattr(env, "netbook_texts"):
        env.netbook_texts = {}
    return env.netbook_texts


def remember(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the sections of the page just read."""
    texts(app.env)[app.env.docname] = sections(doctree)


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Drop a page that is read again or gone."""
    texts(env).pop(page, None)


def merge(app: Sphinx, env: BuildEnvironment, pages: set, other: BuildEnvironment) -> None:
    """Collect what a parallel reader found."""
    texts(env).update({page: texts(other)[page] for page in pages if page in texts(other)})


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the script that the search page loads."""
    if error or app.builder.format != "html":
        return
    entries = [
        {"page": page, **section}
        for page in sorted(texts(app.env))
        for section in texts(app.env)[page]
    ]
    script = f"globalThis.bookSections = {json.dumps(entries, ensure_ascii=False)};\n"
    Path(app.outdir, "_static", "search-text.js").write_text(script, "utf-8")


def setup(app: Sphinx) -> None:
    """Collect while reading, write at the end."""
    app.connect("doctree-read", remember)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", write)
