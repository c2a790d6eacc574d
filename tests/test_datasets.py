import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from netinit.datasets import clusters, digits, moons, spirals

TOYS = pytest.mark.parametrize("make", [spirals, moons, clusters])
TWO_ARMS = pytest.mark.parametrize("make", [spirals, moons])


def test_the_digits_split_into_1400_and_397():
    data = digits()
    assert data.x_train.shape == (1400, 64)
    assert data.x_test.shape == (397, 64)
    assert data.y_train.shape == (1400,)
    assert data.y_test.shape == (397,)
    assert data.x_train.dtype == data.x_test.dtype == np.float32
    assert data.y_train.dtype == data.y_test.dtype == np.intp


@TOYS
def test_labels_can_count_and_index_where_integers_are_narrower(make):
    data = make(20, rng=0)
    assert data.y_train.dtype == data.y_test.dtype == np.intp


def test_the_training_digits_are_centred_with_mean_square_1():
    x = digits().x_train.astype(float)
    assert np.abs(x.mean(axis=0)).max() < 1e-6
    assert np.mean(x**2) == pytest.approx(1, abs=1e-6)


def test_the_test_digits_are_shifted_and_scaled_by_training_statistics_alone():
    x = digits().x_test.astype(float)
    assert np.abs(x.mean(axis=0)).max() > 0.01
    assert np.mean(x**2) == pytest.approx(1, abs=0.03)
    assert np.mean(x**2) != pytest.approx(1, abs=1e-6)


def test_every_digit_is_there_once_up_to_one_shift_and_one_scale():
    data, (x, y) = digits(), load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(1797)
    np.testing.assert_array_equal(np.r_[data.y_train, data.y_test], y[order])
    ours, theirs = np.r_[data.x_train, data.x_test].astype(float), x[order]
    scale = ours[:, 20].std() / theirs[:, 20].std()
    differences = (ours - ours[0]) - scale * (theirs - theirs[0])
    assert np.abs(differences).max() < 1e-5


def test_the_classes_are_nearly_balanced_but_not_exactly():
    counts = np.bincount(digits().y_train)
    assert counts.sum() == 1400
    assert counts.min() >= 125
    assert counts.max() <= 155
    shares = counts / 1400
    # Less than ln 10 = 2.302585: what a network that knows the class frequencies alone reaches.
    assert -(shares * np.log(shares)).sum() == pytest.approx(2.3013, abs=1e-4)


def test_the_digits_are_the_same_each_time_and_not_shared():
    first = digits()
    kept = first.x_train.copy()
    first.x_train[:] = 0
    np.testing.assert_array_equal(digits().x_train, kept)


def test_without_scikit_learn_the_digits_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        digits()


@TOYS
def test_toy_data_has_the_promised_sizes_and_balanced_classes(make):
    data = make(101, rng=0)
    for x, y in [(data.x_train, data.y_train), (data.x_test, data.y_test)]:
        assert x.shape == (101, 2)
        assert x.dtype == np.float32
        assert np.ptp(np.bincount(y)) == 1
    assert not np.array_equal(data.x_train, data.x_test)


@TOYS
def test_toy_data_repeats_with_a_seed_and_advances_with_a_generator(make):
    rng = np.random.default_rng(0)
    first, second = make(50, rng=rng), make(50, rng=rng)
    np.testing.assert_array_equal(first.x_train, make(50, rng=0).x_train)
    assert not np.array_equal(first.x_train, second.x_train)


@TWO_ARMS
def test_toy_classes_are_each_others_half_turn(make):
    data = make(40000, rng=0, noise=0.0)
    zero, one = (data.x_train[data.y_train == c].astype(float) for c in (0, 1))
    error = 4.5 * np.sqrt(1 / 20000)
    assert np.abs(zero.mean(axis=0) + one.mean(axis=0)).max() < 2 * error
    assert np.abs(data.x_train).max() <= 1.5


def test_spirals_without_noise_lie_on_r_equal_angle_over_3_pi():
    data = spirals(1000, rng=0, noise=0.0)
    x = data.x_train.astype(float)
    radius = np.hypot(*x.T)
    assert radius.max() <= 1 + 1e-6
    angle = 3 * np.pi * radius + np.pi * data.y_train
    np.testing.assert_allclose(x, radius[:, None] * np.c_[np.cos(angle), np.sin(angle)], atol=1e-5)
    # Evenly along the area: the share within radius r is r^2.
    assert np.mean(radius < 0.5) == pytest.approx(0.25, abs=4.5 * np.sqrt(0.1875 / 1000))


def test_moons_without_noise_lie_on_two_half_circles():
    data = moons(1000, rng=0, noise=0.0)
    side = 1 - 2 * data.y_train[:, None]
    centred = side * data.x_train.astype(float) + [0.5, 0.25]
    np.testing.assert_allclose(np.hypot(*centred.T), 1, atol=1e-6)
    assert centred[:, 1].min() >= -1e-6


@TOYS
def test_noise_has_the_std_that_was_asked_for(make):
    noisy, clean = (make(20000, rng=0, noise=noise).x_train for noise in (0.2, 0.0))
    difference = (noisy - clean).astype(float)
    assert difference.std() == pytest.approx(0.2, rel=4.5 / np.sqrt(2 * 40000))


@TOYS
@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"n": -1}, ValueError, "n must not be negative"),
        ({"n": 2.5}, TypeError, "n must be an integer"),
        ({"noise": -0.1}, ValueError, "noise"),
        ({"noise": np.nan}, ValueError, "noise"),
        ({"noise": "loud"}, TypeError, "noise"),
        ({"rng": "a"}, (TypeError, ValueError), "rng"),
    ],
)
def test_bad_input_is_refused_in_the_callers_words(make, bad, error, message):
    given = {"n": 10, "rng": 0} | bad
    with pytest.raises(error, match=message):
        make(given.pop("n"), **given)


@TOYS
def test_a_seed_is_required(make):
    with pytest.raises(TypeError, match="rng"):
        make(10)


@pytest.mark.parametrize("classes", [2, 5, 8])
def test_clusters_stand_evenly_on_the_unit_circle_in_equal_numbers(classes):
    data = clusters(40 * classes, rng=0, classes=classes, noise=0.0)
    turn = np.exp(2j * np.pi * data.y_train / classes)
    assert np.allclose(data.x_train, np.stack([turn.real, turn.imag], axis=-1), atol=1e-6)
    assert (np.bincount(data.y_train) == 40).all()


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [(1, ValueError, "classes must be at least 2"), (2.5, TypeError, "classes")],
)
def test_clusters_refuses_a_wrong_number_of_classes(classes, error, message):
    with pytest.raises(error, match=message):
        clusters(10, rng=0, classes=classes)
