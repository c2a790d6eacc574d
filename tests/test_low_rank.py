"""The first step of a low-rank addition, against steps that are taken."""

import numpy as np
import pytest

from netinit.theory.low_rank import first_step_change, first_step_cosine

WIDTH = 256


def first_step(rank, multiplier, rule, rng):
    """The change of the output by a step of rate 1 on B, and the output's gradient."""
    A = rng.standard_normal((rank, WIDTH)) / WIDTH**0.5
    x, delta = rng.standard_normal((2, WIDTH))
    B = -rule(multiplier * np.outer(delta, A @ x))
    return multiplier * B @ A @ x, delta


@pytest.mark.parametrize("power", [1.0, 0.5])
@pytest.mark.parametrize("rank", [4, 64])
def test_a_step_moves_the_output_as_predicted(rank, power):
    rng, multiplier = np.random.default_rng(160), 16 / rank**power
    for step, rule in (("gradient", lambda gradient: gradient), ("sign", np.sign)):
        moved = []
        for _ in range(100):
            change, delta = first_step(rank, multiplier, rule, rng)
            scale = delta @ delta if step == "gradient" else np.abs(delta).sum()
            moved.append(-change @ delta / scale)
        predicted = float(first_step_change(rank, multiplier=multiplier, step=step))
        assert np.mean(moved) == pytest.approx(predicted, rel=0.2)


def test_which_multiplier_makes_the_first_step_independent_of_the_rank():
    rank = np.array([1, 4, 16, 64])
    for step, power in (("gradient", 0.5), ("sign", 1.0)):
        change = first_step_change(rank, multiplier=rank**-power, step=step)
        assert change == pytest.approx(np.full(4, change[0]))


@pytest.mark.parametrize("rank", [1, 8, 64, 512])
def test_the_step_is_the_full_one_seen_through_random_directions(rank):
    rng = np.random.default_rng(161)
    found = []
    for _ in range(50):
        A, gradient = rng.standard_normal((rank, WIDTH)), rng.standard_normal((64, WIDTH))
        step = gradient @ A.T @ A
        norms = np.linalg.norm(step) * np.linalg.norm(gradient)
        found.append(np.sum(step * gradient) / norms)
    assert np.mean(found) == pytest.approx(float(first_step_cosine(rank, WIDTH)), rel=0.03)


def test_in_a_batch_the_fall_of_the_loss_keeps_its_power_of_the_rank():
    rng, falls = np.random.default_rng(162), []
    for rank in (4, 64):
        x, delta = rng.standard_normal((2, 100, 32, WIDTH))
        A = rng.standard_normal((100, rank, WIDTH)) / WIDTH**0.5
        gradient = np.einsum("bio,bin,brn->bor", delta, x, A, optimize=True)
        falls.append([np.sum(gradient**2), np.sum(np.abs(gradient))])
    found = np.divide(falls[1], falls[0])
    law = [first_step_change([4, 64], multiplier=1, step=step) for step in ("gradient", "sign")]
    assert found == pytest.approx([after / before for before, after in law], rel=0.1)


def test_for_one_input_the_law_is_the_root_mean_square_of_the_cosine():
    rng = np.random.default_rng(163)
    row, A = rng.standard_normal((2, 3000, WIDTH))
    cosines = np.abs(np.sum(row * A, axis=1))  # at rank 1 the step is along A
    cosines /= np.linalg.norm(row, axis=1) * np.linalg.norm(A, axis=1)
    law = float(first_step_cosine(1, WIDTH))
    assert np.mean(cosines**2) ** 0.5 == pytest.approx(law, rel=0.05)
    assert np.mean(cosines) == pytest.approx(np.sqrt(2 / np.pi) * law, rel=0.05)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: first_step_change(0, multiplier=1), ValueError, "rank must be 1 or more"),
        (lambda: first_step_change(np.nan, multiplier=1), ValueError, "rank must be 1 or more"),
        (lambda: first_step_change(4, multiplier=-1), ValueError, "multiplier must be finite"),
        (lambda: first_step_change(4, multiplier=1, step="sing"), ValueError, "'sign'"),
        (lambda: first_step_cosine(4, 0), ValueError, "fan_in must be at least 1"),
        (lambda: first_step_cosine("4", 16), TypeError, "rank must be real numbers"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
