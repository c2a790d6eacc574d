import doctest
import math
import re

import numpy as np
from project import ROOT

import netinit
from netinit.propagation import measure

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


def test_thirty_layers_of_64_units_do_what_the_readme_says():
    x = netinit.normal((256, 64), std=1.0, rng=1)

    def sizes(scheme, **seeds):
        net = netinit.init_mlp([64] * 30, scheme, activation="relu", **seeds)
        return measure(net, x, rng=2).preactivations.second_moment

    first, last = sizes("he_normal", rng=0)[[0, -1]]
    assert 0.1 < last / first < 10
    he = sizes("he_normal", seeds=range(200))
    assert abs(np.mean(he[:, -1] < he[:, 0] / 10) - 1 / 7) < 0.02
    lecun = sizes("lecun_normal", seeds=range(200))
    assert abs(np.mean(lecun[:, 1:] / lecun[:, :-1]) - 1 / 2) < 0.01


def test_a_fan_out_read_off_the_shape_alone_is_what_the_readme_says():
    assert netinit.fans((512, 1, 3, 3)) == (9, 4608)
    wrong = netinit.he_normal((512, 1, 3, 3), mode="fan_out", rng=0)
    right = netinit.he_normal((512, 1, 3, 3), groups=512, mode="fan_out", rng=0)
    np.testing.assert_allclose(right, math.sqrt(512) * wrong, rtol=1e-6)
