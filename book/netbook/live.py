"""Pages whose code runs in the browser: the button, the places of the cells, the scripts.

A page carries the button and a small script. What the button loads is bundled here from the
modules in ``book/live``; the engine itself is no part of Sphinx's build (``book/engine.py``).
"""

import functools
import json
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from netbook.frameworks import needs_torch
from netbook.markup import Block, block, raw
from netbook.pages import is_notebook
from netinit.widgets.bundle import bundle

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "book" / "live"
BUTTON, PAGE, WORKER, STYLES = "live.js", "live-page.js", "live-worker.js", "live.css"
OPEN = 'import open from "./page/page.js";\nexport default open;\n'
OFFER = (
    '<button type="button">Run the code of this page</button>'
    '<p role="status" aria-label="Python in this page"></p>'
)


def runs_in_page(app: Sphinx, page: str) -> bool:
    """Whether `page` is a notebook whose code the page's Python can run: it has no PyTorch."""
    return is_notebook(app, page) and not needs_torch(Path(app.env.doc2path(page)))


@functools.cache
def seconds() -> dict[str, dict[str, float]]:
    """How long slow cells take in a page: by page, by the id of the cell."""
    path = FOLDER / "seconds.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


class Places(SphinxTransform):
    """Mark where the code of each cell stands, before captions and folds move things."""

    default_priority = 540

    def apply(self, **kwargs) -> None:
        """Walk the cells of the page."""
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code":
                continue
            for part in cell.children:
                if part.get("nb_element") == "cell_code_source":
                    part["classes"].append(f"code-{cell['cell_index']}")


class Offer(SphinxPostTransform):
    """Put the button below the title, and below the line that says how long the page takes."""

    default_priority = 40
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Find the title."""
        page = self.env.docname
        if not runs_in_page(self.app, page):
            return
        top = next(self.document.findall(nodes.section), None)
        if top is None:
            return
        at = 2 if len(top) > 2 and "reading" in top[1].get("classes", []) else 1
        top.insert(at, self._place(page))

    def _place(self, page: str) -> Block:
        slow = json.dumps(seconds().get(page, {}), separators=(",", ":"))
        html = {"data-page": page, "data-notebook": f"{Path(page).name}.ipynb"}
        html |= {"data-seconds": slow} if slow != "{}" else {}
        return block("div", raw(OFFER), classes=["runner"], html=html)


def script(entry: str) -> str:
    """A classic script out of one module and all that it imports."""
    head, _, exported = bundle(entry, FOLDER).rpartition("export default ")
    name = exported.strip().rstrip(";")
    return f'(() => {{\n"use strict";\n{head}globalThis.netinitPage = {name};\n}})();\n'


def load(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load the button's script on pages with code."""
    if runs_in_page(app, page):
        app.add_js_file(BUTTON, loading_method="defer")


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the scripts and the styles beside the book's own."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    button = (FOLDER / "button.js").read_text("utf-8")
    (static / BUTTON).write_text(f"(() => {{\n{button}}})();\n", "utf-8")
    (static / PAGE).write_text(script(OPEN), "utf-8")
    shutil.copyfile(FOLDER / "worker.js", static / WORKER)
    shutil.copyfile(FOLDER / STYLES, static / STYLES)


def setup(app: Sphinx) -> None:
    """Register the transforms, and the files of the pages with code."""
    app.add_transform(Places)
    app.add_post_transform(Offer)
    app.connect("html-page-context", load)
    app.connect("build-finished", write)
