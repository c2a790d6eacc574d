"""The package loads NumPy alone; imports run one way, in the classroom too (import-linter)."""

import ast
import shutil
import subprocess
import sys

import pytest
from project import ROOT

import netinit

PACKAGE = ROOT / "netinit"
WITH_MORE = {"widgets", "torch", "flax", "keras"}  # packages that need more than NumPy, and say so
FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in WITH_MORE
)
# What a module may import at its top beside the standard library; the rest is imported where it
# is used, so that a missing extra is missed only by those who need it.
TOP_LEVEL = {"plots.py": {"numpy", "matplotlib"}}


def contracts(folder):
    """Run import-linter on the package in a folder; return its exit code and what it printed."""
    command = "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"
    environment = {"PYTHONPATH": str(folder), "PATH": ""}
    run = subprocess.run(
        [sys.executable, "-c", command], cwd=folder, env=environment, capture_output=True, text=True
    )
    return run.returncode, run.stdout + run.stderr


def test_imports_run_one_way():
    code, printed = contracts(ROOT)
    assert code == 0, printed


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("network/mlp.py", "from netinit import plots"),
        ("network/mlp.py", "def f():\n    from netinit.plots import show_figure"),
        ("network/mlp.py", "import netinit.training"),
        ("network/mlp.py", "from ..training import train"),
        ("initializers/fans.py", "from netinit.theory.moments import chi"),
        ("theory/moments.py", "from netinit.initializers._haar import haar"),
        ("widgets/explorer.py", "from netinit.theory.moments import chi"),
        ("widgets/explorer.py", "from .. import network"),
        ("training/loop.py", "from netinit.torch import Report"),
        ("reading/law.py", "from netinit.torch import Report"),
        ("keras/laws.py", "from netinit.flax import laws"),
        ("../assignments/marks/rows.py", "from assignments.pages.shown import Shown"),
        ("../assignments/handed_in/rebuild.py", "def f():\n    from assignments import grading"),
        ("../assignments/grading/graders.py", "from assignments.grading.cluster import spread"),
        ("../assignments/running/kernel.py", "import assignments.__main__"),
    ],
)
def test_an_import_upward_is_caught(module, source, tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in (PACKAGE, ROOT / "assignments"):
        made = shutil.ignore_patterns("__pycache__", "release", "submitted", "source")
        shutil.copytree(package, tmp_path / package.name, ignore=made)
    path = tmp_path / "netinit" / module
    path.write_text(f"{path.read_text('utf-8')}\n{source}\n", "utf-8")
    code, printed = contracts(tmp_path)
    assert code == 1, printed
    assert "BROKEN" in printed


def imported(tree):
    """Return the first names of all that a syntax tree imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "netinit" if node.level else node.module.partition(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_needs_numpy_alone_until_it_is_used(path):
    tree = ast.parse(path.read_text("utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    allowed = {"netinit", *TOP_LEVEL.get(path.name, {"numpy"})}
    assert set(imported(tree)) - set(sys.stdlib_module_names) <= allowed


def test_importing_the_package_loads_numpy_alone():
    code = (
        "import numpy.random, sys; old = set(sys.modules); "
        "import netinit; print(*set(sys.modules) - old)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    roots = {name.split(".")[0] for name in run.stdout.split()}
    assert "netinit" in roots
    assert roots - set(sys.stdlib_module_names) <= {"netinit", "numpy"}


def test_the_public_names_are_those_of_the_list():
    assert sorted(netinit.__all__) == sorted(set(netinit.__all__))
    for name in netinit.__all__:
        assert getattr(netinit, name) is not None
