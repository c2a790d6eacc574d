import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Z_LIMIT

from netinit import Fans, fans, he_normal

# Counts of an actual layer -------------------------------------------------------------------


def layer_matrix(weight, size, *, groups=1, stride=1, transposed=False):
    """The matrix of a convolution, circular so that it has no border, outputs by inputs.

    `weight` is PyTorch's: (out, in / groups, *kernel), or transposed (in, out / groups, *kernel).
    `size` is the number of positions along each axis of whichever side has more.
    """
    kernel_axes = weight.ndim - 2
    fine, coarse = (size,) * kernel_axes, (size // stride,) * kernel_axes
    here, there = weight.shape[0], weight.shape[1] * groups  # channels at the coarse, fine side
    matrix = np.zeros((here, *coarse, there, *fine))
    for first, second, *tap in np.ndindex(weight.shape):
        other = first // (here // groups) * weight.shape[1] + second
        for position in np.ndindex(coarse):
            reached = tuple((stride * p + t) % size for p, t in zip(position, tap, strict=True))
            matrix[(first, *position, other, *reached)] += weight[(first, second, *tap)]
    matrix = matrix.reshape(here * math.prod(coarse), -1)
    return matrix.T if transposed else matrix


def counted(weight, size, **options):
    """Connections of the layer: the mean over its outputs, and the mean over its inputs."""
    connected = layer_matrix(np.ones(weight), size, **options) != 0
    return connected.sum(1).mean(), connected.sum(0).mean()


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((3, 4), {}),
        ((3, 4), {"transposed": True}),
        ((6, 4, 3), {}),
        ((6, 2, 3), {"groups": 2}),
        ((4, 1, 3, 3), {"groups": 4}),
        ((8, 1, 3), {"groups": 4}),
        ((6, 4, 3), {"stride": 2}),
        ((6, 4, 1), {"stride": 2}),
        ((4, 6, 3), {"transposed": True}),
        ((4, 6, 4), {"transposed": True, "stride": 2}),
        ((4, 6, 3), {"transposed": True, "stride": 2}),
        ((4, 3, 3, 3), {"transposed": True, "stride": 2, "groups": 2}),
        ((4, 1, 2), {"transposed": True, "stride": 4, "groups": 4}),
    ],
)
def test_fans_are_the_connections_one_counts_in_the_layer(shape, options):
    assert fans(shape, **options) == counted(shape, 8, **options)


@given(
    kernel=st.lists(st.integers(1, 4), min_size=1, max_size=2),
    channels=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    groups=st.integers(1, 3),
    stride=st.sampled_from([1, 2, 4]),
    transposed=st.booleans(),
)
def test_fans_are_the_connections_whatever_the_convolution(
    kernel, channels, groups, stride, transposed
):
    shape = (channels[0] * groups, channels[1], *kernel)
    options = {"groups": groups, "stride": stride, "transposed": transposed}
    assert fans(shape, **options) == pytest.approx(counted(shape, 4, **options))


def test_fans_that_ignore_the_layer_are_not_its_connections():
    for shape, options in [
        ((64, 16, 3, 3), {"transposed": True}),
        ((6, 2, 3), {"groups": 2}),
        ((6, 4, 3), {"stride": 2}),
    ]:
        assert fans(shape) != fans(shape, **options)


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("fan_out", {"groups": 4}),
        ("fan_out", {"groups": 2, "stride": 2}),
        ("fan_in", {"groups": 2, "stride": 2, "transposed": True}),
        ("fan_in", {"stride": 4, "transposed": True}),
        ("fan_out", {"transposed": True}),
    ],
)
def test_a_scheme_keeps_the_second_moment_through_the_layer_it_is_told_of(mode, options):
    shape = (40, 12, 5)

    def factor(**told):
        weight = he_normal(shape, mode=mode, rng=3, dtype=np.float64, **told)
        squares = layer_matrix(weight, 8, **options) ** 2
        return squares.sum(1 if mode == "fan_in" else 0).mean()

    # Every weight occurs equally often in the matrix, so the factor is the mean of their squares.
    limit = Z_LIMIT * 2 * math.sqrt(2 / math.prod(shape))
    assert abs(factor(**options) - 2) < limit
    assert abs(factor() - 2) > limit  # not told


# Layouts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "options", "expected"),
    [
        ((10, 20), {}, (20, 10)),
        ((64, 3, 7, 7), {}, (147, 3136)),
        ((8, 4, 5), {}, (20, 40)),
        ((1, 10**9), {}, (10**9, 1)),
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


@pytest.mark.parametrize(
    ("shape", "options", "expected"),
    [
        # A transposed convolution, 64 channels to 16: PyTorch, Keras, Flax.
        ((64, 16, 3, 3), {"transposed": True}, (576, 144)),
        ((64, 16, 3, 3), {"transposed": True, "layout": "IOHW"}, (576, 144)),
        ((3, 3, 16, 64), {"transposed": True, "layout": "HWOI"}, (576, 144)),
        ((3, 3, 64, 16), {"transposed": True, "layout": "HWIO"}, (576, 144)),
        ((3, 3, 64, 16), {"transposed": True, "layout": "HWIO", "stride": 2}, (144, 144)),
        ((3, 64, 16), {"transposed": True, "layout": "WIO", "stride": 2}, (96, 48)),
        ((3, 5, 16), {"transposed": True, "layout": "WIO", "stride": 2}, (7.5, 48)),
        ((3, 3, 64, 16), {"transposed": True, "layout": "HWIO", "stride": (1, 2)}, (288, 144)),
        # Depthwise: PyTorch, Keras with one and with two outputs a channel, blocks.
        ((64, 1, 3, 3), {"groups": 64}, (9, 9)),
        ((3, 3, 64, 1), {"layout": "HWGO"}, (9, 9)),
        ((3, 3, 64, 2), {"layout": "HWGO"}, (9, 18)),
        ((64, 2, 1, 3, 3), {"layout": "GOIHW"}, (9, 18)),
        # Grouped, as PyTorch and as Keras have it.
        ((128, 16, 3, 3), {"groups": 4}, (144, 288)),
        ((3, 3, 16, 128), {"layout": "HWIO", "groups": 4}, (144, 288)),
        ((4, 32, 16, 3, 3), {"layout": "GOIHW"}, (144, 288)),
        ((4, 32, 16, 3, 3), {"batch_axis": 0}, (144, 288)),
        # Queries, keys and values in one weight, and as an axis of their own.
        ((1536, 512), {"splits": 3}, (512, 512)),
        ((512, 1536), {"layout": "IO", "splits": 3}, (512, 512)),
        ((512, 3, 8, 64), {"in_axis": 0, "out_axis": (2, 3), "batch_axis": 1}, (512, 512)),
        ((400, 30), {"splits": 4}, (30, 100)),
        # Stacks of layers.
        ((12, 20, 10), {"batch_axis": 0}, (10, 20)),
        ((20, 12, 10), {"batch_axis": -2}, (10, 20)),
        ((12, 20, 10), {"layout": "BIO"}, (20, 10)),
        ((12, 5, 20, 10), {"layout": "BGIO"}, (20, 10)),
        ((12, 5, 20, 10), {"batch_axis": (0, 1)}, (10, 20)),
        ((12, 10, 20, 3), {"batch_axis": 0, "transposed": True}, (30, 60)),
        ((20, 30, 7), {"stride": 2}, (210, 70)),
        ((20, 31, 7, 7), {"stride": [1, 7]}, (1519, 140)),
    ],
)
def test_fans_of_every_kind_of_layer(shape, options, expected):
    assert fans(shape, **options) == Fans(*expected)
    assert all(isinstance(fan, int) == (fan == int(fan)) for fan in expected)


@pytest.mark.parametrize(
    ("shape", "options", "expected"),
    [
        ((768, 512), {"splits": (512, 128, 128)}, (512, (512, 128, 128))),
        ((512, 768), {"splits": [512, 256], "layout": "IO"}, (512, (512, 256))),
        ((6, 4, 3), {"splits": (4, 2), "stride": 2}, (12, (6, 3))),
        ((6, 4, 3), {"splits": (4, 2), "groups": 2}, (12, (6, 3))),
        ((4, 6, 3), {"splits": (4, 2), "transposed": True}, (12, (12, 6))),
        ((5, 6, 4), {"splits": (5, 1), "batch_axis": 0}, (4, (5, 1))),
        ((6, 4), {"splits": (6,)}, (4, (6,))),
    ],
)
def test_unequal_fused_layers_have_one_fan_in_and_a_fan_out_each(shape, options, expected):
    assert fans(shape, **options) == Fans(*expected)


def test_a_flag_may_be_numpys():
    assert fans((3, 4, 5), transposed=np.True_) == fans((3, 4, 5), transposed=True)
    assert fans((3, 4, 5), transposed=np.False_) == fans((3, 4, 5))


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
        ((3, 2), {"layout": ""}, ValueError, "must name O and I once each"),
        ((3, 2, 4), {"layout": "OIh"}, ValueError, "from A to Z"),
        ((3, 2), {"layout": "OB"}, ValueError, "must name O and I once each"),
        ((3, 2), {"layout": "IG"}, ValueError, "must name O and I once each"),
        ((3, 2, 4), {"layout": "GOI", "groups": 3}, ValueError, "leave out groups=3"),
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
        ((3, 2), {"layout": "OI", "batch_axis": 0}, ValueError, "not both"),
        ((3, 2), {"batch_axis": 0}, ValueError, "batch_axis 0 leaves no output and input axis"),
        ((3, 2), {"batch_axis": (0, 1)}, ValueError, "leaves no output and input axis"),
        ((3, 2, 2), {"batch_axis": 3}, ValueError, "batch_axis 3 is out of range"),
        (
            (3, 2, 2),
            {"in_axis": 0, "out_axis": 1, "batch_axis": -3},
            ValueError,
            "in_axis 0, out_axis 1 and batch_axis -3 overlap",
        ),
        ((8, 2, 3), {"groups": 3}, ValueError, "groups 3 must divide the output channels, 8"),
        (
            (8, 2, 3),
            {"groups": 3, "transposed": True},
            ValueError,
            "groups 3 must divide the input channels, 8",
        ),
        ((8, 2), {"splits": 3}, ValueError, "splits 3 must divide the output channels, 8"),
        ((8, 2, 3), {"groups": 0}, ValueError, "groups must be at least 1, not 0"),
        ((8, 2, 3), {"groups": 2.0}, TypeError, "groups must be an integer, not 2.0"),
        ((8, 2, 3), {"groups": True}, TypeError, "groups must be an integer, not True"),
        ((8, 2), {"splits": -1}, ValueError, "splits must be at least 1, not -1"),
        ((8, 2), {"splits": math.nan}, TypeError, "splits must be an integer, not nan"),
        (
            (8, 2),
            {"splits": (4, 3)},
            ValueError,
            r"splits \(4, 3\) must add up to .*, 8",
        ),
        ((8, 2), {"splits": (8, 0)}, ValueError, "each of splits must be at least 1, not 0"),
        ((8, 2), {"splits": ()}, ValueError, r"splits \(\) must add up"),
        ((0, 2), {"splits": ()}, ValueError, r"splits \(\) must add up"),
        ((8, 2), {"splits": (4.0, 4)}, TypeError, "each of splits must be an integer, not 4.0"),
        ((8, 2), {"splits": "44"}, TypeError, "splits must be an integer, not '44'"),
        ((8, 2, 3), {"splits": (5, 3), "groups": 4}, ValueError, "groups 4 must divide the output"),
        ((8, 2, 3), {"stride": 0}, ValueError, "stride must be at least 1, not 0"),
        ((8, 2, 3), {"stride": math.inf}, TypeError, "stride must be an integer, not inf"),
        ((8, 2, 3), {"stride": (2, 2)}, ValueError, "one number per kernel axis, 1"),
        ((8, 2, 3), {"stride": (0,)}, ValueError, "each stride must be at least 1, not 0"),
        ((8, 2, 3), {"stride": 10**400}, ValueError, "not more than an array can count"),
        ((10**400, 3), {}, ValueError, "no array has the shape"),
        ((0, 10**10, 10**10), {}, ValueError, "no array has the shape"),
        ((8, 2), {"stride": 2}, ValueError, "this weight has no kernel axis"),
        ((8, 2, 3), {"transposed": 1}, TypeError, "transposed must be True or False, not 1"),
        ((8, 2, 3), {"transposed": None}, TypeError, "must be True or False, not None"),
        ((3, 2), {"in_axis": 0.0, "out_axis": 1}, TypeError, "must be an integer, not 0.0"),
        ((3, 2), {"in_axis": "I", "out_axis": 1}, TypeError, "must be an integer, not 'I'"),
    ],
)
def test_fans_refuse_what_does_not_fit(shape, options, error, message):
    with pytest.raises(error, match=message):
        fans(shape, **options)


# Any shape -----------------------------------------------------------------------------------

LENGTHS = st.sampled_from([0, 1, 2, 3, 4, 7, 1000])


@given(shape=st.lists(LENGTHS, min_size=2, max_size=6), data=st.data())
def test_the_layout_is_only_a_name_for_the_axes(shape, data):
    layout = data.draw(st.permutations(["O", "I", *"BDHW"[: len(shape) - 2]]).map("".join))
    axes = {name: layout.index(letter) for name, letter in [("in_axis", "I"), ("out_axis", "O")]}
    if "B" in layout:
        axes["batch_axis"] = layout.index("B")
    named = fans(shape, layout=layout)
    assert named == fans(shape, **axes)
    ordered = sorted(range(len(shape)), key=lambda axis: "BOIDHW".index(layout[axis]))
    stacked = {"batch_axis": 0} if "B" in layout else {}
    assert named == fans([shape[axis] for axis in ordered], **stacked)


@given(shape=st.lists(LENGTHS, min_size=2, max_size=5), splits=st.integers(1, 4))
def test_fused_layers_and_stacked_ones_have_the_fans_of_one(shape, splits):
    one = fans(shape)
    assert fans([shape[0] * splits, *shape[1:]], splits=splits) == one
    assert fans([splits, *shape], batch_axis=0) == one


@given(
    shape=st.lists(LENGTHS, min_size=3, max_size=5),
    groups=st.integers(1, 4),
    stride=st.integers(1, 3),
)
def test_a_transposed_convolution_swaps_the_fans_of_the_one_it_undoes(shape, groups, stride):
    shape = [shape[0] * groups, *shape[1:]]
    forward = fans(shape, groups=groups, stride=stride)
    assert fans(shape, groups=groups, stride=stride, transposed=True) == forward[::-1]
    # Every connection has two ends.
    positions = stride ** (len(shape) - 2)
    inputs, outputs = shape[1] * groups * positions, shape[0]
    assert inputs * forward.fan_out == pytest.approx(outputs * forward.fan_in)
