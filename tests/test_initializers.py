import functools
import inspect
import math

import numpy as np
import pytest
from laws import Z_LIMIT, truncated_moment, z_correlation, z_mean, z_variance

import netinit
from netinit import initializers
from netinit.activations import leaky_relu
from netinit.initializers import sampling, scaling
from netinit.theory.moments import forward_gain

NORMAL, UNIFORM = 3.0, 9 / 5  # kurtosis
TRUNCATED = truncated_moment(4, 2) / truncated_moment(2, 2) ** 2
FAN_IN, FAN_OUT = 400, 900
SHAPE = (FAN_OUT, FAN_IN)
MEAN_FAN, GEOMETRIC_FAN = 650, 600

# Initializer, arguments, variance, kurtosis.
SCHEMES = [
    ("lecun_normal", {}, 1 / FAN_IN, NORMAL),
    ("lecun_uniform", {}, 1 / FAN_IN, UNIFORM),
    ("glorot_normal", {}, 1 / MEAN_FAN, NORMAL),
    ("glorot_uniform", {}, 1 / MEAN_FAN, UNIFORM),
    ("glorot_normal", {"gain": 3.0}, 9 / MEAN_FAN, NORMAL),
    ("glorot_uniform", {"gain": 0.5}, 0.25 / MEAN_FAN, UNIFORM),
    ("he_normal", {}, 2 / FAN_IN, NORMAL),
    ("he_uniform", {}, 2 / FAN_IN, UNIFORM),
    ("he_normal", {"mode": "fan_out"}, 2 / FAN_OUT, NORMAL),
    ("he_uniform", {"mode": "fan_avg"}, 2 / MEAN_FAN, UNIFORM),
    ("he_normal", {"negative_slope": 0.5}, 1.6 / FAN_IN, NORMAL),
    ("he_uniform", {"negative_slope": -1.0}, 1 / FAN_IN, UNIFORM),
    ("variance_scaling", {}, 1 / FAN_IN, NORMAL),
    ("variance_scaling", {"scale": 3.0, "mode": "fan_out"}, 3 / FAN_OUT, NORMAL),
    ("variance_scaling", {"mode": "fan_geo_avg"}, 1 / GEOMETRIC_FAN, NORMAL),
    ("variance_scaling", {"distribution": "truncated_normal"}, 1 / FAN_IN, TRUNCATED),
    ("variance_scaling", {"distribution": "uniform"}, 1 / FAN_IN, UNIFORM),
    ("variance_scaling", {"layout": "IO"}, 1 / FAN_OUT, NORMAL),
    ("he_uniform", {"layout": "IO"}, 2 / FAN_OUT, UNIFORM),
    ("lecun_normal", {"in_axis": 0, "out_axis": 1}, 1 / FAN_OUT, NORMAL),
    ("normal", {"std": 0.3}, 0.09, NORMAL),
    ("uniform", {"std": 0.3}, 0.09, UNIFORM),
    ("uniform", {"bound": 0.3}, 0.03, UNIFORM),
    ("truncated_normal", {"std": 0.3}, 0.09, TRUNCATED),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "options", "variance", "kurtosis"),
    SCHEMES,
    ids=[f"{name}-{'-'.join(map(str, options.values()))}" for name, options, *_ in SCHEMES],
)
def test_a_scheme_has_mean_0_and_its_variance(name, options, variance, kurtosis, dtype):
    weights = netinit.get(name)(SHAPE, rng=12, dtype=dtype, **options)
    assert weights.dtype == dtype
    assert weights.shape == SHAPE
    assert abs(z_mean(weights, 0, math.sqrt(variance))) < Z_LIMIT
    assert abs(z_variance(weights, variance, kurtosis)) < Z_LIMIT


def test_a_scheme_with_the_wrong_fan_is_caught():
    weights = initializers.he_normal(SHAPE, rng=12, mode="fan_out")
    assert abs(z_variance(weights, 2 / FAN_IN, NORMAL)) > 50
    # Even if it is only 2.5 % off.
    near = initializers.normal(SHAPE, std=math.sqrt(2 / 410), rng=12)
    assert abs(z_variance(near, 2 / FAN_IN, NORMAL)) > Z_LIMIT


def test_a_scheme_with_the_wrong_distribution_is_caught():
    weights = initializers.he_uniform(SHAPE, rng=12).astype(np.float64)
    fourth = (weights**4).mean() / (2 / FAN_IN) ** 2
    assert fourth == pytest.approx(UNIFORM, rel=0.02)
    assert abs(fourth - NORMAL) > 1


@pytest.mark.parametrize("name", ["lecun_uniform", "glorot_uniform", "he_uniform"])
def test_the_bounds_of_the_papers_are_kept_and_reached(name):
    bound = {
        "lecun_uniform": math.sqrt(3 / FAN_IN),
        "glorot_uniform": math.sqrt(6 / (FAN_IN + FAN_OUT)),
        "he_uniform": math.sqrt(6 / FAN_IN),
    }[name]
    largest = np.abs(netinit.get(name)(SHAPE, rng=1)).max()
    assert 0.9999 * bound < largest <= bound * (1 + 1e-7)


def test_a_truncated_scheme_ends_at_two_stds_of_its_parent():
    weights = initializers.variance_scaling(SHAPE, distribution="truncated_normal", rng=1)
    bound = 2 / sampling.truncated_std(2) / math.sqrt(FAN_IN)
    assert 0.999 * bound < np.abs(weights).max() <= bound * (1 + 3e-7)


def test_convolution_kernels_use_the_receptive_field():
    weights = initializers.he_normal((64, 32, 3, 3), rng=2)
    assert abs(z_variance(weights, 2 / (32 * 9), NORMAL)) < Z_LIMIT
    keras = initializers.he_normal((3, 3, 32, 64), rng=2, layout="HWIO")
    assert abs(z_variance(keras, 2 / (32 * 9), NORMAL)) < Z_LIMIT


def test_he_is_the_gain_of_its_activation():
    for slope in (0.0, 0.2):
        he = initializers.he_normal(SHAPE, negative_slope=slope, rng=3)
        gain = forward_gain(leaky_relu(slope))
        np.testing.assert_allclose(he, initializers.normal(SHAPE, std=gain / 20, rng=3), rtol=1e-6)


def test_special_cases_are_the_general_law():
    general = functools.partial(initializers.variance_scaling, SHAPE, rng=4)
    for special, same in [
        (initializers.lecun_normal, general()),
        (initializers.he_normal, general(scale=2.0)),
        (initializers.glorot_normal, general(mode="fan_avg")),
        (initializers.glorot_uniform, general(mode="fan_avg", distribution="uniform")),
    ]:
        assert (special(SHAPE, rng=4) == same).all()


def test_layers_drawn_in_turn_are_independent():
    rng = np.random.default_rng(5)
    first, second = (initializers.he_normal(SHAPE, rng=rng) for _ in range(2))
    assert abs(z_correlation(first, second)) < Z_LIMIT
    # The same seed given to both layers is the mistake this guards against.
    again = initializers.he_normal(SHAPE, rng=5)
    assert abs(z_correlation(again, initializers.he_normal(SHAPE, rng=5))) > 50


def test_constants_need_no_seed_and_leave_a_generator_as_it_was():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert not initializers.zeros((2, 3), rng=rng).any()
    assert (initializers.ones((2, 3), rng=rng) == 1).all()
    assert (initializers.constant((2, 3), value=-0.5, rng=rng) == -0.5).all()
    assert rng.bit_generator.state == before
    assert initializers.zeros(3).dtype == np.float32
    assert initializers.constant(3, value=1, dtype="float64").dtype == np.float64


def test_a_constant_of_a_complex_dtype_may_be_complex():
    assert (initializers.constant(2, value=0.5 - 2j, dtype="complex64") == 0.5 - 2j).all()
    assert (initializers.constant(2, value=np.complex64(1j), dtype=complex) == 1j).all()
    for value in (0.5, 3):
        assert (initializers.constant(2, value=value, dtype="complex128") == value).all()
    for name in ("zeros", "ones"):
        drawn = netinit.get(name)((2, 3), dtype="complex64")
        assert drawn.dtype == np.complex64
        assert (drawn == (name == "ones")).all()


@pytest.mark.parametrize(
    ("value", "dtype", "error", "message"),
    [
        (1j, "float32", TypeError, "value must be a finite number, in size at most .*, not 1j"),
        (
            complex(0, math.nan),
            "complex64",
            ValueError,
            "the imaginary part of value must be",
        ),
        (complex(math.inf, 0), "complex64", ValueError, "the real part of value must be a finite"),
        (complex(1e39, 0), "complex64", ValueError, "in size at most 3.4e.38"),
        ("1j", "complex64", TypeError, "value must be a finite number"),
    ],
)
def test_a_wrong_complex_constant_is_refused(value, dtype, error, message):
    with pytest.raises(error, match=message):
        initializers.constant(2, value=value, dtype=dtype)


# Fused layers of unequal sizes


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg", "fan_geo_avg"])
@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "uniform"])
@pytest.mark.parametrize("layout", ["OI", "IO"])
def test_each_of_unequal_fused_layers_has_the_variance_of_its_own_fans(mode, distribution, layout):
    inputs, sizes = 300, (400, 100, 100)
    shape = (600, inputs) if layout == "OI" else (inputs, 600)
    options = {"mode": mode, "distribution": distribution, "rng": 9, "layout": layout}
    fused = initializers.variance_scaling(shape, splits=sizes, **options)
    kurtosis = {"normal": NORMAL, "truncated_normal": TRUNCATED, "uniform": UNIFORM}[distribution]
    parts = np.split(fused, np.cumsum(sizes)[:-1], axis=layout.index("O"))
    for part, size in zip(parts, sizes, strict=True):
        n = {
            "fan_in": inputs,
            "fan_out": size,
            "fan_avg": (inputs + size) / 2,
            "fan_geo_avg": math.sqrt(inputs * size),
        }[mode]
        assert abs(z_variance(part, 1 / n, kurtosis)) < Z_LIMIT
        assert abs(z_mean(part, 0, math.sqrt(1 / n))) < Z_LIMIT
    assert abs(z_correlation(parts[1], parts[2])) < Z_LIMIT
    as_one = initializers.variance_scaling(shape, **options)
    if mode == "fan_in":  # every layer has the same: nothing to tell apart
        assert (fused == as_one).all()
    else:
        assert abs(z_variance(as_one, 1 / n, kurtosis)) > Z_LIMIT


@pytest.mark.parametrize("dtype", ["float16", "complex64"])
def test_unequal_fused_layers_keep_dtype_bounds_and_the_callers_array(dtype):
    out = np.empty((60, 30), dtype, "F")
    options = {"splits": [40, 10, 10], "mode": "fan_out", "rng": 2, "distribution": "uniform"}
    assert initializers.variance_scaling((60, 30), out=out, **options) is out
    assert (out == initializers.variance_scaling((60, 30), dtype=dtype, **options)).all()
    per_std = math.sqrt(2 if dtype == "complex64" else 3)
    for part, size in zip(np.split(out, [40, 50]), (40, 10, 10), strict=True):
        assert np.abs(part).max() <= per_std / math.sqrt(size)
    grouped = initializers.he_normal((6, 2, 3), splits=(4, 2), mode="fan_out", stride=2, rng=0)
    assert grouped.shape == (6, 2, 3)


# Names

ALL_NAMES = netinit.names()
# The others are for special shapes, and have tests of their own.
NAMES = [n for n in ALL_NAMES if n in [*scaling.__all__, *sampling.__all__, "orthogonal"]]
WEIGHTS = [name for name in NAMES if name not in ("zeros", "ones", "constant")]
NEEDED = {"constant": {"value": 1.0}, "normal": {"std": 1.0}, "uniform": {"std": 1.0}}
NEEDED["truncated_normal"] = {"std": 1.0}
SCALED = [name for name in WEIGHTS if name not in [*NEEDED, "orthogonal"]]


def drawn(name, shape=(3, 2), **options):
    return netinit.get(name)(shape, **({"rng": 0} | NEEDED.get(name, {}) | options))


def test_the_other_name_of_a_scheme_is_the_same_function():
    assert initializers.xavier_normal is initializers.glorot_normal
    assert initializers.xavier_uniform is initializers.glorot_uniform
    assert initializers.kaiming_normal is initializers.he_normal
    assert initializers.kaiming_uniform is initializers.he_uniform


def test_every_name_is_a_function_of_the_package():
    for name in ALL_NAMES:
        assert netinit.get(name) is getattr(netinit, name)


def test_the_list_of_names_is_the_callers_own():
    netinit.names().clear()
    assert netinit.names() == ALL_NAMES


def test_any_callable_is_an_initializer():
    mine = functools.partial(initializers.normal, std=0.01)
    assert netinit.get(mine) is mine


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("he_normal", ["HeNormal", "he-normal", "he_normal_", "KaimingNormal", "kaiming_normal_"]),
        ("he_uniform", ["KaimingUniform", "He_Uniform", "HE_UNIFORM", "he uniform"]),
        ("glorot_uniform", ["xavier_uniform_", "GlorotUniform", "XavierUniform"]),
        ("lecun_normal", ["LecunNormal", "lecun-normal"]),
        ("truncated_normal", ["trunc_normal", "trunc_normal_", "TruncatedNormal"]),
        ("normal", ["RandomNormal", "normal_", "random_normal"]),
        ("uniform", ["RandomUniform", "uniform_"]),
        ("zeros", ["Zeros", "zeros_", "zeros_init"]),
        ("ones", ["Ones", "ones_", "ones_init"]),
        ("constant", ["Constant", "constant_"]),
        ("identity", ["Identity", "eye_", "eye"]),
        ("orthogonal", ["Orthogonal", "orthogonal_"]),
        ("delta_orthogonal", ["DeltaOrthogonal"]),
        ("dirac", ["dirac_"]),
        ("sparse", ["sparse_"]),
        ("variance_scaling", ["VarianceScaling"]),
    ],
)
def test_the_spellings_of_other_libraries_are_understood(name, spellings):
    for spelling in spellings:
        assert netinit.get(spelling) is netinit.get(name)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ("he_norml", ValueError, "did you mean 'he_normal'"),
        ("xavier", ValueError, "did you mean 'xavier_"),
        ("HeNorml", ValueError, "did you mean 'he_normal'"),
        ("", ValueError, "'' is unknown: Allowed"),
        ("_", ValueError, "'_' is unknown: Allowed"),
        ("qqqq", ValueError, "'qqqq' is unknown: Allowed: 'zeros', "),
        (None, TypeError, "a name or a callable, not None"),
        (3, TypeError, "a name or a callable, not 3"),
    ],
)
def test_get_says_what_is_allowed(wrong, error, message):
    with pytest.raises(error, match=message):
        netinit.get(wrong)


DETERMINISTIC = ["zeros", "ones", "constant", "identity", "dirac"]
DETERMINISTIC += ["log_prior", "focal_prior", "lstm_bias"]


@pytest.mark.parametrize("name", ALL_NAMES)
def test_every_initializer_has_the_same_calling_convention(name):
    parameters = list(inspect.signature(netinit.get(name)).parameters.values())
    assert parameters[0].name == "shape"
    assert all(p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD) for p in parameters[1:])
    (rng,) = (p for p in parameters if p.name == "rng")
    assert (rng.default is None) == (name in DETERMINISTIC)
    assert (rng.default is inspect.Parameter.empty) == (name not in DETERMINISTIC)


# Shapes, dtypes and bad input, for every initializer


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (3, 0, 2)])
def test_a_shape_without_elements_gives_an_empty_array(name, shape):
    for dtype in ("float16", "float32", "float64"):
        weights = drawn(name, shape, dtype=dtype)
        assert weights.shape == shape
        assert weights.dtype == dtype


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_float32_finite_contiguous_and_the_callers_own(name):
    for shape in [(1, 1), (3, 2), (2, 3), (2, 3, 2), [3, 2]]:
        weights = drawn(name, shape)
        assert weights.dtype == np.float32
        assert weights.flags.c_contiguous
        assert weights.flags.writeable
        assert np.isfinite(weights).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [int, "f8,i4", "float128x", ">f4", "half-ish", "S4"])
def test_other_dtypes_are_refused(name, dtype):
    with pytest.raises(TypeError, match="dtype must be float16, float32, float64, complex64"):
        drawn(name, dtype=dtype)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("shape", "error"),
    [((3, -2), ValueError), ((3, 2.5), TypeError), ("32", TypeError), (None, TypeError)],
)
def test_wrong_shapes_are_refused(name, shape, error):
    with pytest.raises(error, match=r"shape must (be an integer|not be negative)"):
        drawn(name, shape)


@pytest.mark.parametrize("name", [*SCALED, "orthogonal"])
@pytest.mark.parametrize("shape", [(), (5,), 5])
def test_a_weight_needs_two_axes(name, shape):
    with pytest.raises(ValueError, match=r"two axes|an input axis"):
        drawn(name, shape)


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize(
    ("rng", "error"),
    [(-1, ValueError), (1.5, TypeError), ("0", TypeError), (True, TypeError), ([-1], ValueError)],
)
def test_a_wrong_seed_is_refused(name, rng, error):
    with pytest.raises(error, match="rng must be a non-negative int"):
        drawn(name, rng=rng)


@pytest.mark.parametrize("name", WEIGHTS)
def test_the_seed_cannot_be_forgotten(name):
    with pytest.raises(TypeError, match="rng"):
        netinit.get(name)((3, 2), **NEEDED.get(name, {}))


@pytest.mark.parametrize("name", SCALED)
def test_the_axes_are_checked(name):
    with pytest.raises(ValueError, match="layout 'OIH' has 3 axes"):
        drawn(name, layout="OIH")
    with pytest.raises(ValueError, match="give both, or neither"):
        drawn(name, in_axis=1)
    with pytest.raises(TypeError, match=rf"{drawn_by(name)}\(\).* 'laiout'. Did you mean 'layout'"):
        drawn(name, laiout="OI")


def drawn_by(name):
    """The name under which the function of an initializer is defined."""
    return netinit.get(name).__name__


@pytest.mark.parametrize("name", [n for n in SCALED if n != "variance_scaling"])
@pytest.mark.parametrize(
    ("keyword", "instead"),
    [
        ("a", "negative_slope="),
        ("nonlinearity", r"scale=netinit.gain\(activation\)\*\*2"),
        ("seed", "rng="),
        ("generator", "rng="),
        ("std", "normal, uniform or truncated_normal, which take std="),
        ("stddev", "which take std="),
        ("distribution", "variance_scaling, which takes distribution="),
        ("scale", "variance_scaling"),
        ("column_axis", "in_axis= and out_axis="),
    ],
)
def test_a_keyword_of_other_libraries_is_answered_with_ours(name, keyword, instead):
    own = netinit.get(name).__name__
    with pytest.raises(TypeError, match=rf"^{own}\(\).* takes no keyword '{keyword}'.*{instead}"):
        drawn(name, **{keyword: 0.1})


def test_a_wrong_keyword_names_every_name_of_the_function_and_what_it_takes():
    with pytest.raises(TypeError) as caught:
        initializers.kaiming_normal((3, 3), gain=2.0, rng=0)
    assert str(caught.value) == (
        "he_normal(), also called kaiming_normal(), takes no keyword 'gain'. Instead: "
        "variance_scaling(shape, scale=gain**2, ...). Allowed: negative_slope, mode, rng, layout, "
        "in_axis, out_axis, batch_axis, groups, transposed, splits, stride, dtype, out"
    )
    with pytest.raises(TypeError, match=r"lecun_normal\(\) .* 'mode'. Instead: variance_scaling"):
        initializers.lecun_normal((3, 3), mode="fan_out", rng=0)


SCALES = [
    *[("normal", "std"), ("uniform", "std"), ("uniform", "bound"), ("truncated_normal", "std")],
    *[("variance_scaling", "scale"), ("glorot_normal", "gain"), ("glorot_uniform", "gain")],
    ("orthogonal", "gain"),
]


@pytest.mark.parametrize(("name", "argument"), SCALES)
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        *[(-0.1, ValueError), (math.nan, ValueError), (math.inf, ValueError)],
        *[("1", TypeError), (1j, TypeError), (True, TypeError), (np.ones(2), TypeError)],
    ],
)
def test_a_scale_must_be_finite_and_not_negative(name, argument, wrong, error):
    with pytest.raises(error, match=f"{argument} must be a finite number of at least 0"):
        netinit.get(name)((3, 2), rng=0, **{argument: wrong})


@pytest.mark.parametrize(("name", "argument"), SCALES)
def test_a_scale_of_zero_gives_zeros(name, argument):
    assert not netinit.get(name)((3, 2), rng=0, **{argument: 0}).any()


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        *[("constant", "value"), ("normal", "mean"), ("truncated_normal", "mean")],
        *[("he_normal", "negative_slope"), ("he_uniform", "negative_slope")],
    ],
)
@pytest.mark.parametrize("wrong", [math.nan, -math.inf])
def test_other_numbers_must_be_finite(name, argument, wrong):
    with pytest.raises(ValueError, match=f"{argument} must be a finite number"):
        drawn(name, **{argument: wrong})


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("constant", {"value": 1e5}),
        ("normal", {"std": 1e4}),
        ("normal", {"std": 1.0, "mean": 1e5}),
        ("uniform", {"std": 6e4}),
        ("uniform", {"bound": 6e4}),
        ("truncated_normal", {"std": 6e4}),
        ("orthogonal", {"gain": 1e5}),
        ("glorot_normal", {"gain": 1e5}),
    ],
)
def test_what_would_overflow_the_dtype_is_refused(name, options):
    with pytest.raises(ValueError, match="in size at most"):
        netinit.get(name)((3, 2), rng=0, dtype=np.float16, **options)


def test_uniform_takes_one_of_std_and_bound():
    ends = {"low": 0.0, "high": 1.0}
    for both in ({}, {"std": 1.0, "bound": 1.0}, {"std": 1.0} | ends, {"bound": 1.0, "high": 1.0}):
        with pytest.raises(TypeError, match="exactly one of std and bound, or low with high"):
            initializers.uniform((3, 2), rng=0, **both)


@pytest.mark.parametrize("name", ["variance_scaling", "he_normal", "he_uniform"])
def test_a_wrong_mode_is_answered_with_the_nearest(name):
    with pytest.raises(ValueError, match="mode 'fan_inn' is unknown: did you mean 'fan_in'"):
        drawn(name, mode="fan_inn")
    with pytest.raises(TypeError, match="mode must be one of 'fan_in', "):
        drawn(name, mode=None)


def test_a_wrong_distribution_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'truncated_normal'"):
        drawn("variance_scaling", distribution="truncated")
    with pytest.raises(TypeError, match="distribution must be one of"):
        drawn("variance_scaling", distribution=3)


@pytest.mark.parametrize("cut", [0, -2, math.nan, math.inf])
def test_a_wrong_cut_is_refused(cut):
    with pytest.raises(ValueError, match="cut must be a finite number of at least 1e-06"):
        drawn("truncated_normal", cut=cut)
