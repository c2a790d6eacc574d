"""``{starts}``: starts of one network, each a row of cells that leads to the laboratory.

A cell is a layer, in the colors of the laboratory's own cells: full where the mean square of the
signal is 1, fading below it, turning to ink above it. What they show is measured with netinit.
"""

import tomllib
from html import escape
from pathlib import Path

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from netbook.experiments import fragment
from netbook.laboratory import FOLDER, PAGE
from netbook.markup import raw

STARTS = Path(__file__).resolve().parents[2] / FOLDER / "starts.toml"
FADE = 10  # decades from full color to none, as in panels/network.js
SIDE, STEP, HEIGHT = 20, 22, 30  # px
ROW = (
    '<li><a class="experiment start" href="{address}">'
    "<b>{name}</b> {cells}<span>{words}</span></a></li>"
)


def starts() -> list[dict]:
    """Each start with its whole experiment under ``experiment``."""
    found = tomllib.loads(STARTS.read_text("utf-8"))
    common = found["experiment"]
    return [one | {"experiment": common | {"scale": one["scale"]}} for one in found["starts"]]


def moments(experiment: dict) -> np.ndarray:
    """Mean square of the signal in each hidden layer of one network, before training."""
    import netinit
    from netinit.datasets import spirals

    widths = [2, *[experiment["width"]] * experiment["depth"], 2]
    net = netinit.init_mlp(widths, "he_normal", activation="relu", rng=0)
    for weight in net.weights:
        weight *= experiment["scale"]
    signals = net.forward(spirals(400, rng=0).x_train).preactivations
    return np.array([np.mean(np.square(h, dtype=float)) for h in signals[:-1]])


def cells(values: np.ndarray) -> str:
    """A row of cells as SVG, in the colors of the page's theme."""
    drawn = []
    for layer, decades in enumerate(np.log10(values)):
        place = f'x="{layer * STEP + 0.5}" y=".5" width="{SIDE}" height="{HEIGHT - 1}"'
        if decades > 0:
            drawn.append(f'<rect {place} fill="var(--ni-ink)"/>')
        part = round(1 - min(1, abs(decades) / FADE), 2)
        fill = f'fill="var(--ni-forward)" fill-opacity="{part}"'
        drawn.append(f'<rect {place} {fill} stroke="var(--ni-reference)" stroke-opacity=".3"/>')
    size = f'width="{STEP * len(values)}" height="{HEIGHT}"'
    box = f'viewBox="0 0 {STEP * len(values)} {HEIGHT}"'
    ends = f"{values[0]:.2g} in the first layer, {values[-1]:.2g} in the last"
    label = f"mean square of the signal: {ends}"
    return f'<svg {size} {box} role="img" aria-label="{label}">{"".join(drawn)}</svg>'


def rows(page: str) -> str:
    """The list of starts; `page` is the address of the laboratory."""
    written = "".join(
        ROW.format(
            address=escape(f"{page}#{fragment(one['experiment'])}"),
            name=escape(one["name"]),
            words=escape(one["words"]),
            cells=cells(moments(one["experiment"])),
        )
        for one in starts()
    )
    return f'<ul class="starts">{written}</ul>'


class Starts(SphinxDirective):
    """The rows of cells; nothing where there is no laboratory."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Draw them."""
        if PAGE not in self.env.found_docs:
            return []
        self.env.note_dependency(str(STARTS))
        page = self.env.app.builder.get_relative_uri(self.env.docname, PAGE)
        return [raw(rows(page))]


def load(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load the style sheet where there are rows."""
    if '<ul class="starts">' in context.get("body", ""):
        app.add_css_file("starts.css")


def setup(app: Sphinx) -> None:
    """Register the directive and its style sheet."""
    app.add_directive("starts", Starts)
    app.connect("html-page-context", load)
