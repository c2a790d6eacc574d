"""Elements that docutils lacks, and how they are written.

Each is one HTML tag with attributes: ``Tag("details", classes=["fold"])``.
"""

from html import escape

from docutils import nodes


class Tag(nodes.General, nodes.Element):
    """An HTML element of the given name; other builders write its content alone."""

    def __init__(self, name: str = "div", *children: nodes.Node, **attributes) -> None:
        super().__init__("", *children, tag=name, **attributes)


def raw(html: str) -> nodes.raw:
    """HTML that is copied to the page as it is."""
    return nodes.raw("", html, format="html")


def opening(node: Tag) -> str:
    """The start tag: ids, classes and whatever is listed under ``html``."""
    attributes = {"id": " ".join(node["ids"][:1]), "class": " ".join(node["classes"])}
    attributes |= node.get("html", {})
    written = (f' {key}="{escape(str(value))}"' for key, value in attributes.items() if value)
    return f"<{node['tag']}{''.join(written)}>"


def _visit(translator, node: Tag) -> None:
    translator.body.append(opening(node))


def _depart(translator, node: Tag) -> None:
    translator.body.append(f"</{node['tag']}>")


def _pass(translator, node: Tag) -> None:
    """Write nothing of the element itself."""


def setup(app) -> None:
    """Register the element with every builder."""
    silent = (_pass, _pass)
    app.add_node(Tag, html=(_visit, _depart), latex=silent, text=silent)
