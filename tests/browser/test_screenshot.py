"""The README's pictures show the book as it is now."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))

import screenshot

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", screenshot.SCHEMES)
def test_the_picture_of_the_readme_shows_the_book_as_it_is(site, scheme):
    now = screenshot.shown(screenshot.first_page(site), site)
    target = screenshot.picture(scheme)
    assert screenshot.recorded(target) == now, f"{target.name} is out of date: make screenshot"
