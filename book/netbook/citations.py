"""Links such as ``[He et al., 2015](references.md#he2015)`` reach the bibliography entry.

MyST checks such a link against the headings of the other page. The bibliography's keys are
added to them, so a key that does not exist causes a warning, as any broken link does.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

from netbook.markup import Block, block


def add_keys(app: Sphinx, env: BuildEnvironment) -> None:
    """List every bibliography key among the targets of the page that shows it."""
    for citation in env.get_domain("cite").citations:
        page = citation.bibliography_key.docname
        slugs = env.metadata[page].setdefault("myst_slugs", {})
        slugs[citation.key] = (0, citation.key, citation.formatted_entry.label)


class Entries(SphinxPostTransform):
    """Write the bibliography as a plain list, without labels: the text names author and year."""

    default_priority = 6  # right after the entries were made

    def run(self, **kwargs) -> None:
        """Replace the entries of the page, list by list."""
        for parent in {entry.parent for entry in self.document.findall(nodes.citation)}:
            entries = [child for child in parent.children if isinstance(child, nodes.citation)]
            parent.replace_self(block("ul", *map(_item, entries), classes=["bibliography"]))


def _item(entry: nodes.citation) -> Block:
    item = block("li", *(child for child in entry.children if not isinstance(child, nodes.label)))
    item["ids"] = entry["ids"]
    return item


def setup(app: Sphinx) -> None:
    """Run once all pages are read."""
    app.setup_extension("sphinxcontrib.bibtex")
    app.connect("env-updated", add_keys)
    app.add_post_transform(Entries)
