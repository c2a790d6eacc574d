"""The volume as a PDF: one document of all pages, printed twice by Chromium.

The first print says on which page each place is; the second has those numbers in the contents and
beside each reference to an appendix. `finish` then gives the file its outline and metadata.
"""

import importlib.util
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

from volume.prepare import PATIENCE, Folded, Page, Prepared
from volume.source import Facts

HERE = Path(__file__).resolve().parent
SITE = "https://site.invalid/"  # what prepare.js writes for the site's address
FLOWING = "reference/api/"  # short pages, which begin where the last one ended
FLOW = "reference-flow"
FONTS = {
    "Volume Serif": ("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    "Volume Sans": (
        "DejaVuSans",
        "DejaVuSans-Bold",
        "DejaVuSans-Oblique",
        "DejaVuSans-BoldOblique",
    ),
    "Volume Mono": (
        *("DejaVuSansMono", "DejaVuSansMono-Bold"),
        *("DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    ),
}
FACES = ("normal normal", "bold normal", "normal italic", "bold italic")
ANSWERS, CODE = "Solutions and answers", "The code of the figures"
ASKED = re.compile(r'data-page-of="([^"]+)"(?:/>|></span>)')
MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 32" preserveAspectRatio="none" '
    'aria-hidden="true">'
    '<path class="mark-one" d="M0 16C24 -4 44 40 100 1"/><path class="mark-two" d="M0 16h100"/>'
    '<path class="mark-three" d="M0 16C24 36 44 -8 100 31"/></svg>'
)


@dataclass(frozen=True)
class Paper:
    """A size of paper; lengths in mm."""

    name: str
    width: float
    height: float

    @property
    def text_width(self) -> int:
        """Width between the margins, in CSS pixels."""
        return int((self.width - 36) / 25.4 * 96)


PAPERS = {"a4": Paper("a4", 210, 297), "letter": Paper("letter", 215.9, 279.4)}


@dataclass(frozen=True)
class Entry:
    """A line of the outline: its depth, its words, and the heading that it leads to."""

    depth: int
    text: str
    id: str


@dataclass(frozen=True)
class Appendix:
    """What was folded away on each page that folds something away."""

    id: str
    title: str
    groups: tuple[tuple[Page, tuple[Folded, ...]], ...]


def appendices(pages: Iterable[Page]) -> list[Appendix]:
    """The appendices that have any content."""
    pages, found = list(pages), []
    for kind, title in (("answers", ANSWERS), ("code", CODE)):
        groups = tuple((page, folded) for page in pages if (folded := getattr(page, kind)))
        if groups:
            found.append(Appendix(f"appendix-{kind}", title, groups))
    return found


def entries(pages: Iterable[Page]) -> list[Entry]:
    """The outline: parts, pages, sections; then the appendices."""
    pages, depth, found = list(pages), 0, []
    for page in pages:
        if page.place.part:
            found.append(Entry(0, page.place.part, page.headings[0].id))
            depth = 1
        for heading in page.headings:
            words = page.called if heading is page.headings[0] else heading.text
            found.append(Entry(depth + page.place.depth + heading.level - 1, words, heading.id))
    for appendix in appendices(pages):
        found.append(Entry(0, appendix.title, appendix.id))
        for page, _ in appendix.groups:
            found.append(Entry(1, page.called, f"{appendix.id}-{page.place.key}"))
    return found


def document(
    prepared: Prepared, about: Facts, paper: Paper, site: Path, numbers: dict[str, int]
) -> str:
    """The whole volume as XHTML; `numbers` gives the page of each id, or is empty."""
    pages = prepared.pages
    heads = "".join(_page_rule(page.place.key, page.called) for page in pages if not _flows(page))
    heads += _page_rule(FLOW, "Reference")
    heads += "".join(_page_rule(one.id, one.title) for one in appendices(pages))
    sheets = [(site / "_static" / name).resolve().as_uri() for name in ("palette.css", "text.css")]
    sheets.append((HERE / "paper.css").as_uri())
    links = "".join(f'<link rel="stylesheet" href="{sheet}"/>' for sheet in sheets)
    size = (
        f"{_font_faces()}{prepared.math_styles}{heads}"
        f"@page {{ size: {paper.width}mm {paper.height}mm; }}"
        f":root {{ --sheet-width: {paper.width}mm; --sheet-height: {paper.height}mm; }}"
    )
    text = "".join(
        (
            _targets(pages),
            _cover(about),
            _contents(pages),
            *(_article(page, site) for page in pages),
            *(_appendix(appendix, site) for appendix in appendices(pages)),
        )
    )
    return _numbered(
        '<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>'
        f"<title>{escape(about.title)}</title>{links}<style>{escape(size, quote=False)}</style>"
        f"</head><body>{text}</body></html>",
        numbers,
    )


def font(name: str) -> Path:
    """A file of the fonts that matplotlib brings."""
    spec = importlib.util.find_spec("matplotlib")
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / f"{name}.ttf"


def _font_faces() -> str:
    """Type that is the same on every machine, and so are the breaks of lines."""
    rules = []
    for family, files in FONTS.items():
        for file, face in zip(files, FACES, strict=True):
            weight, style = face.split()
            rules.append(
                f'@font-face {{ font-family: "{family}"; font-weight: {weight}; '
                f'font-style: {style}; src: url("{font(file).as_uri()}"); }}'
            )
    return "".join(rules)


def _flows(page: Page) -> bool:
    return page.place.name.startswith(FLOWING)


def _page_rule(name: str, words: str) -> str:
    """Each sheet of that name has the words at its top."""
    words = words.replace("\\", "").replace('"', "”")
    return f'@page {name} {{ @top-left {{ content: "{words}"; }} }}'


def _cover(about: Facts) -> str:
    lines = [about.author, f"Version {about.version}, {about.date}"]
    lines.append("Text and figures: CC BY 4.0. Code: MIT.")
    if about.address:
        lines.append(f'<a href="{escape(about.address)}">{escape(about.address)}</a>')
    written = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<section class="cover">{MARK}<p class="cover-title">{escape(about.title)}</p>'
        f'<p class="cover-summary">{escape(about.summary)}</p><footer>{written}</footer></section>'
    )


def _targets(pages: Iterable[Page]) -> str:
    """A link to each place of the outline: Chromium names the places that something leads to."""
    links = "".join(f'<a href="#{id_}"></a>' for id_ in {one.id: 0 for one in entries(pages)})
    return f'<div hidden="hidden">{links}</div>'


def _line(id_: str, words: str) -> str:
    return (
        f'<a href="#{id_}"><span>{escape(words)}</span><span class="dots"></span>'
        f'<span class="page-of" data-page-of="{id_}"></span></a>'
    )


def _contents(pages: Iterable[Page]) -> str:
    pages = list(pages)
    items = []
    for below, group in groupby(pages, key=lambda page: page.place.depth > 0):
        if below:
            items.append(f"<li>{_sublist((page.place.key, page.called) for page in group)}</li>")
        else:
            items += [_contents_item(page) for page in group]
    extra = appendices(pages)
    items += ['<li class="contents-part">Appendices</li>'] * bool(extra)
    items += [f'<li class="contents-chapter">{_line(one.id, one.title)}</li>' for one in extra]
    return (
        '<nav class="volume-contents" aria-label="Contents"><p class="contents-title">Contents</p>'
        f"<ol>{''.join(items)}</ol></nav>"
    )


def _contents_item(page: Page) -> str:
    """A page, below the title of the part that it begins, with its sections if it is a chapter."""
    part = page.place.part and f'<li class="contents-part">{escape(page.place.part)}</li>'
    sections = [heading for heading in page.headings if heading.level == 2]
    inner = _sublist((one.id, one.text) for one in sections) if page.label else ""
    return f'{part}<li class="contents-chapter">{_line(page.place.key, page.called)}{inner}</li>'


def _sublist(lines: Iterable[tuple[str, str]]) -> str:
    written = "".join(f"<li>{_line(*line)}</li>" for line in lines)
    return written and f'<ol class="contents-sections">{written}</ol>'


def _article(page: Page, site: Path) -> str:
    style = f' style="page: {FLOW if _flows(page) else page.place.key}"'
    classes = "flows " if _flows(page) else ""
    body = page.body.replace('class="page ', f'class="{classes}page ', 1)
    start, _, rest = body.partition(">")
    part = f'<p class="part-name">{escape(page.place.part)}</p>' if page.place.part else ""
    return _local(f"{start}{style}>{part}{rest}", site)


def _appendix(appendix: Appendix, site: Path) -> str:
    title = escape(appendix.title)
    own = f'id="{appendix.id}" style="page: {appendix.id}"'
    parts = [f'<article class="page appendix" {own}><h1>{title}</h1>']
    for page, folded in appendix.groups:
        anchor = f"{appendix.id}-{page.place.key}"
        parts.append(f'<section id="{anchor}"><h2>{escape(page.called)}</h2>')
        parts += [entry(one) for one in folded]
        parts.append("</section>")
    return _local("".join([*parts, "</article>"]), site)


def entry(one: Folded) -> str:
    """What was folded away, under what it belongs to, with a link back."""
    words = f"{one.label}: {one.summary[0].lower()}{one.summary[1:]}"
    words = one.label if one.summary in {"Show the code", "Solution", "Answers"} else words
    back = f"{one.id}-from"
    start, _, rest = one.entry.partition(">")
    head = (
        f'<p class="entry-label"><span>{escape(words)}</span> <a href="#{back}">back'
        f'<span class="page-of" data-page-of="{back}"></span></a></p>'
    )
    return f"{start}>{head}{rest}"


def _local(text: str, site: Path) -> str:
    """Pictures are read from the site's folder."""
    return text.replace(' src="', f' src="{site.resolve().as_uri()}/')


def _numbered(text: str, numbers: dict[str, int]) -> str:
    """Write the page of its place into each element that asks for it."""

    def filled(match: re.Match) -> str:
        return f'data-page-of="{match[1]}">{numbers.get(match[1], "")}</span>'

    return ASKED.sub(filled, text)


def print_once(
    browser, text: str, paper: Paper, source: Path, target: Path, *, tagged: bool
) -> None:
    """Write `text` to `source`, and its print to `target`; tags cost half of the time."""
    source.write_text(text, "utf-8")
    view = browser.new_page(viewport={"width": paper.text_width, "height": 900})
    view.set_default_timeout(PATIENCE)
    try:
        view.emulate_media(media="print", color_scheme="light", reduced_motion="reduce")
        view.goto(source.as_uri())
        view.evaluate("() => document.fonts.ready.then(() => null)")
        view.evaluate((HERE / "fit.js").read_text("utf-8"))
        view.pdf(path=target, prefer_css_page_size=True, print_background=True, tagged=tagged)
    finally:
        view.close()
