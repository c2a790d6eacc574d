"""Zip files as they really are: damaged, flagged wrongly, protected."""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What reading a damaged zip can raise, its directory or a file in it.
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(RuntimeError, NotImplementedError, ValueError, OverflowError, MemoryError),
)
_HEADER, _SIZE = b"PK\x01\x02", 46  # of an entry of the directory, without its name
_LOCAL, _LOCAL_SIZE = b"PK\x03\x04", 30  # before a file
_FLAGS, _LOCAL_FLAGS, _UTF8 = 9, 7, 0x08  # the bytes with the flag that says that a name is UTF-8


@contextmanager
def open_zip(file: Path | io.BytesIO) -> Iterator[zipfile.ZipFile]:
    """Open a zip for reading, also if it says that a name is UTF-8 and the name is not.

    Raises
    ------
    One of BROKEN
        If it is damaged.
    """
    try:
        archive = zipfile.ZipFile(file)
    except UnicodeDecodeError:
        with _Unflagged(file) as unflagged, zipfile.ZipFile(unflagged) as archive:
            for entry in archive.infolist():
                entry.filename = entry.filename.encode("cp437").decode("utf-8", "replace")
            yield archive
        return
    with archive:
        yield archive


class _Unflagged(io.BufferedReader):
    """A zip in whose directory no name is flagged as UTF-8: all are then read without error."""

    def __init__(self, file: Path | io.BytesIO) -> None:
        raw = io.FileIO(file) if isinstance(file, Path) else io.BytesIO(file.getvalue())
        super().__init__(raw)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read; take the flags away in the directory, which is read at once, and before a file."""
        data = super().read(size)
        if data[:4] == _LOCAL and size == _LOCAL_SIZE:
            return data[:_LOCAL_FLAGS] + bytes([data[_LOCAL_FLAGS] & ~_UTF8]) + data[8:]
        if data[:4] != _HEADER:
            return data
        changed, place = bytearray(data), 0
        while changed[place : place + 4] == _HEADER and place + _SIZE <= len(changed):
            changed[place + _FLAGS] &= ~_UTF8
            lengths = (changed[place + 28 + 2 * n : place + 30 + 2 * n] for n in range(3))
            place += _SIZE + sum(int.from_bytes(each, "little") for each in lengths)
        return bytes(changed)
