"""All parameters of a model from one seed: each depends on its own name, shape and scheme."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest
from laws import Z_LIMIT, z_correlation

import netinit
from netinit import init_parameters

SHAPES = {
    "embedding": (50, 8),
    "layers": [{"weight": (16, 8), "bias": 16}, {"weight": (16, 16), "bias": (16,)}],
    "head": {"weight": (3, 16)},
}
FLAT = {
    "embedding": (50, 8),
    "layers.0.weight": (16, 8),
    "layers.0.bias": 16,
    "layers.1.weight": (16, 16),
    "layers.1.bias": 16,
    "head.weight": (3, 16),
}
SCHEMES = {"*.bias": "zeros", "embedding": "lecun_normal", "*": "he_normal"}


def draw(shapes=FLAT, initializer=SCHEMES, rng=4, **options):
    return init_parameters(shapes, initializer, rng=rng, **options)


def test_the_structure_is_that_of_the_shapes():
    drawn = draw(SHAPES)
    assert list(drawn) == list(SHAPES)
    assert [list(layer) for layer in drawn["layers"]] == [["weight", "bias"]] * 2
    assert drawn["layers"][1]["bias"].shape == (16,)
    assert init_parameters([(3, 2), []], "he_normal", rng=0)[1] == []


def test_nested_and_flat_names_are_the_same_parameters():
    flat, nested = draw(), draw(SHAPES)
    assert list(flat) == list(FLAT)
    assert (flat["layers.1.weight"] == nested["layers"][1]["weight"]).all()
    assert (flat["head.weight"] == nested["head"]["weight"]).all()


def test_each_parameter_is_the_draw_of_its_own_stream():
    drawn = draw()
    for name, scheme in [("embedding", "lecun_normal"), ("head.weight", "he_normal")]:
        stream = netinit.streams(4, [name])[name]
        assert (drawn[name] == netinit.get(scheme)(FLAT[name], rng=stream)).all()
    assert not drawn["layers.0.bias"].any()


def test_a_parameter_that_is_added_removed_or_moved_leaves_the_others_as_they_were():
    drawn = draw()
    more = {"first": (4, 4)} | FLAT | {"last": (4, 4)}
    moved = dict(reversed(FLAT.items()))
    fewer = {name: FLAT[name] for name in ("layers.0.bias", "embedding", "head.weight")}
    for changed in (draw(more), draw(moved), draw(fewer)):
        for name in set(FLAT) & set(changed):
            assert (changed[name] == drawn[name]).all()


def test_two_parameters_of_one_shape_are_independent():
    drawn = init_parameters({"a": (80, 80), "b": (80, 80)}, "he_normal", rng=0)
    assert abs(z_correlation(drawn["a"], drawn["b"])) < Z_LIMIT


def test_the_first_pattern_that_fits_counts():
    shapes = {"a.weight": (4, 4), "b.weight": (4, 4)}
    drawn = draw(shapes, {"a.*": "zeros", "*.weight": "ones"})
    assert not drawn["a.weight"].any()
    assert (drawn["b.weight"] == 1).all()


def test_a_callable_a_dtype_and_any_seed_are_taken():
    scheme = functools.partial(netinit.normal, std=2.0)
    drawn = draw({"a": (60, 70)}, scheme, dtype=np.float64)["a"]
    assert drawn.dtype == np.float64
    assert drawn.std() == pytest.approx(2, rel=0.05)
    rng = np.random.default_rng(4)
    assert (draw({"a": (60, 70)}, scheme, rng=rng, dtype="f8")["a"] == drawn).all()
    assert (draw({"a": (60, 70)}, scheme, rng=rng, dtype="f8")["a"] != drawn).any()


def test_what_has_a_shape_is_one():
    found = SimpleNamespace(shape=(3, 2))
    drawn = draw({"a": np.zeros((3, 2)), "b": [found]}, "he_normal")
    assert drawn["a"].shape == drawn["b"][0].shape == (3, 2)


@pytest.mark.parametrize(
    ("shapes", "initializer", "error", "message"),
    [
        ((3, 2), "zeros", TypeError, "shapes must be a mapping or a list of parameters"),
        ({"a": [3, 2]}, "zeros", TypeError, "shape of 'a.0': .* a list holds parameters"),
        ({3: (2,)}, "zeros", TypeError, "each name in shapes must be a string, not 3"),
        ({"a.b": 3, "a": {"b": 3}}, "zeros", ValueError, "'a.b' occurs more than once"),
        ({"a": (3, 2)}, {"b": "zeros"}, ValueError, "no parameter fits the pattern 'b'"),
        ({"a": 3, "b": 4}, {"b": "zeros"}, ValueError, r"no pattern fits the parameters \['a'\]"),
        ({"a": 3}, "he_norml", ValueError, "did you mean 'he_normal'"),
        ({"a": 3}, lambda shape, rng: np.zeros(2), ValueError, r"gave shape \(2,\) for 'a', not"),
        ({"a": (3, -2)}, "zeros", ValueError, "must not be negative"),
    ],
)
def test_what_cannot_be_drawn_is_refused(shapes, initializer, error, message):
    with pytest.raises(error, match=message):
        init_parameters(shapes, initializer, rng=0)


@pytest.mark.parametrize("shape", [(16,), (3, "a")])
def test_an_error_names_its_parameter(shape):
    with pytest.raises((TypeError, ValueError)) as caught:
        init_parameters({"layer": {"bias": shape}}, "he_normal", rng=0)
    assert caught.value.__notes__ == ["for the parameter 'layer.bias'"]
