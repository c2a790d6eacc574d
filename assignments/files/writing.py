"""Writing a file so that it is there completely or not at all."""

from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file completely or not at all, even if interrupted."""
    new = path.with_name(path.name + ".new")
    new.write_bytes(data)
    new.replace(path)
