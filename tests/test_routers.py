"""How often two tokens meet at one expert, against routers that are drawn."""

import math

import numpy as np
import pytest

from netinit.theory.routers import same_choice, score_correlation

EXPERTS, ROUTERS = 8, 200_000


def meetings(cosine, std, noise, rng):
    """The share of random routers that send two tokens of length 1 to the same expert."""
    x = np.array([[1, 0], [cosine, (1 - cosine**2) ** 0.5]])
    scores = x @ rng.normal(0, std, (ROUTERS, 2, EXPERTS))
    scores += noise * rng.standard_normal(scores.shape)
    first, second = np.moveaxis(scores.argmax(axis=-1), -1, 0)
    return np.mean(first == second)


@pytest.mark.parametrize(
    ("cosine", "std", "noise"),
    [(0, 1, 0), (0.5, 1, 0), (0.5, 0.01, 0), (0.9, 1, 0), (-0.5, 1, 0), (0.9, 0.8, 1)],
)
def test_drawn_routers_do_as_predicted(cosine, std, noise):
    found = meetings(cosine, std, noise, np.random.default_rng(216))
    correlation = score_correlation(cosine, score_variance=std**2, noise=noise)
    predicted = float(same_choice(EXPERTS, correlation))
    assert abs(found - predicted) < 4 * (predicted * (1 - predicted) / ROUTERS) ** 0.5


def test_two_experts_follow_the_angle_between_the_tokens():
    correlation = np.linspace(-1, 1, 9)
    assert same_choice(2, correlation) == pytest.approx(1 - np.arccos(correlation) / math.pi)


@pytest.mark.parametrize("experts", [1, 2, 16, 256])
def test_unrelated_tokens_meet_by_chance_and_equal_ones_always(experts):
    assert same_choice(experts, [0, 1]) == pytest.approx([1 / experts, 1], abs=1e-5)
    assert same_choice(experts, -1) == (experts == 1)


def test_no_tokens_have_no_probabilities():
    found = same_choice(4, [])
    assert (found.shape, found.dtype) == ((0,), np.float64)


def test_likelier_the_more_the_scores_agree():
    assert (np.diff(same_choice(16, np.linspace(-0.9, 1, 20))) > 0).all()


def test_noise_takes_the_correlation_away():
    found = score_correlation(0.5, score_variance=1, noise=[0, 1, 1e9])
    assert found == pytest.approx([0.5, 0.25, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: same_choice(0, 0.5), "^experts must be"),
        (lambda: same_choice(4, 1.1), "^correlation must lie between -1 and 1$"),
        (lambda: same_choice(4, math.nan), "correlation"),
        (lambda: same_choice(2.5, 0.5), "^experts must be an integer"),
        (lambda: same_choice(4, "a"), "^correlation must be real numbers"),
        (lambda: score_correlation(2, score_variance=1, noise=0), "^cosine must lie .* -1 and 1$"),
        (lambda: score_correlation("a", score_variance=1, noise=0), "^cosine must be real numbers"),
        (lambda: score_correlation(0.5, score_variance=-1, noise=0), "^score_variance must be"),
        (
            lambda: score_correlation(0.5, score_variance=0, noise=0),
            "^without noise.* are equal$",
        ),
        (lambda: score_correlation(0.5, score_variance=1, noise=-1), "^noise must be"),
    ],
)
def test_refusals(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
