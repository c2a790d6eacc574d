"""The volume as an EPUB 3: a file for each page, formulas as MathML, pictures for widgets."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from lxml import etree
from netbook.archives import WRITTEN

from netinit.style import PAGE, PAGE_COLORS, ROLES
from volume.paper import MARK, appendices, entry
from volume.prepare import Page
from volume.source import Facts

HERE = Path(__file__).resolve().parent
SITE = "https://site.invalid/"
XHTML, SVG = "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"
MATHML = "http://www.w3.org/1998/Math/MathML"
COVER_SIZE = (1200, 1600)
COVER = """
body { margin: 0; font-family: serif; }
svg { position: absolute; bottom: 260px; width: 100%; height: 520px; fill: none; }
path { stroke-width: 16px; vector-effect: non-scaling-stroke; }
h1 { margin: 180px 100px 30px; font-size: 130px; font-weight: normal; line-height: 1.05; }
p { margin: 0 100px; font-size: 46px; }
footer { position: absolute; bottom: 90px; }
"""
COLORS = {f"var(--ni-{name})": role.light for name, role in ROLES.items()}
COLORS |= {"var(--page)": PAGE.light, "var(--sans)": "sans-serif"}
VARIABLE = re.compile("|".join(re.escape(name) for name in COLORS))
TYPE = re.compile(r"calc\(([\d.]+px) \* var\(--type, 1\)\)")
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""
TEXT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" \
xml:lang="en"><head><meta charset="utf-8"/><title>{title}</title>\
<link rel="stylesheet" href="style.css"/></head><body>{body}</body></html>
"""
PACKAGE = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en" \
prefix="schema: http://schema.org/">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:creator>{author}</dc:creator>
<dc:language>en</dc:language>
<dc:date>{date}</dc:date>
<dc:description>{summary}. Version {version}.</dc:description>
<dc:rights>Text and figures: CC BY 4.0. Code: MIT.</dc:rights>
{subjects}
<meta property="dcterms:modified">{date}T00:00:00Z</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessModeSufficient">textual,visual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">readingOrder</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityFeature">displayTransformability</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta property="schema:accessibilitySummary">Every picture has a description in words, every \
formula is MathML, and every heading is in the table of contents.</meta>
<meta name="cover" content="cover-image"/>
</metadata>
<manifest>
{manifest}
</manifest>
<spine>
{spine}
</spine>
</package>
"""


class BrokenBook(RuntimeError):
    """A link of the volume leads nowhere."""


@dataclass
class File:
    """A text of the EPUB: its name without ``.xhtml``, its title, and its body as XHTML."""

    name: str
    title: str
    body: str
    properties: set[str] = field(default_factory=set)


def files(pages: Iterable[Page]) -> list[File]:
    """The texts, in reading order: the pages, then the appendices page by page."""
    pages = list(pages)
    found = [File(page.place.key, page.called, _with_part(page)) for page in pages]
    for appendix in appendices(pages):
        for page, folded in appendix.groups:
            anchor = f"{appendix.id}-{page.place.key}"
            start = f'<p class="part-name">{appendix.title}</p><h1>{escape(page.called)}</h1>'
            body = "".join(entry(one) for one in folded)
            whole = f'<section id="{anchor}">{start}{body}</section>'
            found.append(File(anchor, f"{appendix.title}. {page.called}", whole))
    return found


def _with_part(page: Page) -> str:
    start, _, rest = page.body.partition(">")
    part = page.place.part and f'<p class="part-name">{escape(page.place.part)}</p>'
    return f"{start}>{part}{rest}"


def pack(target: Path, pages: Iterable[Page], about: Facts, site: Path, cover: bytes) -> None:
    """Write the EPUB; `cover` is a PNG.

    Raises
    ------
    BrokenBook
        If a link within the book leads nowhere.
    """
    pages = list(pages)
    texts = files(pages)
    trees = {
        text.name: etree.fromstring(f'<div xmlns="{XHTML}">{text.body}</div>') for text in texts
    }
    home = {id_: name for name, tree in trees.items() for id_ in tree.xpath("//@id")}
    pictures: set[str] = set()
    for text in texts:
        tree = trees[text.name]
        _links(tree, text.name, home, about.address)
        _adapt(tree)
        pictures |= _pictures(tree)
        text.properties = _properties(tree)
        text.body = "".join(etree.tostring(child, encoding="unicode") for child in tree)
    members = {f"EPUB/{text.name}.xhtml": _written(text.title, text.body) for text in texts}
    members["EPUB/title.xhtml"] = _written(about.title, _title_page(about))
    members["EPUB/nav.xhtml"] = _written("Contents", _navigation(pages))
    members["EPUB/style.css"] = _style()
    members["EPUB/cover.png"] = cover
    members |= {f"EPUB/{name}": (site / "_images" / name).read_bytes() for name in pictures}
    members["EPUB/package.opf"] = _package(texts, sorted(pictures), about).encode()
    members["META-INF/container.xml"] = CONTAINER.encode()
    _zip(target, members)


def _tree(body: str) -> etree._Element:
    return etree.fromstring(f'<div xmlns="{XHTML}">{body}</div>')


def _links(tree: etree._Element, name: str, home: dict[str, str], address: str) -> None:
    """Links lead to the file that has their target; the site's have an address, or are words."""
    if not address:
        _without_site(tree)
    for link in tree.iter(f"{{{XHTML}}}a"):
        href = link.get("href", "")
        if href.startswith("#"):
            where = home.get(href[1:])
            if where is None:
                raise BrokenBook(f"{name}: nothing is called {href[1:]}")
            link.set("href", href if where == name else f"{where}.xhtml{href}")
        elif href.startswith(SITE):
            link.set("href", address + href.removeprefix(SITE))


def _without_site(tree: etree._Element) -> None:
    """Links to the site become words; what only invites to go there is left out."""
    for element in [*tree.iter(f"{{{XHTML}}}p", f"{{{XHTML}}}a")]:
        if element.get("class") in ("live-at", "experiment"):
            element.getparent().remove(element)
        elif element.get("href", "").startswith(SITE):
            element.tag = f"{{{XHTML}}}span"
            element.attrib.clear()


def _adapt(tree: etree._Element) -> None:
    """Colors and sizes as they are, for readers that know no variables; no empty page numbers."""
    for element in [*tree.iter(f"{{{XHTML}}}span")]:
        if element.get("data-page-of"):
            element.getparent().remove(element)
    for path in tree.iter(f"{{{SVG}}}path"):
        path.set("d", path.get("d") or "M0 0")  # a line without a point has none
    for element in tree.iter(f"{{{SVG}}}*"):
        for key, value in element.attrib.items():
            value = TYPE.sub(r"\1", value)
            element.set(key, VARIABLE.sub(lambda match: COLORS[match[0]], value))
        if element.tag == f"{{{SVG}}}svg":
            element.set("style", f"width: {element.get('width')}px; max-width: 100%; height: auto")
            del element.attrib["width"], element.attrib["height"]


def _pictures(tree: etree._Element) -> set[str]:
    """The pictures of a text, which now lie beside it."""
    found = set()
    for image in tree.iter(f"{{{XHTML}}}img"):
        name = Path(image.get("src")).name
        image.set("src", name)
        found.add(name)
    return found


def _properties(tree: etree._Element) -> set[str]:
    """What the manifest must say of a text."""
    names = {"svg": f"{{{SVG}}}svg", "mathml": f"{{{MATHML}}}math"}
    return {name for name, tag in names.items() if next(tree.iter(tag), None) is not None}


def _written(title: str, body: str) -> bytes:
    return TEXT.format(title=escape(title), body=body).encode()


def _title_page(about: Facts) -> str:
    facts = (about.author, f"Version {about.version}, {about.date}")
    lines = "".join(f"<p>{escape(fact)}</p>" for fact in (*facts, *about.address.split()))
    return (
        f'<section epub:type="titlepage"><h1 class="cover-title">{escape(about.title)}</h1>'
        f'<p>{escape(about.summary)}.</p><div class="cover-facts">{lines}'
        "<p>Text and figures: CC BY 4.0. Code: MIT.</p></div></section>"
    )


def _navigation(pages: list[Page]) -> str:
    """The table of contents, nested as the book is, and where it begins."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    for page in pages:
        if page.place.part:
            parts.append((page.place.part, []))
        sections = [heading for heading in page.headings if heading.level == 2]
        file = f"{page.place.key}.xhtml"
        inner = "".join(_item(f"{file}#{h.id}", h.text) for h in sections)
        parts[-1][1].append(_item(file, page.called, inner))
    for one in appendices(pages):
        inner = [_item(f"{one.id}-{page.place.key}.xhtml", page.called) for page, _ in one.groups]
        parts.append((one.title, inner))
    listed = "".join(
        f"<li><span>{escape(part)}</span><ol>{''.join(items)}</ol></li>" if part else "".join(items)
        for part, items in parts
    )
    return (
        f'<nav epub:type="toc" id="toc"><h1>Contents</h1><ol>{listed}</ol></nav>'
        '<nav epub:type="landmarks" hidden="hidden"><h1>Places</h1><ol>'
        '<li><a epub:type="toc" href="#toc">Contents</a></li>'
        f'<li><a epub:type="bodymatter" href="{pages[0].place.key}.xhtml">The book</a></li>'
        "</ol></nav>"
    )


def _item(href: str, words: str, inner: str = "") -> str:
    below = inner and f"<ol>{inner}</ol>"
    return f'<li><a href="{href}">{escape(words)}</a>{below}</li>'


def _style() -> bytes:
    text = (HERE / "epub.css").read_text("utf-8")
    return text.replace("var(--accent)", PAGE_COLORS["accent"].light).encode()


def _package(texts: list[File], pictures: list[str], about: Facts) -> str:
    """The list of all files, and the order of the texts."""
    items = [
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>',
        '<item id="title" href="title.xhtml" media-type="application/xhtml+xml"/>',
        '<item id="style" href="style.css" media-type="text/css"/>',
        '<item id="cover-image" href="cover.png" media-type="image/png" properties="cover-image"/>',
    ]
    for number, text in enumerate(texts):
        has = " ".join(sorted(text.properties))
        items.append(
            f'<item id="t{number}" href="{text.name}.xhtml" media-type="application/xhtml+xml"'
            + (f' properties="{has}"/>' if has else "/>")
        )
    for number, name in enumerate(pictures):
        items.append(f'<item id="p{number}" href="{name}" media-type="image/png"/>')
    order = ["title", "nav", *(f"t{number}" for number in range(len(texts)))]
    return PACKAGE.format(
        identifier=uuid.uuid5(uuid.NAMESPACE_URL, f"netinit {about.version}"),
        title=escape(about.title),
        author=escape(about.author),
        date=about.date,
        version=about.version,
        summary=escape(about.summary),
        subjects="\n".join(f"<dc:subject>{escape(word)}</dc:subject>" for word in about.keywords),
        manifest="\n".join(items),
        spine="\n".join(f'<itemref idref="{name}"/>' for name in order),
    )


def _zip(target: Path, members: dict[str, bytes]) -> None:
    """The same bytes for the same content; the type of the file comes first, not compressed."""
    with ZipFile(target, "w") as archive:
        for name, content in [("mimetype", b"application/epub+zip"), *sorted(members.items())]:
            how = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            member = ZipInfo(name, WRITTEN)
            member.compress_type, member.external_attr = how, 0o644 << 16
            archive.writestr(member, content, compresslevel=9)


def draw_cover(browser, about: Facts) -> bytes:
    """The cover as a PNG."""
    width, height = COVER_SIZE
    hues = {"one": "forward", "two": "reference", "three": "backward"}
    strokes = "".join(f".mark-{n} {{ stroke: {ROLES[role].light}; }}" for n, role in hues.items())
    view = browser.new_page(viewport={"width": width, "height": height})
    try:
        view.set_content(
            f"<style>{COVER}{strokes}</style>{MARK}<h1>{escape(about.title)}</h1>"
            f"<p>{escape(about.summary)}</p><footer><p>{escape(about.author)}</p></footer>"
        )
        return view.screenshot()
    finally:
        view.close()
