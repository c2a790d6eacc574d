"""The files that one student handed in, read within limits: their number, sizes and sum.

Nothing is unpacked to disk. What cannot be read or is beyond a limit is named with the reason.
"""

import io
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from assignments.files.zips import BROKEN, open_zip
from assignments.handed_in.submissions import Upload, ignored, leads_out, printable

LARGEST = 50_000_000  # bytes of one file
ALL = 200_000_000  # bytes of all files that are read of one student
MOST = 500  # files and folders of one student

_PROTECTED = 1  # the bit of a zip entry's flags
_RENAMED = (".json", ".txt", "")  # the endings that browsers give to a notebook


@dataclass(frozen=True)
class Handed:
    """A file that was handed in."""

    where: str  # its path in the folder or zip
    file: str
    data: bytes | None  # None if by its name it is not a notebook, or it was not read
    fault: str = ""  # why it was not read
    late: bool = False
    order: tuple[float, float] = (0.0, 0.0)  # the platform's number of the upload, time of saving


@dataclass
class _Unpacking:
    """The files read so far, and the room that is left."""

    room: int
    left: int
    upload: Upload | None = None
    handed: list[Handed] = field(default_factory=list)

    def add(self, file: str, time: float, data: bytes | None, fault: str = "") -> None:
        """Add a file, or say why it was not read."""
        upload = self.upload
        where = upload.where if file == upload.file else f"{upload.where}/{file}".rstrip("/")
        order = (upload.order, time)
        self.handed.append(Handed(where, file or where, data, fault, upload.late, order))

    def count(self) -> bool:
        """Count a file or folder; false once there are too many."""
        self.left -= 1
        if self.left == 0:
            self.add("...", 0.0, None, f"only the first {MOST} files were read")
        return self.left > 0

    def refusal(self, size: int) -> str:
        """Why a file of that many bytes is not read; empty if it is."""
        if size > LARGEST:
            return f"larger than {LARGEST // 1_000_000} MB: not read"
        if size > self.room:
            return f"all files together are larger than {ALL // 1_000_000} MB: not read"
        self.room -= size
        return ""


@contextmanager
def opened(source: Path) -> Iterator[Path | zipfile.ZipFile]:
    """A folder, or the opened zip, as `unpack` wants it."""
    if source.is_dir():
        yield source
    else:
        with open_zip(source) as archive:
            yield archive


def unpack(source: Path | zipfile.ZipFile, uploads: list[Upload]) -> list[Handed]:
    """The files of one student's uploads, those in a zip of the student's included."""
    work = _Unpacking(room=ALL, left=MOST)
    for work.upload in uploads:
        if isinstance(source, Path):
            _of_path(source / work.upload.path, work)
            continue
        entries = source.infolist()
        start = "" if work.upload.file else f"{work.upload.path}/"
        for number in work.upload.members:
            name = entries[number].filename.replace("\\", "/")
            file = work.upload.file or printable(name.removeprefix(start))
            if not _of_entry(source, entries[number], file, work, nested=False):
                break
    return work.handed


def _of_path(top: Path, work: _Unpacking) -> None:
    """Read a file, or what is in a folder at any depth."""
    waiting = [(top, work.upload.file)]
    while waiting:
        path, file = waiting.pop()
        if path != top and ignored(path.name):
            continue
        if not work.count():
            return
        try:
            if stat.S_ISDIR(path.lstat().st_mode):
                inside = sorted(path.iterdir(), reverse=True)
                waiting += [(p, f"{file}/{printable(p.name)}".lstrip("/")) for p in inside]
            else:
                _of_file(path, file, top, work)
        except OSError as error:
            work.add(file, 0.0, None, f"cannot be read: {error.strerror}")


def _of_file(path: Path, file: str, top: Path, work: _Unpacking) -> None:
    if path.is_symlink():
        own = path != top and path.resolve().is_relative_to(top.resolve())
        if own and path.is_dir():
            return  # a folder of the student's own, which is read where it is
        if not own:
            work.add(file, 0.0, None, "refused, a link that leads out of the student's folder")
            return
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        work.add(file, 0.0, None, "refused, neither a file nor a folder")
    elif not _wanted(file):
        work.add(file, status.st_mtime, None)
    elif fault := work.refusal(status.st_size):
        work.add(file, status.st_mtime, None, fault)
    else:
        _read(file, path.read_bytes(), status.st_mtime, work, nested=False)


def _of_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: str, work: _Unpacking, *, nested: bool
) -> bool:
    """Read an entry of a zip; `nested` if the student made the zip. False if it is one too many."""
    if ignored(entry.filename) or entry.is_dir():
        return True
    if not work.count():
        return False
    time = float("".join(f"{part:02}" for part in entry.date_time))
    if fault := _refused(entry, nested=nested):
        work.add(file, time, None, fault)
    elif not _wanted(file):
        work.add(file, time, None)
    elif fault := work.refusal(entry.file_size):
        work.add(file, time, None, fault)
    else:
        try:
            data = archive.read(entry)
        except BROKEN as error:
            work.add(file, time, None, f"cannot be read: {error or type(error).__name__}")
        else:
            _read(file, data, time, work, nested=nested)
    return True


def _refused(entry: zipfile.ZipInfo, *, nested: bool) -> str:
    name = entry.filename.replace("\\", "/")
    if leads_out(name):
        return "refused, a path that leads out of the zip"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "refused, a link"
    if entry.flag_bits & _PROTECTED:
        return "cannot be read: it is protected by a password"
    if nested and name.lower().endswith(".zip"):
        return "a zip within a zip: not read"
    return ""


def _read(file: str, data: bytes, time: float, work: _Unpacking, *, nested: bool) -> None:
    """Add the file itself, or the files in it if it is a zip that a student handed in."""
    if nested or not file.lower().endswith(".zip"):
        work.add(file, time, data if _may_be_notebook(file, data) else None)
        return
    try:
        with open_zip(io.BytesIO(data)) as archive:
            if not archive.infolist():
                work.add(file, time, None, "cannot be read: it holds nothing")
            for entry in archive.infolist():
                name = f"{file}/{printable(entry.filename)}"
                if not _of_entry(archive, entry, name, work, nested=True):
                    break
    except BROKEN as error:
        work.add(file, time, None, f"cannot be read: {error or type(error).__name__}")


def _wanted(file: str) -> bool:
    """Whether a file must be read to see what it is."""
    return PurePosixPath(file).suffix.lower() in (".ipynb", ".zip", *_RENAMED)


def _may_be_notebook(file: str, data: bytes) -> bool:
    ending = PurePosixPath(file).suffix.lower()
    return ending == ".ipynb" or (ending in _RENAMED and data.lstrip()[:1] == b"{")
