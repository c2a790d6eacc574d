"""A matplotlib SVG made part of the page: its colors follow the theme, its ids are unique."""

import re
from itertools import pairwise
from xml.etree import ElementTree

from netinit.style import ROLES

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
DROPPED = {f"{{{SVG}}}{name}" for name in ("metadata", "style", "title")}
COLORS = {role.light.lower(): f"var(--ni-{name})" for name, role in ROLES.items()}
COLORS |= {"#000000": "currentColor", "#000": "currentColor", "#ffffff": "var(--page)"}
_HEX = re.compile(r"#[0-9a-fA-F]{6}\b|#000\b")
_FAMILY = re.compile(r"font-family: [^;]*sans-serif|font-family: 'DejaVu Sans'")
_TYPE = re.compile(r"font-size: ([\d.]+px)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_PIXELS = {"pt": 96 / 72, "in": 96.0, "px": 1.0, "": 1.0}

ElementTree.register_namespace("", SVG)


def inline(text: str, *, prefix: str, alt: str = "") -> str:
    """`text` as an ``<svg>`` element for a page.

    Parameters
    ----------
    text
        An SVG document.
    prefix
        What makes its ids differ from those of the page's other pictures.
    alt
        Description, used where the picture has no ``<title>`` of its own.

    Raises
    ------
    ValueError
        If `text` is not an SVG document, has no size, or nothing describes it.
    """
    root = _parsed(text)
    title = root.find(f"{{{SVG}}}title")
    label = " ".join(((title.text if title is not None else None) or alt).split())
    if not label:
        raise ValueError("the picture has no description: give it an alternative text")
    width, height = _size(root)
    _strip(root)
    for element in root.iter(f"{{{SVG}}}text"):
        _flow(element)
    for element in root.iter():
        _adapt(element, prefix)
    root.attrib |= {"role": "img", "aria-label": label, "fill": "currentColor"}
    root.attrib |= {"stroke-linejoin": "round", "stroke-linecap": "butt"}
    root.attrib |= {"style": f"--width: {width:.0f}px", "width": f"{width:.0f}"}
    root.attrib |= {"height": f"{height:.0f}"}
    return ElementTree.tostring(root, encoding="unicode")


def _parsed(text: str) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"not an SVG picture: {error}") from None
    if root.tag != f"{{{SVG}}}svg":
        raise ValueError(f"not an SVG picture: its root is {root.tag}")
    return root


def _size(root: ElementTree.Element) -> tuple[float, float]:
    """Width and height in CSS pixels."""
    if "viewBox" not in root.attrib:
        raise ValueError("the picture has no viewBox: it could not shrink with the page")
    box = [float(number) for number in root.attrib["viewBox"].replace(",", " ").split()]
    match = re.fullmatch(r"([\d.]+)(pt|in|px|)", root.attrib.get("width", ""))
    width = float(match[1]) * _PIXELS[match[2]] if match else box[2]
    return width, width * box[3] / box[2]


def _strip(root: ElementTree.Element) -> None:
    """Remove what would leak into the page: style sheets, metadata, the tooltip title."""
    for parent in root.iter():
        for child in [child for child in parent if child.tag in DROPPED]:
            parent.remove(child)


def _flow(text: ElementTree.Element) -> None:
    """Let a formula's glyphs follow one another, as in the page's font they have other widths.

    A fraction stays as it was placed: its denominator goes back to the left.
    """
    for glyph in text:
        if " " in glyph.get("x", "").strip():  # older matplotlib places each letter of a run
            glyph.set("x", glyph.attrib["x"].split()[0])
    starts = [float(glyph.get("x", "nan")) for glyph in text]
    if all(before < after for before, after in pairwise(starts)):
        for glyph in list(text)[1:]:
            del glyph.attrib["x"]
        for glyph in text:
            glyph.tail = ""  # a line break in the file would be a space between them


def _adapt(element: ElementTree.Element, prefix: str) -> None:
    for key, value in list(element.attrib.items()):
        del element.attrib[key]
        name = "href" if key == f"{{{XLINK}}}href" else key
        if name == "id":
            value = prefix + value
        elif name == "href" and value.startswith("#"):
            value = f"#{prefix}{value[1:]}"
        else:
            value = _REFERENCE.sub(rf"url(#{prefix}\1)", value)
            value = _HEX.sub(lambda match: COLORS.get(match[0].lower(), match[0]), value)
        if name == "style":
            value = _FAMILY.sub("font-family: var(--sans)", value)
            # The page may enlarge the words on a narrow screen.
            value = _TYPE.sub(r"font-size: calc(\1 * var(--type, 1))", value)
        element.set(name, value)
