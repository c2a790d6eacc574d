"""A matplotlib figure as a small PNG, for readers who see no script and no SVG."""

import io
from typing import Any

_DPI = 144  # two pixels for each of a page, so that text is sharp on a good screen


def png(figure: Any) -> bytes:
    """PNG of a figure on a white page, in the 256 colors that fit it: a third of the bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    FigureCanvasAgg(figure)
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DPI, facecolor="white")
    with Image.open(drawn) as image:
        few = image.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=0)
    few.save(small, format="png", optimize=True, dpi=(_DPI, _DPI))
    return small.getvalue()
