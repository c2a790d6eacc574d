import re
from pathlib import Path

import pytest

from netinit.style import (
    PAGE,
    PAGE_COLORS,
    PRINT_COLORS,
    ROLES,
    contrast,
    css_variables,
    page_variables,
)

PYDATA_DARK, JUPYTERLAB_DARK = "#14181E", "#111111"


@pytest.mark.parametrize("name", ROLES)
def test_every_role_stands_out_from_its_page_as_graphics_must(name):
    role = ROLES[name]
    assert contrast(role.light, PAGE.light) >= 3
    for page in (PAGE.dark, PYDATA_DARK, JUPYTERLAB_DARK):
        assert contrast(role.dark, page) >= 3


@pytest.mark.parametrize("name", ["ink", "theory", "reference"])
def test_roles_used_for_small_text_reach_the_contrast_of_text(name):
    assert contrast(ROLES[name].light, PAGE.light) >= 4.5
    assert contrast(ROLES[name].dark, PYDATA_DARK) >= 4.5


def test_text_on_the_accent_is_readable_in_both_themes():
    for theme in ("light", "dark"):
        assert contrast(getattr(ROLES["forward"], theme), getattr(PAGE, theme)) >= 4.5


def test_contrast_is_the_published_formula():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#0072B2", "#0072B2") == 1


def test_light_colors_of_roles_are_distinct_so_a_page_can_map_them():
    colors = [role.light.lower() for role in ROLES.values()]
    assert len(set(colors)) == len(colors)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_style_sheet_defines_every_role_in_both_themes(theme):
    css = css_variables()
    for name, role in ROLES.items():
        assert re.search(rf"--ni-{name}: {getattr(role, theme)};", css)


def test_the_systems_preference_decides_only_where_no_theme_is_said():
    media = css_variables().partition("@media (prefers-color-scheme: dark)")[2]
    assert ":root:not([data-theme])" in media
    assert "body:not([data-jp-theme-light])" in media


STATIC = Path(__file__).parents[1] / "book" / "theme" / "static"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_style_sheet_defines_every_color_in_both_themes(theme):
    rules = {"light": ":root {", "dark": "[data-theme='dark'] {"}
    block = page_variables().split(rules[theme], 1)[1].split("}")[0]
    for name, role in PAGE_COLORS.items():
        assert f"--{name}: {getattr(role, theme)};" in block
    assert f"color-scheme: {theme};" in block


def test_a_page_without_a_theme_of_its_own_follows_the_system_and_paper_overrides_both():
    screen, paper = page_variables().split("@media print")
    assert "@media (prefers-color-scheme: dark) {\n:root:not([data-theme]) {" in screen
    for selector in (":root,", ":root:not([data-theme]),", ":root[data-theme],"):
        assert selector in paper
    for name, role in ROLES.items():
        assert f"--ni-{name}: {role.light};" in paper
    assert PRINT_COLORS.keys() <= PAGE_COLORS.keys()


@pytest.mark.parametrize("name", ["ink", "soft", "accent", "warm"])
def test_text_of_a_page_is_readable_on_its_grounds_in_both_themes_and_on_paper(name):
    for ground in ("page", "raised"):
        for theme in ("light", "dark"):
            colors = (getattr(PAGE_COLORS[one], theme) for one in (name, ground))
            assert contrast(*colors) >= 4.5
        assert contrast(PRINT_COLORS[name], PRINT_COLORS[ground]) >= 4.5


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_no_style_sheet_of_the_page_has_a_color_of_its_own(path):
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\(", path.read_text("utf8")) == []


def test_the_icon_has_the_colors_of_the_roles_and_of_the_page():
    icon = (STATIC / "icon.svg").read_text("utf8")
    found = {color.upper() for color in re.findall(r"#[0-9a-fA-F]{6}", icon)}
    roles = {ROLES[name].light.upper() for name in ("forward", "backward", "reference")}
    assert found == roles | {PAGE_COLORS["page"].light}
