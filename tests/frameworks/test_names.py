"""Names and functions of the frameworks are understood: by `get`, and by `gain`."""

import warnings

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import torch
from torch import nn

import netinit
from netinit import activations

MODULES = ["ReLU", "ReLU6", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish", "Softplus", "Softsign"]
MODULES += ["Hardtanh", "Hardsigmoid", "Hardswish", "LeakyReLU", "PReLU", "Tanh", "Sigmoid"]
MODULES += ["Identity"]
X = np.linspace(-8, 8, 321)


@pytest.mark.parametrize("name", MODULES)
def test_an_activation_by_the_name_of_pytorchs_module(name):
    theirs = getattr(nn, name)().double()(torch.from_numpy(X)).detach()
    np.testing.assert_allclose(activations.get(name)(X), theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("module", [nn.LeakyReLU(0.2), nn.ELU(0.5), nn.CELU(2.0)], ids=str)
def test_an_activation_as_pytorch_prints_it(module):
    theirs = module(torch.from_numpy(X))
    np.testing.assert_allclose(activations.get(str(module))(X), theirs, rtol=1e-12, atol=1e-14)


JAX_NAMES = ["relu", "relu6", "elu", "celu", "selu", "silu", "swish", "mish", "softplus"]
JAX_NAMES += ["soft_sign", "hard_tanh", "hard_sigmoid", "hard_silu", "hard_swish", "leaky_relu"]
JAX_NAMES += ["tanh", "sigmoid", "identity"]


@pytest.mark.parametrize("name", JAX_NAMES)
def test_an_activation_by_jaxs_name(name):
    theirs = getattr(jax.nn, name)(jnp.asarray(X))
    np.testing.assert_allclose(activations.get(name)(X), theirs, rtol=2e-5, atol=1e-6)


KERAS_NAMES = ["relu", "relu6", "elu", "celu", "selu", "gelu", "silu", "swish", "mish", "softplus"]
KERAS_NAMES += ["softsign", "hard_tanh", "hard_sigmoid", "hard_silu", "hard_swish", "tanh"]
KERAS_NAMES += ["sigmoid", "linear"]


@pytest.mark.parametrize("name", KERAS_NAMES)
def test_an_activation_by_kerass_name(name):
    theirs = keras.activations.get(name)(torch.from_numpy(X))
    np.testing.assert_allclose(activations.get(name)(X), theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "keras_default"), [("gelu", 0.0), ("leaky_relu", 0.2)])
def test_where_one_name_is_two_functions_the_docstring_says_so(name, keras_default):
    """JAX's gelu is by default the one with tanh; Keras's leaky_relu has slope 0.2."""
    if name == "gelu":
        theirs = jax.nn.gelu(jnp.asarray(X))
        np.testing.assert_allclose(activations.get("gelu_tanh")(X), theirs, rtol=2e-5, atol=1e-6)
        assert np.abs(activations.get("gelu")(X) - theirs).max() > 1e-4
    else:
        theirs = keras.activations.leaky_relu(torch.from_numpy(X))
        ours = activations.get(f"leaky_relu({keras_default})")(X)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


INITIALIZERS = {
    "he_normal": ["HeNormal", "kaiming_normal_", "he_normal"],
    "he_uniform": ["HeUniform", "kaiming_uniform_", "kaiming_uniform"],
    "glorot_normal": ["GlorotNormal", "xavier_normal_", "xavier_normal"],
    "glorot_uniform": ["GlorotUniform", "xavier_uniform_", "xavier_uniform"],
    "lecun_normal": ["LecunNormal", "lecun_normal"],
    "lecun_uniform": ["LecunUniform", "lecun_uniform"],
    "variance_scaling": ["VarianceScaling", "variance_scaling"],
    "truncated_normal": ["TruncatedNormal", "trunc_normal_", "truncated_normal"],
    "normal": ["RandomNormal", "normal_", "normal"],
    "uniform": ["RandomUniform", "uniform_", "uniform"],
    "orthogonal": ["Orthogonal", "orthogonal_", "orthogonal"],
    "delta_orthogonal": ["delta_orthogonal"],
    "identity": ["Identity", "eye_"],
    "dirac": ["dirac_"],
    "sparse": ["sparse_"],
    "zeros": ["Zeros", "zeros_", "zeros"],
    "ones": ["Ones", "ones_", "ones"],
    "constant": ["Constant", "constant_", "constant"],
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_initializer_by_the_names_of_all_three(name):
    libraries = (keras.initializers, nn.init, jax.nn.initializers)
    for spelling in INITIALIZERS[name]:
        assert any(hasattr(library, spelling) for library in libraries)
        assert netinit.get(spelling) is getattr(netinit, name)


def test_the_layers_that_calculate_gain_takes_have_the_gain_that_it_gives():
    for name in ["linear", *(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3))]:
        assert netinit.gain(name, "torch") == nn.init.calculate_gain(name) == 1


def as_torch(function, dtype):
    return lambda x: function(torch.as_tensor(x, dtype=dtype)).to(torch.float64).numpy()


GELU = torch.nn.functional.gelu
CALLABLES = {
    "jax gelu": (jax.nn.gelu, "gelu_tanh", 1e-6, 1e-5),
    "jax relu": (jax.nn.relu, "relu", 1e-6, 1e-5),
    "jax silu": (jax.nn.silu, "silu", 1e-6, 1e-5),
    "torch gelu": (as_torch(GELU, torch.float64), "gelu", 1e-13, 1e-11),
    "torch gelu in float32": (as_torch(GELU, torch.float32), "gelu", 1e-6, 1e-5),
    "torch gelu in float16": (as_torch(GELU, torch.float16), "gelu", 1e-3, 1e-2),
    "torch gelu in bfloat16": (as_torch(GELU, torch.bfloat16), "gelu", 3e-3, 3e-2),
}


@pytest.mark.parametrize("name", CALLABLES)
def test_the_gain_of_a_framework_function_is_good_to_the_precision_of_its_answers(name):
    function, ours, forward, backward = CALLABLES[name]
    looked_at = []

    def counted(x):
        looked_at.append(np.size(x))
        return function(x)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = netinit.unit_gain(counted)
        slopes = netinit.gain(counted, "backward")
    expected = [] if ours == "relu" else [netinit.gains.UnstableGainWarning]
    assert [w.category for w in caught] == expected
    assert sum(looked_at) < 60_000
    assert found.gain == pytest.approx(float(netinit.moments.forward_gain(ours)), rel=forward)
    assert slopes == pytest.approx(float(netinit.gain(ours, "backward")), rel=backward)


def test_a_function_of_pytorch_unwrapped_is_answered_with_how_to_wrap_it():
    with pytest.raises(TypeError, match=r"must be Tensor.*torch.as_tensor\(x\)"):
        netinit.gain(GELU)
