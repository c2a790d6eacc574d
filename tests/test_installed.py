"""What is published holds all of the package, and a release is refused until it is ready."""

import importlib.metadata
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml
from project import ROOT

import netinit
from tests import installed

CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
CITATION = (ROOT / "CITATION.cff").read_text("utf-8")


def build(kind, folder):
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    (archive,) = folder.iterdir()
    return archive


def test_the_wheel_and_the_source_archive_hold_every_file_of_the_package(tmp_path):
    wheel, source = (build(kind, tmp_path / kind) for kind in ("wheel", "sdist"))
    inside = zipfile.ZipFile(wheel).namelist()
    assert installed.missing(inside) == []
    assert {".py", ".toml", ".js", ".css"} <= {Path(name).suffix for name in inside}
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert installed.missing(names) == []
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"} <= names


def test_a_file_that_an_archive_lacks_is_named():
    names = [p.relative_to(ROOT).as_posix() for p in (ROOT / "netinit").rglob("*")]
    (data,) = [name for name in names if name.endswith("advice.toml")]
    assert installed.missing(names) == []
    assert installed.missing(set(names) - {data}) == [data]


def test_what_is_wrong_with_an_installed_package_is_said(tmp_path, monkeypatch):
    zipfile.ZipFile(build("wheel", tmp_path / "wheel")).extractall(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setattr(installed, "ISOLATED", ("-W", "error"))
    assert installed.faults(Path(sys.executable)) == []
    readme = tmp_path / "README.md"
    readme.write_text("```python\nimport netinit.nothing\n```\n\n>>> 1 + 1\n3\n")
    monkeypatch.setattr(installed, "README", readme)
    monkeypatch.setattr(installed, "version", lambda: "99.0")
    (data,) = (tmp_path / "site").rglob("advice.toml")
    data.unlink()
    lost, other, program, session = installed.faults(Path(sys.executable))
    assert lost == f"{data.relative_to(tmp_path / 'site').as_posix()} is missing"
    assert other.endswith("not 99.0")
    assert "No module named 'netinit.nothing'" in program
    assert "Expected:" in session


def test_the_package_says_the_version_of_its_metadata():
    assert netinit.__version__ == importlib.metadata.version("netinit")
    with pytest.raises(AttributeError, match="module 'netinit' has no attribute 'versoin'"):
        _ = netinit.versoin


def test_the_changelog_starts_with_the_version_of_the_project():
    heading = re.search(r"^## (\S+) \((unreleased|\d{4}-\d\d-\d\d)\)$", CHANGELOG, re.MULTILINE)
    assert heading[1] == installed.version()
    dated = yaml.safe_load(CITATION)["date-released"].isoformat()
    assert heading[2] in {"unreleased", dated}


def dated(text):
    day = yaml.safe_load(CITATION)["date-released"]
    return re.sub(r"^(## \S+) \(.*\)$", rf"\1 ({day})", text, count=1, flags=re.MULTILINE)


def test_a_release_is_ready_when_tag_changelog_and_citation_agree():
    assert installed.unready(f"v{installed.version()}", dated(CHANGELOG), CITATION) == []


@pytest.mark.parametrize(
    ("tag", "changelog", "citation", "complaint"),
    [
        ("v99.0", dated(CHANGELOG), CITATION, "the tag is v99.0"),
        (installed.version(), dated(CHANGELOG), CITATION, "the tag is"),
        (None, f"## {installed.version()} (unreleased)\n", CITATION, "unreleased"),
        (None, dated(CHANGELOG), CITATION.replace("version: ", "version: 9"), "CITATION.cff says"),
        (None, "# Changelog\n", CITATION, "CHANGELOG.md starts with ''"),
    ],
)
def test_a_release_that_is_not_ready_is_refused_with_the_reason(
    tag, changelog, citation, complaint
):
    reasons = installed.unready(tag or f"v{installed.version()}", changelog, citation)
    assert any(complaint in reason for reason in reasons)
