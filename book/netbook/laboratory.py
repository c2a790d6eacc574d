"""``{laboratory}``: the page that trains networks, its script, its styles and its digits.

The directive leaves a place on the page, with a picture for readers without JavaScript. Script,
styles and digits are files that this page alone loads; they are made here from the modules in
``book/laboratory``, and each is an ordinary script, so that the page works from a file too.
"""

import io
import json
from pathlib import Path

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from netbook import svg
from netbook.markup import block, raw
from netinit.widgets.bundle import bundle

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "book/laboratory"
PAGE = "laboratory"
FILES = ("laboratory-digits.js", "laboratory.js")
STYLES = "laboratory.css"
SESSION = f'import {{ createSession, serve }} from "./{FOLDER}/session.js";\n'
MOUNT = f'import mount from "./{FOLDER}/page.js";\n'
# The engine is a function whose text is the worker's script, so the page carries it once.
SCRIPT = """(() => {{
"use strict";
const engine = () => {{
{engine}}};
const start = (() => {{
{page}}})();
const place = document.getElementById("laboratory");
if (place) start(place, engine, globalThis.laboratoryDigits);
}})();
"""
MISSING = (
    "On the site, with JavaScript turned on, this page trains networks while you watch. The "
    "picture shows one thing that you would see: the mean square of the signal in a ReLU network "
    "of 16 hidden layers with 64 units, for three scales of its initial weights."
)
ALT = (
    "Three curves of the mean square of the signal against the layer, on a logarithmic axis. At "
    "scale 0.7 it falls by several powers of ten in 16 layers, at scale 1 it stays level, at "
    "scale 1.4 it rises as far."
)


def module_of(entry: str, exported: str) -> str:
    """The modules of the laboratory as the body of a function that returns `exported`."""
    script = bundle(f"{entry}export default {exported};\n", ROOT)
    head, _, _ = script.rpartition("export default ")
    return f"{head}return {exported};\n"


def script() -> str:
    """The page's script: what it draws, and the engine, which also runs in a worker."""
    engine = module_of(SESSION, "{ createSession, serve }")
    return SCRIPT.format(engine=engine, page=module_of(MOUNT, "mount"))


def digits() -> str:
    """The images of `netinit.datasets.digits` before any scaling, in its order, as a script.

    A pixel is a letter, "a" for 0 to "q" for 16, because that is small and quick to read.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    pixels = "".join(chr(ord("a") + int(value)) for value in x[order].ravel())
    packed = {"pixels": pixels, "labels": "".join(str(label) for label in y[order])}
    return f"globalThis.laboratoryDigits = {json.dumps(packed)};\n"


def styles() -> str:
    """The page's style sheet."""
    return (ROOT / FOLDER / STYLES).read_text("utf-8")


def picture() -> str:
    """What the page shows without JavaScript, as SVG: three starts, measured with netinit."""
    import matplotlib.pyplot as plt

    import netinit
    from netinit import propagation
    from netinit.style import BACKWARD, FORWARD, INK

    x = netinit.normal((256, 64), std=1.0, rng=0)
    starts = {0.7: FORWARD, 1.0: INK, 1.4: BACKWARD}
    with plt.rc_context({"svg.hashsalt": "laboratory", "font.size": 11}):
        figure, axes = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
        for scale, role in starts.items():
            net = netinit.init_mlp([64, *[64] * 16, 10], "he_normal", activation="relu", rng=0)
            for weight in net.weights:
                weight *= scale
            moments = propagation.measure(net, x, rng=0).preactivations.second_moment[:-1]
            axes.semilogy(range(1, 17), moments, color=role.light, label=f"scale {scale}")
        axes.set(xlabel="layer", ylabel="mean square of the signal")
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    return svg.inline(file.getvalue(), prefix="laboratory-", alt=ALT)


class Laboratory(SphinxDirective):
    """The place of the laboratory."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Leave an element for the script, and words and a picture for readers without it."""
        words = nodes.paragraph("", MISSING)
        without = block("noscript", words, block("div", raw(picture()), classes=["picture"]))
        html = {"id": "laboratory"}
        return [block("div", without, classes=["laboratory"], html=html)]


def load(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load the files on their page and on no other."""
    if page != PAGE:
        return
    for name in FILES:
        app.add_js_file(name, loading_method="defer")
    app.add_css_file(STYLES)


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the files beside the book's own."""
    if error or app.builder.format != "html" or PAGE not in app.env.found_docs:
        return
    for name, text in zip((*FILES, STYLES), (digits(), script(), styles()), strict=True):
        Path(app.outdir, "_static", name).write_text(text, "utf-8")


def setup(app: Sphinx) -> None:
    """Register the directive, and the files of its page."""
    app.add_directive("laboratory", Laboratory)
    app.connect("html-page-context", load)
    app.connect("build-finished", write)
