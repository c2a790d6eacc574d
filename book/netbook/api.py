"""Reference pages made from docstrings: one page per module, one section per function or class.

``{api} netinit.losses`` writes the page of a module; ``{api-modules}`` lists the modules that have
a page, in the order of ``_toc.yml``.
"""

import inspect
from pathlib import Path
from types import ModuleType

from docutils import nodes
from docutils.statemachine import StringList
from numpydoc.docscrape import NumpyDocString
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from netbook import modules, names, signatures

LISTED = ("Parameters", "Returns", "Raises", "Warns", "Yields")


class Written(SphinxDirective):
    """A directive that writes part of its content in the book's Markdown."""

    def markdown(self, text: str) -> list[nodes.Node]:
        """The nodes of `text`."""
        holder = nodes.Element()
        lines = StringList(text.splitlines(), source=self.env.docname)
        self.state.nested_parse(lines, self.content_offset, holder)
        if '"' in text:  # most enclose a string of Python, so they must stay straight
            for part in holder.findall(nodes.TextElement):
                part["support_smartquotes"] = False
        return holder.children


class Api(Written):
    """The page of one module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The module's docstring, then a section for each name."""
        module = modules.load(self.arguments[0].removeprefix("netinit."))
        found = [node for part in _parts(module) for node in self.text(part)]
        for kind, values in signatures.records(module).items():
            listed = ", ".join(f"`{name}`" for name in values)
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
        names.remember(self.env, name)
        return section

    def section(self, title: str, anchor: str, value: object) -> nodes.section:
        """Heading, signature and docstring."""
        heading = nodes.title("", "", nodes.literal("", title))
        call = _code(signatures.signature(value, title), "python", "signature")
        section = nodes.section("", heading, call, ids=[anchor], names=[])
        section += self.docstring(inspect.getdoc(value) or "")
        return section

    def docstring(self, text: str) -> list[nodes.Node]:
        """A docstring in numpydoc's form: text, lists of arguments, examples."""
        parsed = NumpyDocString(signatures.headed(text))
        found = self.text([*parsed["Summary"], "", *parsed["Extended Summary"]])
        for part in LISTED:
            if parsed[part]:
                found += [_rubric(part), self.listed(parsed[part])]
        if parsed["Notes"]:
            found += self.text(parsed["Notes"])
        if parsed["Examples"]:
            found += [_rubric("Examples"), *self.text(parsed["Examples"])]
        return found

    def listed(self, entries: list) -> nodes.definition_list:
        """Arguments, results or errors, with their types and descriptions."""
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


class ApiModules(Written):
    """The list of modules, each with the first sentence of its docstring."""

    def run(self) -> list[nodes.Node]:
        """One item per module."""
        made = nodes.definition_list(classes=["modules"])
        for page in names.pages(Path(self.env.srcdir)):
            module = modules.load(page)
            summary = " ".join(_parts(module)[0])
            term = nodes.term("", "", nodes.literal("", f"netinit.{page}"))
            item = nodes.definition_list_item("", term)
            item += nodes.definition("", *self.markdown(summary))
            listed = (f"`{names.called(page, name)}`" for name in signatures.public(module))
            item[-1] += self.markdown(", ".join(listed))
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
