"""The engine: the core, one archive of trimmed libraries, one of the book's own Python."""

import fnmatch
import io
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from netbook.fingerprints import files_below, fingerprint

from live.sources import LOCK, Store, everything, hash_of, recipe

HERE = Path(__file__).parent
WRITTEN = (1980, 1, 1, 0, 0, 0)  # the same archive for the same content
LIBRARIES, OWN, MANIFEST = "libraries.zip", "book.zip", "engine.json"
FONTS = "matplotlib/fontlist.json"  # where the engine's matplotlib looks for its fonts
FONT_LIST = 330  # the version of that list which it reads; its own copy has another
FONT_FIELDS = ("name", "style", "variant", "weight", "stretch", "size")


def assemble(root: Path, out: Path, store: Store) -> dict:
    """Make the engine in folder `out`, unless it is there; return its manifest.

    Raises
    ------
    live.sources.Unavailable
        If a file cannot be had with the right hash. What was in `out` is left as it is.
    """
    version = version_of(root)
    kept = manifest(out)
    if kept and kept["version"] == version:
        return kept
    files, archives = everything(store)
    # Pyodide reads a lock when it starts. The packages are all in one archive.
    files[LOCK] = json.dumps({"info": recipe()["info"], "packages": {}}).encode()
    files[LIBRARIES] = archive([*trimmed(archives), *font_list()])
    files[OWN] = archive(own(root))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    told = {name: {"bytes": len(c), "sha256": hash_of(c)} for name, c in sorted(files.items())}
    made = {"version": version, "pyodide": recipe()["pyodide"], "files": told}
    (out / MANIFEST).write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    return made


def manifest(out: Path) -> dict | None:
    """What the engine in `out` is made of; None if there is no whole engine."""
    path = out / MANIFEST
    if not path.is_file():
        return None
    told = json.loads(path.read_text("utf-8"))
    sizes = {name: entry["bytes"] for name, entry in told["files"].items()}
    there = {p.name: p.stat().st_size for p in out.iterdir() if p.name != MANIFEST}
    return told if sizes == there else None


def version_of(root: Path) -> str:
    """Fingerprint of everything that decides what the engine is."""
    ours = [HERE / "engine.toml", HERE / "packing.py", HERE / "python", *own_folders(root)]
    return fingerprint(root, files_below(*ours, root / "book/netbook/svg.py"))


def own_folders(root: Path) -> list[Path]:
    """What of the book the cells of its pages need."""
    return [root / "netinit", root / "chapters" / "data"]


def trimmed(archives: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Name and content of what a page may need of the packages."""
    for content in archives.values():
        with ZipFile(io.BytesIO(content)) as wheel:
            for name in wheel.namelist():
                if not name.endswith("/") and wanted(name):
                    yield name, wheel.read(name)


def wanted(name: str) -> bool:
    """Whether the file of that name stays in the engine."""

    def matches(patterns: Iterable[str]) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)

    return matches(recipe()["kept"]) or not matches(recipe()["dropped"])


def font_list() -> Iterator[tuple[str, bytes]]:
    """Matplotlib's list of the fonts it carries; to look for them takes ten seconds in a page."""
    from matplotlib.font_manager import FontManager

    folder, known = "fonts/ttf/", FontManager()
    fonts = [
        {field: getattr(font, field) for field in FONT_FIELDS}
        | {"fname": folder + Path(font.fname).name, "__class__": "FontEntry"}
        for font in known.ttflist
        if Path(font.fname).match(f"*mpl-data/{folder}*")
    ]
    told = {
        "_version": FONT_LIST,
        "_FontManager__default_weight": known.get_default_weight(),
        "default_size": None,
        "defaultFamily": {"ttf": "DejaVu Sans", "afm": "Helvetica"},
        "afmlist": [],
        "ttflist": fonts,
        "__class__": "FontManager",
    }
    yield FONTS, json.dumps(told).encode()


def own(root: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of the book's own files: package, stored sweeps, stand-ins, digits."""
    for folder in own_folders(root):
        for path in files_below(folder):
            yield path.relative_to(root).as_posix(), path.read_bytes()
    for path in files_below(HERE / "python"):
        yield path.relative_to(HERE / "python").as_posix(), path.read_bytes()
    yield "netbook/svg.py", (root / "book/netbook/svg.py").read_bytes()
    yield "sklearn/digits.npz", digits()


def digits() -> bytes:
    """The images and labels of scikit-learn's digits, in its order."""
    import numpy as np
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    file = io.BytesIO()
    np.savez_compressed(file, x=x.astype(np.uint8), y=y.astype(np.uint8))
    return file.getvalue()


def archive(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of these files, the same bytes for the same content."""
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=9) as packed:
        for name, content in sorted(members):
            entry = ZipInfo(name, WRITTEN)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, content)
    return file.getvalue()
