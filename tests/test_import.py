"""The package loads NumPy alone, and its modules import downward only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import netinit

PACKAGE = Path(netinit.__file__).parent
# From the bottom up: a module may import those above its own line in this list, or no module.
ORDER = [
    *["dtypes", "arguments", "arrays", "fans", "seeds"],
    *["blocks", "draws", "sampling", "haar"],
    *["initializers", "structured", "biases", "registry", "catalogue", "advice"],
    *["error_function", "elementwise", "activations", "moments", "gains"],
    *["losses", "mlp", "lsuv", "network", "residual", "optimizers", "training"],
    *["symmetry", "curvature"],
    *["finite_width", "histograms", "sweep", "wide", "prediction"],
    *["propagation", "datasets", "trainability"],
    *["style", "raster", "plots", "widgets"],
]
# What a module may import at its top beside the standard library; the rest is imported where it
# is used, so that a missing extra is missed only by who needs it.
TOP_LEVEL = {"plots": {"numpy", "matplotlib"}}
WIDGETS_KNOW = {"style", "raster"}  # Explorers show what they are given: no science


def layer(path):
    """The module a file belongs to, a folder counting as one."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree, package):
    """The full names of all that a syntax tree imports, relative imports resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (parent, node.module) if part)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def dependencies(path, source=None):
    """The modules of the package that a file imports, anywhere in it."""
    package = ["netinit", *path.relative_to(PACKAGE).parts[:-1]]
    for name in imported(ast.parse(source or path.read_text()), package):
        parts = name.split(".")
        if parts[0] == "netinit":
            yield parts[1]


def upward(path, source=None):
    """Imports of a file that do not lead downward."""
    own = layer(path)
    allowed = {own, *ORDER[: ORDER.index(own)]}
    if own == "widgets":
        allowed = {own, *WIDGETS_KNOW}
    return [name for name in dependencies(path, source) if name not in allowed]


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def test_every_module_has_its_place_in_the_order():
    assert {layer(path) for path in FILES} == set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downward_only(path):
    assert upward(path) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("network.py", "from netinit import plots"),
        ("network.py", "def f():\n    from netinit.plots import show"),
        ("network.py", "import netinit.training"),
        ("network.py", "from . import training"),
        ("network.py", "from .training import train"),
        ("fans.py", "from netinit import he_normal"),
        ("widgets/explorer.py", "from netinit.moments import chi"),
        ("widgets/explorer.py", "from ..network import MLP"),
        ("widgets/explorer.py", "from .. import network"),
    ],
)
def test_an_import_upward_is_caught(module, source):
    assert upward(PACKAGE / module, source) != []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_needs_numpy_alone_until_it_is_used(path):
    if layer(path) == "widgets":
        return
    tree = ast.parse(path.read_text())
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    roots = {name.split(".")[0] for name in imported(tree, ["netinit"])}
    allowed = {"netinit", *TOP_LEVEL.get(layer(path), {"numpy"})}
    assert roots - set(sys.stdlib_module_names) <= allowed


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
