"""Where a framework is wrong, or traps its user, and netinit differs: each place a test.

Each test shows both: what they do, at the version pinned beside this file, and what netinit does
instead. Its first line says what is wrong; its link, where that is discussed. What concerns fans
is in ``test_fans.py``. A test that fails because a framework was fixed says so.
"""

import math
import os
import re
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest
import test_fans
import torch
from jax.nn import initializers as ji
from keras import initializers as ki
from samples import SEED, assert_still_wrong, jax_draw, keras_draw, torch_draw
from torch import nn

import netinit
from netinit.theory import moments

CUT_STD = 0.87962566103423978  # of a standard normal cut at 2
MILLIONS = (4096, 2048)


# Truncated normals --------------------------------------------------------------------------


def test_pytorch_cuts_at_absolute_bounds_so_that_a_small_std_is_not_cut():
    """With std 0.02 the default bounds stand at 100 std: a plain normal.

    https://github.com/huggingface/pytorch-image-models/issues/1286,
    https://github.com/foundation-model-stack/foundation-model-stack/issues/289
    """
    theirs = torch_draw(nn.init.trunc_normal_, (1000, 1000), std=0.02)
    beyond = np.mean(np.abs(theirs) > 2 * 0.02)
    assert_still_wrong(beyond, wrong=math.erfc(math.sqrt(2)), right=0.0, rel=0.02)
    ours = netinit.truncated_normal((1000, 1000), std=0.02, cut=2, rng=SEED)
    assert np.abs(ours).max() <= 0.02 * 2 / CUT_STD
    assert ours.std() == pytest.approx(0.02, rel=0.005)


def test_the_std_given_to_a_truncated_normal_is_nobodys_result():
    """The weights' std is 0.88 of the one that was asked for, in all three.

    https://github.com/keras-team/keras/issues/8048,
    https://github.com/tensorflow/tensorflow/issues/18706
    """
    draws = [
        torch_draw(nn.init.trunc_normal_, MILLIONS, std=0.3, a=-0.6, b=0.6),
        jax_draw(ji.truncated_normal(0.3), MILLIONS),
        keras_draw(ki.TruncatedNormal(0.0, 0.3, seed=SEED), MILLIONS),
    ]
    for theirs in draws:
        assert_still_wrong(float(theirs.std()), wrong=0.3 * CUT_STD, right=0.3, rel=0.002)
    ours = netinit.truncated_normal(MILLIONS, std=0.3, cut=2, rng=SEED)
    assert ours.std() == pytest.approx(0.3, rel=0.002)


def test_keras_on_pytorch_passes_the_bounds_of_a_truncated_normal():
    """It takes the first of four normals when all four lie outside.

    No report known; the code is that of https://github.com/keras-team/keras-core/pull/193.
    """
    theirs = keras_draw(ki.TruncatedNormal(0.0, 1.0, seed=SEED), MILLIONS)
    beyond = np.count_nonzero(np.abs(theirs) > 2)
    expected = theirs.size * math.erfc(math.sqrt(2)) ** 4
    assert beyond, "Keras keeps its bounds now: move this test to the equalities"
    assert beyond == pytest.approx(expected, abs=5 * math.sqrt(expected))
    ours = netinit.truncated_normal(MILLIONS, std=CUT_STD, cut=2, rng=SEED)
    assert np.abs(ours).max() <= 2


# Gains --------------------------------------------------------------------------------------


def settled(activation, gain, depth=200):
    """Second moment of the pre-activations after many layers, from 1."""
    q = 1.0
    for _ in range(depth):
        q = float(moments.length_map(activation, q, scaled_variance=gain**2))
    return q


def test_pytorchs_selu_gain_undoes_the_normalization_selu_was_made_for():
    """3/4 was found by trial; the fixed point at mean 0 and variance 1 needs the gain 1.

    https://github.com/pytorch/pytorch/issues/24991
    """
    theirs = nn.init.calculate_gain("selu")
    assert_still_wrong(theirs, wrong=0.75, right=1.0)
    assert moments.forward_gain("selu") == pytest.approx(1.0, abs=1e-9)
    assert settled("selu", moments.forward_gain("selu")) == pytest.approx(1.0, abs=1e-6)
    assert settled("selu", theirs) == pytest.approx(0.0230, abs=1e-4)


def test_pytorch_has_no_gain_for_the_activations_of_today():
    """https://github.com/pytorch/pytorch/issues/54030 (open since 2021)."""
    for name in ("gelu", "silu", "mish", "elu", "softplus"):
        with pytest.raises(ValueError, match="Unsupported nonlinearity"):
            nn.init.calculate_gain(name)
        assert moments.forward_gain(name) > 1


def test_pytorchs_sigmoid_gain_is_that_of_a_linear_layer():
    """The 1 in the table starts a sigmoid at a third of the second moment it is meant to keep.

    https://github.com/pytorch/pytorch/issues/24991
    """
    right = float(moments.forward_gain("sigmoid"))
    assert_still_wrong(nn.init.calculate_gain("sigmoid"), wrong=1.0, right=right)
    assert moments.length_map("sigmoid", 1.0, scaled_variance=right**2) == pytest.approx(1.0)
    assert moments.length_map("sigmoid", 1.0, scaled_variance=1.0) == pytest.approx(
        0.2934, abs=1e-4
    )


# Complex numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["he_normal", "lecun_normal", "glorot_normal"])
def test_jax_makes_complex_weights_too_large(name):
    """Its constant for a modulus cut at 2 leaves out the mass beyond: 1.9 % too much variance.

    No report known; the constant came with https://github.com/jax-ml/jax/pull/7670.
    """
    shape = (1000, 1000)
    right = 2.0 if name == "he_normal" else 1.0
    theirs = np.mean(np.abs(jax_draw(getattr(ji, name)(), shape, jnp.complex64)) ** 2) * 1000
    inside = 1 - math.exp(-4)  # probability that the modulus, squared, stays below 4
    assert_still_wrong(float(theirs), wrong=right / inside, right=right, rel=0.005)
    ours = netinit.variance_scaling(
        shape, scale=right, distribution="truncated_normal", dtype=np.complex64, rng=SEED
    )
    assert np.mean(np.abs(ours) ** 2) * 1000 == pytest.approx(right, rel=0.005)


# Bad and empty arguments --------------------------------------------------------------------


def test_an_empty_weight_stops_pytorch_and_jax():
    """A layer of no inputs is a legal one. https://github.com/jax-ml/jax/pull/35096 mends JAX's."""
    with pytest.raises(ZeroDivisionError):
        nn.init.xavier_uniform_(torch.empty(0, 0))
    with pytest.raises(ZeroDivisionError):
        jax_draw(ji.he_normal(), (0, 5))
    for shape in [(0, 0), (0, 5), (5, 0)]:
        assert netinit.xavier_uniform(shape, rng=0).shape == shape
        assert netinit.he_normal(shape, rng=0).shape == shape


@pytest.mark.parametrize("scale", [-1.0, math.nan])
def test_jax_turns_a_bad_scale_into_nan_weights(scale):
    """And Keras, if the scale is NaN; both without a word. No report known."""
    assert np.isnan(jax_draw(ji.variance_scaling(scale, "fan_in", "normal"), (3, 3))).all()
    if math.isnan(scale):
        assert np.isnan(keras_draw(ki.VarianceScaling(scale), (3, 3))).all()
    with pytest.raises(ValueError, match="scale"):
        netinit.variance_scaling((3, 3), scale=scale, rng=0)


def test_keras_on_numpy_never_returns_from_a_nan_scale():
    """It redraws until all numbers are inside the bounds, which NaN never is. No report known."""
    script = (
        "import keras; print('ready', flush=True);"
        "print(keras.initializers.VarianceScaling(scale=float('nan'))((3, 3)))"
    )
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout.readline() == b"ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=3)
        finally:
            process.kill()


def test_jax_takes_one_axis_for_both_fans():
    """The law of such a weight is neither one's; netinit refuses it. No report known."""
    same = ji.variance_scaling(1.0, "fan_in", "normal", in_axis=0, out_axis=0)
    assert jax_draw(same, (3, 4)).shape == (3, 4)
    with pytest.raises(ValueError, match="overlap"):
        netinit.fans((3, 4), in_axis=0, out_axis=0)


# Precision and memory -----------------------------------------------------------------------


def test_orthogonal_weights_of_half_precision_are_drawn_by_none_of_them():
    """https://github.com/pytorch/pytorch/issues/9315, https://github.com/jax-ml/jax/issues/30176."""
    with pytest.raises(NotImplementedError):
        nn.init.orthogonal_(torch.empty(8, 8, dtype=torch.float16))
    with pytest.raises(NotImplementedError):
        jax_draw(ji.orthogonal(), (8, 8), jnp.float16)
    with pytest.raises(NotImplementedError):
        ki.Orthogonal()((8, 8), dtype="float16")
    ours = netinit.orthogonal((8, 8), dtype=np.float16, rng=SEED).astype(float)
    np.testing.assert_allclose(ours @ ours.T, np.eye(8), atol=5e-3)


def test_pytorch_draws_no_orthogonal_kernel_in_another_memory_order():
    """A permuted tensor is refused with an error about views. No report known."""
    permuted = torch.empty(4, 3, 2, 2).permute(1, 0, 2, 3)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        nn.init.orthogonal_(permuted)


# Seeds --------------------------------------------------------------------------------------


def test_a_keras_initializer_used_twice_gives_the_same_weights():
    """Two layers start as twins, and stay so where their inputs agree.

    https://github.com/keras-team/keras/issues/15586
    """
    shared = ki.HeNormal()
    first, second = keras_draw(shared, (3, 3)), keras_draw(shared, (3, 3))
    assert np.array_equal(first, second), "Keras draws anew now: move this to the equalities"
    rng = np.random.default_rng(SEED)
    one, two = netinit.he_normal((3, 3), rng=rng), netinit.he_normal((3, 3), rng=rng)
    assert not np.array_equal(one, two)


# The list itself ----------------------------------------------------------------------------


def test_every_difference_names_where_it_is_discussed():
    known = r"https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+|No report known"
    tests = vars(sys.modules[__name__]) | vars(test_fans)
    differences = {
        name: found.__doc__ or ""
        for name, found in tests.items()
        if re.match(r"test_.*(pytorch|jax|keras|nobody|none)", name)
    }
    assert len(differences) > 20
    assert [name for name, words in differences.items() if not re.search(known, words)] == []
