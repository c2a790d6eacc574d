"""Block quotes that start with a bold label become boxes: ``> **Predict.** ...``."""

from docutils import nodes
from sphinx.transforms import SphinxTransform

from netbook.markup import Tag

LABELS = ("Predict", "Surprise", "Commonly said", "Try it", "Aside")


def label_of(quote: nodes.block_quote) -> str | None:
    """The known label that `quote` starts with, or None for an ordinary quotation."""
    first = quote.children[0] if quote.children else None
    if not isinstance(first, nodes.paragraph) or not first.children:
        return None
    label = first.children[0]
    text = label.astext().rstrip(".:?! ") if isinstance(label, nodes.strong) else ""
    return text if text in LABELS else None


def box(quote: nodes.block_quote, label: str) -> Tag:
    """The box: its label on a line of its own (an aside needs none), then the text."""
    content = [child.deepcopy() for child in quote.children]
    paragraph = content[0]
    paragraph.pop(0)
    if paragraph.children and isinstance(paragraph[0], nodes.Text):
        paragraph[0] = nodes.Text(str(paragraph[0]).lstrip())
    if not paragraph.children:
        content.pop(0)
    kind = label.lower().replace(" ", "-")
    heading = Tag("p", nodes.Text(label), classes=["box-label"])
    return Tag("div", heading, *content, classes=["box", kind], html={"role": "note"})


class Boxes(SphinxTransform):
    """Replace labelled block quotes while a page is read."""

    default_priority = 500

    def apply(self, **kwargs) -> None:
        """Walk the page."""
        for quote in list(self.document.findall(nodes.block_quote)):
            if label := label_of(quote):
                quote.replace_self(box(quote, label))


class ReadingLine(SphinxTransform):
    """Mark the line of italics under a page's title: time to read, what one needs to know."""

    default_priority = 500

    def apply(self, **kwargs) -> None:
        """Look below the first title only."""
        title = next(self.document.findall(nodes.title), None)
        line = title.next_node(descend=False, siblings=True) if title else None
        italic = isinstance(line, nodes.paragraph) and len(line.children) == 1
        if italic and isinstance(line.children[0], nodes.emphasis):
            line["classes"].append("reading")


def setup(app) -> None:
    """Register the transforms, and the element they write."""
    from netbook import markup

    markup.setup(app)
    app.add_transform(Boxes)
    app.add_transform(ReadingLine)
