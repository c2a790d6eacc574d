"""Which files are the project's own."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MADE = {
    *(".git", ".venv", ".venv-frameworks", "_build", "dist", "__pycache__"),
    *("grades", "release", "mutants"),
    *(".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"),
}


def files() -> list[Path]:
    """Return the files that git tracks or would track; without git, all that no tool has made."""
    paths = _listed() or {p for p in ROOT.rglob("*") if not MADE & set(p.relative_to(ROOT).parts)}
    return sorted(path for path in paths if path.is_file())


def _listed() -> set[Path]:
    """Return what git lists: nothing without git, or in a folder that another project ignores."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        found = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return set()
    return {ROOT / name for name in found.stdout.split("\0") if name}
