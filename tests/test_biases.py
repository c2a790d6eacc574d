import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import KOLMOGOROV_LIMIT, kolmogorov

import netinit
from netinit import chrono_bias, focal_prior, log_prior, lstm_bias
from netinit.losses import softmax_cross_entropy

NAMES = {
    "log_prior": {"prior": [1, 2, 3, 4, 5, 6, 7, 8]},
    "focal_prior": {},
    "lstm_bias": {},
    "chrono_bias": {"longest": 100},
}


def drawn(name, shape=8, **options):
    return netinit.get(name)(shape, **({"rng": 0} | NAMES[name] | options))


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


# Output biases -------------------------------------------------------------------------------


def test_the_initial_loss_is_the_entropy_of_the_prior():
    counts = np.array([5, 20, 1, 300, 74])
    labels = np.repeat(np.arange(5), counts)
    p = counts / counts.sum()
    entropy = -(p * np.log(p)).sum()
    logits = np.zeros((len(labels), 5)) + log_prior(5, prior=counts, dtype=np.float64)
    assert float(softmax_cross_entropy(logits, labels)[0]) == pytest.approx(entropy, rel=1e-14)
    # Zero biases pay the logarithm of the number of classes.
    plain = float(softmax_cross_entropy(np.zeros_like(logits), labels)[0])
    assert plain == pytest.approx(math.log(5))
    assert plain > entropy + 0.5


def test_the_gradient_of_the_output_bias_is_zero_at_the_prior():
    labels = np.repeat(np.arange(3), [6, 3, 1])
    logits = np.zeros((10, 3)) + log_prior(3, prior=[6, 3, 1], dtype=np.float64)
    gradient = softmax_cross_entropy(logits, labels)[1].sum(axis=0)
    np.testing.assert_allclose(gradient, 0, atol=1e-15)


@given(
    st.lists(
        st.floats(1e-300, 1e300, allow_nan=False, allow_infinity=False), min_size=1, max_size=6
    )
)
def test_any_positive_prior_becomes_probabilities(prior):
    biases = log_prior(len(prior), prior=prior, dtype=np.float64)
    assert np.exp(biases).sum() == pytest.approx(1)
    np.testing.assert_allclose(
        biases - biases[0], np.log(prior) - math.log(prior[0]), rtol=1e-12, atol=1e-11
    )


def test_the_focal_prior_has_the_numbers_of_the_paper():
    (bias,) = focal_prior(1, dtype=np.float64)
    assert bias == pytest.approx(-4.59511985, abs=1e-8)
    negative, positive = -math.log(1 - sigmoid(bias)), -math.log(sigmoid(bias))
    assert negative == pytest.approx(0.01005034, abs=1e-8)
    assert positive == pytest.approx(4.60517, abs=1e-5)
    assert -math.log(sigmoid(0)) == pytest.approx(0.693147, abs=1e-6)


@pytest.mark.parametrize("prior", [1e-300, 1e-9, 0.3, 0.5, 1 - 1e-9])
def test_the_focal_prior_is_what_the_sigmoid_says(prior):
    (bias,) = focal_prior(1, prior=prior, dtype=np.float64)
    # By the odds: 1 - prior and 1 - sigmoid would lose digits at either end.
    assert math.exp(bias) == pytest.approx(prior / (1 - prior), rel=1e-12)


# LSTM ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gates", "place"), [("ifgo", 1), ("ifco", 1), ("iofc", 2), ("fgio", 0)])
def test_only_the_forget_gates_are_biased(gates, place):
    biases = lstm_bias(20, forget=2.5, gates=gates).reshape(4, 5)
    assert (biases[place] == 2.5).all()
    assert np.count_nonzero(biases) == 5


def test_a_cell_with_forget_bias_1_keeps_its_state_for_long():
    kept = {bias: sigmoid(lstm_bias(4, forget=bias)[1]) ** 20 for bias in (0, 1)}
    assert kept[1] == pytest.approx(1.90e-3, rel=5e-3)
    assert kept[0] == pytest.approx(9.5e-7, rel=5e-3)


@pytest.mark.parametrize("longest", [2, 2.5, 100, 1e6])
def test_chrono_remembers_for_uniform_times_up_to_the_longest(longest):
    biases = chrono_bias(4 * 5000, longest=longest, rng=1, dtype=np.float64).reshape(4, 5000)
    forget = biases[1]
    # A cell with bias b keeps all but 1 / (1 + e^b) of its state: its time is 1 + e^b steps.
    times = 1 / (1 - sigmoid(forget))
    assert times.min() >= 2 * (1 - 1e-9)
    assert times.max() <= longest * (1 + 1e-9)
    if longest > 2:
        share = (np.exp(forget) - 1) / (longest - 2)
        assert kolmogorov(share, lambda x: x) < KOLMOGOROV_LIMIT
        assert kolmogorov(forget / math.log(longest - 1), lambda x: x) > KOLMOGOROV_LIMIT
    assert (biases[0] == -forget).all()
    assert not biases[2:].any()


def test_chrono_follows_the_order_of_the_gates_and_its_seed():
    ours = chrono_bias(40, longest=50, rng=1).reshape(4, 10)
    theirs = chrono_bias(40, longest=50, gates="fiog", rng=1).reshape(4, 10)
    assert (ours[[1, 0, 3, 2]] == theirs).all()
    assert (chrono_bias(40, longest=50, rng=2) != ours.ravel()).any()


# Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_biases_have_the_dtype_and_the_shape(name, dtype):
    biases = drawn(name, dtype=dtype)
    assert biases.dtype == dtype
    assert biases.shape == (8,)
    assert biases.flags.writeable
    assert drawn(name).dtype == np.float32


@pytest.mark.parametrize("name", NAMES)
def test_no_units_have_no_biases(name):
    options = {"prior": []} if name == "log_prior" else {}
    assert drawn(name, 0, **options).shape == (0,)


@pytest.mark.parametrize("name", ["log_prior", "focal_prior", "lstm_bias"])
def test_biases_without_randomness_leave_the_generator_alone(name):
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    drawn(name, rng=rng)
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [int, "half-ish"])
def test_biases_refuse_other_dtypes(name, dtype):
    with pytest.raises(TypeError, match="dtype must be "):
        drawn(name, dtype=dtype)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("shape", "error"), [(-8, ValueError), (8.0, TypeError), ("8", TypeError)])
def test_biases_refuse_wrong_lengths(name, shape, error):
    with pytest.raises(error, match=r"shape must (be an integer|not be negative)"):
        drawn(name, shape)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (
            lambda: log_prior((2, 2), prior=[1, 1]),
            ValueError,
            "log_prior is for a bias, a shape of",
        ),
        (lambda: log_prior(3, prior=[1, 1]), ValueError, r"one number per class, 3, not \(2,\)"),
        (lambda: log_prior(1, prior=1.0), ValueError, r"one number per class, 1, not \(\)"),
        (lambda: log_prior(2, prior=[1, 0]), ValueError, "a class that was never seen a small"),
        (lambda: log_prior(2, prior=[1, -1]), ValueError, "prior must be finite and positive"),
        (lambda: log_prior(2, prior=[1, math.nan]), ValueError, "prior must be finite and pos"),
        (lambda: log_prior(2, prior=[1, math.inf]), ValueError, "prior must be finite and pos"),
        (lambda: log_prior(2, prior=["a", "b"]), TypeError, "prior must be real numbers"),
        (lambda: log_prior(2, prior=None), TypeError, "prior must be real numbers"),
        (lambda: focal_prior(2, prior=0), ValueError, "prior must be a probability between 0 and"),
        (lambda: focal_prior(2, prior=1.0), ValueError, "between 0 and 1, not 1.0"),
        (lambda: focal_prior(2, prior=-0.1), ValueError, "between 0 and 1, not -0.1"),
        (lambda: focal_prior(2, prior=math.nan), ValueError, "prior must be a finite number"),
        (lambda: focal_prior(2, prior="rare"), TypeError, "prior must be a finite number"),
        (lambda: lstm_bias(6), ValueError, "for four gates: 6 biases are no multiple of 4"),
        (lambda: lstm_bias((4, 4)), ValueError, "lstm_bias is for a bias, a shape of one axis"),
        (lambda: lstm_bias(8, forget=math.inf), ValueError, "forget must be a finite number"),
        (lambda: lstm_bias(8, forget=1e5, dtype="float16"), ValueError, "in size at most"),
        (
            lambda: lstm_bias(8, gates="ifg"),
            ValueError,
            "i, f, g .or c. and o once each, not 'ifg'",
        ),
        (lambda: lstm_bias(8, gates="ifgc"), ValueError, "once each, not 'ifgc'"),
        (lambda: lstm_bias(8, gates=4), TypeError, "gates must be a string such as 'ifgo', not 4"),
        (lambda: chrono_bias(6, longest=9, rng=0), ValueError, "chrono_bias is for four gates"),
        (lambda: chrono_bias(8, longest=1.9, rng=0), ValueError, "longest must be a finite number"),
        (lambda: chrono_bias(8, longest=math.nan, rng=0), ValueError, "longest must be a finite"),
        (lambda: chrono_bias(8, longest=9, rng=-1), ValueError, "rng must be a non-negative int"),
    ],
)
def test_every_refusal_says_what_is_wrong(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
