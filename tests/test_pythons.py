"""Which versions of Python the project takes, and that all its files agree about it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml
from project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAMED = [
    name.rpartition(" ")[2]
    for name in PROJECT["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", name)
]
# It runs what it is given, under the version that it claims to be.
PRETENDER = """#!/bin/sh
exec "{python}" -c "import sys; sys.version_info = {version}; exec(sys.argv[1])" "$2"
"""
RULE = "include Makefile\nshow:\n\t@$(FIND_PYTHON)\n"


def test_no_newer_python_is_refused():
    assert PROJECT["requires-python"] == f">={NAMED[0]}"


def test_the_oldest_python_is_the_same_everywhere():
    (target,) = re.findall(r'target-version = "py3(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert f"3.{target}" == NAMED[0]
    assert f"--python-version {NAMED[0]}" in (ROOT / "Makefile").read_text("utf-8")
    for name in ("README.md", ".ci/run", "book/netbook/archives.py", "assignments/guide.md"):
        assert f"Python {NAMED[0]} or newer" in (ROOT / name).read_text("utf-8"), name


def test_ci_tries_every_python_that_the_metadata_name():
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert jobs["whole"]["strategy"]["matrix"]["python"] == NAMED
    pairs = [(i["python"], i["numpy"]) for i in jobs["unit"]["strategy"]["matrix"]["include"]]
    assert [python for python, numpy in pairs if numpy == "numpy"] == NAMED
    assert [python for python, numpy in pairs if numpy != "numpy"] == NAMED


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize(
    ("version", "taken"),
    [((3, 9), False), ((3, 10), False), ((3, 11), True), ((3, 14), True), ((3, 15), True)],
)
def test_make_takes_the_oldest_python_and_every_newer_one(tmp_path, version, taken):
    python = tmp_path / "some-python"
    python.write_text(PRETENDER.format(python=sys.executable, version=version))
    python.chmod(0o755)
    # Run from within make, it must not take itself for a part of that run, and say so.
    outer = {name for name in os.environ if name.startswith("MAKE") or name == "MFLAGS"}
    outside = {name: value for name, value in os.environ.items() if name not in outer}
    done = subprocess.run(
        [shutil.which("make"), "-f", "-", "show"],
        input=RULE,
        cwd=ROOT,  # make splits a path at its spaces
        env={**outside, "PATH": str(tmp_path), "PYTHON": str(python)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode == 0) == taken
    assert done.stdout.strip() == (str(python) if taken else "")
    assert ("Python 3.11 or newer" in done.stderr) != taken
