"""What a cell shows, as the page shows it: inlined pictures, widgets, pictures for no script."""

import json
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from netbook import svg
from netbook.markup import Block, block, raw

LOG = logging.getLogger(__name__)
VIEW = "application/vnd.jupyter.widget-view+json"
SVG = "image/svg+xml"


def parts_of(bundle: nodes.container) -> dict[str, nodes.container]:
    """The forms in which an output can be shown, by mime type."""
    return {child["mime_type"]: child for child in bundle.children}


def words(parts: dict[str, nodes.container]) -> str:
    """The output's plain text: its description."""
    return parts["text/plain"].astext().strip() if "text/plain" in parts else ""


def specs(env: BuildEnvironment, page: str) -> dict[str, dict]:
    """What each widget saved in `page` says of itself, by model id."""
    files = NbMetadataCollector.get_js_files(env, page)
    body = files.get("ipywidgets_state", (None, {}))[1].get("body", "{}")
    models = json.loads(body).get("state", {})
    return {name: model["state"].get("spec", {}) for name, model in models.items()}


def heights(spec: dict) -> tuple[int, int]:
    """Roughly how tall an Explorer is, in pixels, in a wide page and in a narrow one.

    Kept free until it is drawn, so that the text below does not jump.
    """
    panels = spec.get("panels", [])
    histograms = [70 + 46 * min(6, p["most_rows"]) for p in panels if p["kind"] == "histogram"]
    drawn = [p for p in panels if p["kind"] != "numbers"]
    lines = [290 if len(drawn) > 1 else 380 for p in panels if p["kind"] == "lines"]
    numbers = 80 * any(p["kind"] == "numbers" for p in panels)
    controls = len(spec.get("controls", []))
    frame = 130 + numbers + 30 * bool(spec.get("description"))
    wide = frame + 64 * -(-controls // 2) + max([0, *histograms, *lines])
    return wide, frame + 68 * controls + sum(histograms) + 290 * len(lines)


def live(parts: dict[str, nodes.container], known: dict[str, dict]) -> Block:
    """The place of a widget, and its picture for readers without JavaScript."""
    script = parts[VIEW].astext()
    spec = next((spec for name, spec in known.items() if name in script and spec), {})
    wide, narrow = heights(spec)
    style = f"--wide: {wide}px; --narrow: {narrow}px" if spec else ""
    shown = [child.deepcopy() for child in parts[VIEW].children]
    image = next(parts["image/png"].findall(nodes.image), None) if "image/png" in parts else None
    if image is not None:
        image = image.deepcopy()
        image["alt"] = words(parts)
        shown.append(block("noscript", image))
    return block("div", *shown, classes=["live"], html={"style": style})


class Outputs(SphinxPostTransform):
    """Choose and shape the outputs, before the notebook reader chooses for itself."""

    default_priority = 3
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Walk the outputs of the page."""
        bundles = (n for n in self.document.findall(nodes.container))
        bundles = [n for n in bundles if n.get("nb_element") == "mime_bundle"]
        for index, bundle in enumerate(bundles):
            if shown := self._shown(parts_of(bundle), index):
                bundle.replace_self(shown)

    def _shown(self, parts: dict[str, nodes.container], index: int) -> nodes.Node | None:
        if VIEW in parts:
            return live(parts, specs(self.env, self.env.docname))
        if SVG in parts:
            return self._picture(parts, index)
        return None

    def _picture(self, parts: dict[str, nodes.container], index: int) -> nodes.Node | None:
        image = next(parts[SVG].findall(nodes.image))
        source = Path(self.app.srcdir, image["uri"].lstrip("/"))
        try:
            drawn = svg.inline(source.read_text("utf-8"), prefix=f"p{index}-", alt=words(parts))
        except ValueError as error:
            LOG.warning("picture left as a file: %s", error, location=image)
            return None
        return block("div", raw(drawn), classes=["picture"])


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_post_transform(Outputs)
