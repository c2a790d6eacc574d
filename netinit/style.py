"""One palette for figures, widgets and pages: a color means one thing in the whole book.

The hues are Okabe and Ito's, cut down to four that stay apart for color-blind readers and
reach a contrast of 3 to 1 on their page, so a mark also carries a dash, a marker or a label.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Role(NamedTuple):
    """The color of one role on the light page and on the dark one, as ``#RRGGBB``.

    >>> ROLES["forward"].light
    '#0072B2'
    """

    light: str
    dark: str


FORWARD = Role("#0072B2", "#56B4E9")
BACKWARD = Role("#D55E00", "#E8702A")
FOCUS = Role("#009E73", "#009E73")
OTHER = Role("#CC79A7", "#CC79A7")
INK = Role("#1C1E21", "#E6E6E6")
THEORY = Role("#333333", "#D0D0D0")
REFERENCE = Role("#6E6E6E", "#9A9A9A")

ROLES = {
    "forward": FORWARD,  # signals on their way through the layers
    "backward": BACKWARD,  # gradients on their way back
    "focus": FOCUS,  # what a figure is about, where it is neither
    "other": OTHER,  # what the focus is compared with
    "theory": THEORY,  # what a law predicts
    "reference": REFERENCE,  # what is there for comparison: a level, a baseline
    "ink": INK,  # text and numbers
}


def role_of(name: str) -> Role:
    """The role of that name; raises ValueError if there is none."""
    if name not in ROLES:
        raise ValueError(f"no role is named {name!r}; known: {', '.join(map(repr, ROLES))}")
    return ROLES[name]


PAGE = Role("#FFFFFF", "#121212")  # what figures are checked against, in JupyterLab as in print

# The colors of the book's own pages, as ``--<name>``.
PAGE_COLORS = {
    "page": Role("#FDFCF9", "#121212"),
    "raised": Role("#F5F3ED", "#1D1C1B"),  # boxes and code
    "line": Role("#DEDAD0", "#3A3834"),
    "ink": Role("#1C1E21", "#E6E3DD"),
    "soft": Role("#5C5F63", "#A8A59E"),  # text that is less important
    "accent": Role("#00629B", "#72C0EE"),  # links and what can be worked
    "accent-tint": Role("#E6EFF6", "#16242E"),
    "warm": Role("#A84600", "#F0965C"),  # surprises and errors
    "mark": Role("#FBE9A9", "#5C4A10"),  # behind the words that were searched for
}
# The same on paper, where they differ: more contrast, less ink.
PRINT_COLORS = {
    "page": "#FFFFFF",
    "raised": "#F6F6F4",
    "line": "#BBBBBB",
    "ink": "#000000",
    "soft": "#444444",
    "accent": "#004F7D",
    "accent-tint": "#F3F6F8",
    "warm": "#8A3A00",
}

# Colors of magnitudes, from low to high at even steps: matplotlib's viridis (CC0), and a blue and
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
_LIGHT = ":root, [data-theme='light'], [data-jp-theme-light='true']"
_DARK = "[data-theme='dark'], [data-jp-theme-light='false']"
_UNSAID = ":root:not([data-theme]) :where(body:not([data-jp-theme-light]))"


def css_variables() -> str:
    """Style sheet of a widget: ``--ni-<role>`` for the light and the dark theme.

    ``--ni-page`` is the ground they are drawn on (for text on a colored field) and
    ``--ni-scheme`` the matching value for the ``color-scheme`` property.

    >>> css_variables().splitlines()[1]
    '  --ni-forward: #0072B2;'
    """
    roles = {f"ni-{name}": role for name, role in (ROLES | {"page": PAGE}).items()}
    light, dark = (
        _declarations({name: getattr(role, theme) for name, role in roles.items()})
        + f"\n  --ni-scheme: {theme};"
        for theme in ("light", "dark")
    )
    return _themes(light, dark, _LIGHT, _DARK, _UNSAID)


def page_variables() -> str:
    """Style sheet of the book's pages: ``--<name>`` for both themes and for paper.

    >>> page_variables().splitlines()[1]
    '  --page: #FDFCF9;'
    """
    light, dark = (
        _declarations({name: getattr(role, theme) for name, role in PAGE_COLORS.items()})
        + f"\n  color-scheme: {theme};"
        for theme in ("light", "dark")
    )
    unsaid = ":root:not([data-theme])"
    return _themes(light, dark, ":root", "[data-theme='dark']", unsaid) + _paper()


def _paper() -> str:
    """Rules for paper, whatever the theme on the screen: figures are as on the light page."""
    roles = {f"ni-{name}": role.light for name, role in (ROLES | {"page": PAGE}).items()}
    unsaid = ":root:not([data-theme])"
    pages = f":root, :root[data-theme], {unsaid}, {unsaid} :where(body)"
    return f"@media print {{\n{pages} {{\n{_declarations(PRINT_COLORS | roles)}\n}}\n}}\n"


def _themes(light: str, dark: str, light_page: str, dark_page: str, unsaid: str) -> str:
    """Rules for both themes; ``unsaid`` selects a page that leaves the theme to the system."""
    return (
        f"{light_page} {{\n{light}\n}}\n"
        f"{dark_page} {{\n{dark}\n}}\n"
        f"@media (prefers-color-scheme: dark) {{\n{unsaid} {{\n{dark}\n}}\n}}\n"
    )


def _declarations(colors: Mapping[str, str]) -> str:
    return "\n".join(f"  --{name}: {color};" for name, color in colors.items())


def luminance(color: str) -> float:
    """Relative luminance of ``#RRGGBB``, 0 (black) to 1 (white), as WCAG 2.2 defines it.

    >>> round(luminance("#FFFFFF"), 3)
    1.0
    """
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(color: str, background: str) -> float:
    """Contrast ratio of two colors, 1 to 21 (WCAG 2.2: 3 for graphics, 4.5 for text).

    >>> round(contrast(FORWARD.light, PAGE.light), 2)
    5.19
    """
    dim, bright = sorted((luminance(color), luminance(background)))
    return (bright + 0.05) / (dim + 0.05)
