"""A figure that the laboratory can repeat has a link to it: ``book/laboratory/figures.toml``."""

import functools
import tomllib
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from netbook.figures import anchor_of
from netbook.laboratory import FOLDER, PAGE
from netbook.markup import Block, Line, raw

FIGURES = Path(__file__).resolve().parents[2] / FOLDER / "figures.toml"
VERSION = 1  # of the address, as in engine/experiment.js
WORDS = "Try this yourself in the laboratory"


@functools.cache
def experiments() -> dict[str, dict]:
    """The experiments by the number of the figure."""
    return tomllib.loads(FIGURES.read_text("utf-8"))


def fragment(experiment: dict[str, object]) -> str:
    """What stands in the address of an experiment behind the number sign."""
    texts = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in experiment.items()
    }
    return f"v{VERSION}&{urlencode(texts)}"


class Experiments(SphinxPostTransform):
    """Put the links at the end of the captions."""

    default_priority = 30
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Walk the figures of the page."""
        if PAGE not in self.env.found_docs:
            return
        known = {anchor_of(number): found for number, found in experiments().items()}
        page = self.app.builder.get_relative_uri(self.env.docname, PAGE)
        for figure in self.document.findall(Block):
            for found in (known[name] for name in figure["ids"] if name in known):
                address = escape(f"{page}#{fragment(found['experiment'])}")
                link = f'<a class="experiment" href="{address}">{WORDS}</a>'
                caption = next(figure.findall(lambda n: isinstance(n, Line)))
                caption += raw(f" {link}")


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_post_transform(Experiments)
