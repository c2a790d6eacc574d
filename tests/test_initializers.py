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


def test_zeros_and_constants_need_no_seed_and_leave_one_alone():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert not initializers.zeros((2, 3), rng=rng).any()
    assert (initializers.constant((2, 3), value=-0.5, rng=rng) == -0.5).all()
    assert rng.bit_generator.state == before
    assert initializers.zeros(3).dtype == np.float32
    assert initializers.constant(3, value=1, dtype="float64").dtype == np.float64


@pytest.mark.parametrize("shape", [(4, 2, 3, 3), (20, 4), (4, 20), (300, 2, 70)])
def test_orthogonal_flattens_all_but_the_output_axis(shape):
    weights = initializers.orthogonal(shape, gain=1.5, rng=6, dtype=np.float64)
    assert weights.shape == shape
    matrix = weights.reshape(shape[0], -1)
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(wide @ wide.T, 2.25 * np.eye(len(wide)), atol=1e-13)


def test_orthogonal_square_matrices_keep_every_length():
    x = np.random.default_rng(0).standard_normal((10, 256))
    kept = x @ initializers.orthogonal((256, 256), rng=7, dtype=np.float64).T
    np.testing.assert_allclose(np.linalg.norm(kept, axis=1), np.linalg.norm(x, axis=1))


# Names

ALL_NAMES = netinit.names()
# The others are for special shapes, and have tests of their own.
NAMES = [name for name in ALL_NAMES if hasattr(scaling, name)]
WEIGHTS = [name for name in NAMES if name not in ("zeros", "constant")]
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
    ("wrong", "error", "message"),
    [
        ("he_norml", ValueError, "did you mean 'he_normal'"),
        ("xavier", ValueError, "did you mean 'xavier_"),
        ("He_Normal", ValueError, "did you mean 'he_normal'"),
        ("qqqq", ValueError, "'qqqq' is unknown: Allowed: 'zeros', "),
        (None, TypeError, "a name or a callable, not None"),
        (3, TypeError, "a name or a callable, not 3"),
    ],
)
def test_get_says_what_is_allowed(wrong, error, message):
    with pytest.raises(error, match=message):
        netinit.get(wrong)


DETERMINISTIC = ["zeros", "constant", "identity", "dirac", "log_prior", "focal_prior", "lstm_bias"]


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
    with pytest.raises(TypeError, match="laiout"):
        drawn(name, laiout="OI")


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
    for both in ({}, {"std": 1.0, "bound": 1.0}):
        with pytest.raises(TypeError, match="exactly one of std and bound"):
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
