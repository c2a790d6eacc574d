import json
import math
import warnings
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import netinit
from netinit import activations
from netinit.activations import Activation, elu, from_callable, leaky_relu
from netinit.theory import gains, moments
from netinit.theory.gains import UnstableGainWarning, gain, gated_gain, torch_gain, unit_gain

GOLDEN = json.loads((Path(__file__).parent / "golden" / "gains.json").read_text())
UNSTABLE = {"gelu", "gelu_tanh", "silu", "mish", "hard_swish"}
MARGINAL = {"identity", "relu", "leaky_relu", "prelu"}
SLOW = {"relu6"}  # stable, with a slope of 1 - 1e-7 at q = 1


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


@pytest.mark.parametrize("call", [gain, unit_gain, gated_gain])
def test_the_warning_points_at_who_asked(call):
    with pytest.warns(UnstableGainWarning) as caught:
        call("gelu")
    assert [w.filename for w in caught] == [__file__]


def test_the_warning_says_what_will_happen():
    with pytest.warns(UnstableGainWarning) as caught:
        gain("gelu", q=[0.01, 1.0])
    assert str(caught[0].message) == (
        "gelu: with its gain of 1.53353 the second moment 1 is a fixed point that repels. A "
        "deviation grows by a factor of 1.144 per layer: a deep network without normalization "
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
    if verdict == "stable" and name not in SLOW:
        np.testing.assert_allclose([low, middle, high], 1, atol=0.15)
    elif (
        verdict == "marginal" or name in SLOW
    ):  # homogeneous: one factor for all, whatever the weights
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


@pytest.mark.parametrize("name", activations.names())
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_coarse_callable_gets_the_verdict_of_its_activation_and_no_false_warning(name, dtype):
    record, dtype = activations.get(name), np.dtype(getattr(ml_dtypes, dtype, dtype))
    coarse = from_callable(lambda x: record(np.asarray(x).astype(dtype)), kinks=record.kinks)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = unit_gain(coarse)
    assert [w.category for w in caught] == ([UnstableGainWarning] if name in UNSTABLE else [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exact = unit_gain(name)
    # What is so close to 1 that the rounding of its answers hides it is called marginal.
    hidden = abs(exact.slope - 1) < found.margin
    assert found.stability == ("marginal" if hidden else exact.stability)
    assert not hidden or name not in UNSTABLE
    assert found.gain == pytest.approx(exact.gain, rel=(dtype.itemsize == 4 and 1e-6) or 1e-3)
    assert found.slope == pytest.approx(exact.slope, abs=found.margin)


@pytest.mark.parametrize("unit", ["glu", "bilinear", "reglu", "geglu", "swiglu"])
@pytest.mark.parametrize("q", [0.5, 1.0, 3.0])
@pytest.mark.filterwarnings("ignore::netinit.theory.gains.UnstableGainWarning")
def test_a_gated_unit_keeps_its_second_moments(unit, q):
    inner = {"glu": "sigmoid", "reglu": "relu", "geglu": "gelu", "swiglu": "silu"}
    record = activations.get(inner.get(unit, "identity"))
    rng = np.random.default_rng(4)
    first, second = math.sqrt(q) * rng.standard_normal((2, 1_000_000))
    forward, backward = gated_gain(unit, q=q), gated_gain(unit, "backward", q=q)
    assert forward == gated_gain(record, q=q)
    outputs = (forward * record(first) * second) ** 2
    assert abs(outputs.mean() - q) < 4.5 * outputs.std() / 1000
    through = (record.derivative(first) * second) ** 2 + record(first) ** 2
    assert abs((backward**2 * through).mean() - 1) < 4.5 * backward**2 * through.std() / 1000
    # The gain of the activation alone is another one unless q is 1.
    assert (abs(gain(record, q=q) / forward - 1) < 1e-12) == (q == 1)


def test_a_network_of_gated_units_keeps_a_second_moment_for_a_few_layers_only():
    width, rng, x = 1000, np.random.default_rng(5), {}
    with pytest.warns(UnstableGainWarning, match=r"gated silu: .* factor of 2\.1\d+ per layer"):
        std = gated_gain("silu") / math.sqrt(width)
    for start in (0.8, 1.25):
        h = math.sqrt(start) * rng.standard_normal((2, 64, width))
        x[start] = [start]
        for _ in range(3):
            unit = activations.silu(h[0]) * h[1]
            h = std * np.stack([unit @ rng.standard_normal((width, width)) for _ in range(2)])
            x[start].append((h**2).mean())
    assert x[0.8][1] < 0.7 > x[0.8][2] > x[0.8][3]
    assert x[1.25][1] > 1.5 < x[1.25][2] < x[1.25][3]


def test_the_slope_of_a_gated_unit_is_the_derivative_of_its_length_map():
    q, step = 2.0, 1e-4
    with pytest.warns(UnstableGainWarning) as caught:
        square = gated_gain("tanh", q=q) ** 2

    def length(q):
        return square * q * moments.second_moment("tanh", q)

    slope = (length(q + step) - length(q - step)) / (2 * step)
    assert f"factor of {slope:.4g} per layer" in str(caught[0].message)


def test_a_gated_gain_takes_an_array_of_q():
    q = np.array([[0.5], [2.0]])
    with pytest.warns(UnstableGainWarning):
        found = gated_gain("swiglu", q=q)
    with pytest.warns(UnstableGainWarning):
        alone = float(gated_gain("silu", q=2.0))
    assert found[1, 0] == pytest.approx(alone, rel=1e-14)
    assert found.shape == (2, 1)
    assert gated_gain("SwiGLU", "backward", q=q).shape == (2, 1)
    assert gated_gain("glu", q=0.0) == 2  # 1 / sigmoid(0)


def test_the_names_of_layers_have_the_gain_of_the_identity():
    for name in ("linear", "conv1d", "Conv2d", "conv3d", "conv_transpose1d", "ConvTranspose3d"):
        assert gain(name) == gain(name, "backward") == 1
        assert unit_gain(name).activation == "identity"
        assert gain(name, "torch") == torch_gain(name) == 1


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
    assert netinit.gated_gain is gated_gain


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gain("rellu"), ValueError, "did you mean 'relu'"),
        (lambda: gain(3), TypeError, "a name, an Activation or a callable, not 3"),
        (lambda: gain("relu", "forwards"), ValueError, "kind 'forwards' is unknown: did you mean"),
        (
            lambda: gain("leaky_relu", 0.2),
            TypeError,
            r"not 0.2: a slope is part of the name, gain\('leaky_relu\(0.2\)'\)",
        ),
        (lambda: gain("swiglu"), ValueError, r"has no gain of one: .*gated_gain\('swiglu'\)"),
        (lambda: torch_gain("geglu"), ValueError, "'geglu' multiplies two projections"),
        (lambda: gated_gain("swigloo"), ValueError, "activation 'swigloo' is unknown"),
        (lambda: gated_gain("silu", "std"), ValueError, "kind 'std' is unknown.*'backward'"),
        (lambda: gated_gain("silu", q=-1.0), ValueError, "q must be finite and not negative"),
        (lambda: gated_gain("silu", q="1"), TypeError, "q must be real numbers"),
        (lambda: gated_gain("relu", q=0.0), ValueError, "gated by relu has no gain"),
        (lambda: gated_gain(np.zeros_like), ValueError, "zeros_like has no gain: its second mom"),
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
