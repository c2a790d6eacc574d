"""Each table scrolls inside a box of its own, and an empty corner is not a heading."""

from docutils import nodes
from sphinx.transforms import SphinxTransform

from netbook.markup import block


class Tables(SphinxTransform):
    """Prepare the tables of a page while it is read."""

    default_priority = 560

    def apply(self, **kwargs) -> None:
        """Walk the tables."""
        for table in list(self.document.findall(nodes.table)):
            for head in table.findall(nodes.thead):
                _plain_corners(head)
            table.replace_self(block("div", table.deepcopy(), classes=["table"]))


def _plain_corners(head: nodes.thead) -> None:
    """Make corners plain cells: screen readers would announce them as empty headings."""
    for entry in list(head.findall(nodes.entry)):
        if not entry.astext().strip():
            entry.replace_self(block("td"))


def setup(app) -> None:
    """Register the transform."""
    app.add_transform(Tables)
