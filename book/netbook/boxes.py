"""Block quotes that start with a bold label become boxes: ``> **Predict.** ...``."""

from docutils import nodes
from sphinx.transforms import SphinxTransform

from netbook.markup import Block, block, line, words_of

LABELS = ("Predict", "Surprise", "Commonly said", "Try it", "Aside", "You can stop here")
TIMES = ("About ", "Core: ")  # how a line that states a time to read begins


def label_of(quote: nodes.block_quote) -> str | None:
    """The known label that `quote` starts with, or None for an ordinary quotation."""
    first = quote.children[0] if quote.children else None
    words = words_of(first) if isinstance(first, nodes.paragraph) else []
    strong = words and isinstance(words[0], nodes.strong)
    text = words[0].astext().rstrip(".:?! ") if strong else ""
    return text if text in LABELS else None


def box(quote: nodes.block_quote, label: str) -> Block:
    """The box: its label on a line of its own, then the text."""
    first, *rest = (child.deepcopy() for child in quote.children)
    words = words_of(first)[1:]
    if words and isinstance(words[0], nodes.Text):
        words[0] = nodes.Text(str(words[0]).lstrip())
    content = [nodes.paragraph("", "", *words), *rest] if words else rest
    kind = label.lower().replace(" ", "-")
    heading = line("p", nodes.Text(label), classes=["box-label"])
    return block("div", heading, *content, classes=["box", kind], html={"role": "note"})


class Boxes(SphinxTransform):
    """Replace labeled block quotes while a page is read."""

    default_priority = 500

    def apply(self, **kwargs) -> None:
        """Walk the page."""
        for quote in list(self.document.findall(nodes.block_quote)):
            if label := label_of(quote):
                quote.replace_self(box(quote, label))


class ReadingLines(SphinxTransform):
    """Mark the line in italics below a title: the time to read, and what one needs for it.

    Below the page's title any such line counts, below another heading one that states a time.
    """

    default_priority = 500

    def apply(self, **kwargs) -> None:
        """Walk the titles of the page."""
        for number, title in enumerate(self.document.findall(nodes.title)):
            below = title.next_node(descend=False, siblings=True)
            words = words_of(below) if isinstance(below, nodes.paragraph) else []
            if len(words) != 1 or not isinstance(words[0], nodes.emphasis):
                continue
            if number == 0 or words[0].astext().startswith(TIMES):
                below["classes"].append("reading")


def setup(app) -> None:
    """Register the transforms."""
    app.add_transform(Boxes)
    app.add_transform(ReadingLines)
