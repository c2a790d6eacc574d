"""The examples in the docstrings of netinit.torch, and what `import netinit` leaves alone."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import netinit.torch

MODULES = [m.name for m in pkgutil.walk_packages(netinit.torch.__path__, "netinit.torch.")]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_the_examples_of_a_module_are_true(name):
    for word, library in (("lightning", "lightning"), ("huggingface", "transformers")):
        if name.endswith(word):
            pytest.importorskip(library)
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_importing_netinit_does_not_import_torch():
    code = "import netinit, sys; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "False"


def test_without_torch_the_error_says_what_to_install():
    code = "import sys; sys.modules['torch'] = None; import netinit.torch"
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "pip install 'netinit[torch]'" in run.stderr


def test_the_public_names_exist_and_are_listed_once():
    assert len(set(netinit.torch.__all__)) == len(netinit.torch.__all__)
    assert all(hasattr(netinit.torch, name) for name in netinit.torch.__all__)
