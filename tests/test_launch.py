"""Links that open a notebook elsewhere, and the cell that brings netinit there."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from project import ROOT
from sphinx.errors import ExtensionError

sys.path.insert(0, str(ROOT / "book"))

from netbook import launch

HUBS = """launch_buttons:
  notebook_interface: jupyterlab
  colab_url: https://colab.example
  binderhub_url: https://binder.example/
  jupyterhub_url: https://hub.example
"""
PAGE = "chapters/03_random_scale"


def told(folder, text):
    (folder / "_config.yml").write_text(text)
    return launch.settings(folder)


@pytest.fixture
def asked(tmp_path):
    return told(tmp_path, f"repository:\n  url: https://github.com/owner/name.git\n{HUBS}")


def test_the_book_names_no_repository_and_so_has_no_links():
    assert launch.settings(ROOT) is None


@pytest.mark.parametrize(
    "text", [HUBS, "repository:\n  url: https://github.com/owner/name\n", "repository:\n" + HUBS]
)
def test_without_a_repository_or_without_a_hub_there_are_no_links(tmp_path, text):
    assert told(tmp_path, text) is None


@pytest.mark.parametrize("url", ["https://example.org/owner/name", "https://github.com/owner"])
def test_a_repository_that_the_hubs_cannot_open_is_refused(tmp_path, url):
    with pytest.raises(ExtensionError, match=r"must be https://github.com/owner/name, not"):
        told(tmp_path, f"repository:\n  url: {url}\n{HUBS}")


def test_each_hub_opens_the_notebook_on_the_branch_that_has_the_cell(asked):
    assert asked.links(PAGE) == [
        ("Colab", f"https://colab.example/github/owner/name/blob/launch/{PAGE}.ipynb"),
        (
            "Binder",
            "https://binder.example/v2/gh/owner/name/launch"
            "?urlpath=lab%2Ftree%2Fchapters%2F03_random_scale.ipynb",
        ),
        (
            "JupyterHub",
            "https://hub.example/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fowner"
            "%2Fname&urlpath=lab%2Ftree%2Fname%2Fchapters%2F03_random_scale.ipynb&branch=launch",
        ),
    ]


def test_a_book_in_a_folder_of_its_repository(tmp_path):
    text = "repository:\n  url: https://github.com/owner/name\n  path_to_book: docs\n"
    (_, address), *_ = told(tmp_path, text + HUBS).links(PAGE)
    assert address.endswith(f"/blob/launch/docs/{PAGE}.ipynb")


def test_the_cell_comes_first_and_the_stored_notebook_keeps_its_own(asked):
    stored = nbformat.read(ROOT / f"{PAGE}.ipynb", as_version=4)
    made = launch.launched(stored, PAGE, asked)
    nbformat.validate(made)
    assert made.cells[1:] == stored.cells
    assert "bring-netinit" not in [cell.id for cell in stored.cells]


def run(cell, monkeypatch, *, missing, tree=None):
    """Run the cell; return the commands it would have started."""
    commands, find = [], importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if missing and name == "netinit" else find(name),
    )

    def start(command, *, check):
        commands.append(command[1:] if command[0] == sys.executable else command)
        if tree and command[0] == "git":
            (Path(command[-1]) / tree).mkdir(parents=True)

    monkeypatch.setattr(subprocess, "run", start)
    exec(compile(cell.source, "cell", "exec"), {})
    return commands


def first(asked, page):
    return launch.launched(nbformat.v4.new_notebook(), page, asked).cells[0]


def test_where_netinit_is_there_the_cell_does_nothing(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(first(asked, PAGE), monkeypatch, missing=False) == []


@pytest.mark.parametrize(
    ("page", "folder", "up"),
    [(PAGE, "chapters", "../"), ("assignments/release/ps1", "assignments/release", "../../")],
)
def test_where_only_the_notebook_is_the_cell_brings_the_book(
    asked, tmp_path, monkeypatch, page, folder, up
):
    monkeypatch.chdir(tmp_path)
    clone, install = run(first(asked, page), monkeypatch, missing=True, tree=folder)
    assert clone[:2] == ["git", "clone"]
    assert {"--branch=launch", "https://github.com/owner/name"} <= set(clone)
    assert install[-1] == f"{up}.[widgets,plots,data]"
    assert Path.cwd() == tmp_path / "netinit-book" / folder, "stored sweeps are found from there"


def test_where_the_book_is_beside_the_notebook_it_is_installed_from_there(
    asked, tmp_path, monkeypatch
):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path / "chapters")
    (install,) = run(first(asked, PAGE), monkeypatch, missing=True)
    assert Path(install[-1].partition("[")[0]).samefile(tmp_path)


def test_a_notebook_that_needs_pytorch_brings_it(asked):
    cells = [nbformat.v4.new_code_cell("from torch import nn")]
    made = launch.launched(nbformat.v4.new_notebook(cells=cells), PAGE, asked)
    assert ".[widgets,plots,data,torch]" in made.cells[0].source
    assert "torch" not in first(asked, PAGE).source
