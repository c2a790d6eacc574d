"""HTML elements that docutils lacks, and how they are written."""

from html import escape

from docutils import nodes


class Block(nodes.General, nodes.Element):
    """An HTML element with blocks inside, its name under ``tag``."""


class Line(nodes.General, nodes.TextElement):
    """An HTML element with words inside."""


def block(tag: str, *children: nodes.Node, **attributes) -> Block:
    """Element of name `tag`; ``html`` holds attributes to be written as they are."""
    return Block("", *children, tag=tag, **attributes)


def line(tag: str, *children: nodes.Node, **attributes) -> Line:
    """As `block`, for running text."""
    return Line("", "", *children, tag=tag, **attributes)


def raw(html: str) -> nodes.raw:
    """HTML that is copied to the page as it is."""
    return nodes.raw("", html, format="html")


def words_of(paragraph: nodes.Element) -> list[nodes.Node]:
    """The inline content of `paragraph`, without the empty text that Markdown may put first."""
    # A docutils node is always true, even an empty text.
    return [child for child in paragraph.children if child != ""]


def opening(node: nodes.Element) -> str:
    """The start tag: id, classes, and what is listed under ``html``."""
    attributes = {"id": " ".join(node["ids"][:1]), "class": " ".join(node["classes"])}
    attributes |= node.get("html", {})
    written = (f' {key}="{escape(str(value))}"' for key, value in attributes.items() if value)
    return f"<{node['tag']}{''.join(written)}>"


def _visit(translator, node: nodes.Element) -> None:
    translator.body.append(opening(node))


def _depart(translator, node: nodes.Element) -> None:
    translator.body.append(f"</{node['tag']}>")


def _pass(translator, node: nodes.Element) -> None:
    """Write nothing of the element itself."""


def setup(app) -> None:
    """Register the elements; builders other than HTML write their content alone."""
    for kind in (Block, Line):
        app.add_node(kind, html=(_visit, _depart), latex=(_pass, _pass), text=(_pass, _pass))
