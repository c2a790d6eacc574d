"""Random classes: three honest students, and others whose files are damaged in every way we know.

A class is a list of `Harm`s. Each writes what one other student hands in, into a folder; the folder
is then graded as it is, or packed into a zip.
"""

import io
import json
import os
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

HONEST = ("ada", "max", "zoe")
# Names that other students' files may take: of honest students, of platforms, of systems.
NAMES = st.sampled_from(
    [
        *("ps1.ipynb", "ps1 (1).ipynb", "ps1.ipynb.txt", "PS1.IPYNB", "ps1.zip", "ps1.tar.gz"),
        *("ada.ipynb", "ada", "Ada_1_assignsubmission_file_", "ada_LATE_1_2_ps1.ipynb"),
        *("__MACOSX", ".ipynb_checkpoints", "._ps1.ipynb", "con", "a\\..\\b.ipynb", "-rf"),
        *("ps1\n.ipynb", "ps\u202e1.ipynb", "é" * 60 + ".ipynb", "=1+1.ipynb", "~", "%2e%2e"),
    ]
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
TEXTS = st.one_of(st.text(max_size=30), st.sampled_from(["\ud800", "\0", "(" * 3000, "x" * 5000]))


def junk(value: object) -> bytes:
    """A value as JSON, which can hold what UTF-8 cannot."""
    return json.dumps(value).encode()


def _cells(released: dict) -> st.SearchStrategy[dict]:
    """Cells of the release, changed, and cells of any other kind."""
    known = st.sampled_from(released["cells"])
    odd = st.fixed_dictionaries(
        {},
        optional={
            "cell_type": st.sampled_from(["code", "markdown", "raw", "heading", "", 3]),
            "source": st.one_of(TEXTS, st.lists(TEXTS, max_size=3), st.none(), st.integers()),
            "id": st.sampled_from(["double", "why", "", 3, None]),
            "metadata": st.sampled_from(
                [None, 3, {}, {"nbgrader": None}, {"nbgrader": {"grade_id": "why"}}]
            ),
            "execution_count": st.sampled_from([None, 1, -1, 10**30, 1.5, "x"]),
            "outputs": st.sampled_from([None, [], [{"output_type": "error"}]]),
            "attachments": st.sampled_from([None, 3, {"a": 3}, {"\ud800": {"image/png": "x"}}]),
        },
    )
    return st.one_of(known, odd, st.tuples(known, odd).map(lambda both: {**both[0], **both[1]}))


def notebooks(released: dict) -> st.SearchStrategy[bytes]:
    """Notebooks: nearly right ones, damaged ones, and other bytes."""
    made = st.lists(_cells(released), max_size=8).flatmap(
        lambda cells: st.fixed_dictionaries(
            {
                "cells": st.just(cells),
                "metadata": st.sampled_from([{}, None, []]),
                "nbformat": st.sampled_from([4, 4, 4, 3, 99, None]),
                "nbformat_minor": st.sampled_from([5, 4, 0, None]),
            }
        )
    )
    whole = made.map(junk)
    cut = st.tuples(whole, st.integers(0, 400)).map(lambda both: both[0][: both[1]])
    bits = st.tuples(whole, st.integers(0, 10**6)).map(_flipped)
    other = st.sampled_from([b"", b" ", b"{", b"[" * 5000, b"\xff\xfe\x00", b"\x89PNG", b"null"])
    return st.one_of(whole, whole, cut, bits, other, st.binary(max_size=50))


def _flipped(both: tuple[bytes, int]) -> bytes:
    data, place = bytearray(both[0]), both[1]
    if data:
        data[place % len(data)] ^= 1 << place % 8
    return bytes(data)


def _zip(members: list[tuple[str, bytes]], how: int) -> bytes:
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w", how) as archive:
        warnings.simplefilter("ignore")  # a name that comes twice is what we want
        for name, content in members:
            entry = zipfile.ZipInfo(name.replace("\0", ""))
            entry.compress_type = how
            archive.writestr(entry, content)
    return data.getvalue()


def zips(content: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Zip files, whole and damaged, with odd names and with zips in them."""
    flat = st.builds(
        _zip,
        st.lists(st.tuples(PATHS, content), max_size=4),
        st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]),
    )
    return st.one_of(
        flat,
        st.tuples(flat, st.integers(0, 10**6)).map(_flipped),
        st.tuples(flat, st.integers(0, 300)).map(lambda both: both[0][: both[1]]),
        flat.map(lambda data: _zip([("in.zip", data), ("ps1.ipynb", b"{")], zipfile.ZIP_STORED)),
    )


Harm = Callable[[Path], None]


def _file(path: str, data: bytes) -> Harm:
    def write(folder: Path) -> None:
        place = folder / path.replace("\0", "")
        if not place.resolve().is_relative_to(folder.resolve()):
            return  # through a link: that would be this test harming the others
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.write_bytes(data)

    return write


def _link(name: str, target: str) -> Harm:
    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / name).is_symlink() and not (folder / name).exists():
            (folder / name).symlink_to(target)

    return write


def _huge(name: str, size: int) -> Harm:
    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            with (folder / name).open("wb") as file:
                file.truncate(size)  # a hole: it takes no room on the disk

    return write


def _deep(depth: int) -> Harm:
    def write(folder: Path) -> None:
        place = folder / "/".join(["d"] * depth)
        place.mkdir(parents=True, exist_ok=True)
        (place / "ps1.ipynb").write_bytes(b"{}")

    return write


def _bytes_name(name: bytes) -> Harm:
    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        place = os.path.join(os.fsencode(folder), name)  # noqa: PTH118 (bytes)
        with open(place, "wb") as file:  # noqa: PTH123
            file.write(b"{}")

    return write


def _pipe(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "ps1.ipynb").exists():
        os.mkfifo(folder / "ps1.ipynb")


def harms(released: dict) -> st.SearchStrategy[Harm]:
    """What one student may hand in."""
    content = notebooks(released)
    targets = ["../ada/ps1.ipynb", "../ada", "..", ".", "/etc/passwd", "nowhere", "/dev/zero"]
    return st.one_of(
        st.builds(_file, PATHS, content),
        st.builds(_file, PATHS, content),
        st.builds(_file, st.sampled_from(["x.zip", "ps1.ipynb.zip", "a/b.zip"]), zips(content)),
        st.builds(_link, st.sampled_from(["ps1.ipynb", "link", "x.zip"]), st.sampled_from(targets)),
        st.builds(_huge, st.sampled_from(["ps1.ipynb", "x.zip", "x.bin"]), st.just(10**11)),
        st.builds(_deep, st.integers(1, 400)),
        st.builds(_bytes_name, st.sampled_from([b"\xe9.ipynb", b"\xff\xfe", b"a\x1b[2J.txt"])),
        st.just(_pipe),
        st.just(lambda folder: folder.mkdir(parents=True, exist_ok=True)),
    )


def packed(folder: Path, path: Path) -> Path:
    """The folder as a zip, links and odd names included, as a platform might pack it."""
    with zipfile.ZipFile(path, "w") as archive:
        for place in sorted(folder.rglob("*")):
            mode, name = place.lstat().st_mode, place.relative_to(folder).as_posix()
            entry = zipfile.ZipInfo(name.encode("utf-8", "replace").decode())
            entry.create_system, entry.external_attr = 3, mode << 16
            if stat.S_ISLNK(mode):
                archive.writestr(entry, str(place.readlink()))
            elif stat.S_ISREG(mode) and place.stat().st_size < 10**6:
                archive.writestr(entry, place.read_bytes())
    return path
