import re

import pytest

from netinit.style import PAGE, ROLES, contrast, css_variables

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
