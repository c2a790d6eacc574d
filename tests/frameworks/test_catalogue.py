"""Each call the catalogue names in a framework draws from the law netinit's scheme draws from."""

import inspect
import re

import numpy as np
import pytest
import torch
from jax.nn import initializers as ji
from keras import initializers as ki
from samples import SEED, assert_same_law, jax_draw, keras_draw

import netinit

SCHEMES = {scheme.name: scheme for scheme in netinit.catalogue()}
# Values for the words that the calls use; none is a default, so that a word left out shows.
WORDS = {"value": 0.3, "mean": 0.1, "std": 0.4, "bound": 0.7, "gain": 1.3, "scale": 1.7}
WORDS |= {"mode": "fan_out", "negative_slope": 0.3, "groups": 2}
SHAPES = {"dirac": (6, 4, 3, 3), "delta_orthogonal": (96, 64, 3, 3)}
MATRIX = (300, 500)
EXACT = {"zeros", "ones", "constant", "identity", "dirac"}  # nothing is drawn


def calls(framework):
    return [name for name, scheme in SCHEMES.items() if getattr(scheme, framework)]


def evaluated(call, library, **extra):
    """The value of a call of the catalogue, ``f(s), s = ...`` among them."""
    call, *definitions = re.split(r", (?=\w+ = )", call)
    words = dict(WORDS)
    for definition in definitions:
        name, _, value = definition.partition(" = ")
        words[name] = eval(value, {}, words)
    return eval(call, dict(vars(library)), words | extra)


def ours(name, words, shape, **layout):
    """What netinit draws with those of the words that its scheme takes."""
    scheme = getattr(netinit, name)
    taken = inspect.signature(scheme).parameters
    layered = any(p.kind is p.VAR_KEYWORD for p in taken.values())
    known = {*taken, *(["groups"] if layered else [])}
    options = {word: value for word, value in WORDS.items() if word in known and word in words}
    if name == "uniform":
        options.pop("std", None)
    if not layered:
        layout = {}
    return scheme(shape, **options, **layout, rng=SEED)


def words_of(call):
    """The words of a call, those of its definitions among them."""
    return set(re.findall(r"[a-z_]+", call))


def assert_agree(name, mine, theirs):
    if name in EXACT:
        np.testing.assert_array_equal(mine, theirs)
    elif "orthogonal" in name:
        centre = (slice(None), slice(None), *(size // 2 for size in mine.shape[2:]))
        assert np.count_nonzero(mine) == np.count_nonzero(theirs) == mine[centre].size
        spectra = [np.linalg.svd(w[centre], compute_uv=False) for w in (mine, theirs)]
        np.testing.assert_allclose(*spectra, atol=1e-5)
    else:
        assert_same_law(mine, theirs)


def to_front(weight):
    """An array of Keras or JAX in the order of PyTorch's axes."""
    return np.transpose(weight, (1, 0) if weight.ndim == 2 else (3, 2, 0, 1))


@pytest.mark.parametrize("name", calls("pytorch"))
def test_pytorchs_call(name):
    call = SCHEMES[name].pytorch
    torch.manual_seed(SEED)
    theirs = evaluated(call, torch.nn.init, w=torch.empty(SHAPES.get(name, MATRIX))).numpy()
    assert_agree(name, ours(name, words_of(call), theirs.shape), theirs)


@pytest.mark.parametrize("name", calls("keras"))
def test_kerass_call(name):
    call = SCHEMES[name].keras
    theirs = keras_draw(evaluated(call, ki), MATRIX)
    assert_agree(name, ours(name, words_of(call), MATRIX, layout="IO"), theirs)


@pytest.mark.parametrize("name", calls("jax"))
def test_jaxs_call(name):
    call = SCHEMES[name].jax
    shape = SHAPES.get(name, MATRIX)
    if len(shape) == 4:  # JAX's delta_orthogonal wants as many outputs as inputs or more, HWIO
        kernel = (*shape[2:], shape[1], shape[0])
        theirs = to_front(jax_draw(evaluated(call, ji), kernel))
        assert_agree(name, ours(name, words_of(call), shape), theirs)
        mine = ours(name, words_of(call), kernel, layout="HWIO")
        assert_agree(name, to_front(mine), theirs)
        return
    theirs = jax_draw(evaluated(call, ji), shape)
    assert_agree(name, ours(name, words_of(call), shape, layout="IO"), theirs)


@pytest.mark.parametrize("size", [3, 4])
def test_the_centre_of_an_even_kernel_is_where_the_catalogue_says(size):
    """PyTorch's dirac_ takes tap k // 2, JAX's delta_orthogonal (k - 1) // 2, as netinit does."""
    theirs = torch.nn.init.dirac_(torch.empty(2, 2, size, size)).numpy()
    mine = netinit.dirac((2, 2, size, size))
    jaxs = to_front(jax_draw(ji.delta_orthogonal(), (size, size, 2, 2)))
    places = [np.argwhere(w[0, 0])[0].tolist() for w in (theirs, mine, jaxs)]
    assert places == [[size // 2] * 2, [(size - 1) // 2] * 2, [(size - 1) // 2] * 2]


TRUNCATED = [n for n, s in SCHEMES.items() if "truncated at 2" in s.beware]


@pytest.mark.parametrize("name", TRUNCATED)
def test_the_twin_of_the_same_name_elsewhere_is_truncated_as_the_catalogue_says(name):
    said = SCHEMES[name].beware
    keras_name, jax_name = re.match(r"Keras's (\w+) and JAX's (\w+) are", said).groups()
    options = dict(re.findall(r"(\w+)='?([\w.]+)'?", said[said.index("variance_scaling") :]))
    options = {key: float(v) if v[0].isdigit() else v for key, v in options.items()}
    mine = netinit.variance_scaling(MATRIX, layout="IO", rng=SEED, **options)
    assert_same_law(mine, keras_draw(getattr(ki, keras_name)(seed=SEED), MATRIX))
    assert_same_law(mine, jax_draw(getattr(ji, jax_name)(), MATRIX))


def test_the_catalogue_names_most_schemes_in_most_frameworks():
    assert min(len(calls(framework)) for framework in ("pytorch", "keras", "jax")) > 10
    assert len(TRUNCATED) == 3
