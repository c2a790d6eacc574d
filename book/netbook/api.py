"""Reference pages from docstrings: a page a module, a section a function or class.

``{api} netinit.fans`` writes a module's page; ``{api-modules}`` lists the modules that have one,
in the order of ``_toc.yml``. Names in backticks that are documented become links.
"""

import importlib
import inspect
from functools import cache
from pathlib import Path
from types import ModuleType

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from numpydoc.docscrape import NumpyDocString
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from netbook import signatures

FOLDER = "reference/api/"
LISTED = ("Parameters", "Returns", "Raises", "Warns", "Yields")


@cache
def pages(toc: Path) -> tuple[str, ...]:
    """The modules that have a page, in reading order."""
    found: list[str] = []

    def walk(entries: list[dict]) -> None:
        for entry in entries:
            if entry["file"].startswith(FOLDER):
                found.append(entry["file"].removeprefix(FOLDER))
            walk(entry.get("sections", []))

    walk(yaml.safe_load(toc.read_text("utf-8")).get("chapters", []))
    return tuple(found)


@cache
def targets(toc: Path) -> dict[str, tuple[str, str]]:
    """Page and anchor of every documented name; of two, the first in reading order."""
    known: dict[str, tuple[str, str]] = {}
    for page in pages(toc):
        module = importlib.import_module(f"netinit.{page}")
        known.setdefault(page, (FOLDER + page, ""))
        for name in signatures.public(module):
            for one in [name, *signatures.aliases(module, name)]:
                known.setdefault(one, (FOLDER + page, name))
                known.setdefault(f"{page}.{one}", (FOLDER + page, name))
    return known


class Reference(SphinxDirective):
    """What the two directives share: the table of contents, links, Markdown."""

    @property
    def toc(self) -> Path:
        """The file that holds the order of the book."""
        return Path(self.env.srcdir, "_toc.yml")

    def markdown(self, text: str) -> list[nodes.Node]:
        """`text` as the book's Markdown, its documented names linked."""
        holder = nodes.Element()
        lines = StringList(text.splitlines(), source=self.env.docname)
        self.state.nested_parse(lines, self.content_offset, holder)
        if '"' in text:  # most quote a string of Python, which has to stay one
            for part in holder.findall(nodes.TextElement):
                part["support_smartquotes"] = False
        for literal in list(holder.findall(nodes.literal)):
            if link := self.link(literal.astext()):
                literal.replace_self(link)
        return holder.children

    def link(self, name: str) -> nodes.reference | None:
        """A link to the section of a name, unless there is none or it is this one."""
        known, own = targets(self.toc), self.env.docname.removeprefix(FOLDER)
        short = name.removeprefix("netinit.").removesuffix("()")
        page, anchor = known.get(f"{own}.{short}") or known.get(short, ("", ""))
        if not page or (page == self.env.docname and not anchor):
            return None
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page)
        uri = f"{uri}#{anchor}" if anchor else uri
        return nodes.reference("", "", nodes.literal("", name), refuri=uri, internal=True)


class Api(Reference):
    """The page of one module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The module's own words, then a section for each name."""
        module = importlib.import_module(self.arguments[0])
        for name in signatures.public(module):
            self.env.note_dependency(inspect.getsourcefile(getattr(module, name)))
        self.env.note_dependency(module.__file__)
        found = [node for part in _parts(module) for node in self.text(part)]
        for kind, names in signatures.records(module).items():
            listed = ", ".join(f"`{name}`" for name in names)
            found += self.markdown(f"Values of the type `{kind}`: {listed}.")
        return [*found, *(self.described(module, name) for name in signatures.public(module))]

    def described(self, module: ModuleType, name: str) -> nodes.section:
        """The section of a function or class."""
        value = getattr(module, name)
        section = self.section(name, name, value)
        if others := signatures.aliases(module, name):
            called = " and ".join(f"`{other}`" for other in others)
            section.insert(2, self.markdown(f"Also called {called}."))
        if inspect.isclass(value):
            for member in signatures.members(value):
                inner = vars(value)[member]
                section += self.section(member, f"{name}.{member}", inner)
        self.remember(name)
        return section

    def section(self, title: str, anchor: str, value: object) -> nodes.section:
        """Heading, signature and docstring."""
        heading = nodes.title("", "", nodes.literal("", title))
        call = _code(signatures.signature(value, title), "python", "signature")
        section = nodes.section("", heading, call, ids=[anchor], names=[])
        section += self.docstring(inspect.getdoc(value) or "")
        return section

    def docstring(self, text: str) -> list[nodes.Node]:
        """A docstring in numpydoc's form: words, lists of arguments, examples."""
        parsed = NumpyDocString(signatures.headed(text))
        found = self.text([*parsed["Summary"], "", *parsed["Extended Summary"]])
        for name in LISTED:
            if parsed[name]:
                found += [_rubric(name), self.listed(parsed[name])]
        if parsed["Notes"]:
            found += self.text(parsed["Notes"])
        if parsed["Examples"]:
            found += [_rubric("Examples"), *self.text(parsed["Examples"])]
        return found

    def listed(self, entries: list) -> nodes.definition_list:
        """Arguments, results or errors, with their types and what is said of them."""
        made = nodes.definition_list(classes=["arguments"])
        for entry in entries:
            name, kind = entry.name, entry.type
            term = nodes.term("", "", nodes.literal("", name or kind))
            if name and kind:
                term += [nodes.Text(" "), self.kind(kind)]
            item = nodes.definition_list_item("", term)
            item += nodes.definition("", *self.text(entry.desc))
            made += item
        return made

    def kind(self, words: str) -> nodes.inline:
        """The type of an argument, in words."""
        (written,) = self.markdown(words.replace("*", r"\*"))
        parts = (child.deepcopy() for child in written.children)
        return nodes.inline("", "", *parts, classes=["type"], support_smartquotes=False)

    def text(self, lines: list[str]) -> list[nodes.Node]:
        """Paragraphs and examples."""
        found: list[nodes.Node] = []
        for example, words in signatures.paragraphs(lines):
            found += [_code(words, "pycon")] if example else self.markdown(words)
        return found

    def remember(self, anchor: str) -> None:
        """Let links of other pages to this section pass MyST's check."""
        slugs = self.env.metadata[self.env.docname].setdefault("myst_slugs", {})
        slugs[anchor] = (0, anchor, anchor)


class ApiModules(Reference):
    """The list of modules, each with the first sentence of its docstring."""

    def run(self) -> list[nodes.Node]:
        """One item a module."""
        made = nodes.definition_list(classes=["modules"])
        for page in pages(self.toc):
            module = importlib.import_module(f"netinit.{page}")
            self.env.note_dependency(module.__file__)
            summary = " ".join(_parts(module)[0])
            term = nodes.term("", "", self.link(page))
            item = nodes.definition_list_item("", term)
            item += nodes.definition("", *self.markdown(summary))
            item[-1] += self.markdown(", ".join(f"`{n}`" for n in signatures.public(module)))
            made += item
        return [made]


def _parts(module: ModuleType) -> list[list[str]]:
    """The lines of a module's docstring: its first paragraph, and the rest."""
    first, _, rest = (inspect.getdoc(module) or "").partition("\n\n")
    return [first.splitlines(), rest.splitlines()]


def _code(text: str, language: str, *classes: str) -> nodes.literal_block:
    return nodes.literal_block(text, text, language=language, classes=list(classes))


def _rubric(words: str) -> nodes.paragraph:
    return nodes.paragraph("", words, classes=["part"])


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("api", Api)
    app.add_directive("api-modules", ApiModules)
