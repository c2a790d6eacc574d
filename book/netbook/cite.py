"""Each page says how to cite it: a BibTeX entry with the version of the book."""

import re
import tomllib
from pathlib import Path

import yaml
from sphinx.application import Sphinx
from sphinx.util.nodes import clean_astext

from netbook.pages import label_of

SPECIAL = re.compile(r"([&%$#_{}])")


def bibtex(page: str, title: str, book: dict[str, str]) -> str:
    """The entry of `page`.

    Parameters
    ----------
    page
        Its name, such as ``chapters/03_random_scale``.
    title
        Its heading.
    book
        ``title``, ``author``, ``version`` and ``year`` of the book, and its ``address``, which may
        be empty.
    """
    whole = f"\\emph{{{escaped(book['title'])}}}"
    label = label_of(page)
    fields = {
        "author": f"{{{escaped(book['author'])}}}",
        "title": f"{{{escaped(title)}}}",
        "howpublished": f"{label} of {whole}" if label else f"A page of {whole}",
        "year": book["year"],
        "note": f"Version {book['version']}",
    }
    if book["address"]:
        fields["url"] = f"{book['address'].rstrip('/')}/{page}.html"
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    key = re.sub(r"[^a-z0-9]+", "-", page.rpartition("/")[2].lower()).strip("-")
    return "\n".join([f"@misc{{netinit{book['year']}-{key},", *lines, "}"])


def escaped(words: str) -> str:
    """`words` for TeX."""
    return SPECIAL.sub(r"\\\1", words)


def facts(root: Path, config) -> dict[str, str] | None:
    """What the entries say of the book; None for a book that does not say it."""
    metadata, citation = root / "pyproject.toml", root / "CITATION.cff"
    if not (metadata.is_file() and citation.is_file()):
        return None
    said = yaml.safe_load(citation.read_text("utf-8"))
    return {
        "title": config.html_title,
        "author": config.author,
        "version": tomllib.loads(metadata.read_text("utf-8"))["project"]["version"],
        "year": str(said["date-released"])[:4],
        "address": config.html_baseurl or "",
    }


def context(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Give the template the entry of its page."""
    title, book = app.env.titles.get(page), facts(Path(app.srcdir), app.config)
    context["bibtex"] = bibtex(page, clean_astext(title), book) if title and book else ""


def setup(app: Sphinx) -> None:
    """Run for each page that is written."""
    app.connect("html-page-context", context)
