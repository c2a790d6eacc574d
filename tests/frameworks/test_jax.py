"""netinit and JAX state the same laws; JAX's kernels are (fan_in, fan_out), or HWIO."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.nn import initializers as ji
from samples import SEED, assert_same_law, jax_draw

import netinit

LAYOUTS = {(400, 256): "IO", (3, 3, 32, 64): "HWIO", (5, 96, 48): "WIO"}
MODES = ["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]
NORMALS = ["glorot_normal", "xavier_normal", "he_normal", "kaiming_normal", "lecun_normal"]
UNIFORMS = ["glorot_uniform", "xavier_uniform", "he_uniform", "kaiming_uniform", "lecun_uniform"]
# The scale and the mode that each name stands for in netinit's own general law.
LAWS = {"glorot": (1, "fan_avg"), "xavier": (1, "fan_avg"), "he": (2, "fan_in")}
LAWS |= {"kaiming": (2, "fan_in"), "lecun": (1, "fan_in")}


@pytest.mark.parametrize("shape", LAYOUTS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "uniform"])
def test_variance_scaling_follows_the_same_law(distribution, mode, shape):
    options = {"scale": 1.7, "mode": mode, "distribution": distribution}
    theirs = jax_draw(ji.variance_scaling(**options), shape)
    ours = netinit.variance_scaling(shape, **options, layout=LAYOUTS[shape], rng=SEED)
    assert_same_law(ours, theirs)
    if distribution != "normal":
        # The largest of 18,000 draws or more comes that close to the bound.
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=5e-3)


@pytest.mark.parametrize("shape", LAYOUTS)
@pytest.mark.parametrize("name", UNIFORMS)
def test_uniform_schemes_follow_the_same_law(name, shape):
    ours = getattr(netinit, name)(shape, layout=LAYOUTS[shape], rng=SEED)
    assert_same_law(ours, jax_draw(getattr(ji, name)(), shape))


@pytest.mark.parametrize("shape", LAYOUTS)
@pytest.mark.parametrize("name", NORMALS)
def test_what_jax_calls_normal_is_netinits_truncated_normal_and_not_its_normal(name, shape):
    scale, mode = LAWS[name.split("_")[0]]
    theirs = jax_draw(getattr(ji, name)(), shape)
    where = {"layout": LAYOUTS[shape], "rng": SEED}
    cut = {"scale": scale, "mode": mode, "distribution": "truncated_normal"}
    assert_same_law(netinit.variance_scaling(shape, **cut, **where), theirs)
    with pytest.raises(AssertionError):
        assert_same_law(getattr(netinit, name)(shape, **where), theirs)


def test_the_axes_of_a_stack_of_layers_count_alike():
    shape = (6, 200, 300)
    theirs = jax_draw(ji.variance_scaling(2.0, "fan_in", "normal", batch_axis=0), shape)
    single = netinit.he_normal(shape[1:], layout="IO", rng=SEED)
    assert theirs.std() == pytest.approx(single.std(), rel=0.01)


def test_a_truncated_normal_is_jaxs_after_correcting_its_std():
    """JAX's stddev is that of the normal before truncation; netinit's that of the result."""
    theirs = jax_draw(ji.truncated_normal(stddev=0.3), (400, 500))
    ours = netinit.truncated_normal((400, 500), std=0.3 * 0.87962566103423978, cut=2, rng=SEED)
    assert_same_law(ours, theirs)
    assert np.abs(ours).max() == pytest.approx(0.6, rel=1e-3)
    assert np.abs(theirs).max() == pytest.approx(0.6, rel=1e-3)


@pytest.mark.parametrize("shape", [(64, 64), (32, 96), (96, 32)])
def test_orthogonal_has_the_same_scale_and_spectrum(shape):
    theirs = jax_draw(ji.orthogonal(scale=1.3), shape)
    ours = netinit.orthogonal(shape, gain=1.3, rng=SEED)
    spectra = [np.linalg.svd(w, compute_uv=False) for w in (ours, theirs)]
    np.testing.assert_allclose(*spectra, atol=1e-5)


JAX_ACTIVATIONS = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
}


@pytest.mark.parametrize("name", JAX_ACTIVATIONS)
def test_activations_and_their_derivatives_equal_jaxs(name):
    x = np.linspace(-6, 6, 400, dtype=np.float32)  # 0 is not among them: ReLU bends there
    ours, theirs = netinit.activations.get(name), JAX_ACTIVATIONS[name]
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-6)
    slopes = jax.vmap(jax.grad(theirs))(x)
    np.testing.assert_allclose(ours.derivative(x), slopes, rtol=1e-4, atol=1e-6)
