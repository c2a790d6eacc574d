import dataclasses
import pickle

import numpy as np
import pytest

from netinit import activations
from netinit.activations import Activation, leaky_relu

ALL = [*activations.names(), leaky_relu(0.2), leaky_relu(-1.5)]
SIGNED = np.array([-np.inf, -1000.0, -2.0, -0.0, 0.0, 3.0, 1000.0, np.inf])


@pytest.mark.parametrize("activation", ALL)
def test_a_derivative_agrees_with_finite_differences(activation):
    record = activations.get(activation)
    x = np.linspace(-6, 6, 400)  # 0 is not among them: the kinks are there
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
    assert activations.get("leaky_relu")(-1.0) == -0.01
    assert leaky_relu(0.2).name != leaky_relu(0.3).name


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
        ("TanH", ValueError, "did you mean 'tanh'"),
        ("gelu", ValueError, "Allowed: 'identity', 'relu', 'leaky_relu', 'tanh', 'sigmoid'"),
        (np.tanh, TypeError, "a name or an Activation"),
        (None, TypeError, "a name or an Activation"),
    ],
)
def test_get_says_what_is_allowed(wrong, error, message):
    with pytest.raises(error, match=message):
        activations.get(wrong)


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
