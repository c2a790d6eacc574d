import dataclasses
import pickle
from decimal import Decimal

import ml_dtypes
import numpy as np
import pytest
from golden import make_gains

from netinit import activations
from netinit.activations import Activation, celu, elu, from_callable, leaky_relu, prelu
from netinit.activations._numerical import Difference

ALL = [*activations.names(), leaky_relu(0.2), leaky_relu(-1.5), elu(0.4), celu(0.4)]
LAST = activations.names()[-1]
SIGNED = np.array([-np.inf, -1000.0, -2.0, -0.0, 0.0, 3.0, 1000.0, np.inf])


@pytest.mark.parametrize("activation", ALL)
def test_a_derivative_agrees_with_finite_differences(activation):
    record = activations.get(activation)
    x = np.linspace(-6.9, 6.9, 400)  # 0, 1, 3 and 6 are not among them: the kinks are there
    step = 1e-6
    slope = (record(x + step) - record(x - step)) / (2 * step)
    np.testing.assert_allclose(record.derivative(x), slope, atol=1e-9)


@pytest.mark.parametrize("activation", ALL)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_and_shape_are_kept(activation, dtype):
    record = activations.get(activation)
    x = np.linspace(-2, 2, 6, dtype=dtype).reshape(2, 3)
    for y in (record(x), record.derivative(x)):
        assert y.dtype == dtype
        assert y.shape == x.shape
        assert y is not x


@pytest.mark.parametrize("activation", ALL)
def test_other_numbers_become_float64(activation):
    record = activations.get(activation)
    assert record([1, 2]).dtype == record.derivative(3).dtype == np.float64


@pytest.mark.parametrize("activation", ALL)
def test_text_and_complex_numbers_are_refused(activation):
    record = activations.get(activation)
    for call in (record, record.derivative):
        for wrong in (["a"], [1j], [None], [True]):
            with pytest.raises(TypeError, match="real numbers"):
                call(wrong)


@pytest.mark.parametrize(
    ("name", "values", "slopes"),
    [
        ("identity", SIGNED, [1, 1, 1, 1, 1, 1, 1, 1]),
        ("relu", [0, 0, 0, 0, 0, 3, 1000, np.inf], [0, 0, 0, 0, 0, 1, 1, 1]),
        ("leaky_relu", [-np.inf, -10, -0.02, 0, 0, 3, 1000, np.inf], [0.01] * 5 + [1] * 3),
        (
            "tanh",
            [-1, -1, np.tanh(-2), 0, 0, np.tanh(3), 1, 1],
            [0, 0, 1 / np.cosh(2) ** 2, 1, 1, 1 / np.cosh(3) ** 2, 0, 0],
        ),
        (
            "sigmoid",
            [0, 0, 1 / (1 + np.exp(2)), 0.5, 0.5, 1 / (1 + np.exp(-3)), 1, 1],
            [0, 0, 0.25 / np.cosh(1) ** 2, 0.25, 0.25, 0.25 / np.cosh(1.5) ** 2, 0, 0],
        ),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_from_one_infinity_to_the_other(name, values, slopes, dtype):
    record, tolerance = activations.get(name), 4 * np.finfo(dtype).eps
    x = SIGNED.astype(dtype)
    np.testing.assert_allclose(record(x), values, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(record.derivative(x), slopes, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", make_gains.FUNCTIONS)
def test_values_and_slopes_agree_with_50_digit_decimals(name):
    record = activations.get(name)
    x = np.random.default_rng(3).uniform(-11, 11, 250)
    exact = [make_gains.FUNCTIONS[name](Decimal(v)) for v in x.tolist()]
    values, slopes = np.array([[float(value), float(slope)] for value, slope in exact]).T
    # exp passes the rounding of its argument on: the one of gelu_tanh grows as x^3.
    np.testing.assert_allclose(record(x), values, rtol=3e-14 if name == "gelu_tanh" else 5e-15)
    # Where a slope passes through 0 its error is that of the terms it is the difference of.
    np.testing.assert_allclose(record.derivative(x), slopes, rtol=3e-14, atol=1e-16)


@pytest.mark.parametrize("activation", ALL)
def test_single_precision_is_as_good_as_its_digits(activation):
    record = activations.get(activation)
    x = np.linspace(-9, 9, 2000, dtype=np.float32)
    for function in (record.function, record.derivative):
        exact = function(x.astype(np.float64))
        np.testing.assert_allclose(function(x), exact, rtol=4e-7, atol=2e-7)


@pytest.mark.parametrize("activation", ALL)
def test_half_precision_is_rounded_once(activation):
    record = activations.get(activation)
    x = np.linspace(-9, 9, 2000).astype(np.float16)
    for function in (record.function, record.derivative):
        exact = function(x.astype(np.float64))
        np.testing.assert_allclose(function(x), exact, rtol=2.0**-11 + 1e-5, atol=2.0**-25 + 2e-7)


@pytest.mark.parametrize("activation", ALL)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_no_finite_number_overflows(activation, dtype):
    record = activations.get(activation)
    limits = np.finfo(dtype)
    # 1.6 is the largest factor here: past this the value itself is too large for the dtype.
    sizes = np.geomspace(float(limits.smallest_subnormal), float(limits.max) / 1.6, 500)
    x = np.concatenate([-sizes, [0.0], sizes]).astype(dtype)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(record(x)).all()
        assert np.isfinite(record.derivative(x)).all()


def test_the_side_of_a_leaky_rectifier_that_is_not_asked_does_not_overflow():
    with np.errstate(all="raise"):
        assert leaky_relu(30.0)(np.float32([3e38])).tolist() == np.float32([3e38]).tolist()


def test_the_kinks_are_where_a_slope_or_its_slope_jumps():
    found = {name: activations.get(name).kinks for name in activations.names()}
    at_zero = dict.fromkeys(["relu", "leaky_relu", "prelu", "elu", "selu", "celu"], (0.0,))
    at_zero |= {"softsign": (0.0,), "relu6": (0.0, 6.0)}
    at_three = dict.fromkeys(["hard_sigmoid", "hard_swish"], (-3.0, 3.0))
    kinked = at_zero | at_three | {"hard_tanh": (-1.0, 1.0)}
    assert found == dict.fromkeys(found, ()) | kinked


LIMITS = {  # phi(-inf), phi(inf), phi'(-inf), phi'(inf)
    "elu": (-1, np.inf, 0, 1),
    "selu": (-1.7580993408473768, np.inf, 0, 1.0507009873554805),
    "softplus": (0, np.inf, 0, 1),
    "gelu": (0, np.inf, 0, 1),
    "gelu_tanh": (0, np.inf, 0, 1),
    "silu": (0, np.inf, 0, 1),
    "mish": (0, np.inf, 0, 1),
    "softsign": (-1, 1, 0, 0),
    "hard_tanh": (-1, 1, 0, 0),
    "erf": (-1, 1, 0, 0),
    "relu6": (0, 6, 0, 0),
    "prelu": (-np.inf, np.inf, 0.25, 1),
    "celu": (-1, np.inf, 0, 1),
    "hard_sigmoid": (0, 1, 0, 0),
    "hard_swish": (0, np.inf, 0, 1),
}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_at_infinity_stands_the_limit_and_not_a_number_stays(name, dtype):
    record = activations.get(name)
    x = np.array([-np.inf, np.inf], dtype)
    found = np.concatenate([record(x), record.derivative(x)])
    np.testing.assert_allclose(found, LIMITS[name], rtol=np.finfo(dtype).eps)
    assert np.isnan(record(dtype("nan")))


@pytest.mark.parametrize(
    ("name", "value", "slope"),
    [
        ("elu", 0, 1),
        ("selu", 0, 1.7580993408473768),
        ("softplus", np.log(2), 0.5),
        ("gelu", 0, 0.5),
        ("gelu_tanh", 0, 0.5),
        ("silu", 0, 0.5),
        ("mish", 0, 0.6),
        ("softsign", 0, 1),
        ("hard_tanh", 0, 1),
        ("sin", 0, 1),
        ("erf", 0, 2 / np.sqrt(np.pi)),
        ("relu6", 0, 0),
        ("prelu", 0, 0.25),
        ("celu", 0, 1),
        ("hard_sigmoid", 0.5, 1 / 6),
        ("hard_swish", 0, 0.5),
    ],
)
def test_values_and_slopes_at_zero(name, value, slope):
    record = activations.get(name)
    assert record(0.0) == pytest.approx(value, rel=1e-15, abs=0)
    assert record.derivative(0.0) == pytest.approx(slope, rel=1e-15)


def test_a_hard_tanh_is_flat_from_its_kinks_on():
    assert activations.hard_tanh.derivative([-1.0, -0.999, 0.999, 1.0]).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("name", "x", "values", "slopes"),
    [
        ("relu6", [-1, 2, 5.5, 6, 9], [0, 2, 5.5, 6, 6], [0, 1, 1, 0, 0]),
        ("hard_sigmoid", [-4, -3, -1.5, 3, 4], [0, 0, 0.25, 1, 1], [0, 0, 1 / 6, 0, 0]),
        ("hard_swish", [-4, -3, -1.5, 1.5, 3, 4], [0, 0, -0.375, 1.125, 3, 4], None),
    ],
)
def test_the_pieces_of_the_hard_activations(name, x, values, slopes):
    record = activations.get(name)
    np.testing.assert_allclose(record(x), values, rtol=1e-15, atol=0)
    slopes = [0, 0, 0, 1, 1.5, 1] if slopes is None else slopes
    np.testing.assert_allclose(record.derivative(x), slopes, rtol=1e-15, atol=0)


def test_a_celu_follows_its_alpha_and_keeps_its_slope_at_zero():
    assert celu(0.4)(-1.0) == pytest.approx(0.4 * np.expm1(-2.5))
    assert celu(0.4).derivative([-1.0, 0.0, 2.0]) == pytest.approx([np.exp(-2.5), 1, 1])
    x = np.linspace(-4, 4, 50)
    np.testing.assert_allclose(celu()(x), elu()(x), rtol=1e-15)


def test_an_elu_follows_its_alpha():
    assert elu(0.4)(-1.0) == pytest.approx(0.4 * np.expm1(-1))
    assert elu(0.4).derivative([-1.0, 0.0, 2.0]) == pytest.approx([0.4 * np.exp(-1), 0.4, 1])
    assert [elu(alpha).name for alpha in (1.0, 0.4)] == ["elu", "elu(0.4)"]


def test_the_tails_keep_their_digits():
    x = np.float32([-60, 30])
    np.testing.assert_allclose(activations.sigmoid(x)[0], np.exp(-60.0), rtol=1e-6)
    np.testing.assert_allclose(activations.sigmoid.derivative(x), np.exp([-60.0, -30.0]), rtol=1e-6)
    np.testing.assert_allclose(activations.tanh.derivative(x)[1], 4 * np.exp(-60.0), rtol=1e-6)


@pytest.mark.parametrize("activation", ALL)
def test_nan_stays_nan(activation):
    assert np.isnan(activations.get(activation)(np.array([np.nan]))).all()


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("identity", [-9.0, 0.0, 9.0], [False, False, False]),
        ("relu", [-1.0, 0.0, 1.0], [True, True, False]),
        ("leaky_relu", [-1.0, 1.0], [True, False]),
        # 1 - tanh^2 = 0.05 at 2.1783; sigma (1 - sigma) = 0.0125 at 4.3566, twice as far.
        ("tanh", [-2.18, -2.17, 0.0, 2.17, 2.18], [True, False, False, False, True]),
        ("sigmoid", [-4.36, -4.35, 0.0, 4.35, 4.36], [True, False, False, False, True]),
    ],
)
def test_saturated_where_the_slope_is_below_a_twentieth(name, x, expected):
    found = activations.get(name).saturated(np.float32(x))
    assert found.dtype == bool
    assert found.tolist() == expected


def test_a_steep_negative_side_counts_for_saturation():
    assert leaky_relu(30.0).saturated(np.array([-1.0, 1.0])).tolist() == [False, True]


def test_the_names_lead_to_their_records():
    for name in activations.names():
        assert activations.get(name).name == name
    assert activations.get("relu") is activations.relu
    assert activations.get("swish") is activations.silu
    assert activations.get("leaky_relu")(-1.0) == -0.01
    assert leaky_relu(0.2).name != leaky_relu(0.3).name


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("identity", ["linear", "Identity", "Linear"]),
        ("relu", ["ReLU", "Relu"]),
        ("relu6", ["ReLU6"]),
        ("elu", ["ELU", "elu(1.0)", "ELU(alpha=1.0)"]),
        ("celu", ["CELU"]),
        ("selu", ["SELU"]),
        ("leaky_relu", ["LeakyReLU", "leaky-relu", "leaky_relu(0.01)"]),
        ("prelu", ["PReLU", "prelu(0.25)"]),
        ("tanh", ["TanH", "Tanh", "tanh_"]),
        ("gelu", ["GELU"]),
        ("silu", ["SiLU", "swish", "Swish"]),
        ("mish", ["Mish"]),
        ("softplus", ["Softplus", "soft_plus"]),
        ("softsign", ["Softsign", "soft_sign"]),
        ("hard_tanh", ["Hardtanh", "hardtanh", "hard-tanh"]),
        ("hard_sigmoid", ["Hardsigmoid", "hard-sigmoid"]),
        ("hard_swish", ["Hardswish", "hard-swish", "hard_silu", "HardSwish"]),
    ],
)
def test_the_spellings_of_other_libraries_are_understood(name, spellings):
    for spelling in spellings:
        assert activations.get(spelling).name == name


@pytest.mark.parametrize("record", [leaky_relu(0.2), leaky_relu(-3.0), prelu(0.1), elu(2.0)])
def test_the_name_of_a_record_with_a_number_leads_to_its_like(record):
    found = activations.get(record.name)
    x = np.array([-2.0, 3.0])
    assert found.name == record.name
    assert found(x).tolist() == record(x).tolist()
    assert activations.get("LeakyReLU(negative_slope=0.2)").name == "leaky_relu(0.2)"
    assert activations.get(" CELU( 0.5 )").name == "celu(0.5)"


@pytest.mark.parametrize("activation", ALL)
@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn])
def test_types_from_outside_numpy_go_through_float32_and_are_rounded_once(activation, dtype):
    record = activations.get(activation)
    x = np.linspace(-9, 9, 60).astype(dtype)
    for function in (record.function, record.derivative):
        found = function(x)
        assert found.dtype == dtype
        assert (found == function(x.astype(np.float32)).astype(dtype)).all()


def test_whole_numbers_from_outside_numpy_are_refused():
    with pytest.raises(TypeError, match="real numbers, not dtype int4"):
        activations.relu(np.zeros(2, ml_dtypes.int4))


def test_a_record_of_ones_own_is_an_activation():
    softplus = Activation("softplus", lambda x: np.logaddexp(0, x), activations.sigmoid)
    assert activations.get(softplus) is softplus
    assert softplus(0.0) == np.log(2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        softplus.name = "other"


@pytest.mark.parametrize("activation", ALL)
def test_an_activation_travels_to_another_process(activation):
    record = activations.get(activation)
    copy = pickle.loads(pickle.dumps(record))
    assert copy(np.array([-1.5, 2.0])).tolist() == record(np.array([-1.5, 2.0])).tolist()


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ("rleu", ValueError, "did you mean 'relu'"),
        ("TanHH", ValueError, "did you mean 'tanh'"),
        ("gellu", ValueError, f"did you mean 'gelu'.*Allowed: 'identity', .* {LAST!r}, 'swish'"),
        ("rellu(0.2)", ValueError, "did you mean 'relu'"),
        ("tanh(2)", ValueError, "activation 'tanh.2.' is unknown: those with a number are leaky_r"),
        ("celu(beta=1)", ValueError, r"those with a number are .* celu\(alpha=...\)"),
        ("leaky_relu(x)", ValueError, "'leaky_relu.x.' is unknown: could not convert string"),
        ("elu(nan)", ValueError, "'elu.nan.' is unknown: alpha must be a finite number"),
        ("celu(0)", ValueError, "'celu.0.' is unknown: alpha must be a finite number of at least"),
        ("leaky_relu(0.1", ValueError, "did you mean 'leaky_relu'"),
        ("", ValueError, "'' is unknown"),
        (3.0, TypeError, "a name, an Activation or a callable, not 3.0"),
        (None, TypeError, "a name, an Activation or a callable, not None"),
        (leaky_relu, TypeError, "leaky_relu .* fails for an array: negative_slope must be a"),
        (np.sum, TypeError, r"sum .* is not elementwise: \(1, 3\) gave \(\)"),
    ],
)
def test_get_says_what_is_allowed(wrong, error, message):
    with pytest.raises(error, match=message):
        activations.get(wrong)


def test_a_callable_is_differentiated_to_ten_digits():
    x = np.concatenate([np.linspace(-30, 30, 1000), np.geomspace(1e-6, 1, 50), [0.0]])
    for name in ("tanh", "sigmoid", "gelu", "mish", "sin", "erf"):
        record = activations.get(name)
        found = from_callable(record.function).derivative(x)
        np.testing.assert_allclose(found, record.derivative(x), rtol=0, atol=3e-10)


def test_a_difference_does_not_straddle_zero_or_a_named_kink():
    x = np.array([-1 - 1e-7, -1 + 1e-7, -1e-9, 1e-9, 1 - 1e-9, 1 + 1e-9])
    clipped = from_callable(activations.hard_tanh.function, kinks=(-1, 1))
    np.testing.assert_allclose(clipped.derivative(x), [0, 1, 1, 1, 1, 0], atol=1e-6)
    rectified = from_callable(activations.relu.function)
    assert rectified.derivative([-1e-9, 1e-9]) == pytest.approx([0, 1], abs=1e-12)
    # At a kink stands the mean of both sides, and next to one without a name a blend.
    assert clipped.derivative(1.0) == pytest.approx(0.5)
    assert from_callable(activations.hard_tanh.function).derivative(1.0001) > 0.1


PRECISIONS = {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}


def in_precision(name, dtype):
    """An activation as another library computes it: in `dtype`, whatever it is given."""
    record, dtype = activations.get(name), np.dtype(getattr(ml_dtypes, dtype, dtype))
    return lambda x: record(np.asarray(x).astype(dtype))


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_the_precision_of_answers_is_found_even_if_they_are_handed_over_as_float64(dtype):
    for name in ("tanh", "relu", "softplus", "identity"):
        function = in_precision(name, dtype)
        assert activations.get(function).precision == PRECISIONS[dtype]
        record = from_callable(lambda x, function=function: function(x).astype(np.float64))
        assert record.precision == PRECISIONS[dtype]
    assert activations.get(np.tanh).precision == activations.tanh.precision == 2.0**-52


def test_a_staircase_has_exact_answers():
    for function in (np.sign, np.zeros_like, lambda x: (x > 0.3).astype(np.float32)):
        assert activations.get(function).precision == 2.0**-52


@pytest.mark.parametrize(
    ("dtype", "error"), [("float32", 4e-5), ("float16", 0.08), ("bfloat16", 0.4)]
)
def test_the_derivative_of_a_coarse_callable_is_as_good_as_its_answers_allow(dtype, error):
    x = np.concatenate(
        [np.linspace(-4, 4, 900), np.geomspace(1e-6, 1, 50), -np.geomspace(1e-6, 1, 50)]
    )
    for name in ("tanh", "sigmoid", "gelu", "mish", "sin", "relu", "leaky_relu"):
        record = from_callable(in_precision(name, dtype), name=name)
        gap = np.abs(record.derivative(x) - activations.get(name).derivative(x))
        assert gap.max() < error, name
        assert np.sqrt(np.mean(gap**2)) < 10 * record.derivative_precision
        assert record.derivative_precision < error
    exact = activations.get("tanh")
    assert exact.derivative_precision == 2.0**-52


def test_a_step_for_float64_loses_to_the_rounding_of_float32():
    x, function = np.linspace(-2, 2, 99), in_precision("sigmoid", "float32")
    errors = [
        np.abs(derivative(x) - activations.sigmoid.derivative(x)).max()
        for derivative in (Difference(function), from_callable(function).derivative)
    ]
    assert errors[0] > 10 * errors[1]


def test_kinks_on_both_sides_leave_room_for_a_difference():
    clipped = from_callable(in_precision("hard_tanh", "float32"), kinks=(-1, 1))
    x = np.array([-1.001, -0.999, -0.5, -0.001, 0.001, 0.45, 0.999, 1.001])
    np.testing.assert_allclose(clipped.derivative(x), [0, 1, 1, 1, 1, 1, 1, 0], atol=2e-5)


def test_a_function_of_pytorch_is_answered_with_how_to_wrap_it():
    def gelu(x):
        raise TypeError("gelu(): argument 'input' (position 1) must be Tensor, not numpy.ndarray")

    with pytest.raises(TypeError, match=r"must be Tensor.*lambda x: function\(torch.as_tensor"):
        activations.get(gelu)


def test_a_callable_keeps_the_dtype_and_may_bring_its_derivative():
    record = from_callable(np.tanh, lambda x: 1 - np.tanh(x) ** 2, kinks=[1.0], name="mine")
    assert (record.name, record.kinks) == ("mine", (1.0,))
    assert record.derivative(np.float64(0.3)) == 1 - np.tanh(0.3) ** 2
    numerical = activations.get(np.tanh)
    assert numerical.name == "tanh"
    assert numerical.derivative(np.float32([0.3])).dtype == np.float32
    assert from_callable(lambda x: x).name == "<lambda>"
    assert pickle.loads(pickle.dumps(numerical)).derivative(0.5) == numerical.derivative(0.5)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("tanh",), TypeError, "function must be callable, not 'tanh'"),
        ((np.tanh, "tanh"), TypeError, "derivative must be callable, not 'tanh'"),
        ((np.tanh, np.sum), TypeError, "is not elementwise"),
        ((lambda x: x.missing,), TypeError, "fails for an array: .* has no attribute 'missing'"),
    ],
)
def test_a_wrong_callable_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        from_callable(*arguments)


@pytest.mark.parametrize("kinks", [0.0, ["a"], [np.nan]])
def test_wrong_kinks_of_a_callable_are_named(kinks):
    for derivative in (None, np.cos):
        with pytest.raises((TypeError, ValueError), match="kinks"):
            from_callable(np.tanh, derivative, kinks=kinks)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("relu", 0, None),
        ("elu", np.log(0.05), None),
        ("selu", np.log(0.05), None),
        ("softplus", -np.log(19), None),
        ("gelu", -2.27856, None),
        ("silu", -3.92990, None),
        ("mish", -3.98125, None),
        ("softsign", 1 - np.sqrt(20), np.sqrt(20) - 1),
        ("hard_tanh", -1, 1),
        ("erf", -np.sqrt(np.log(20)), np.sqrt(np.log(20))),
        ("sin", None, None),
        ("identity", None, None),
    ],
)
def test_saturated_is_where_the_slope_is_small_all_the_way_out(name, low, high):
    x = np.concatenate([-np.geomspace(1e5, 1e-3, 3000), np.geomspace(1e-3, 1e5, 3000)])
    x = np.concatenate([x, np.arange(-200, 200) * np.pi / 2])  # crests of sin
    near = [abs(x - edge) > 2e-3 for edge in (low, high) if edge is not None]
    x = x[np.all([np.ones_like(x, bool), *near], axis=0)]
    expected = (x < (-np.inf if low is None else low)) | (x > (np.inf if high is None else high))
    np.testing.assert_array_equal(activations.get(name).saturated(x), expected)


def test_the_dip_of_a_smooth_rectifier_is_not_saturation():
    for name, dip in [("gelu", -0.75179), ("silu", -1.27846), ("mish", -1.19246)]:
        record = activations.get(name)
        assert abs(record.derivative(dip)) < 1e-4
        assert not record.saturated(dip)


def test_a_slow_activation_saturates_far_out():
    slow = Activation("slow", lambda x: np.tanh(x / 30), lambda x: (1 - np.tanh(x / 30) ** 2) / 30)
    assert slow.saturated([-66.0, -65.0, 65.0, 66.0]).tolist() == [True, False, False, True]
    flat = Activation("flat", np.zeros_like, np.zeros_like)
    assert not flat.saturated([-3.0, 0.0]).any()


@pytest.mark.parametrize("alpha", [np.nan, "1", True])
def test_an_alpha_must_be_a_finite_number(alpha):
    with pytest.raises((TypeError, ValueError), match="alpha must be a finite number"):
        elu(alpha)


@pytest.mark.parametrize("slope", [np.nan, np.inf])
def test_a_slope_must_be_finite(slope):
    with pytest.raises(ValueError, match="negative_slope must be a finite number"):
        leaky_relu(slope)


def test_a_slope_must_be_a_number():
    with pytest.raises(TypeError, match=r"negative_slope must be a finite number, not '0\.2'"):
        leaky_relu("0.2")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": 3}, TypeError),
        ({"function": "tanh"}, TypeError),
        ({"derivative": None}, TypeError),
        ({"kinks": (np.nan,)}, ValueError),
        ({"kinks": 0.0}, TypeError),
    ],
)
def test_a_record_is_checked_when_it_is_made(fields, error):
    good = {"name": "mine", "function": np.tanh, "derivative": np.cos, "kinks": ()}
    with pytest.raises(error, match=next(iter(fields))):
        Activation(**(good | fields))
