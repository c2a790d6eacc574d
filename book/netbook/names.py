"""Names in backticks on the reference pages link to the section that documents them.

A function of another module is named with its module, `moments.chi`, unless `import netinit`
offers it: `mean` is an argument more often than a function.
"""

import importlib
import re
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx_external_toc.events import remove_suffix
from sphinx_external_toc.parsing import parse_toc_yaml

from netbook import modules, signatures

FOLDER = "reference/"
API = FOLDER + "api/"
NAME = re.compile(r"(?:netinit\.)?([A-Za-z][\w.]*)(?:\(.*\))?", re.DOTALL)
UNLINKED = (nodes.reference, nodes.title, addnodes.pending_xref)


@cache
def pages(root: Path) -> tuple[str, ...]:
    """The modules that have a page, in reading order."""
    listed = (remove_suffix(name, [".md"]) for name in parse_toc_yaml(root / "_toc.yml"))
    return tuple(name.removeprefix(API) for name in listed if name.startswith(API))


@cache
def targets(root: Path) -> dict[str, tuple[str, str]]:
    """Page and anchor of each module, ``module.name``, and name that needs no module."""
    known: dict[str, tuple[str, str]] = {}
    offered = vars(importlib.import_module("netinit"))
    for page in pages(root):
        module = modules.load(page)
        package, _, short = page.rpartition(".")
        known |= {page: (API + page, ""), short: (API + page, "")}
        for name in signatures.public(module):
            for one in [name, *signatures.aliases(module, name)]:
                place = (API + page, name)
                known |= {f"{page}.{one}": place, f"{short}.{one}": place}
                if package:  # `network.MLP`, as it is imported
                    known[f"{package}.{one}"] = place
                if offered.get(one) is getattr(module, one):
                    known[one] = place
    return known


def called(page: str, name: str) -> str:
    """How a reader writes a name of a module: after its package if that offers it.

    >>> called("initializers.scaling", "zeros"), called("theory.moments", "chi")
    ('initializers.zeros', 'moments.chi')
    """
    module = modules.load(page)
    package, _, short = page.rpartition(".")
    offers = package and getattr(modules.load(package), name, None)
    return f"{package if offers is getattr(module, name) else short}.{name}"


def remember(env: BuildEnvironment, anchor: str) -> None:
    """Let links of other pages to a section of this page pass MyST's check."""
    slugs = env.metadata[env.docname].setdefault("myst_slugs", {})
    slugs[anchor] = (0, anchor, anchor)


class Names(SphinxTransform):
    """Link the names of a reference page while it is read."""

    default_priority = 540

    def apply(self, **kwargs) -> None:
        """Walk the code in the text."""
        if not self.env.docname.startswith(FOLDER):
            return
        for literal in list(self.document.findall(nodes.literal)):
            target = self.target(literal.astext())
            if target and not _is_within(literal, UNLINKED):
                literal.replace_self(self.link(literal, *target))

    def target(self, text: str) -> tuple[str, str] | None:
        """Where the name is documented, the page's own names first; None if nowhere."""
        match = NAME.fullmatch(text)
        if not match:
            return None
        known, own = targets(Path(self.env.srcdir)), self.env.docname.removeprefix(API)
        page, anchor = known.get(f"{own}.{match[1]}") or known.get(match[1]) or ("", "")
        return (page, anchor) if page and (page, "") != (self.env.docname, anchor) else None

    def link(self, literal: nodes.literal, page: str, anchor: str) -> nodes.reference:
        """The literal, linked."""
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page)
        uri = f"{uri}#{anchor}" if anchor else uri
        return nodes.reference("", "", literal.deepcopy(), refuri=uri, internal=True)


def _is_within(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    """Whether a node is anywhere in one of some kinds."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(Names)
