"""One palette for figures, widgets and pages: a colour means one thing in the whole book.

The hues are Okabe and Ito's, cut down to four that stay apart for colour-blind readers and
reach a contrast of 3 to 1 on their page, so a mark also carries a dash, a marker or a label.
"""

from typing import NamedTuple


class Role(NamedTuple):
    """The colour of one role on the light page and on the dark one, as ``#RRGGBB``.

    >>> ROLES["forward"].light
    '#0072B2'
    """

    light: str
    dark: str


FORWARD = Role("#0072B2", "#56B4E9")
BACKWARD = Role("#D55E00", "#E8702A")
THIRD = Role("#009E73", "#009E73")
FOURTH = Role("#CC79A7", "#CC79A7")
INK = Role("#1C1E21", "#E6E6E6")
THEORY = Role("#333333", "#D0D0D0")
REFERENCE = Role("#6E6E6E", "#9A9A9A")

ROLES = {
    "forward": FORWARD,
    "backward": BACKWARD,
    "third": THIRD,
    "fourth": FOURTH,
    "theory": THEORY,
    "reference": REFERENCE,
    "ink": INK,
}

PAGE = Role("#FFFFFF", "#121212")

# Colours of magnitudes, from low to high at even steps: matplotlib's viridis (CC0), and a blue and
# an orange that leave a light grey at equal paces of lightness.
SEQUENTIAL = (
    *("#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C"),
    *("#28AE80", "#5EC962", "#ADDC30", "#FDE725"),
)
DIVERGING = (
    *("#00386B", "#1E639E", "#5B92C7", "#A3C1E0", "#EDEBE6"),
    *("#F0B48C", "#D1793F", "#A14A0A", "#652600"),
)

# A page says its theme with an attribute: data-theme (the book), data-jp-theme-light
# (JupyterLab). Only where neither is present does the system's preference decide.
_DARK = '[data-theme="dark"], [data-jp-theme-light="false"]'
_UNSAID = ":root:not([data-theme]) :where(body:not([data-jp-theme-light]))"


def css_variables() -> str:
    """Style sheet that defines ``--ni-<role>`` for the light and the dark theme.

    ``--ni-page`` is the ground they are drawn on (for text on a coloured field) and
    ``--ni-scheme`` the matching value for the ``color-scheme`` property.

    >>> css_variables().splitlines()[1]
    '  --ni-forward: #0072B2;'
    """
    light, dark = _declarations("light"), _declarations("dark")
    return (
        f":root, [data-theme='light'], [data-jp-theme-light='true'] {{\n{light}\n}}\n"
        f"{_DARK} {{\n{dark}\n}}\n"
        f"@media (prefers-color-scheme: dark) {{\n{_UNSAID} {{\n{dark}\n}}\n}}\n"
    )


def _declarations(theme: str) -> str:
    roles = ROLES | {"page": PAGE}
    colours = {name: getattr(role, theme) for name, role in roles.items()}
    lines = [f"  --ni-{name}: {colour};" for name, colour in colours.items()]
    return "\n".join([*lines, f"  --ni-scheme: {theme};"])


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB``, 0 (black) to 1 (white), as WCAG 2.2 defines it.

    >>> round(luminance("#FFFFFF"), 3)
    1.0
    """
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(colour: str, background: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2: 3 for graphics, 4.5 for text).

    >>> round(contrast(FORWARD.light, PAGE.light), 2)
    5.19
    """
    dim, bright = sorted((luminance(colour), luminance(background)))
    return (bright + 0.05) / (dim + 0.05)
