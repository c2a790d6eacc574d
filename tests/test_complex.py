"""Complex draws: the variance is E|w|^2, and a truncated modulus ends where it should."""

import functools
import math

import numpy as np
import pytest
from laws import KOLMOGOROV_LIMIT, Z_LIMIT, kolmogorov, z_correlation, z_mean

import netinit
from netinit._draw import blocks
from netinit.initializers import sampling

COUNT = blocks.BLOCK + blocks.CHUNK + 12345
INSIDE = {cut: -math.expm1(-(cut**2)) for cut in (0.3, 1.0, 2.0, 3.0)}  # P(|z| < cut)


def truncated_power(order, cut):
    """E |z|^order of a complex normal, E |z|^2 = 1, truncated at `cut`, by Simpson's rule."""
    r, step = np.linspace(0, cut, 20001, retstep=True)
    weights = np.full(r.size, 2.0)
    weights[1::2], weights[[0, -1]] = 4.0, 1.0
    density = weights * step / 3 * 2 * r * np.exp(-(r**2))
    return float((density * r**order).sum() / density.sum())


def truncated_law(cut):
    variance = truncated_power(2, cut)
    return (
        functools.partial(sampling.truncated_normal, cut=cut),
        truncated_power(4, cut) / variance**2,
        truncated_power(8, cut) / variance**4,
        cut / math.sqrt(variance),
        lambda r: -np.expm1(-(r**2) * variance) / INSIDE[cut],
    )


# At E|w|^2 = 1: the draw, E|w|^4, E|w|^8, the largest modulus, P(|w| <= r).
LAWS = {
    "normal": (sampling.normal, 2, 24, math.inf, lambda r: -np.expm1(-(r**2))),
    "uniform": (sampling.uniform, 4 / 3, 16 / 5, math.sqrt(2), lambda r: r**2 / 2),
} | {f"truncated at {cut}": truncated_law(cut) for cut in INSIDE}


@pytest.fixture(
    scope="module",
    params=[(law, dtype) for law in LAWS for dtype in (np.complex64, np.complex128)],
    ids=lambda case: f"{case[0]}-{case[1].__name__}",
)
def drawn(request):
    law, dtype = request.param
    draw, *facts = LAWS[law]
    return draw(COUNT, std=1.0, rng=21, dtype=dtype), facts


def test_complex_draws_have_mean_0_and_the_variance_asked_for(drawn):
    w, (fourth, _, _, _) = drawn
    assert abs(z_mean(w.real, 0.0, math.sqrt(0.5))) < Z_LIMIT
    assert abs(z_mean(w.imag, 0.0, math.sqrt(0.5))) < Z_LIMIT
    assert abs(z_mean(np.abs(w) ** 2.0, 1.0, math.sqrt(fourth - 1))) < Z_LIMIT


def test_complex_draws_have_the_fourth_moment_of_their_law(drawn):
    w, (fourth, eighth, _, _) = drawn
    assert abs(z_mean(np.abs(w) ** 4.0, fourth, math.sqrt(eighth - fourth**2))) < Z_LIMIT


def test_complex_draws_fill_their_disk_and_no_more(drawn):
    w, (_, _, bound, _) = drawn
    largest = np.abs(w.astype(np.complex128)).max()
    assert largest <= bound
    assert largest > (3.2 if math.isinf(bound) else 0.99 * bound)


def test_the_modulus_follows_its_distribution_function_and_the_angle_is_uniform(drawn):
    w, (_, _, bound, distribution) = drawn
    w = w[::3].astype(np.complex128)
    assert kolmogorov(np.minimum(np.abs(w), bound), distribution) < KOLMOGOROV_LIMIT
    assert kolmogorov(np.angle(w), lambda t: t / (2 * math.pi) + 0.5) < KOLMOGOROV_LIMIT


def test_modulus_angle_parts_and_neighbours_are_independent(drawn):
    w = drawn[0].astype(np.complex128)
    for first, second in [
        (w.real, w.imag),
        (np.abs(w), np.angle(w)),
        (w.real[:-1], w.real[1:]),
        (w.imag[:-1], w.real[1:]),
        (w.real[: blocks.CHUNK], w.real[blocks.BLOCK : blocks.BLOCK + blocks.CHUNK]),
    ]:
        assert abs(z_correlation(first, second)) < Z_LIMIT
    for parts in ((w.real[:-1], w.real[1:]), (w.imag[:-1], w.real[1:])):
        assert abs(z_correlation(*(part**2 for part in parts))) < Z_LIMIT


@pytest.mark.parametrize(
    ("cut", "exact"),
    [
        (1e-6, 1e-6 / math.sqrt(2)),
        (2, 0.961961828008213540),
        (2, math.sqrt((1 - 5 * math.exp(-4)) / (1 - math.exp(-4)))),
        (1, math.sqrt((math.e - 2) / (math.e - 1))),
        (8.9, 1.0),
        (9.1, 1.0),
    ],
)
def test_the_std_of_a_truncated_complex_normal_is_exact(cut, exact):
    assert sampling.truncated_std(cut, components=2) == pytest.approx(exact, rel=1e-14)


# Negative controls


def test_the_constant_without_its_denominator_is_caught():
    """sqrt(1 - 5 exp(-4)), which leaves 1.87 % too much variance."""
    w = netinit.truncated_normal(COUNT, std=1.0, rng=21, dtype=np.complex128)
    fourth = LAWS["truncated at 2.0"][1]
    wrong = w * (sampling.truncated_std(2, components=2) / math.sqrt(1 - 5 * math.exp(-4)))
    assert abs(z_mean(np.abs(wrong) ** 2.0, 1.0, math.sqrt(fourth - 1))) > 5
    assert np.mean(np.abs(wrong) ** 2) == pytest.approx(1.0187, abs=4e-3)


def test_two_parts_of_the_full_variance_are_caught():
    parts = netinit.normal((2, COUNT), std=1.0, rng=21)
    assert abs(z_mean(parts[0] ** 2 + parts[1] ** 2, 1.0, 1.0)) > 50


def test_a_square_in_place_of_a_disk_is_caught():
    parts = netinit.uniform((2, COUNT), std=math.sqrt(0.5), rng=21).astype(np.float64)
    modulus = np.hypot(*parts)
    assert modulus.max() > math.sqrt(2)
    assert abs(z_mean(modulus**4, 4 / 3, math.sqrt(16 / 5 - 16 / 9))) > 20


# Schemes and arguments


@pytest.mark.parametrize("distribution", ["normal", "uniform", "truncated_normal"])
def test_variance_scaling_scales_the_complex_variance(distribution):
    weights = netinit.variance_scaling(
        (600, 500), scale=2.0, distribution=distribution, rng=1, dtype=np.complex64
    )
    assert weights.dtype == np.complex64
    assert np.mean(np.abs(weights) ** 2) * 500 == pytest.approx(2.0, rel=0.01)


def test_a_complex_mean_is_real_and_shifts_the_real_part():
    for draw in (netinit.normal, netinit.truncated_normal):
        w = draw(COUNT, std=0.5, mean=-3.0, rng=3, dtype=np.complex128)
        assert abs(z_mean(w.real, -3.0, math.sqrt(0.125))) < Z_LIMIT
        assert abs(z_mean(w.imag, 0.0, math.sqrt(0.125))) < Z_LIMIT
        with pytest.raises(TypeError, match="mean must be a finite number, in size at most"):
            draw(3, std=1.0, mean=1j, rng=0, dtype=np.complex64)


def test_a_complex_bound_limits_the_modulus():
    w = netinit.uniform(COUNT, bound=0.3, rng=0, dtype=np.complex64).astype(np.complex128)
    assert 0.2999 < np.abs(w).max() <= 0.3


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_a_complex_scale_of_zero_gives_the_mean(dtype):
    for draw in (netinit.normal, netinit.uniform, netinit.truncated_normal):
        assert not draw(1001, std=0.0, rng=4, dtype=dtype).any()
