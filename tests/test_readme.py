import doctest
import math
import re

import numpy as np
from project import ROOT

import netinit

README = ROOT / "README.md"


def test_the_minute_of_the_readme_gives_what_it_shows():
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted >= 4
    assert result.failed == 0


def test_the_readme_names_only_keywords_of_fans():
    text = README.read_text("utf-8").split("takes the keywords of `fans`")[1].split("Extras")[0]
    named = set(re.findall(r"`(\w+)=", text))
    assert named == {"layout", "transposed", "stride", "splits", "batch_axis"}
    assert named <= set(netinit.fans.__kwdefaults__)


def test_a_fan_out_read_off_the_shape_alone_is_what_the_readme_says():
    assert netinit.fans((512, 1, 3, 3)) == (9, 4608)
    wrong = netinit.he_normal((512, 1, 3, 3), mode="fan_out", rng=0)
    right = netinit.he_normal((512, 1, 3, 3), groups=512, mode="fan_out", rng=0)
    np.testing.assert_allclose(right, math.sqrt(512) * wrong, rtol=1e-6)
