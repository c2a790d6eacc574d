"""What was handed in: every file of a folder or a zip, whose it may be, and when it was uploaded.

The module knows a folder for each student and the exports of Moodle and Canvas; a pattern covers
others. Nothing is unpacked to disk. A path or a link that leads outside is refused and reported.
"""

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

LARGEST = 100_000_000  # bytes of one file
MOST = 20_000  # files

MOODLE = r"(?:.*/)?(?P<student>[^/]+)_(?P<number>\d+)_assignsubmission_[a-z]+_?/(?P<file>.+)"
CANVAS = r"(?P<student>[^/_]+)(?P<late>_LATE)?_(?P<number>\d+)_(?P<order>\d+)_(?P<file>.+)"
FOLDERS = r"(?P<student>[^/]+)/(?P<file>.+)"
FILES = r"(?P<student>[^/]+)\.ipynb"
PATTERNS = (MOODLE, CANVAS, FOLDERS, FILES)

_RENAMED = (".json", ".txt", "")  # the endings that browsers give to a notebook
_IGNORED = ("__MACOSX", ".ipynb_checkpoints")


class SubmissionsError(ValueError):
    """There is nothing to grade; the message says why."""


@dataclass(frozen=True)
class Handed:
    """A file that was handed in."""

    where: str  # its path in the folder or zip
    words: tuple[str, ...]  # that may name the student
    file: str
    data: bytes | None  # None if by its name it is not a notebook
    late: bool = False
    order: tuple[float, float] = (0.0, 0.0)  # the platform's number of the upload, time of saving


@dataclass
class Collected:
    """Everything that was handed in, and what could not be used."""

    files: list[Handed] = field(default_factory=list)
    empty: list[tuple[str, ...]] = field(default_factory=list)  # the words of folders without files
    problems: list[str] = field(default_factory=list)


def collect(source: Path, pattern: str | None = None) -> Collected:
    """Read a folder or a zip file.

    Parameters
    ----------
    source : Path
        A folder, or a zip file that a learning platform exported.
    pattern : str, optional
        A regular expression for the whole path of each file, with the group ``student`` and
        optionally ``file``, ``late`` (it matches if late) and ``order`` (a number; the greatest is
        the last).

    Raises
    ------
    SubmissionsError
        If the source cannot be read or the pattern is wrong.
    """
    patterns = _patterns(pattern)
    collected = Collected()
    if source.is_dir():
        entries = _of_folder(source, collected)
    elif zipfile.is_zipfile(source):
        entries = _of_zip(source.read_bytes(), "", collected)
    else:
        raise SubmissionsError(f"{source} is neither a folder nor a zip file")
    for count, (where, data, time) in enumerate(entries):
        if count == MOST:
            collected.problems.append(f"only the first {MOST} files were read")
            break
        _place(where, data, time, patterns, collected)
    if not (collected.files or collected.empty or collected.problems):
        raise SubmissionsError(f"{source} is empty")
    return collected


def _patterns(pattern: str | None) -> list[re.Pattern]:
    if pattern is None:
        return [re.compile(each) for each in PATTERNS]
    try:
        made = re.compile(pattern)
    except re.error as error:
        raise SubmissionsError(f"the pattern is not a regular expression: {error}") from None
    if "student" not in made.groupindex:
        raise SubmissionsError("the pattern needs a group named student: (?P<student>...)")
    return [made]


def _of_folder(source: Path, collected: Collected) -> Iterator[tuple[str, bytes | None, float]]:
    """Path, content and time of each file; for an empty folder the content is None."""
    inside = source.resolve()
    for path in sorted(source.rglob("*")):
        where = path.relative_to(source).as_posix()
        if _ignored(where):
            continue
        if not path.resolve().is_relative_to(inside):
            collected.problems.append(f"{where}: refused, a link that leads out of the folder")
        elif path.is_dir():
            if not any(path.iterdir()):
                yield where, None, 0.0
        elif not path.is_file():
            collected.problems.append(f"{where}: refused, neither a file nor a folder")
        else:
            status = path.stat()
            if status.st_size > LARGEST:
                collected.problems.append(f"{where}: refused, larger than {LARGEST:,} bytes")
                yield where, b"", status.st_mtime
            else:
                yield from _opened(where, path.read_bytes(), status.st_mtime, collected)


def _of_zip(
    data: bytes, within: str, collected: Collected
) -> Iterator[tuple[str, bytes | None, float]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            where = within + entry.filename.replace("\\", "/")
            parts = PurePosixPath(where).parts
            if _ignored(where):
                continue
            if ".." in parts or where.startswith("/") or re.match(r"[A-Za-z]:", where):
                collected.problems.append(f"{where}: refused, a path that leads out of the zip")
            elif stat.S_ISLNK(entry.external_attr >> 16):
                collected.problems.append(f"{where}: refused, a link")
            elif not entry.is_dir():
                time = float("".join(f"{part:02}" for part in entry.date_time))
                try:
                    with archive.open(entry) as member:
                        content = member.read(LARGEST + 1)
                except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
                    collected.problems.append(f"{where}: cannot be read: {error}")
                    yield where, b"", time
                    continue
                if len(content) > LARGEST:
                    collected.problems.append(f"{where}: refused, larger than {LARGEST:,} bytes")
                    content = b""
                yield from _opened(where, content, time, collected, nested=bool(within))


def _opened(
    where: str, data: bytes, time: float, collected: Collected, *, nested: bool = False
) -> Iterator[tuple[str, bytes | None, float]]:
    """The file itself, or the files in it if it is a zip that a student handed in."""
    if nested or not where.lower().endswith(".zip"):
        yield where, data, time
        return
    try:
        yield from _of_zip(data, where[: -len(".zip")] + "/", collected)
    except zipfile.BadZipFile as error:
        collected.problems.append(f"{where}: cannot be read: {error}")
        yield where, b"", time


def _place(
    where: str,
    data: bytes | None,
    time: float,
    patterns: list[re.Pattern],
    collected: Collected,
) -> None:
    """Add a file with the words that the first matching pattern finds in its path."""
    for pattern in patterns:
        found = pattern.fullmatch(where if data is not None else f"{where}/-")
        if found is None:
            continue
        groups = found.groupdict()
        words = tuple(groups[name] for name in ("number", "student") if groups.get(name))
        if data is None:
            collected.empty.append(words)
            return
        order = groups.get("order")
        handed = Handed(
            where=where,
            words=words,
            file=groups.get("file") or PurePosixPath(where).name,
            data=data if _may_be_notebook(where, data) else None,
            late=bool(groups.get("late")),
            order=(float(order) if order and order.isdecimal() else 0.0, time),
        )
        collected.files.append(handed)
        return
    if data is not None:
        collected.problems.append(f"{where}: not used, its path does not say whose it is")


def _may_be_notebook(where: str, data: bytes) -> bool:
    ending = PurePosixPath(where).suffix.lower()
    return ending == ".ipynb" or (ending in _RENAMED and data.lstrip()[:1] == b"{")


def _ignored(where: str) -> bool:
    parts = PurePosixPath(where).parts
    return any(part in _IGNORED or part.startswith("._") for part in parts) or (
        bool(parts) and parts[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")
    )
