"""Fingerprints of files: two that differ say that something has changed.

This module needs the standard library alone, so that a build with nothing to do ends at once.
"""

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

LEFT_BY_TOOLS = {"__pycache__", ".ipynb_checkpoints"}
PIN = re.compile(r"^([\w.-]+)==", re.MULTILINE)


def files_below(*tops: Path) -> Iterator[Path]:
    """Every file that is one of `tops` or inside one, sorted, without what tools left there."""
    for top in tops:
        found = sorted(top.rglob("*")) if top.is_dir() else [top]
        yield from (
            path for path in found if path.is_file() and not LEFT_BY_TOOLS & set(path.parts)
        )


@cache
def installed() -> dict[str, str]:
    """The version of each package in this environment, by its canonical name."""
    return {_canonical(each.name): each.version for each in distributions()}


def versions(lock: Path) -> list[str]:
    """The running Python, and the installed version of each package that `lock` pins."""
    text = lock.read_text("utf-8") if lock.is_file() else ""
    pinned = {_canonical(name) for name in PIN.findall(text)}
    found = {name: installed()[name] for name in sorted(pinned & installed().keys())}
    return [sys.version, *(f"{name}=={number}" for name, number in found.items())]


def fingerprint(root: Path, files: Iterable[Path], words: Iterable[str] = ()) -> str:
    """One short text for the names below `root` and the content of `files`, and for `words`."""
    state = hashlib.sha256("\n".join(words).encode())
    for path in files:
        name = path.relative_to(root).as_posix()
        state.update(b"\0" + name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()[:16]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
