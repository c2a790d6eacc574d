import pytest

from netinit import Fans, fans


@pytest.mark.parametrize(
    ("shape", "options", "expected"),
    [
        ((10, 20), {}, (20, 10)),
        ((64, 3, 7, 7), {}, (147, 3136)),
        ((8, 4, 5), {}, (20, 40)),
        ((2, 3, 4, 5, 6), {}, (360, 240)),
        ((20, 10), {"layout": "IO"}, (20, 10)),
        ((10, 20), {"layout": "OI"}, (20, 10)),
        ((7, 7, 3, 64), {"layout": "HWIO"}, (147, 3136)),
        ((64, 3, 7, 7), {"layout": "OIHW"}, (147, 3136)),
        ((3, 7, 7, 64), {"layout": "IHWO"}, (147, 3136)),
        ((20, 10), {"in_axis": 0, "out_axis": 1}, (20, 10)),
        ((20, 10), {"in_axis": -2, "out_axis": -1}, (20, 10)),
        ((7, 7, 3, 64), {"in_axis": 2, "out_axis": -1}, (147, 3136)),
        # An attention projection: 512 features into 8 heads of 64, and back.
        ((512, 8, 64), {"in_axis": 0, "out_axis": (1, 2)}, (512, 512)),
        ((8, 64, 512), {"in_axis": (0, 1), "out_axis": 2}, (512, 512)),
        ((8, 64, 512), {"in_axis": [0, 1], "out_axis": [2]}, (512, 512)),
    ],
)
def test_fans_multiply_the_named_axes_by_the_receptive_field(shape, options, expected):
    assert fans(shape, **options) == Fans(*expected)


def test_fans_name_their_fields():
    both = fans((10, 20))
    assert (both.fan_in, both.fan_out) == (20, 10)


def test_an_empty_shape_has_a_fan_of_zero():
    assert fans((0, 5)) == (5, 0)
    assert fans((5, 3, 0)) == (0, 0)


@pytest.mark.parametrize(
    ("shape", "options", "error", "message"),
    [
        ((), {}, ValueError, "an output axis and an input axis"),
        ((5,), {}, ValueError, r"shape \(5,\) are undefined"),
        (5, {}, ValueError, "draw a bias"),
        ((3, -1), {}, ValueError, "must not be negative, not -1"),
        ((3, 2.0), {}, TypeError, "must be an integer, not 2.0"),
        ((3, True), {}, TypeError, "must be an integer, not True"),
        ("OI", {}, TypeError, "shape must be an integer, not 'OI'"),
        (None, {}, TypeError, "must be an integer, not None"),
        ((3, 2), {"layout": "OIH"}, ValueError, r"'OIH' has 3 axes, shape \(3, 2\) 2"),
        ((3, 2), {"layout": "OO"}, ValueError, "must name O and I once each"),
        ((3, 2), {"layout": "oi"}, ValueError, "must name O and I once each"),
        ((3, 2, 1, 1), {"layout": "OIHH"}, ValueError, "another letter"),
        ((3, 2), {"layout": 7}, TypeError, "such as 'OIHW', not 7"),
        ((3, 2), {"layout": "OI", "in_axis": 0, "out_axis": 1}, ValueError, "not both"),
        ((3, 2), {"layout": "OI", "in_axis": 0}, ValueError, "not both"),
        ((3, 2), {"in_axis": 0}, ValueError, "give both, or neither"),
        ((3, 2), {"out_axis": 0}, ValueError, "give both, or neither"),
        ((3, 2), {"in_axis": 0, "out_axis": 0}, ValueError, "overlap"),
        ((3, 2), {"in_axis": 0, "out_axis": -2}, ValueError, "overlap"),
        ((3, 2), {"in_axis": 2, "out_axis": 0}, ValueError, "in_axis 2 is out of range"),
        ((3, 2), {"in_axis": 0, "out_axis": -3}, ValueError, "out_axis -3 is out of range"),
        ((3, 2), {"in_axis": (), "out_axis": 0}, ValueError, "at least one axis"),
        ((3, 2, 2), {"in_axis": (1, 1), "out_axis": 0}, ValueError, "each once"),
        ((3, 2), {"in_axis": 0.0, "out_axis": 1}, TypeError, "must be an integer, not 0.0"),
        ((3, 2), {"in_axis": "I", "out_axis": 1}, TypeError, "must be an integer, not 'I'"),
    ],
)
def test_fans_refuse_what_does_not_fit(shape, options, error, message):
    with pytest.raises(error, match=message):
        fans(shape, **options)
