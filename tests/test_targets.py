"""What is filled: an array of the caller's, of any strides, and every dtype of weights."""

import functools
import itertools
import math
import subprocess
import sys
import tracemalloc

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netinit
from netinit._checks import dtypes
from netinit._draw import blocks, draws
from netinit.initializers import sampling

DRAWS = {
    "normal": functools.partial(netinit.normal, std=0.3, mean=0.1),
    "uniform": functools.partial(netinit.uniform, bound=0.3),
    "truncated_normal": functools.partial(netinit.truncated_normal, std=0.3),
    "truncated at 1": functools.partial(netinit.truncated_normal, std=0.3, cut=1.0),
    "glorot_uniform": netinit.glorot_uniform,
    "he_normal": netinit.he_normal,
    "orthogonal": functools.partial(netinit.orthogonal, gain=1.3),
    "constant": functools.partial(netinit.constant, value=0.3),
    "zeros": netinit.zeros,
}
DTYPES = ["float16", "float32", "float64", "complex64", "complex128"]


def strided(shape, dtype, axes, steps):
    """An array of that shape whose axes lie in memory in the order `axes`, with such steps."""
    lengths = [shape[axis] * abs(steps[axis]) for axis in axes]
    base = np.full(lengths, -7.0, dtype)
    view = base.transpose(np.argsort(axes))
    view = view[tuple(slice(None, None, step) for step in steps)]
    return base, view


@st.composite
def targets(draw):
    """A shape of two axes or more, a dtype, an order of the axes in memory, steps along them."""
    lengths = st.sampled_from([0, 1, 2, 3, 5, 40, 257])
    shape = tuple(draw(st.lists(lengths, min_size=2, max_size=4)))
    if math.prod(shape) > 100_000:
        shape = shape[:2]
    axes = draw(st.permutations(range(len(shape))))
    steps = [draw(st.sampled_from([1, 1, -1, 2, -3])) for _ in shape]
    return shape, draw(st.sampled_from(DTYPES)), axes, steps


@pytest.mark.parametrize("name", DRAWS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(target=targets())
def test_any_memory_order_holds_the_same_values(name, target):
    shape, dtype, axes, steps = target
    plain = DRAWS[name](shape, rng=3, dtype=dtype)
    base, out = strided(shape, dtype, axes, steps)
    assert out.shape == shape
    assert DRAWS[name](shape, rng=3, out=out) is out
    assert (out == plain).all()
    # What lies between belongs to the caller.
    out[...] = -7
    assert (base == -7).all()


@pytest.mark.parametrize("shape", [(1, 300_000), (300_000, 1), (700, 800)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "complex64"])
def test_large_arrays_of_any_order_and_threads_hold_the_same_values(shape, dtype, monkeypatch):
    plain = netinit.normal(shape, std=1.0, rng=3, dtype=dtype)
    for threads in ("1", "3"):
        monkeypatch.setenv("NETINIT_THREADS", threads)
        for order in ("C", "F"):
            out = np.empty(shape, dtype, order)
            assert netinit.normal(shape, std=1.0, rng=3, out=out).tobytes() == plain.tobytes()


def test_subclasses_are_filled_and_handed_back():
    for kind in (np.matrix, np.recarray):
        out = np.zeros((3, 4), np.float32).view(kind)
        assert netinit.normal((3, 4), std=1.0, rng=0, out=out) is out
        assert (np.asarray(out) == netinit.normal((3, 4), std=1.0, rng=0)).all()


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize(
    ("out", "options", "error", "message"),
    [
        ([[0.0, 0.0]], {}, TypeError, r"out must be a NumPy array, not of type list"),
        (3.0, {}, TypeError, r"out must be a NumPy array, not of type float"),
        ("F", {}, TypeError, r"out must be a NumPy array, not of type str"),
        (
            np.zeros((2, 1)),
            {},
            ValueError,
            r"out has shape \(2, 1\), not the shape asked for, \(1,",
        ),
        (np.zeros(2), {}, ValueError, r"out has shape \(2,\), not the shape asked for, \(1, 2\)"),
        (
            np.zeros((1, 2), int),
            {},
            TypeError,
            r"the dtype of out must be float16, .*not dtype\('i",
        ),
        (np.zeros((1, 2), ">f4"), {}, TypeError, r"the dtype of out must be float16, "),
        (np.zeros((1, 2), object), {}, TypeError, r"the dtype of out must be float16, "),
        (np.zeros((1, 2)), {"dtype": "f4"}, ValueError, r"out is of float64, not .*, float32"),
        (np.broadcast_to(np.float32(0), (1, 2)), {}, ValueError, r"out is read-only"),
    ],
)
def test_what_cannot_be_filled_is_refused(name, out, options, error, message):
    rng = np.random.default_rng(0)
    with pytest.raises(error, match=message):
        DRAWS[name]((1, 2), rng=rng, out=out, **options)
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


@pytest.mark.parametrize("name", DRAWS)
def test_a_dtype_beside_out_is_that_of_out(name):
    asked = [*DTYPES, float, complex, np.dtype("float64")]
    for dtype, found in itertools.product(asked, DTYPES):
        out = np.zeros((3, 2), found)
        if np.dtype(dtype) == out.dtype:
            assert DRAWS[name]((3, 2), rng=0, out=out, dtype=dtype) is out
        else:
            with pytest.raises(ValueError, match=f"out is of {found}, not of the dtype asked"):
                DRAWS[name]((3, 2), rng=0, out=out, dtype=dtype)


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_at_an_odd_address_is_filled(name, dtype):
    shape, size = (9, 7), np.dtype(dtype).itemsize
    plain = DRAWS[name](shape, rng=3, dtype=dtype)
    memory = np.zeros(63 * size + 2, np.uint8)
    out = memory[1:-1].view(dtype).reshape(shape)
    assert not out.flags.aligned
    assert DRAWS[name](shape, rng=3, out=out) is out
    assert (out == plain).all()
    assert memory[0] == memory[-1] == 0


def overlapping(shape, strides):
    return np.lib.stride_tricks.as_strided(np.zeros(100, np.float32), shape, strides)


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize(
    "strides", [(0, 4), (4, 4), (4, 0), (8, 4), (2, 12), (-0, 0), (4, 8)], ids=str
)
def test_an_array_that_overlaps_itself_is_refused(name, strides):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="out overlaps itself: several of its entries share"):
        DRAWS[name]((3, 4), rng=rng, out=overlapping((3, 4), strides))
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


@pytest.mark.parametrize(
    ("shape", "strides"), [((2, 3), (12, 8)), ((3, 2), (8, 12)), ((1, 3), (0, 4)), ((0, 3), (4, 4))]
)
def test_interleaved_axes_that_keep_apart_are_filled(shape, strides):
    plain = netinit.normal(shape, std=1.0, rng=0)
    assert (netinit.normal(shape, std=1.0, rng=0, out=overlapping(shape, strides)) == plain).all()


def test_a_dtype_may_be_said_twice():
    out = np.empty((3, 2), np.float16)
    assert netinit.normal((3, 2), std=1.0, rng=0, out=out, dtype="float16") is out


@pytest.mark.parametrize(
    "shape", [(2**70,), (2**62, 2**62), (1,) * 70, [10**30, 0]], ids=["2^70", "2^124", "70", "0"]
)
def test_a_shape_that_no_array_can_have_is_refused(shape):
    with pytest.raises(ValueError, match="no array has the shape"):
        netinit.normal(shape, std=1.0, rng=0)


@pytest.mark.parametrize(("dtype", "share"), [("float32", 0.05), ("float16", 0.1)])
def test_a_large_draw_needs_little_memory_beside_its_result(dtype, share, monkeypatch):
    monkeypatch.setenv("NETINIT_THREADS", "2")
    out = np.empty((4096, 4096), dtype)
    tracemalloc.start()
    try:
        netinit.normal(out.shape, std=1.0, rng=0, out=out)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < share * out.nbytes


# Dtypes


@pytest.mark.parametrize("shape", [(), 0, 1, 7, (0,), (3, 0, 2), (1, 1), [2, 3], np.array([2, 3])])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_shape_is_drawn(shape, dtype):
    for draw in (sampling.normal, sampling.uniform, sampling.truncated_normal):
        x = draw(shape, std=1.0, rng=0, dtype=dtype)
        assert x.shape == np.empty(shape).shape
        assert x.dtype == dtype
        assert x.flags.c_contiguous
        assert x.flags.writeable
        assert np.isfinite(x).all()


NARROW = ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz"]


def narrow_dtype(name):
    """A dtype narrower than float32; all but float16 come from a package of their own."""
    if name == "float16":
        return np.dtype(name)
    return np.dtype(getattr(ml_dtypes, name))


@pytest.mark.parametrize("name", NARROW)
def test_a_narrow_dtype_is_the_float32_draw_rounded_once(name):
    dtype = narrow_dtype(name)
    for draw in (
        functools.partial(netinit.normal, std=0.1, mean=0.5),
        netinit.he_normal,
        functools.partial(netinit.orthogonal, gain=1.7),
        functools.partial(netinit.orthogonal, gain=0.3),
        functools.partial(netinit.constant, value=0.1),
    ):
        narrow = draw((80, 70), rng=9, dtype=dtype)
        assert narrow.dtype == dtype
        exact = draw((80, 70), rng=9, dtype=np.float32)
        assert (narrow == exact.astype(dtype)).all()
        out = np.empty((70, 80), dtype).T
        assert (draw((80, 70), rng=9, out=out) == narrow).all()


@pytest.mark.parametrize("name", [*NARROW, "float32"])
@pytest.mark.parametrize("bound", [0.1, 0.3, 1 / 3, 1.0, 1.9, 7e-3])
def test_bounds_are_reached_and_never_passed(name, bound, monkeypatch):
    dtype = narrow_dtype(name) if name in NARROW else np.dtype(name)
    ends = np.array([2**31 - 1, -(2**31)] * 50, np.int32)
    monkeypatch.setattr(draws, "_signed_bits", lambda stream, count: ends[:count])
    cut, parent_std = 2.0, bound / 2
    for mean in (0.0, 0.37):
        drawn = [
            netinit.truncated_normal(
                100, std=parent_std * sampling.truncated_std(cut), mean=mean, rng=0, dtype=dtype
            )
        ]
        if not mean:
            drawn.append(netinit.uniform(100, bound=bound, rng=0, dtype=dtype))
        high, low = dtypes.at_most(mean + bound, dtype), -dtypes.at_most(bound - mean, dtype)
        for x in drawn:
            values = x.astype(np.float64)
            assert values.max() <= mean + bound * (1 + 1e-15)
            assert values.min() >= mean - bound * (1 + 1e-15)
            assert values.max() == pytest.approx(high, rel=1e-15)
            assert values.min() == pytest.approx(low, rel=1e-15)


def test_rounding_to_the_nearest_would_pass_a_bound():
    bound = 0.3
    assert float(np.float16(bound)) > bound
    x = netinit.uniform(1 << 20, bound=bound, rng=0)
    assert np.abs(x.astype(np.float16).astype(np.float64)).max() > bound
    assert (
        np.abs(netinit.uniform(1 << 20, bound=bound, rng=0, dtype="f2").astype("f8")).max() <= bound
    )


def test_a_mean_that_the_dtype_cannot_resolve_is_kept():
    x = netinit.truncated_normal(100, std=1e-6, mean=1000.3, rng=0)
    assert (x == np.float32(1000.3)).all()


@pytest.mark.parametrize("name", NARROW)
def test_the_largest_number_of_a_dtype_is_found(name):
    dtype = narrow_dtype(name)
    largest = dtypes.largest(dtype)
    if name == "float16":
        assert largest == float(np.finfo(dtype).max)
    else:
        assert largest == float(ml_dtypes.finfo(dtype).max)
    with pytest.raises(ValueError, match="std must be a finite number of at least 0, in size at m"):
        netinit.normal(3, std=largest / 4, rng=0, dtype=dtype)


@pytest.mark.parametrize("name", NARROW[1:])
def test_a_range_past_the_largest_number_ends_there(name):
    dtype = narrow_dtype(name)
    largest = dtypes.largest(dtype)
    std = largest / 9
    x = netinit.truncated_normal(20_000, std=std, cut=20.0, rng=0, dtype=dtype).astype(float)
    assert x.std() == pytest.approx(std, rel=0.03)
    x = netinit.truncated_normal(99, low=0.0, high=1e300, parent_std=std, rng=0, dtype=dtype)
    assert 0 <= x.astype(float).min() < x.astype(float).max() <= largest
    assert dtypes.at_most(math.inf, dtype) == dtypes.at_most(1e300, dtype) == largest


@pytest.mark.parametrize("cut", [9.5, 38.0, 1e10, 1e200, 1e308])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_cut_beyond_every_number_is_none(cut, dtype):
    far = netinit.truncated_normal(5000, std=1.0, cut=cut, rng=0, dtype=dtype)
    assert (far == netinit.truncated_normal(5000, std=1.0, cut=20.0, rng=0, dtype=dtype)).all()
    assert far.std() == pytest.approx(1, rel=0.05)


def test_a_narrow_dtype_is_known_by_its_name():
    code = """if True:
        import sys, netinit
        assert "ml_dtypes" not in sys.modules
        print(netinit.he_normal((2, 3), rng=0, dtype="bfloat16").dtype.name)
    """
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "bfloat16"
    assert netinit.zeros(2, dtype="float8_e5m2").dtype == ml_dtypes.float8_e5m2
    for wrong in ("bfloat8", "float8_e5m3", "float8", "flaot16"):
        with pytest.raises(TypeError, match=f"dtype must be float16, .* not '{wrong}'"):
            netinit.zeros(2, dtype=wrong)


def test_a_narrow_dtype_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    monkeypatch.setattr(dtypes.np, "dtype", _unknown_by_name(np.dtype))
    with pytest.raises(ImportError, match="'bfloat16' needs the package ml_dtypes: pip install"):
        netinit.zeros(2, dtype="bfloat16")


def _unknown_by_name(dtype):
    """NumPy's dtype before ml_dtypes, once imported, has told it of its own."""

    def known(name):
        if name == "bfloat16":
            raise TypeError
        return dtype(name)

    return known


@pytest.mark.parametrize("name", ["int4", "uint4", "int2"])
def test_a_whole_number_type_is_refused(name):
    dtype = getattr(ml_dtypes, name)
    with pytest.raises(TypeError, match="dtype must be float16, "):
        netinit.normal(3, std=1.0, rng=0, dtype=dtype)


@pytest.mark.parametrize(
    "value",
    [0.3, -0.3, 0.1, 1.0, 0.0, 1e-9, 65000.0, -1e-30, 1e-46, -1e-46, -1e-42, 5e-300, -5e-300],
)
@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_the_largest_number_at_most_is_found(name, value):
    dtype = np.dtype(name)
    found = dtypes.at_most(value, dtype)
    assert found <= value
    assert found == float(dtype.type(found))
    assert float(np.nextafter(dtype.type(found), dtype.type(math.inf))) > value


def test_the_chunks_of_a_strided_array_are_the_blocks_of_a_plain_one():
    count = blocks.BLOCK + blocks.CHUNK + 5
    base = np.zeros((count, 2), np.float32)
    netinit.uniform(count, bound=1.0, rng=4, out=base[:, 1])
    assert (base[:, 1] == netinit.uniform(count, bound=1.0, rng=4)).all()
    assert not base[:, 0].any()


# Every initializer by name: a shape it takes and the arguments it needs.
SHAPES = dict.fromkeys(["dirac", "delta_orthogonal"], (6, 4, 3, 3))
SHAPES |= dict.fromkeys(["log_prior", "lstm_bias", "chrono_bias"], (8,))
NEEDED = {
    "constant": {"value": 0.3},
    "normal": {"std": 1.0},
    "truncated_normal": {"std": 1.0},
    "uniform": {"bound": 1.0},
    "log_prior": {"prior": [1, 2, 3, 4, 5, 6, 7, 8]},
    "chrono_bias": {"longest": 30},
}


@pytest.mark.parametrize("dtype", ["float16", "float32", "complex64"])
@pytest.mark.parametrize("name", netinit.names())
def test_every_initializer_fills_an_array_of_the_callers(name, dtype):
    shape, options = SHAPES.get(name, (6, 4)), NEEDED.get(name, {})
    plain = netinit.get(name)(shape, rng=3, dtype=dtype, **options)
    base, out = strided(shape, dtype, range(len(shape))[::-1], [-2] * len(shape))
    assert netinit.get(name)(shape, rng=3, out=out, **options) is out
    assert (out == plain).all()
    assert plain.any() == (name != "zeros")
    out[...] = -7
    assert (base == -7).all()
    with pytest.raises(ValueError, match="out has shape"):
        netinit.get(name)(shape, rng=3, out=base[:0], **options)
    with pytest.raises(ValueError, match="out is of complex128, not of the dtype asked for"):
        netinit.get(name)(shape, rng=3, out=np.zeros(shape, "c16"), dtype=dtype, **options)
    with pytest.raises(ValueError, match="out is read-only"):
        netinit.get(name)(shape, rng=3, out=np.broadcast_to(np.float32(0), shape), **options)
