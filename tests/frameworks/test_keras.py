"""netinit and Keras state the same laws; Keras's kernels are (fan_in, fan_out), or HWIO."""

import keras
import numpy as np
import pytest
from keras import initializers as ki
from samples import SEED, assert_same_law, keras_draw

import netinit

LAYOUTS = {(400, 256): "IO", (3, 3, 32, 64): "HWIO", (5, 96, 48): "WIO"}
DISTRIBUTIONS = {
    "untruncated_normal": "normal",
    "truncated_normal": "truncated_normal",
    "normal": "truncated_normal",  # Keras's own reading of the word
    "uniform": "uniform",
}
LAWS = {"Glorot": (1, "fan_avg"), "He": (2, "fan_in"), "Lecun": (1, "fan_in")}


def test_the_backend_is_the_one_these_tests_are_written_for():
    assert keras.backend.backend() == "torch"


@pytest.mark.parametrize("shape", LAYOUTS)
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("theirs", DISTRIBUTIONS)
def test_variance_scaling_follows_the_same_law(theirs, mode, shape):
    draw = keras_draw(ki.VarianceScaling(1.7, mode, theirs, seed=SEED), shape)
    options = {"scale": 1.7, "mode": mode, "distribution": DISTRIBUTIONS[theirs]}
    ours = netinit.variance_scaling(shape, **options, layout=LAYOUTS[shape], rng=SEED)
    assert_same_law(ours, draw)


@pytest.mark.parametrize("shape", LAYOUTS)
@pytest.mark.parametrize("name", LAWS)
def test_uniform_schemes_have_the_same_law_and_bounds(name, shape):
    theirs = keras_draw(getattr(ki, f"{name}Uniform")(seed=SEED), shape)
    scheme = getattr(netinit, f"{name.lower()}_uniform")
    ours = scheme(shape, layout=LAYOUTS[shape], rng=SEED)
    assert_same_law(ours, theirs)
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=1e-3)


@pytest.mark.parametrize("shape", LAYOUTS)
@pytest.mark.parametrize("name", LAWS)
def test_what_keras_calls_normal_is_netinits_truncated_normal_and_not_its_normal(name, shape):
    scale, mode = LAWS[name]
    theirs = keras_draw(getattr(ki, f"{name}Normal")(seed=SEED), shape)
    where = {"layout": LAYOUTS[shape], "rng": SEED}
    cut = {"scale": scale, "mode": mode, "distribution": "truncated_normal"}
    assert_same_law(netinit.variance_scaling(shape, **cut, **where), theirs)
    with pytest.raises(AssertionError):
        assert_same_law(getattr(netinit, f"{name.lower()}_normal")(shape, **where), theirs)


def test_the_plain_draws_follow_the_same_laws():
    shape = (400, 500)
    pairs = [
        (ki.RandomNormal(0.1, 0.3, seed=1), netinit.normal(shape, mean=0.1, std=0.3, rng=SEED)),
        (ki.RandomUniform(-0.2, 0.2, seed=1), netinit.uniform(shape, bound=0.2, rng=SEED)),
    ]
    for theirs, ours in pairs:
        assert_same_law(ours, keras_draw(theirs, shape))


def test_a_truncated_normal_is_kerass_after_correcting_its_std():
    """Keras's stddev is that of the normal before truncation; netinit's that of the result.

    https://github.com/keras-team/keras/issues/8048
    """
    theirs = keras_draw(ki.TruncatedNormal(0.0, 0.3, seed=SEED), (400, 500))
    ours = netinit.truncated_normal((400, 500), std=0.3 * 0.87962566103423978, cut=2, rng=SEED)
    assert_same_law(ours, theirs)


@pytest.mark.parametrize("shape", [(64, 64), (32, 96), (96, 32)])
def test_orthogonal_has_the_same_scale_and_spectrum(shape):
    theirs = keras_draw(ki.Orthogonal(gain=1.3, seed=SEED), shape)
    ours = netinit.orthogonal(shape, gain=1.3, rng=SEED)
    spectra = [np.linalg.svd(w, compute_uv=False) for w in (ours, theirs)]
    np.testing.assert_allclose(*spectra, atol=1e-5)
