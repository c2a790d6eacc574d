"""The outputs of cells on the page: inlined pictures, and widgets with pictures for no script."""

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
from netinit.widgets.panels import kind_of

LOG = logging.getLogger(__name__)
VIEW = "application/vnd.jupyter.widget-view+json"
SVG = "image/svg+xml"
MARKDOWN = "text/markdown"
STATE = "ipywidgets_state"
CODE = ("_esm", "_css")


def parts_of(bundle: nodes.container) -> dict[str, nodes.container]:
    """The forms in which an output can be shown, by mime type."""
    return {child["mime_type"]: child for child in bundle.children}


def words(parts: dict[str, nodes.container]) -> str:
    """The output's plain text: its description."""
    return parts["text/plain"].astext().strip() if "text/plain" in parts else ""


def specs(env: BuildEnvironment, page: str) -> dict[str, dict]:
    """The specification of each widget that is saved in `page`, by model id."""
    files = NbMetadataCollector.get_js_files(env, page)
    body = files.get(STATE, (None, {}))[1].get("body", "{}")
    models = json.loads(body).get("state", {})
    return {name: model["state"].get("spec", {}) for name, model in models.items()}


def heights(spec: dict) -> tuple[int, int]:
    """Roughly how tall a widget is, in pixels, in a wide page and in a narrow one.

    This room is kept free until the widget is drawn, so that the text below does not jump.
    """
    if "question" in spec:
        return _quiz(spec, 80), _quiz(spec, 46) + 36
    panels = spec.get("panels", [])
    rows = sum(kind_of(p).height(p, 900) for p in panels if kind_of(p).whole_row)
    others = [p for p in panels if not kind_of(p).whole_row]
    width = 900 // max(1, min(len(others), 2))
    wide, narrow = ([kind_of(p).height(p, room) for p in others] for room in (width, 350))
    controls = len(spec.get("controls", []))
    frame = 130 + rows + 30 * bool(spec.get("description"))
    return frame + 64 * -(-controls // 2) + max([0, *wide]), frame + 68 * controls + sum(narrow)


def _quiz(spec: dict, characters: int) -> int:
    """Height of a question whose lines hold that number of `characters`."""

    def lines(text: str) -> int:
        return -(-len(text) // characters)

    answers = sum(13 + 22 * lines(answer["text"]) for answer in spec["answers"])
    said = max(lines(answer["feedback"]) for answer in spec["answers"])
    return 38 + 23 * lines(spec["question"]) + answers + 22 * said


def live(parts: dict[str, nodes.container], known: dict[str, dict]) -> Block:
    """The place of a widget, and its picture or words for readers without JavaScript."""
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
    elif MARKDOWN in parts:
        shown.append(block("noscript", *(child.deepcopy() for child in parts[MARKDOWN].children)))
    return block("div", *shown, classes=["live"], html={"style": style})


def shared(body: str) -> str:
    """State of a page's widgets in which each script and style sheet is stored once.

    Every model carries a copy of its code; here it carries the index of that code in a list.
    """
    state = json.loads(body)
    texts: dict[str, int] = {}
    for model in state["state"].values():
        for trait in CODE:
            if isinstance(model["state"].get(trait), str):
                number = texts.setdefault(model["state"][trait], len(texts))
                model["state"][trait] = number
    state.setdefault("shared", []).extend(texts)
    return json.dumps(state).replace("</", "<\\/")


def share(app: Sphinx, doctree: nodes.document) -> None:
    """Share the code of a page's widgets once the page has been read."""
    files = NbMetadataCollector.get_js_files(app.env, app.env.docname)
    if STATE in files:
        place, options = files[STATE]
        files[STATE] = (place, {**options, "body": shared(options["body"])})


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
    """Register the transform, and share the widgets' code."""
    app.add_post_transform(Outputs)
    app.connect("doctree-read", share)
