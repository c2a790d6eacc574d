"""What was handed in: the uploads of a folder or a zip, whose each may be, and when it came.

Only names are read here; `unpacking` reads the files of one student. The module knows a folder for
each student and the exports of Moodle and Canvas; a pattern covers others. The outermost folder or
file says whose everything in it is, so no name inside it can point at another student.
"""

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from assignments.files.zips import BROKEN, open_zip

MOST_NAMES = 20_000  # below one folder, where a pattern looks at all names
MOST_PROBLEMS = 200
LONGEST_NAME = 200  # characters of a path in a message

_MOODLE = r"(?P<student>.+)_(?P<number>\d+)_assignsubmission_[a-z]+_?"
_FOLDERS = (_MOODLE, r"(?P<student>.+)")
_FILES = (
    r"(?P<student>[^_]+)(?P<late>_LATE)?_(?P<number>\d+)_(?P<order>\d+)_(?P<file>.+)",  # Canvas
    r"(?P<student>.+)_(?P<number>\d+)_assignsubmission_[a-z]+_(?P<file>.+)",
    r"(?P<student>.+?)(?:\.ipynb|\.tar)?\.\w+",
    r"(?P<student>[^.]+)",
)
_IGNORED = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini")


class SubmissionsError(ValueError):
    """There is nothing to grade; the message says why."""


@dataclass(frozen=True)
class Upload:
    """A file or a folder that one person handed in; nothing of it has been read yet."""

    where: str  # its path in the source, as text that can be printed
    words: tuple[str, ...]  # that may name the student
    path: str  # its path in the source, as the system spells it
    file: str  # the name of a file without what the platform put before it; empty for a folder
    members: tuple[int, ...] = ()  # in a zip: the places of its files in the directory
    late: bool = False
    order: float = 0.0  # the platform's number of the upload


@dataclass
class Collected:
    """Everything that was handed in, and what could not be used."""

    source: Path
    uploads: list[Upload] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Entry:
    """A file, or a folder with everything in it."""

    path: str
    folder: bool
    members: tuple[int, ...] = ()


def collect(
    source: Path,
    pattern: str | None = None,
    known: Callable[[tuple[str, ...]], bool] = lambda words: True,
) -> Collected:
    """List the uploads in a folder or a zip file.

    Parameters
    ----------
    source : Path
        A folder, or a zip file that a learning platform exported.
    pattern : str, optional
        A regular expression for the whole path of each file, with the group ``student`` and
        optionally ``file``, ``late`` (it matches if late) and ``order`` (a number; the greatest is
        the last).
    known : callable, optional
        Whether words name anybody in the class. A folder around everything is looked into if its
        name does not.

    Raises
    ------
    SubmissionsError
        If the source cannot be read or the pattern is wrong.
    """
    own = None if pattern is None else _compiled(pattern)
    collected = Collected(source)
    below = _lister(source, collected)
    entries = below("") if own is None else list(_all_files(below))
    if own is None:
        entries = _within_one_folder(entries, below, known)
    for entry in entries:
        _place(entry, own, collected)
    if not (collected.uploads or collected.problems):
        raise SubmissionsError(f"{source} is empty")
    if more := len(collected.problems) - MOST_PROBLEMS:
        collected.problems[MOST_PROBLEMS:] = [f"and {more} more of these"] * (more > 0)
    return collected


def printable(text: str, longest: int = LONGEST_NAME) -> str:
    """A name that can be shown and stored: one line of valid text, cut if it is long."""
    valid = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in valid)
    return line if len(line) <= longest else f"{line[:longest]}..."


def ignored(path: str) -> bool:
    """Whether a file is one that systems leave behind."""
    parts = PurePosixPath(path).parts
    return any(part in _IGNORED or part.startswith("._") for part in parts)


def leads_out(path: str) -> bool:
    """Whether a path of a zip names a place outside the zip."""
    outside = path.startswith("/") or re.match(r"[A-Za-z]:", path)
    return bool(outside) or ".." in PurePosixPath(path).parts


def _compiled(pattern: str) -> re.Pattern:
    try:
        made = re.compile(pattern)
    except re.error as error:
        raise SubmissionsError(f"the pattern is not a regular expression: {error}") from None
    if "student" not in made.groupindex:
        raise SubmissionsError("the pattern needs a group named student: (?P<student>...)")
    return made


def _lister(source: Path, collected: Collected) -> Callable[[str], list[_Entry]]:
    """A function that lists what is directly below a path of the source."""
    if source.is_dir():
        return lambda path: _in_folder(source, path)
    if not zipfile.is_zipfile(source):
        raise SubmissionsError(f"{source} is neither a folder nor a zip file")
    try:
        with open_zip(source) as archive:
            names = [(n, e.filename.replace("\\", "/")) for n, e in enumerate(archive.infolist())]
    except BROKEN as error:
        raise SubmissionsError(f"the zip file {source} is damaged: {error}") from None
    good = [(number, name) for number, name in names if not leads_out(name)]
    collected.problems += [
        f"{printable(name)}: refused, a path that leads out of the zip"
        for _, name in names
        if leads_out(name)
    ]
    return lambda path: _in_zip(good, path)


def _in_folder(source: Path, path: str) -> list[_Entry]:
    with os.scandir(source / path) as found:
        entries = [
            _Entry(f"{path}/{each.name}".lstrip("/"), each.is_dir(follow_symlinks=False))
            for each in found
        ]
    return sorted((e for e in entries if not ignored(e.path)), key=lambda entry: entry.path)


def _in_zip(names: list[tuple[int, str]], path: str) -> list[_Entry]:
    start = f"{path}/".lstrip("/")
    files: list[_Entry] = []
    folders: dict[str, list[int]] = {}
    for number, name in names:
        first, slash, rest = name.removeprefix(start).partition("/")
        if not name.startswith(start) or not first or ignored(name):
            continue
        if slash:
            folders.setdefault(start + first, []).extend([number] * bool(rest))
        else:
            files.append(_Entry(name, folder=False, members=(number,)))
    return [*files, *(_Entry(name, True, tuple(within)) for name, within in folders.items())]


def _all_files(below: Callable[[str], list[_Entry]]) -> Iterator[_Entry]:
    """Every file at any depth, but for what is beyond `MOST_NAMES` below one folder of the top."""
    for top in below(""):
        waiting, seen = [top], 0
        while waiting and seen < MOST_NAMES:
            entry = waiting.pop()
            seen += 1
            if entry.folder:
                waiting += below(entry.path)
            else:
                yield entry


def _within_one_folder(
    entries: list[_Entry],
    below: Callable[[str], list[_Entry]],
    known: Callable[[tuple[str, ...]], bool],
) -> list[_Entry]:
    """The entries; or those of the only folder, if that folder is nobody's."""
    while len(entries) == 1 and entries[0].folder:
        name = PurePosixPath(entries[0].path).name
        inner = below(entries[0].path)
        if re.fullmatch(_MOODLE, name) or known((printable(name),)) or not inner:
            break
        entries = inner
    return entries


def _place(entry: _Entry, own: re.Pattern | None, collected: Collected) -> None:
    """Add an entry with the words that the first matching pattern finds in its name."""
    where = printable(entry.path, 1000 if own else LONGEST_NAME)
    name = where if own else where.rpartition("/")[2]
    patterns = (own,) if own else (_FOLDERS if entry.folder else _FILES)
    found = next(filter(None, (re.fullmatch(each, name) for each in patterns)), None)
    if found is None:
        collected.problems.append(f"{where}: not used, its path does not say whose it is")
        return
    groups = found.groupdict()
    order = groups.get("order")
    collected.uploads.append(
        Upload(
            where=where,
            words=tuple(groups[word] for word in ("number", "student") if groups.get(word)),
            path=entry.path,
            file="" if entry.folder else groups.get("file") or name.rpartition("/")[2],
            members=entry.members,
            late=bool(groups.get("late")),
            order=float(order) if order and order.isdecimal() else 0.0,
        )
    )
