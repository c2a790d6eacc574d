import functools
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Z_LIMIT, z_correlation, z_mean, z_share, z_variance

import netinit
from netinit import delta_orthogonal, dirac, identity, looks_linear, orthogonal, siren, sparse

EXACT = {"rng": 0, "dtype": np.float64}


def convolve(x, kernel, centre, *, groups=1, pad=np.roll):
    """Stride-1 convolution of x, (in, *size), that lays tap `centre` on the output's position."""
    outputs, inputs, *taps = kernel.shape
    result = np.zeros((outputs, *x.shape[1:]))
    for group in range(groups):
        rows = slice(group * outputs // groups, (group + 1) * outputs // groups)
        part = x[group * inputs : (group + 1) * inputs]
        for tap in np.ndindex(*taps):
            moved = part
            for axis, (t, c) in enumerate(zip(tap, centre, strict=True), start=1):
                moved = pad(moved, c - t, axis)
            result[rows] += np.einsum("oi,i...->o...", kernel[(rows, slice(None), *tap)], moved)
    return result


def shifted_with_zeros(x, shift, axis):
    """As np.roll, but what comes in from outside is zero."""
    rolled = np.roll(x, shift, axis)
    outside = [slice(None)] * x.ndim
    outside[axis] = slice(0, shift) if shift >= 0 else slice(shift, None)
    rolled[tuple(outside)] = 0
    return rolled


def same_centre(kernel):
    """The tap that "same" padding, (k - 1) // 2 before and the rest after, lays on the output."""
    return [(k - 1) // 2 for k in kernel.shape[2:]]


KERNELS = [(3,), (4,), (1,), (3, 5), (2, 4), (3, 3, 3)]


def inputs(channels, kernel):
    return np.random.default_rng(1).standard_normal((channels, *(6 for _ in kernel)))


# Orthogonal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 2, 3, 3), (20, 4), (4, 20), (300, 2, 70)])
def test_orthogonal_flattens_all_but_the_output_axis(shape):
    weights = orthogonal(shape, gain=1.5, rng=6, dtype=np.float64)
    assert weights.shape == shape
    assert_orthonormal(weights.reshape(shape[0], -1) / 1.5)


def assert_orthonormal(matrix, atol=1e-12):
    """The rows of a wide matrix, or the columns of a tall one, are orthonormal."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(wide @ wide.T, np.eye(len(wide)), atol=atol)


def test_orthogonal_square_matrices_keep_every_length():
    x = np.random.default_rng(0).standard_normal((10, 256))
    kept = x @ orthogonal((256, 256), rng=7, dtype=np.float64).T
    np.testing.assert_allclose(np.linalg.norm(kept, axis=1), np.linalg.norm(x, axis=1))


@pytest.mark.parametrize(
    ("shape", "options", "matrices"),
    [
        # The matrices (outputs, inputs x taps) that the layer has, cut out by hand.
        ((3, 3, 8, 16), {"layout": "HWIO"}, lambda w: [w.reshape(-1, 16).T]),
        ((8, 16), {"layout": "IO"}, lambda w: [w.T]),
        ((8, 2, 8), {"in_axis": 0, "out_axis": (1, 2)}, lambda w: [w.reshape(8, 16).T]),
        ((32, 8), {"splits": 4}, lambda w: np.split(w, 4)),
        ((8, 32), {"splits": 4, "layout": "IO"}, lambda w: np.split(w.T, 4)),
        ((24, 16), {"splits": (16, 4, 4)}, lambda w: np.split(w, [16, 20])),
        ((5, 6, 6), {"batch_axis": 0}, list),
        ((6, 5, 4), {"batch_axis": 1}, lambda w: list(w.swapaxes(0, 1))),
        ((5, 3, 4, 6), {"layout": "BHIO"}, lambda w: [k.reshape(12, 6).T for k in w]),
        ((12, 2, 3), {"groups": 3}, lambda w: [k.reshape(4, 6) for k in np.split(w, 3)]),
        (
            (3, 3, 6, 2),
            {"layout": "HWGO"},
            lambda w: np.moveaxis(w.reshape(9, 6, 2), (1, 2), (0, 1)),
        ),
        ((3, 4, 2, 5), {"layout": "GOIH"}, lambda w: [k.reshape(4, 10) for k in w]),
        # A transposed convolution is the transpose of this matrix.
        ((8, 4, 3), {"transposed": True}, lambda w: [w.reshape(8, 12)]),
        ((3, 4, 8), {"transposed": True, "layout": "HOI"}, lambda w: [w.reshape(12, 8).T]),
        (
            (8, 4, 3),
            {"transposed": True, "groups": 2},
            lambda w: [k.reshape(4, 12) for k in np.split(w, 2)],
        ),
    ],
)
def test_every_weight_in_the_array_is_orthogonal_and_they_are_independent(shape, options, matrices):
    weights = orthogonal(shape, rng=3, dtype=np.float64, **options)
    assert weights.shape == shape
    found = matrices(weights)
    for matrix in found:
        assert_orthonormal(matrix)
    firsts = [matrix.ravel()[:3].tolist() for matrix in found]
    assert all(firsts.count(first) == 1 for first in firsts)


def test_an_array_taken_for_one_weight_has_no_orthogonal_parts():
    for shape, parts in [((32, 8), lambda w: w[:8]), ((5, 6, 6), lambda w: w[0])]:
        with pytest.raises(AssertionError):
            assert_orthonormal(parts(orthogonal(shape, **EXACT)), atol=0.1)
    with pytest.raises(AssertionError):
        assert_orthonormal(orthogonal((3, 3, 8, 16), **EXACT).reshape(-1, 16), atol=0.1)


def test_a_transposed_convolution_whose_blocks_do_not_overlap_keeps_every_norm():
    weight = orthogonal((4, 3, 2, 2), transposed=True, **EXACT)
    x = inputs(4, (2, 2))
    # With stride 2 each input writes to pixels of its own.
    y = np.einsum("ioab,ihw->ohawb", weight, x)
    assert np.linalg.norm(y) == pytest.approx(np.linalg.norm(x), rel=1e-13)


# Identity and dirac --------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 4), (2, 5), (5, 2), (1, 1)])
def test_the_identity_passes_on_as_many_signals_as_it_can(shape):
    x = np.random.default_rng(0).standard_normal((10, shape[1]))
    y = x @ identity(shape, gain=3.0, dtype=np.float64).T
    kept = min(shape)
    assert (y[:, :kept] == 3 * x[:, :kept]).all()
    assert not y[:, kept:].any()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("groups", [1, 3])
def test_a_dirac_convolution_passes_on_its_channels(kernel, groups):
    for outputs, width in [(6, 2), (6, 6), (12, 3)]:
        weight = dirac((outputs, width, *kernel), groups=groups, dtype=np.float64)
        x = inputs(width * groups, kernel)
        y = convolve(x, weight, same_centre(weight), groups=groups, pad=shifted_with_zeros)
        per_group = outputs // groups
        kept = min(per_group, width)
        for group in range(groups):
            ours = y[group * per_group : (group + 1) * per_group]
            assert (ours[:kept] == x[group * width : group * width + kept]).all()
            assert not ours[kept:].any()
        assert np.count_nonzero(weight) == groups * kept


def test_a_dirac_in_another_place_would_move_the_image():
    weight = dirac((2, 2, 4), dtype=np.float64)
    x = inputs(2, (4,))
    assert (convolve(x, weight, [1]) == x).all()
    assert not (convolve(x, weight, [2]) == x).all()  # PyTorch's k // 2 under "same" padding


def test_schemes_without_randomness_leave_the_generator_as_it_was():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    identity((2, 3), rng=rng)
    dirac((2, 3, 3), rng=rng)
    assert rng.bit_generator.state == before


# Delta-orthogonal ----------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("pad", [np.roll, shifted_with_zeros])
def test_a_delta_orthogonal_convolution_keeps_every_norm(kernel, pad):
    weight = delta_orthogonal((7, 4, *kernel), gain=1.5, **EXACT)
    x = inputs(4, kernel)
    y = convolve(x, weight, same_centre(weight), pad=pad)
    assert np.linalg.norm(y) == pytest.approx(1.5 * np.linalg.norm(x), rel=1e-13)


def test_a_gaussian_or_a_plain_orthogonal_kernel_does_not_keep_the_norm():
    x = inputs(4, (3, 3))
    for scheme in (netinit.lecun_normal, netinit.orthogonal):
        weight = scheme((4, 4, 3, 3), **EXACT)
        y = convolve(x, weight, same_centre(weight))
        assert abs(np.linalg.norm(y) / np.linalg.norm(x) - 1) > 0.005


def test_the_centre_of_a_delta_orthogonal_kernel_is_haar():
    # E Q_ij^2 = 1 / n and E (tr Q)^2 = 1; without the sign fix Q_00 is never positive.
    rng = np.random.default_rng(2)
    drawn = np.array([delta_orthogonal((4, 4, 3), rng=rng)[:, :, 1] for _ in range(2000)])
    assert abs(z_share(drawn[:, 0, 0] > 0, 0.5)) < Z_LIMIT
    assert abs(z_mean(drawn[:, 1, 2], 0, 0.5)) < Z_LIMIT
    assert abs(z_mean(drawn.trace(axis1=1, axis2=2) ** 2, 1, math.sqrt(2))) < Z_LIMIT


# Looks-linear --------------------------------------------------------------------------------


def jacobian(weights, x):
    """Of a ReLU network without biases, at x."""
    result, signal = np.eye(len(x)), x
    for number, weight in enumerate(weights):
        h = weight @ signal
        slope = np.ones_like(h) if number == len(weights) - 1 else (h > 0).astype(float)
        result = slope[:, None] * (weight @ result)
        signal = np.maximum(h, 0) if number < len(weights) - 1 else h
    return result, signal


@pytest.mark.parametrize("depth", [2, 50])
def test_a_looks_linear_network_is_linear_with_all_singular_values_one(depth):
    width, draw = 12, functools.partial(looks_linear, dtype=np.float64)
    rng = np.random.default_rng(3)
    weights = [
        draw((2 * width, width), layer="first", rng=rng),
        *(draw((2 * width, 2 * width), rng=rng) for _ in range(depth - 2)),
        draw((width, 2 * width), layer="last", rng=rng),
    ]
    first, at_first = jacobian(weights, rng.standard_normal(width))
    np.testing.assert_allclose(np.linalg.svd(first, compute_uv=False), 1, atol=1e-12)
    x = rng.standard_normal(width)
    other, at_x = jacobian(weights, x)
    np.testing.assert_allclose(other, first, atol=1e-12)
    np.testing.assert_allclose(at_x, first @ x, atol=1e-12)
    assert np.isfinite(at_first).all()


@pytest.mark.parametrize(
    ("signals", "kept"),
    [((6, 8, 8, 12), 6), ((12, 8, 8, 3), 3), ((12, 4, 8, 9), 4), ((6, 12, 12, 6), 0)],
)
def test_singular_values_of_a_looks_linear_network_spread_where_it_widens_and_narrows(
    signals, kept
):
    draw = functools.partial(looks_linear, dtype=np.float64)
    rng = np.random.default_rng(3)
    first, *hidden, last = itertools.pairwise(signals)
    weights = [
        draw((2 * first[1], first[0]), layer="first", rng=rng),
        *(draw((2 * fan_out, 2 * fan_in), rng=rng) for fan_in, fan_out in hidden),
        draw((last[1], 2 * last[0]), layer="last", rng=rng),
    ]
    found, _ = jacobian(weights, rng.standard_normal(signals[0]))
    values = np.linalg.svd(found, compute_uv=False)
    assert np.sum(np.abs(values - 1) < 1e-9) == kept
    if kept:
        np.testing.assert_allclose(values[kept:], 0, atol=1e-9)
    else:
        assert 0.01 < values.min() < 0.9


def test_an_orthogonal_relu_network_is_not_linear():
    rng = np.random.default_rng(3)
    weights = [netinit.orthogonal((12, 12), rng=rng, dtype=np.float64) for _ in range(5)]
    found, _ = jacobian(weights, rng.standard_normal(12))
    assert np.linalg.svd(found, compute_uv=False).min() < 0.1


def test_a_looks_linear_network_is_drawn_by_init_mlp():
    layers = [functools.partial(looks_linear, layer=name) for name in ("first", "hidden", "last")]
    net = netinit.init_mlp([6, 12, 12, 6], layers, rng=0, dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((9, 6))
    np.testing.assert_allclose(np.linalg.norm(net(x), axis=1), np.linalg.norm(x, axis=1))


def test_the_gain_of_a_looks_linear_layer_is_its_factor():
    weight = looks_linear((8, 8), gain=2.0, **EXACT)
    assert (weight == 2 * looks_linear((8, 8), **EXACT)).all()
    assert (weight[:4] == -weight[4:]).all()
    assert (weight[:, :4] == -weight[:, 4:]).all()


# Sparse --------------------------------------------------------------------------------------


@given(
    rows=st.sampled_from([0, 1, 2, 9]),
    columns=st.sampled_from([0, 1, 2, 15, 16, 300]),
    connections=st.integers(1, 20),
)
def test_every_unit_has_exactly_its_connections(rows, columns, connections):
    weights = sparse((rows, columns), connections=connections, rng=0)
    assert weights.shape == (rows, columns)
    assert (np.count_nonzero(weights, axis=1) == min(connections, columns)).all()


def test_sparse_weights_are_normal_and_anywhere_alike():
    shape, connections = (4000, 40), 8
    weights = sparse(shape, connections=connections, std=0.5, rng=4, dtype=np.float64)
    taken = weights != 0
    drawn = weights[taken]
    assert abs(z_mean(drawn, 0, 0.5)) < Z_LIMIT
    assert abs(z_variance(drawn, 0.25, 3)) < Z_LIMIT
    for column in taken.T:
        assert abs(z_share(column, connections / 40)) < Z_LIMIT
    # Drawn without replacement: two columns of a row exclude each other a little.
    both = (taken[:, 0] & taken[:, 1]).mean()
    expected = connections * (connections - 1) / (40 * 39)
    assert abs(both - expected) < Z_LIMIT * math.sqrt(expected / len(taken))


def test_the_place_of_a_connection_says_nothing_of_its_weight():
    weights = sparse((20000, 30), connections=1, rng=5)
    rows, places = np.nonzero(weights)
    assert abs(z_correlation(places, weights[rows, places])) < Z_LIMIT
    assert abs(z_correlation(places, np.abs(weights[rows, places]))) < Z_LIMIT


def test_the_second_moment_behind_sparse_weights_does_not_know_the_width():
    rng = np.random.default_rng(6)
    for width in (100, 3000):
        x = rng.standard_normal((20, width))
        h = x @ sparse((2000, width), std=0.3, rng=rng, dtype=np.float64).T
        assert (h**2).mean() == pytest.approx(15 * 0.09, rel=0.1)


# Layouts, stacks, groups, fused layers ---------------------------------------------------------

MATRICES = [identity, looks_linear, sparse, orthogonal]
CONVOLUTIONS = [dirac, delta_orthogonal, orthogonal]


def draw(scheme, shape, **options):
    """Draw from a generator in one place of its stream: a seed's numbers depend on the shape."""
    return scheme(shape, **EXACT | {"rng": np.random.default_rng(3)}, **options)


@pytest.mark.parametrize("scheme", MATRICES, ids=lambda scheme: scheme.__name__)
def test_a_matrix_is_the_same_in_any_layout(scheme):
    plain = draw(scheme, (6, 4))
    assert (plain == draw(scheme, (4, 6), layout="IO").T).all()
    assert (plain == draw(scheme, (4, 6), in_axis=0, out_axis=-1).T).all()
    assert (plain == draw(scheme, (4, 6), transposed=True).T).all()
    assert (plain == draw(scheme, (1, 4, 6), layout="BIO")[0].T).all()
    assert (plain == draw(scheme, (4, 1, 6), in_axis=0, out_axis=2, batch_axis=1)[:, 0].T).all()
    heads = draw(scheme, (4, 2, 3), in_axis=0, out_axis=(1, 2))
    assert (plain == heads.reshape(4, 6).T).all()
    back = draw(scheme, (2, 6, 2), in_axis=(2, 0), out_axis=1)  # axes that no view can merge
    assert (back.transpose(1, 2, 0).reshape(6, 4) == plain).all()


@pytest.mark.parametrize("scheme", CONVOLUTIONS, ids=lambda scheme: scheme.__name__)
def test_a_kernel_is_the_same_in_any_layout(scheme):
    plain = draw(scheme, (6, 4, 3, 2))
    assert (draw(scheme, (3, 2, 4, 6), layout="HWIO").transpose(3, 2, 0, 1) == plain).all()
    assert (draw(scheme, (4, 3, 2, 6), layout="IHWO").transpose(3, 0, 1, 2) == plain).all()
    assert (draw(scheme, (1, 6, 4, 3, 2), batch_axis=0)[0] == plain).all()
    if scheme is not orthogonal:
        keras = draw(scheme, (3, 2, 6, 4), layout="HWOI", transposed=True)
        assert (keras.transpose(2, 3, 0, 1) == plain).all()
        torchs = draw(scheme, (4, 6, 3, 2), transposed=True)
        assert (torchs.swapaxes(0, 1) == plain).all()


@pytest.mark.parametrize("scheme", [*MATRICES, *CONVOLUTIONS], ids=lambda scheme: scheme.__name__)
def test_stacked_grouped_and_fused_weights_are_drawn_one_after_another(scheme):
    shape = (4, 4, 3) if scheme in CONVOLUTIONS else (4, 4)
    rng = np.random.default_rng(5)
    each = [scheme(shape, rng=rng, dtype=np.float64) for _ in range(3)]
    stacked, fused = np.stack(each), np.concatenate(each)
    for whole, options in [
        (stacked, {"batch_axis": 0}),
        (stacked, {"layout": "GOIH"[: len(shape) + 1]}),
        (fused, {"splits": 3}),
        (fused, {"splits": (4, 4, 4)}),
        (fused, {"groups": 3}),
    ]:
        rng = np.random.default_rng(5)
        assert (scheme(whole.shape, rng=rng, dtype=np.float64, **options) == whole).all()


@pytest.mark.parametrize("scheme", [*MATRICES, *CONVOLUTIONS], ids=lambda scheme: scheme.__name__)
def test_a_layout_fills_the_callers_array_whatever_its_strides(scheme):
    kernel = (3,) if scheme in CONVOLUTIONS else ()
    shape = (*kernel, 4, 12)
    options = {"layout": "HIO"[-len(shape) :], "splits": 3, "rng": 5, "dtype": "float16"}
    plain = scheme(shape, **options)
    memory = np.full([2 * n for n in shape], -7, np.float16)
    out = memory[tuple(slice(None, None, 2) for _ in shape)]
    assert scheme(shape, out=out, **options) is out
    assert (out == plain).all()
    out[...] = -7
    assert (memory == -7).all()
    matrix = np.zeros((12, 4), np.float32).view(np.matrix)
    if not kernel:
        assert scheme((12, 4), splits=3, rng=5, out=matrix) is matrix
        assert (np.asarray(matrix) == scheme((12, 4), splits=3, rng=5)).all()


def test_a_dirac_in_kerass_layout_passes_on_its_channels():
    weight = dirac((3, 3, 8, 16), layout="HWIO", dtype=np.float64)
    assert (np.argwhere(weight) == [[1, 1, d, d] for d in range(8)]).all()
    assert np.argwhere(dirac((3, 3, 8, 16)))[0].tolist() == [0, 0, 3, 7]  # taken for (out, in, ...)


def test_each_of_grouped_queries_keys_and_values_has_its_structure():
    weight = identity((24, 16), splits=(16, 4, 4), dtype=np.float64)
    assert (weight == np.vstack([np.eye(16), np.eye(4, 16), np.eye(4, 16)])).all()
    mirrored = looks_linear((24, 16), splits=[16, 4, 4], layer="first", **EXACT)
    for part in np.split(mirrored, [16, 20]):
        assert (part[: len(part) // 2] == -part[len(part) // 2 :]).all()


# SIREN ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "bound"),
    [
        ({}, math.sqrt(6 / 400) / 30),
        ({"frequency": 5.0}, math.sqrt(6 / 400) / 5),
        ({"layer": "first"}, 1 / 400),
        ({"layer": "first", "frequency": 5.0}, 1 / 400),
        ({"layer": "first", "layout": "IO"}, 1 / 900),
        ({"layout": "IO"}, math.sqrt(6 / 900) / 30),
        ({"layer": "first", "splits": 3}, 1 / 400),
    ],
)
def test_siren_keeps_and_reaches_the_bounds_of_the_paper(options, bound):
    weights = siren((900, 400), rng=0, **options)
    assert 0.9999 * bound < np.abs(weights).max() <= bound * (1 + 1e-6)
    assert abs(z_variance(weights, bound**2 / 3, 9 / 5)) < Z_LIMIT


def test_what_the_sine_sees_settles_at_the_spread_that_the_docstring_says():
    width, frequency = 400, 30.0
    rng = np.random.default_rng(7)
    signal = rng.uniform(-1, 1, (200, width))
    for layer in range(12):
        weights = siren(
            (width, width), layer="hidden" if layer else "first", rng=rng, dtype=np.float64
        )
        h = frequency * signal @ weights.T
        signal = np.sin(h)
    # The fixed point of q = 1 - exp(-2 q), not 1.
    assert h.std() == pytest.approx(0.893, abs=0.02)


# Bad input -----------------------------------------------------------------------------------

SHAPES = {
    "orthogonal": (4, 4),
    "identity": (4, 4),
    "dirac": (4, 4, 3),
    "delta_orthogonal": (4, 4, 3),
    "looks_linear": (4, 4),
    "sparse": (4, 40),
}


def drawn(name, shape=None, **options):
    return netinit.get(name)(SHAPES[name] if shape is None else shape, **({"rng": 0} | options))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_structured_weights_have_the_dtype_and_are_the_callers_own(name, dtype):
    weights = drawn(name, dtype=dtype)
    assert weights.dtype == dtype
    assert weights.shape == SHAPES[name]
    assert weights.flags.c_contiguous
    assert weights.flags.writeable
    assert np.isfinite(weights).all()
    assert drawn(name).dtype == np.float32
    assert (drawn(name) == drawn(name)).all()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("empty", [0, 1, 2])
def test_structured_weights_of_an_empty_shape_are_empty(name, empty):
    if empty < len(SHAPES[name]):
        shape = [0 if axis == empty else n for axis, n in enumerate(SHAPES[name])]
        assert drawn(name, shape).shape == tuple(shape)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("shape", [(), 5, (5,), (3, 3, 3, 3), (3, 3)])
def test_structured_weights_refuse_other_ranks(name, shape):
    axes = 1 if isinstance(shape, int) else len(shape)
    if axes == len(SHAPES[name]) or (axes > 2 and name in ("dirac", "delta_orthogonal")):
        return
    if axes > 2 and name == "orthogonal":
        return
    with pytest.raises(ValueError, match=rf"{name} is for a .*not "):
        drawn(name, shape)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(
    ("shape", "error"), [((3, -2, 2), ValueError), ((3, 2.5), TypeError), ("ab", TypeError)]
)
def test_structured_weights_refuse_wrong_lengths(name, shape, error):
    with pytest.raises(error, match=r"shape must (be an integer|not be negative)"):
        drawn(name, shape)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("dtype", [int, "half-ish"])
def test_structured_weights_refuse_other_dtypes(name, dtype):
    with pytest.raises(TypeError, match="dtype must be "):
        drawn(name, dtype=dtype)


@pytest.mark.parametrize("name", ["orthogonal", "identity", "delta_orthogonal", "looks_linear"])
@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf, "1", None])
def test_a_gain_must_be_finite_and_not_negative(name, wrong):
    with pytest.raises((ValueError, TypeError), match="gain must be a finite number of at least 0"):
        drawn(name, gain=wrong)


@pytest.mark.parametrize("name", ["orthogonal", "delta_orthogonal", "looks_linear", "sparse"])
@pytest.mark.parametrize("rng", [-1, 1.5, "0", True])
def test_a_wrong_seed_is_refused(name, rng):
    with pytest.raises((ValueError, TypeError), match="rng must be a non-negative int"):
        drawn(name, rng=rng)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: dirac((4, 2, 3), groups=3), ValueError, "groups 3 must divide the output chan"),
        (lambda: dirac((4, 2, 3), groups=0), ValueError, "groups must be at least 1, not 0"),
        (lambda: dirac((4, 2, 3), groups=1.0), TypeError, "groups must be an integer, not 1.0"),
        (lambda: dirac((3, 3, 8, 16), layout="HWIO", groups=3), ValueError, "groups 3 must divide"),
        (lambda: dirac((4, 2, 3), stride=2), TypeError, r"dirac\(\) takes no keyword 'stride'"),
        (lambda: orthogonal((4, 2), gropus=2, rng=0), TypeError, "Did you mean 'groups'"),
        (lambda: orthogonal((4, 2), std=2, rng=0), TypeError, "Instead: normal, uniform or trunc"),
        (lambda: identity((4, 2), layout="IOH"), ValueError, "layout 'IOH' has 3 axes"),
        (lambda: identity((4, 2), splits=3), ValueError, "splits 3 must divide the output chan"),
        (lambda: identity((4, 2), transposed=1), TypeError, "transposed must be True or False"),
        (lambda: identity((4, 2, 2)), ValueError, "for a matrix, .*: see layout, batch_axis"),
        (lambda: dirac((4, 2, 2), batch_axis=0), ValueError, "for a convolution, .*batch_axis"),
        (
            lambda: orthogonal((8, 2, 3), groups=2, splits=2, rng=0),
            ValueError,
            "give groups=2 or splits=2, not both",
        ),
        (
            lambda: looks_linear((8, 4), splits=(5, 3), rng=0),
            ValueError,
            r"fan_out of a hidden layer is mirrored: it must be even in shape \(8, 4\)",
        ),
        (
            lambda: delta_orthogonal((6, 3, 3), splits=(4, 2), rng=0),
            ValueError,
            "the norm of 3 input channels in 2",
        ),
        (lambda: delta_orthogonal((2, 4, 3), rng=0), ValueError, "the norm of 4 input channels in"),
        (lambda: looks_linear((3, 4), rng=0), ValueError, "fan_out of a hidden layer is mirrored"),
        (lambda: looks_linear((4, 3), rng=0), ValueError, "fan_in of a hidden layer is mirrored"),
        (lambda: looks_linear((3, 3), layer="first", rng=0), ValueError, "fan_out of a first"),
        (lambda: looks_linear((3, 3), layer="last", rng=0), ValueError, "fan_in of a last layer"),
        (lambda: looks_linear((4, 4), layer="middle", rng=0), ValueError, "layer 'middle' is unk"),
        (lambda: looks_linear((4, 4), layer=1, rng=0), TypeError, "layer must be one of 'first'"),
        (
            lambda: sparse((3, 3), connections=0, rng=0),
            ValueError,
            "connections must be at least 1",
        ),
        (lambda: sparse((3, 3), connections=2.5, rng=0), TypeError, "connections must be an int"),
        (lambda: sparse((3, 3), std=-1, rng=0), ValueError, "std must be a finite number of at l"),
        (lambda: sparse((3, 3), std=math.nan, rng=0), ValueError, "std must be a finite number"),
        (lambda: siren((3, 3), frequency=0, rng=0), ValueError, "frequency must be a finite"),
        (lambda: siren((3, 3), frequency=math.inf, rng=0), ValueError, "frequency must be a fin"),
        (lambda: siren((3, 3), layer="frist", rng=0), ValueError, "did you mean 'first'"),
        (lambda: siren((3, 3), layout="OIH", rng=0), ValueError, "layout 'OIH' has 3 axes"),
        (lambda: siren((3, 3), layer="first", groups=2, rng=0), ValueError, "groups 2 must divide"),
        (lambda: siren((3, 3), layer="first", laiout="OI", rng=0), TypeError, "laiout"),
    ],
)
def test_every_refusal_says_what_is_wrong(draw, error, message):
    with pytest.raises(error, match=message):
        draw()


@pytest.mark.parametrize(
    ("dtype", "std"),
    [("float16", 1e-6), ("float16", 1e-7), ("float8_e5m2", 1e-4), ("complex64", 1e-44)],
)
def test_no_connection_is_lost_to_rounding(dtype, std):
    # A weight in 40 or more of a float16 normal of std 1e-6 would be rounded to 0.
    weights = sparse((300, 50), connections=7, std=std, rng=0, dtype=dtype)
    assert (np.count_nonzero(weights.astype(complex), axis=1) == 7).all()
    assert not sparse((3, 5), connections=2, std=0.0, rng=0, dtype=dtype).any()
