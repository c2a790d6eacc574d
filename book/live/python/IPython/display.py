"""`display` and the forms of text that it shows, as in IPython."""

import cells


class _Form:
    mime = "text/plain"

    def __init__(self, data: str) -> None:
        self.data = data

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {self.mime: self.data, "text/plain": self.data}


class Markdown(_Form):
    """Text in Markdown."""

    mime = "text/markdown"


class HTML(_Form):
    """Text in HTML."""

    mime = "text/html"


class SVG(_Form):
    """A picture in SVG."""

    mime = "image/svg+xml"


def display(*objects: object) -> None:
    """Show each object below the cell that runs."""
    for each in objects:
        cells.show(each)
