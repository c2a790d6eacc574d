"""What the summary sheets say, read from the chapters and from netinit's advice.

Nothing is written twice. A formula that is no longer in its chapter, or a chapter without a
summary, stops the sheet with a sentence that says so.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from netinit.initializers import advice, catalogue
from volume.tex import raised

SHEETS = Path(__file__).with_name("sheets.toml")
SUMMARY = re.compile(r"^## Summary[^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
CHECKLIST = re.compile(r"^\*\*Before step 1\*\*[^\n]*\n\n(.*?)\n\n(?!\d)", re.MULTILINE | re.DOTALL)
DISPLAYED = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
ASIDE = re.compile(r" \([^()]*\[[^\]]*\]\([^)]*\)[^()]*\)")  # in brackets, with a link in it
ROW = re.compile(r"^\| (.+?) \| [^|]*\| (.+) \|$")
CHAPTER = re.compile(r"\(Chapters? [^)]*\)")
LETTER = re.compile(r"(?<![\w*])\*(\w)\*(?![\w*])")


class NotInTheBook(RuntimeError):
    """A sheet asks for something that its chapter does not say."""


@dataclass(frozen=True)
class Section:
    """A chapter on a sheet: formulas in TeX, and sentences with ``$`` around theirs."""

    number: int
    title: str
    formulas: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A summary sheet; ``advised`` are pairs of a network and its start, under ``advice``."""

    name: str
    title: str
    sections: tuple[Section, ...]
    checklist: tuple[str, ...]
    symbols: tuple[str, ...]
    advice: str
    advised: tuple[tuple[str, str], ...]


def sheets(root: Path) -> list[Sheet]:
    """The sheets of the book below `root`."""
    return [_sheet(root, one) for one in tomllib.loads(SHEETS.read_text("utf-8"))["sheets"]]


def _sheet(root: Path, asked: dict) -> Sheet:
    listed = asked.get("checklist")
    return Sheet(
        name=asked["name"],
        title=asked["title"],
        sections=tuple(section(root, one) for one in asked["chapters"]),
        checklist=_items(CHECKLIST, root, listed, r"\d+\. ") if listed else (),
        symbols=tuple(symbol(root, piece) for piece in asked["symbols"]),
        advice=asked["advised"],
        advised=tuple(
            (one.network, plain(one.start))
            for one in advice.decisions()
            if one.kind == asked["advice"]
        ),
    )


def section(root: Path, asked: dict) -> Section:
    """A chapter's part of a sheet.

    Raises
    ------
    NotInTheBook
        If the chapter has no summary, or not exactly one such formula.
    """
    name, text = asked["name"], markdown(root, asked["name"])
    title = text.partition("\n")[0].removeprefix("# ").strip()
    shown = [" ".join(found.split()) for found in DISPLAYED.findall(text)]
    formulas = []
    for piece in asked.get("formulas", ()):
        fitting = [formula for formula in shown if piece in formula]
        if len(fitting) != 1:
            raise NotInTheBook(f"{name}: {len(fitting)} displayed formulas have {piece}")
        formulas.append(fitting[0].rstrip(" .,"))
    laws = {scheme.name: scheme.latex for scheme in catalogue()}
    formulas += [laws[scheme] for scheme in asked.get("schemes", ())]
    sentences = _items(SUMMARY, root, name, "- ")
    return Section(int(name[:2]), plain(title), tuple(formulas), sentences)


def symbol(root: Path, piece: str) -> str:
    """A symbol of the page on notation, and its meaning.

    Raises
    ------
    NotInTheBook
        If not exactly one row of its tables has `piece` as its symbol, or in it.
    """
    lines = (root / "chapters" / "notation.md").read_text("utf-8").splitlines()
    rows = [ROW.match(line) for line in lines]
    found = [row for row in rows if row and piece in row[1]]
    if len(found) != 1:
        raise NotInTheBook(f"notation.md: {len(found)} symbols have {piece}")
    name = CHAPTER.sub("", found[0][1]).strip()
    return plain(f"{name}: {found[0][2].strip()}")


def markdown(root: Path, name: str) -> str:
    """The text of a chapter without its code."""
    notebook = json.loads((root / "chapters" / f"{name}.ipynb").read_text("utf-8"))
    cells = (cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def _items(place: re.Pattern, root: Path, name: str, mark: str) -> tuple[str, ...]:
    """The items of the list at a place of a chapter; each begins with `mark`."""
    found = place.search(markdown(root, name))
    items = re.findall(rf"^{mark}(.*)$", found[1], re.MULTILINE) if found else []
    if not items:
        raise NotInTheBook(f"{name}: no list where one was expected ({place.pattern[:30]}...)")
    return tuple(plain(item) for item in items)


def plain(text: str) -> str:
    """A sentence without the marks of Markdown, its formulas between dollar signs."""
    text = LETTER.sub(r"$\1$", LINK.sub(r"\1", ASIDE.sub("", text)))
    return raised(re.sub(r"(\*\*?|`)(\S(?:.*?\S)?)\1", r"\2", text).strip())
