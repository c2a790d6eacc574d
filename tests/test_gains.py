import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

import netinit
from netinit import activations
from netinit.activations import Activation, elu, from_callable, leaky_relu
from netinit.theory import gains, moments
from netinit.theory.gains import UnstableGainWarning, gain, torch_gain, unit_gain

GOLDEN = json.loads((Path(__file__).parent / "golden" / "gains.json").read_text())
UNSTABLE = {"gelu", "gelu_tanh", "silu", "mish"}
MARGINAL = {"identity", "relu", "leaky_relu"}


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['activation']}-{row['q']}")
@pytest.mark.parametrize("kind", ["forward", "backward", "std"])
@pytest.mark.filterwarnings("ignore::netinit.theory.gains.UnstableGainWarning")
def test_gains_agree_with_the_golden_numbers_to_1e_12(row, kind):
    found = gain(row["activation"], kind, q=float(row["q"]))
    assert found == pytest.approx(float(row[f"{kind}_gain"]), rel=1e-12, abs=0)


@pytest.mark.parametrize("row", [r for r in GOLDEN if r["q"] == "1"], ids=lambda r: r["activation"])
@pytest.mark.filterwarnings("ignore::netinit.theory.gains.UnstableGainWarning")
def test_what_a_gain_implies_agrees_with_the_golden_numbers(row):
    found = unit_gain(row["activation"])
    forward, backward = float(row["forward_gain"]), float(row["backward_gain"])
    assert found.gain == pytest.approx(forward, rel=1e-12)
    assert found.chi == pytest.approx((forward / backward) ** 2, rel=1e-12)
    assert found.slope == pytest.approx(forward**2 * float(row["length_map_slope"]), rel=1e-12)


@pytest.mark.parametrize("name", activations.names())
@pytest.mark.filterwarnings("ignore::netinit.theory.gains.UnstableGainWarning")
def test_the_verdicts(name):
    verdict = "unstable" if name in UNSTABLE else "marginal" if name in MARGINAL else "stable"
    assert unit_gain(name).stability == verdict
    assert str(unit_gain(name)).endswith(f": {verdict}")


@pytest.mark.parametrize("name", activations.names())
def test_the_warning_is_given_where_a_gain_does_not_hold_and_nowhere_else(name):
    for call in (gain, unit_gain):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call(name)
        categories = [w.category for w in caught]
        assert categories == ([UnstableGainWarning] if name in UNSTABLE else [])
        assert all(w.filename == __file__ for w in caught)  # it points at who asked


def test_the_warning_says_what_will_happen():
    with pytest.warns(UnstableGainWarning) as caught:
        gain("gelu", q=[0.01, 1.0])
    assert str(caught[0].message) == (
        "gelu: with its gain of 1.53353 the second moment 1 is a fixed point that repels. A "
        "deviation grows by the factor 1.144 a layer, so that a deep network without normalization "
        "explodes or dies out."
    )
    assert len(caught) == 1


def test_the_other_gains_and_the_moments_do_not_warn():
    for name in UNSTABLE:
        for kind in ("backward", "std"):
            gain(name, kind)
        moments.forward_gain(name)


def second_moments(name, starts, depth=60, width=512, batch=48):
    """Of the pre-activations after `depth` layers at the forward gain, from each start."""
    record, rng = activations.get(name), np.random.default_rng(7)
    std = moments.forward_gain(name) / math.sqrt(width)
    x = rng.standard_normal((batch, width), dtype=np.float32)
    h = np.concatenate([math.sqrt(q) * x for q in starts])
    for _ in range(depth):
        weight = rng.standard_normal((width, width), dtype=np.float32) * np.float32(std)
        h = record(h) @ weight.T
    return (h.astype(np.float64) ** 2).reshape(len(starts), -1).mean(axis=1)


@pytest.mark.parametrize("name", activations.names())
@pytest.mark.filterwarnings("ignore::netinit.theory.gains.UnstableGainWarning")
def test_sixty_layers_do_what_the_verdict_says(name):
    low, middle, high = second_moments(name, [0.49, 1.0, 1.69])
    verdict = unit_gain(name).stability
    if verdict == "stable":
        np.testing.assert_allclose([low, middle, high], 1, atol=0.15)
    elif verdict == "marginal":  # homogeneous: one factor for all, whatever the weights
        np.testing.assert_allclose([low / middle, high / middle], [0.49, 1.69], rtol=1e-3)
    else:
        assert low < 1e-3
        assert high > 10


def test_gains_of_a_callable():
    for kind, digits in [("forward", 1e-14), ("backward", 1e-11), ("std", 1e-14)]:
        assert gain(np.tanh, kind) == pytest.approx(gain("tanh", kind), rel=digits)
    swish = from_callable(lambda x: x / (1 + np.exp(-x)), name="mine")
    with pytest.warns(UnstableGainWarning, match="mine: with its gain of 1.67653"):
        found = unit_gain(swish)
    assert found.activation == "mine"
    assert found.slope == pytest.approx(1.1725940540987494, rel=1e-10)
    clip = from_callable(lambda x: np.clip(x, -1, 1), kinks=(-1, 1))
    assert gain(clip, "backward") == pytest.approx(gain("hard_tanh", "backward"), rel=1e-9)


def test_a_gain_takes_an_array_of_q():
    q = np.array([[0.5], [2.0]])
    assert gain("tanh", q=np.empty((0, 2))).shape == (0, 2)
    for kind in ("forward", "backward", "std"):
        found = gain("tanh", kind, q=q)
        assert found.shape == (2, 1)
        assert found[1, 0] == pytest.approx(float(gain("tanh", kind, q=2.0)), rel=1e-14)


def test_a_std_gain_keeps_the_variance_of_centred_activations():
    z = np.random.default_rng(2).standard_normal(400_000)
    for name in ("relu", "sigmoid", "mish"):
        a = activations.get(name)(math.sqrt(3) * z)
        assert moments.std_gain(name, 3.0) ** 2 * a.var() == pytest.approx(3, rel=0.02)
        assert moments.std_gain(name, 3.0) ** 2 * (a**2).mean() > 3.5  # without centring: too much


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("identity", 1),
        ("sigmoid", 1),
        ("tanh", 5 / 3),
        ("relu", math.sqrt(2)),
        ("selu", 0.75),
        ("leaky_relu", math.sqrt(2 / (1 + 0.01**2))),
        (leaky_relu(0.2), math.sqrt(2 / (1 + 0.2**2))),
        (leaky_relu(-3.0), math.sqrt(2 / 10)),
    ],
)
def test_the_table_of_pytorch(activation, expected):
    assert torch_gain(activation) == pytest.approx(expected, rel=1e-15)
    assert gain(activation, "torch") == torch_gain(activation)


def test_a_gain_of_another_q_can_be_stable_or_not():
    assert unit_gain("tanh", 4.0).q == 4
    assert unit_gain("tanh", 4.0).slope < unit_gain("tanh").slope
    bump = Activation("bump", lambda x: x**3, lambda x: 3 * x**2)
    with pytest.warns(UnstableGainWarning):
        assert unit_gain(bump).slope == pytest.approx(3, rel=1e-12)


def test_a_falling_length_map_is_stable_and_rounding_decides_nothing():
    # E phi^2 falls with q: a deviation changes its sign in every layer, but more than halves.
    pulse = Activation("pulse", lambda x: np.exp(-4 * x**2), lambda x: -8 * x * np.exp(-4 * x**2))
    assert unit_gain(pulse).slope == pytest.approx(-8 / 17, rel=1e-12)
    assert unit_gain(pulse).stability == "stable"
    assert gains.UnitGain("made", 1.0, 1.0, 1.0, 1 + 1e-13).stability == "marginal"  # rounding


def test_the_package_offers_gains_at_its_top():
    assert netinit.gain is gain
    assert netinit.unit_gain is unit_gain


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gain("rellu"), ValueError, "did you mean 'relu'"),
        (lambda: gain(3), TypeError, "a name, an Activation or a callable, not 3"),
        (lambda: gain("relu", "forwards"), ValueError, "kind 'forwards' is unknown: did you mean"),
        (lambda: gain("relu", None), TypeError, "kind must be one of 'forward', 'backward', 'std'"),
        (lambda: gain("relu", q=0.0), ValueError, "q must be > 0 here, not 0"),
        (lambda: gain("relu", q=-1.0), ValueError, "q must be finite and not negative"),
        (lambda: gain("relu", q="1"), TypeError, "q must be real numbers"),
        (lambda: gain("relu", "std", q=[1.0, 0.0]), ValueError, "q must be > 0 here, not 0"),
        (lambda: gain(elu(0.0), "backward", q=np.nan), ValueError, "q must be finite"),
        (lambda: unit_gain("relu", 0), ValueError, "q must be > 0 here, not 0"),
        (lambda: unit_gain("relu", np.inf), ValueError, "q must be a finite number, not inf"),
        (lambda: unit_gain("relu", [1.0]), TypeError, r"q must be a finite number, not \[1.0\]"),
        (lambda: gain("gelu", "torch"), ValueError, "PyTorch has no gain for 'gelu': its table"),
        (lambda: torch_gain(np.exp), ValueError, "knows leaky_relu, identity, sigmoid, tanh, relu"),
        (lambda: gain("tanh", "torch", q=2.0), ValueError, "depend on no q: leave it out, not 2"),
        (lambda: moments.std_gain(np.ones_like), ValueError, "no gain: Var phi is 0"),
        (lambda: gain(np.zeros_like), ValueError, "no gain: E phi.2 is 0"),
        (lambda: gain(np.zeros_like, "backward"), ValueError, "no gain: E phi'.2 is 0"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
