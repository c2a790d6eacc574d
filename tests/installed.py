"""Try what would be published: ``python -m tests.installed dist/*`` (what ``make dist`` calls).

Each archive is installed into a new virtual environment, away from the project's folder. There
every file of the package must be present, and the examples of the README must run. With
``--tag v1.2.3``, say also whether the project is ready to be released under that tag.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterable
from pathlib import Path

import yaml

from tests.project import ROOT, files

README = ROOT / "README.md"
# Isolated from the folder it is started in and from PYTHONPATH; a warning is an error.
ISOLATED = ("-I", "-W", "error")
VERSION = "import importlib.metadata; print(importlib.metadata.version('netinit'))"
FOLDER = "import netinit, pathlib; print(pathlib.Path(netinit.__file__).parent)"


def version() -> str:
    """The version in pyproject.toml, the only place where it is written by hand."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def example(readme: str) -> str:
    """The Python program in the README."""
    (found,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    return found


def missing(names: Iterable[str]) -> list[str]:
    """The files of the package, such as ``netinit/__init__.py``, that are not in `names`."""
    package = {
        p.relative_to(ROOT).as_posix() for p in files() if p.is_relative_to(ROOT / "netinit")
    }
    return sorted(package - set(names))


def unready(tag: str, changelog: str, citation: str) -> list[str]:
    """Why the project cannot be released under `tag`; nothing if it can.

    Parameters
    ----------
    tag
        The tag in git, such as ``v1.2.3``.
    changelog, citation
        The text of CHANGELOG.md and of CITATION.cff.
    """
    now, cited = version(), yaml.safe_load(citation)
    heading = next((line for line in changelog.splitlines() if line.startswith("## ")), "")
    wanted = f"## {now} ({cited['date-released']})"
    reasons = {
        f"the tag is {tag}, but pyproject.toml says version {now}": tag != f"v{now}",
        f"CITATION.cff says version {cited['version']}": str(cited["version"]) != now,
        f"CHANGELOG.md starts with {heading!r}, not with {wanted!r}": heading != wanted,
    }
    return [reason for reason, holds in reasons.items() if holds]


def faults(python: Path) -> list[str]:
    """What is wrong with the netinit that is installed for an interpreter."""

    def ran(*arguments: str) -> subprocess.CompletedProcess:
        command = [python, *ISOLATED, *arguments]
        return subprocess.run(command, cwd=python.parent, capture_output=True, text=True)

    folder = Path(ran("-c", FOLDER).stdout.strip())
    found = [f"{name} is missing" for name in missing(_below(folder))]
    if (said := ran("-c", VERSION).stdout.strip()) != version():
        found.append(f"its version is {said}, not {version()}")
    program = ran("-c", example(README.read_text("utf-8")))
    if program.returncode:
        found.append(f"the program of the README fails:\n{program.stderr}")
    session = ran("-m", "doctest", str(README))
    if session.returncode:
        found.append(f"the session of the README differs:\n{session.stdout}{session.stderr}")
    return found


def _below(folder: Path) -> Iterable[str]:
    return (path.relative_to(folder.parent).as_posix() for path in folder.rglob("*"))


def installed(archive: Path, place: Path) -> Path:
    """Install an archive into a new environment; return its interpreter."""
    venv.create(place, with_pip=True)
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", archive]
    subprocess.run(command, check=True, cwd=place)
    return python


def main() -> int:
    """Try the archives that are named; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.installed", description=__doc__)
    parser.add_argument("archives", nargs="*", type=Path, help="wheels and source archives")
    parser.add_argument("--tag", help="the tag of the release, such as v1.2.3")
    options, found = parser.parse_args(), []
    for archive in options.archives:
        with tempfile.TemporaryDirectory() as place:
            own = faults(installed(archive.resolve(), Path(place)))
        print(f"{archive.name}: {'; '.join(own) or 'installed and tried, ok'}", flush=True)
        found += own
    if options.tag:
        texts = ((ROOT / name).read_text("utf-8") for name in ("CHANGELOG.md", "CITATION.cff"))
        found += (reasons := unready(options.tag, *texts))
        print("\n".join(reasons) or f"ready to be released as {options.tag}")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
