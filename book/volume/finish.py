"""What Chromium's print lacks: an outline, metadata, tags of formulas, and its full compression."""

from pathlib import Path

import pikepdf

from volume.paper import SITE, Entry
from volume.source import Facts

FORMULA = "Formula: "  # how prepare.js begins the description of a formula


class BrokenVolume(RuntimeError):
    """The print lacks a place that something leads to."""


def page_numbers(path: Path) -> dict[str, int]:
    """The page, counted from 1, of each place in the print that a link leads to."""
    with pikepdf.open(path) as pdf:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
        return {
            name[1:]: numbers[place[0].objgen] for name, place in pdf.Root.get("/Dests", {}).items()
        }


def finish(source: Path, target: Path, outline: list[Entry], about: Facts) -> None:
    """Write the print `source` to `target` with what it lacks.

    Raises
    ------
    BrokenVolume
        If a heading of `outline`, or the place that a link leads to, is not in the print.
    """
    with pikepdf.open(source) as pdf:
        places = {name[1:]: place for name, place in pdf.Root.get("/Dests", {}).items()}
        _check(pdf, outline, places)
        _write_outline(pdf, outline, places)
        _address(pdf, about.address)
        _retag(pdf)
        _describe(pdf, about)
        pdf.save(
            target,
            compress_streams=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
        )


def _check(pdf: pikepdf.Pdf, outline: list[Entry], places: dict[str, pikepdf.Object]) -> None:
    wanted = {entry.id for entry in outline}
    for link in links(pdf):
        if isinstance(link.get("/Dest"), pikepdf.Name):
            wanted.add(str(link.Dest)[1:])
    if missing := sorted(wanted - places.keys()):
        raise BrokenVolume(f"not in the print: {', '.join(missing[:9])}")


def links(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    """Every link of the document."""
    found = (note for page in pdf.pages for note in page.obj.get("/Annots", ()))
    return [note for note in found if note.get("/Subtype") == "/Link"]


def _write_outline(
    pdf: pikepdf.Pdf, outline: list[Entry], places: dict[str, pikepdf.Object]
) -> None:
    with pdf.open_outline() as written:
        written.root.clear()
        open_ = [written.root]
        for entry in outline:
            item = pikepdf.OutlineItem(entry.text, pikepdf.Array(places[entry.id]))
            item.is_closed = True
            depth = min(entry.depth, len(open_) - 1)
            del open_[depth + 1 :]
            open_[depth].append(item)
            open_.append(item.children)


def _address(pdf: pikepdf.Pdf, address: str) -> None:
    """Lead to the site: at its address, or relative to where the file lies in it."""
    for link in links(pdf):
        action = link.get("/A", {})
        uri = str(action.get("/URI", ""))
        if uri.startswith(SITE):
            action.URI = pikepdf.String(address + uri.removeprefix(SITE))


def _retag(pdf: pikepdf.Pdf) -> None:
    """Call formulas so; a picture with its caption is a group, in which the picture has words."""
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Dictionary) or thing.get("/S") != "/Figure":
            continue
        words = str(thing.get("/Alt", ""))
        if words.startswith(FORMULA):
            thing.S = pikepdf.Name.Formula
            thing.Alt = pikepdf.String(words.removeprefix(FORMULA))
        elif not words and _has_caption(thing):
            thing.S = pikepdf.Name.Div


def _has_caption(thing: pikepdf.Object) -> bool:
    parts = thing.K if isinstance(thing.K, pikepdf.Array) else [thing.K]
    return any(isinstance(p, pikepdf.Dictionary) and p.get("/S") == "/Caption" for p in parts)


def _describe(pdf: pikepdf.Pdf, about: Facts) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = about.title
        metadata["dc:creator"] = [about.author]
        metadata["dc:description"] = about.summary
        metadata["dc:language"] = ["en"]
        metadata["pdf:Keywords"] = ", ".join(about.keywords)
        metadata["xmp:CreatorTool"] = f"netinit {about.version}"
    pdf.Root.PageMode = pikepdf.Name.UseOutlines
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    day = f"D:{about.date.replace('-', '')}000000Z"
    for name in ("/CreationDate", "/ModDate"):
        pdf.docinfo[name] = day
