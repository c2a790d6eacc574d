"""Links that open a page's notebook elsewhere: Colab, Binder, a JupyterHub.

They are what ``launch_buttons`` and ``repository`` in ``_config.yml`` say, as in any Jupyter Book;
without a ``repository`` there are none. The links lead to a branch of their own, ``launch``, whose
notebooks have one cell more than those of the book: it brings netinit where it is missing. The
build writes them into ``_build/launch``; ``pages.yml`` puts them on the branch.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import nbformat
import yaml
from nbformat import NotebookNode, v4
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from netbook.frameworks import imports_torch
from netbook.pages import is_notebook

BRANCH = "launch"
HOST = "https://github.com/"
HUBS = {"colab_url": "Colab", "binderhub_url": "Binder", "jupyterhub_url": "JupyterHub"}
CELL = """\
# Brings netinit where it is missing, as on Colab; elsewhere this cell does nothing.
import importlib.util, os, subprocess, sys

if importlib.util.find_spec("netinit") is None:
    if not os.path.isfile("{up}pyproject.toml"):
        clone = ["git", "clone", "--quiet", "--depth=1", "--branch={branch}"]
        subprocess.run([*clone, "{url}", "netinit-book"], check=True)
        os.chdir("netinit-book/{folder}")
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "{up}.[{extras}]"], check=True)
    importlib.invalidate_caches()
"""


@dataclass(frozen=True)
class Launch:
    """Where notebooks can be opened: the repository, and addresses of hubs by their setting."""

    url: str
    hubs: dict[str, str]
    lab: bool
    folder: str

    @property
    def repository(self) -> str:
        """Owner and name."""
        return self.url.removeprefix(HOST)

    def links(self, page: str) -> list[tuple[str, str]]:
        """Name of each hub, and the address that opens the notebook of `page` there."""
        path = quote(f"{self.folder}{page}.ipynb")
        return [(HUBS[hub], self._address(hub, path)) for hub in HUBS if hub in self.hubs]

    def _address(self, hub: str, path: str) -> str:
        base, view = self.hubs[hub], "lab/tree" if self.lab else "tree"
        if hub == "colab_url":
            return f"{base}/github/{self.repository}/blob/{BRANCH}/{path}"
        if hub == "binderhub_url":
            asked = urlencode({"urlpath": f"{view}/{path}"})
            return f"{base}/v2/gh/{self.repository}/{BRANCH}?{asked}"
        inside = f"{view}/{self.repository.rpartition('/')[2]}/{path}"
        asked = {"repo": self.url, "urlpath": inside, "branch": BRANCH}
        return f"{base}/hub/user-redirect/git-pull?{urlencode(asked)}"


def settings(root: Path) -> Launch | None:
    """What ``_config.yml`` in `root` asks for; None if it names no repository or no hub.

    Raises
    ------
    sphinx.errors.ExtensionError
        If the repository is not one of GitHub, which alone all three hubs can open.
    """
    path = root / "_config.yml"
    told = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    repository, buttons = told.get("repository") or {}, told.get("launch_buttons") or {}
    hubs = {hub: buttons[hub].rstrip("/") for hub in HUBS if buttons.get(hub)}
    url = (repository.get("url") or "").rstrip("/").removesuffix(".git")
    if not (url and hubs):
        return None
    if not url.startswith(HOST) or url.count("/") != HOST.count("/") + 1:
        raise ExtensionError(f"repository.url of _config.yml must be {HOST}owner/name, not {url!r}")
    folder = (repository.get("path_to_book") or "").strip("/")
    lab = buttons.get("notebook_interface") == "jupyterlab"
    return Launch(url, hubs, lab, f"{folder}/" if folder else "")


def launched(notebook: NotebookNode, page: str, launch: Launch) -> NotebookNode:
    """The notebook of `page` with the cell that brings netinit before all others."""
    folder = launch.folder + page.rpartition("/")[0]
    up = "../" * len(Path(folder).parts)
    extras = "widgets,plots,data,torch" if imports_torch(notebook) else "widgets,plots,data"
    source = CELL.format(up=up, branch=BRANCH, url=launch.url, folder=folder, extras=extras)
    cell = v4.new_code_cell(source.rstrip("\n"), id="bring-netinit")
    return NotebookNode(notebook | {"cells": [cell, *notebook.cells]})


def context(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Give the template the links of its page."""
    launch = settings(Path(app.srcdir))
    context["launches"] = launch.links(page) if launch and is_notebook(app, page) else []


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the notebooks that the links open, beside the site."""
    launch = None if error else settings(Path(app.srcdir))
    if launch is None or app.builder.name != "html":
        return
    for page in filter(lambda name: is_notebook(app, name), app.env.found_docs):
        target = Path(app.outdir).parent / "launch" / f"{launch.folder}{page}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        notebook = nbformat.read(app.env.doc2path(page), as_version=4)
        nbformat.write(launched(notebook, page, launch), target)


def setup(app: Sphinx) -> None:
    """Run for each page that is written, and when all are."""
    app.connect("html-page-context", context)
    app.connect("build-finished", write)
