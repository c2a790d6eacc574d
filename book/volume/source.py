"""Which pages make the volume, in which order, and what the book says of itself."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import yaml


class NoSite(RuntimeError):
    """The volume is made from the built site, and there is none."""


@dataclass(frozen=True)
class Place:
    """A page of the site and where it stands in the book.

    ``part`` is the title of the part that begins with this page, else empty; ``depth`` is 1 for a
    page that is listed below another one.
    """

    name: str
    part: str = ""
    depth: int = 0

    @property
    def key(self) -> str:
        """The name as an id."""
        return re.sub(r"[^\w-]+", "-", self.name)


@dataclass(frozen=True)
class Facts:
    """What the cover and the metadata say."""

    title: str
    author: str
    version: str
    date: str
    summary: str
    keywords: tuple[str, ...]
    address: str


def places(root: Path) -> list[Place]:
    """Every page of the book, in reading order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    found = [Place(_name(toc["root"]))]
    for part in toc.get("parts") or [toc]:
        caption = part.get("caption", "")
        for chapter in part["chapters"]:
            found.append(Place(_name(chapter["file"]), caption))
            caption = ""
            inner = chapter.get("sections", [])
            found += [Place(_name(section["file"]), depth=1) for section in inner]
    return found


def facts(root: Path, address: str | None = None) -> Facts:
    """What `_config.yml`, `pyproject.toml` and `CITATION.cff` say; `address` is the site's.

    Without an `address`, it is ``html: baseurl`` of `_config.yml`, or empty.
    """
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    if address is None:
        address = config.get("html", {}).get("baseurl") or ""
    return Facts(
        title=config["title"],
        author=config["author"],
        version=project["version"],
        date=str(citation["date-released"]),
        summary="An interactive book on neural-network weight initialization",
        keywords=tuple(project["keywords"]),
        address=f"{address.rstrip('/')}/" if address else "",
    )


def texts(site: Path, order: list[Place]) -> list[str]:
    """The built page of each place.

    Raises
    ------
    NoSite
        If a page has not been built.
    """
    missing = [place.name for place in order if not (site / f"{place.name}.html").is_file()]
    if missing:
        raise NoSite(f"not in {site}: {', '.join(missing)}. Build the site first: make book")
    return [(site / f"{place.name}.html").read_text("utf-8") for place in order]


def _name(file: str) -> str:
    return re.sub(r"\.(md|ipynb)$", "", file)
