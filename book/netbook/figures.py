"""An output and the bold caption below it become one figure, and mentions link to it.

A code cell that shows a picture or a widget, followed by a paragraph that starts with
``**Figure 1.2. Takeaway.**``, gives ``<figure id="fig-1-2">``.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from netbook.markup import Block, Line, block, line, raw, words_of

LOG = logging.getLogger(__name__)
NUMBER = r"(?:\d+|[A-Z])\.\d+"  # of a chapter, or of another page
LABEL = re.compile(rf"Figure ({NUMBER})\.\s*")
MENTION = re.compile(rf"\bFigures?\s({NUMBER})\b(?!\.\d)")
PICTURES = ("application/vnd.jupyter.widget-view+json", "image/svg+xml", "image/png", "text/html")
UNLINKED = (nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.raw)


def number_of(node: nodes.Node) -> str | None:
    """The number of the figure whose caption `node` is, such as ``1.2``; else None."""
    words = words_of(node) if isinstance(node, nodes.paragraph) else []
    strong = words and isinstance(words[0], nodes.strong)
    match = LABEL.match(words[0].astext()) if strong else None
    return match[1] if match else None


def picture_of(cell: nodes.Node) -> nodes.container | None:
    """The last output of `cell` that is a picture or a widget."""
    if not isinstance(cell, nodes.container) or cell.get("nb_element") != "cell_code":
        return None
    bundles = [n for n in cell.findall(nodes.container) if n.get("nb_element") == "mime_bundle"]
    shown = [b for b in bundles if any(c.get("mime_type") in PICTURES for c in b.children)]
    return shown[-1] if shown else None


def caption(paragraph: nodes.paragraph, number: str) -> Line:
    """The caption: its number as a link to itself, then the paragraph's own words."""
    takeaway, *words = (child.deepcopy() for child in words_of(paragraph))
    start = next(takeaway.findall(nodes.Text))
    start.parent.replace(start, nodes.Text(LABEL.sub("", str(start), count=1)))
    anchor = f'<a class="figure-number" href="#{anchor_of(number)}">Figure {number}</a> '
    return line("figcaption", raw(anchor), takeaway, *words)


def anchor_of(number: str) -> str:
    """The id of a figure: ``fig-1-2`` for 1.2."""
    return "fig-" + number.replace(".", "-")


class Captions(SphinxTransform):
    """Join outputs and captions while a page is read."""

    default_priority = 550

    def apply(self, **kwargs) -> None:
        """Walk the captions of the page."""
        for paragraph in list(self.document.findall(nodes.paragraph)):
            if number := number_of(paragraph):
                self._join(paragraph, number)

    def _join(self, paragraph: nodes.paragraph, number: str) -> None:
        cell = paragraph.parent[paragraph.parent.index(paragraph) - 1]
        picture = picture_of(cell)
        if picture is None:
            LOG.warning("Figure %s: no output above its caption", number, location=paragraph)
            return
        self._register(number, paragraph)
        figure = block("figure", picture.deepcopy(), caption(paragraph, number))
        figure["ids"].append(anchor_of(number))
        _take_out(picture)
        paragraph.replace_self(figure)
        _place(cell, figure)

    def _register(self, number: str, where: nodes.Node) -> None:
        known, page = numbers(self.env), self.env.docname
        if number in known:
            LOG.warning("Figure %s: also in %s", number, known[number], location=where)
        known[number] = page


def _place(cell: nodes.container, figure: Block) -> None:
    """Keep the rest of the cell above the figure; folded code alone goes below it."""
    around = cell.parent
    if not cell.children:
        around.remove(cell)
    elif cell.get("hide_mode") == "input" and len(cell.children) == 1:
        around.remove(cell)
        around.insert(around.index(figure) + 1, cell)


def _take_out(picture: nodes.container) -> None:
    """Remove a picture from its cell, and the container that this leaves empty."""
    parent = picture.parent
    parent.remove(picture)
    if not parent.children and parent.get("nb_element") == "cell_code_output":
        parent.parent.remove(parent)


class Mentions(SphinxPostTransform):
    """``Figure 1.2`` in the text links to the figure, in this chapter or another."""

    default_priority = 20

    def run(self, **kwargs) -> None:
        """Walk the text of the page."""
        for text in list(self.document.findall(nodes.Text)):
            if MENTION.search(text) and not _inside(text, UNLINKED):
                text.parent.replace(text, self._linked(text))

    def _linked(self, text: nodes.Text) -> list[nodes.Node]:
        parts, end = [], 0
        for match in MENTION.finditer(text):
            parts += [nodes.Text(text[end : match.start()]), self._link(match, text)]
            end = match.end()
        return [*parts, nodes.Text(text[end:])]

    def _link(self, match: re.Match, where: nodes.Node) -> nodes.Node:
        page, words = numbers(self.env).get(match[1]), nodes.Text(match[0])
        if page is None:
            LOG.warning("Figure %s is mentioned but does not exist", match[1], location=where)
            return words
        here, anchor = self.env.docname, anchor_of(match[1])
        return make_refnode(self.app.builder, here, page, anchor, nodes.inline("", "", words))


def _inside(node: nodes.Node, kinds: tuple) -> bool:
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False


def numbers(env: BuildEnvironment) -> dict[str, str]:
    """Which page shows which figure."""
    if not hasattr(env, "netbook_figures"):
        env.netbook_figures = {}
    return env.netbook_figures


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Drop the figures of a page that is read again or gone."""
    for number in [n for n, where in numbers(env).items() if where == page]:
        del env.netbook_figures[number]


def merge(app: Sphinx, env: BuildEnvironment, pages: set, other: BuildEnvironment) -> None:
    """Collect what a parallel reader found."""
    numbers(env).update(numbers(other))


def setup(app: Sphinx) -> None:
    """Register the transforms and keep the numbers in step with the pages."""
    app.add_transform(Captions)
    app.add_post_transform(Mentions)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
