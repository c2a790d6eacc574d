import math

import numpy as np
import pytest
import scipy.stats
from laws import (
    KOLMOGOROV_LIMIT,
    Z_LIMIT,
    kolmogorov,
    normal_distribution,
    truncated_moment,
    z_correlation,
    z_mean,
    z_moment,
)

from netinit._draw import blocks, draws, seeds
from netinit.initializers import sampling

COUNT = 2 * blocks.BLOCK + blocks.CHUNK + 12345  # three blocks, the last one cut short


def uniform_distribution(x):
    return np.clip((x / math.sqrt(3) + 1) / 2, 0, 1)


def truncated_distribution(cut):
    spread = sampling.truncated_std(cut)
    low = normal_distribution(-cut)

    def distribution(x):
        return (normal_distribution(np.clip(x * spread, -cut, cut)) - low) / (1 - 2 * low)

    return distribution


def uniform(**options):
    return sampling.uniform(std=1.0, **options)


def normal(**options):
    return sampling.normal(std=1.0, **options)


def truncated(cut):
    def draw(**options):
        return sampling.truncated_normal(std=1.0, cut=cut, **options)

    return draw


def truncated_moments(cut):
    second = truncated_moment(2, cut)
    return {order: truncated_moment(order, cut) / second ** (order / 2) for order in (2, 4, 8)}


# Every law at standard deviation 1: its draw, E x^2, x^4 and x^8, bound, distribution function.
LAWS = {
    "uniform": (uniform, {2: 1, 4: 9 / 5, 8: 9}, math.sqrt(3), uniform_distribution),
    "normal": (normal, {2: 1, 4: 3, 8: 105}, math.inf, normal_distribution),
} | {
    f"truncated at {cut}": (
        truncated(cut),
        truncated_moments(cut),
        cut / sampling.truncated_std(cut),
        truncated_distribution(cut),
    )
    for cut in (0.1, 1.0, 1.3, 2.0, 3.0)
}
CASES = [(law, dtype) for law in LAWS for dtype in (np.float16, np.float32, np.float64)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1].__name__}")
def drawn(request):
    law, dtype = request.param
    draw, moments, bound, distribution = LAWS[law]
    return draw(shape=COUNT, rng=11, dtype=dtype), moments, bound, distribution


def test_draws_have_mean_0_and_the_variance_asked_for(drawn):
    x, moments, _, _ = drawn
    assert abs(z_mean(x, 0.0, 1.0)) < Z_LIMIT
    assert abs(z_moment(x, 2, 1.0, moments[4])) < Z_LIMIT


def test_draws_have_the_kurtosis_of_their_law(drawn):
    x, moments, _, _ = drawn
    assert abs(z_moment(x, 4, moments[4], moments[8])) < Z_LIMIT


def test_draws_fill_their_range_and_no_more(drawn):
    x, _, bound, _ = drawn
    largest = float(np.abs(x).max())
    assert largest <= bound
    assert largest > (4.5 if math.isinf(bound) else 0.9 * bound)


def test_draws_follow_their_distribution_function(drawn):
    x, _, _, distribution = drawn
    assert kolmogorov(x[::5], distribution) < KOLMOGOROV_LIMIT


def test_neighbours_halves_and_blocks_are_independent(drawn):
    x = drawn[0]
    first, second = x[: blocks.BLOCK], x[blocks.BLOCK : 2 * blocks.BLOCK]
    chunk = blocks.CHUNK
    for a, b in [
        (x[:-1], x[1:]),
        (first, second),
        (x[:chunk], x[chunk : 2 * chunk]),
        # Box-Muller draws the halves of a chunk from one radius and one angle.
        (x[: chunk // 2], x[chunk // 2 : chunk]),
    ]:
        assert abs(z_correlation(a, b)) < Z_LIMIT
        assert abs(z_correlation(a**2, b**2)) < Z_LIMIT


@pytest.mark.parametrize("law", LAWS)
def test_calls_with_one_generator_and_with_two_seeds_are_independent(law):
    draw, rng = LAWS[law][0], np.random.default_rng(5)
    first, second = draw(shape=100_000, rng=rng), draw(shape=100_000, rng=rng)
    other = draw(shape=100_000, rng=6)
    for a, b in [(first, second), (first, other), (second, other)]:
        assert abs(z_correlation(a, b)) < Z_LIMIT
        assert abs(z_correlation(a**2, b**2)) < Z_LIMIT


def tail_scores(parts):
    """z-scores of the shares of standard normal numbers beyond 3, 4 and 5; the largest number."""
    far, count, largest = dict.fromkeys((3, 4, 5), 0), 0, 0.0
    for part in parts:
        size = np.abs(part)
        count += size.size
        largest = max(largest, float(size.max()))
        for threshold in far:
            far[threshold] += np.count_nonzero(size > threshold)
    scores = {}
    for threshold, hits in far.items():
        expected = count * math.erfc(threshold / math.sqrt(2))
        scores[threshold] = (hits - expected) / math.sqrt(expected)
    return scores, largest


def test_the_tails_of_the_normal_are_as_heavy_as_they_should_be():
    parts = (sampling.normal(1 << 24, std=1.0, rng=seed) for seed in range(3))
    scores, largest = tail_scores(parts)
    assert {threshold: z for threshold, z in scores.items() if abs(z) > Z_LIMIT} == {}
    assert 5 < largest < 6.5


def test_a_radius_from_16_bits_is_caught_by_its_tail():
    rng = np.random.default_rng(0)

    def coarse():
        u, turn = rng.integers(0, 1 << 16, (2, 1 << 24), np.uint16)
        return np.sqrt(-2 * np.log((u + np.float32(0.5)) / 65536)) * np.cos(
            turn * np.float32(math.pi / 32768)
        )

    scores, largest = tail_scores(coarse() for _ in range(3))
    assert abs(scores[5]) > Z_LIMIT
    assert largest < 5


def test_neighbours_across_the_borders_of_chunks_are_independent():
    chunk, half = blocks.CHUNK, blocks.CHUNK // 2
    x = sampling.normal(64 * blocks.BLOCK, std=1.0, rng=4, dtype=np.float32).reshape(-1, half)
    # The ends of halves of chunks, of chunks and of blocks, each with the beginning of the next.
    for first, second in [
        (x[:-1, -40:], x[1:, :40]),
        (x[1:-1:2, -40:], x[2::2, :40]),
        (x[7:-1:8, -40:], x[8::8, :40]),
        (x[7:-1:8, :40], x[8::8, :40]),
    ]:
        assert chunk == 2 * x.shape[1]
        for power in (1, 2):
            assert abs(z_correlation(first**power, second**power)) < Z_LIMIT


def test_a_mean_shifts_the_draws():
    for draw in (sampling.normal, sampling.truncated_normal):
        x = draw(COUNT, std=0.5, mean=-3.0, rng=3)
        assert abs(z_mean(x, -3.0, 0.5)) < Z_LIMIT
        assert x.std() == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize("scale", [1e-42, 1e-30, 1e-8, 1e8, 1e30])
def test_any_scale_that_the_dtype_can_hold_is_kept(scale):
    for draw in (sampling.normal, sampling.truncated_normal, sampling.uniform):
        x = draw(10_000, std=scale, rng=4).astype(np.float64)
        assert x.std() == pytest.approx(scale, rel=0.05)


@pytest.mark.parametrize("draw", [sampling.normal, sampling.truncated_normal, sampling.uniform])
def test_a_std_of_zero_gives_the_mean(draw):
    assert not draw(50_001, std=0.0, rng=4).any()


def test_the_inverse_distribution_function_is_exact_to_6e_7():
    u = np.linspace(-1, 1, 20_001)
    z = u.copy()
    draws._inverse_distribution(z, np.empty((3, z.size)))
    inside = math.erf(math.sqrt(2))
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    # What the density makes of an error in z, brought back to z.
    error = ((2 * normal_distribution(z) - 1) / inside - u) * inside / (2 * density)
    assert np.abs(error).max() < 6e-7
    assert np.all(np.diff(z) > 0)


@pytest.mark.parametrize(
    ("cut", "exact"),
    [
        (1e-6, 1e-6 / math.sqrt(3)),
        (1, 0.539560093754896973),
        (2, 0.879625661034239750),
        (3, 0.986578392558108621),
        (10, 1.0),
        (29.9, 1.0),
        (31, 1.0),
        (1e300, 1.0),
    ],
)
def test_the_std_of_a_truncated_normal_is_exact(cut, exact):
    assert sampling.truncated_std(cut) == pytest.approx(exact, rel=1e-14)


# Any interval.

INTERVALS = [  # low, high, mean and std before truncation
    (5.0, 1e6, 0.0, 1.0),
    (-1e6, -5.0, 0.0, 1.0),
    (-1.0, 3.0, 0.5, 2.0),
    (0.2, 0.3, 0.0, 1.0),
    (0.3, 5.0, 0.0, 1.0),
    (-4.0, 0.2, 0.0, 1.0),
    (None, -2.0, 0.0, 1.0),
    (0.49, 2.95, 0.0, 1.0),
    (0.5, 2.0, 0.0, 1.0),
    (0.1, None, 0.0, 1.0),
    (-3.0, 1e6, 2.0, 1.5),
    (50.0, 51.0, 0.0, 1.0),
    (5.0, 5.5, -0.01, 0.02),
    (-1.0, 1.0, 0.0, 1e30),
]


def truncnorm(low, high, mean, std):
    ends = [
        (end - mean) / std if end is not None else sign * math.inf
        for end, sign in ((low, -1), (high, 1))
    ]
    return scipy.stats.truncnorm(*ends, mean, std)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("interval", INTERVALS, ids=str)
def test_a_normal_is_truncated_to_any_interval(interval, dtype):
    low, high, mean, std = interval
    x = sampling.truncated_normal(
        200_000, low=low, high=high, mean=mean, parent_std=std, rng=13, dtype=dtype
    ).astype(np.float64)
    law = truncnorm(*interval) if std < 1e20 else scipy.stats.uniform(-1, 2)
    if std > 0.1:  # else float32 is coarser than the law
        assert kolmogorov(x, law.cdf) < KOLMOGOROV_LIMIT
    assert x.min() >= (-math.inf if low is None else low)
    assert x.max() <= (math.inf if high is None else high)
    if dtype == "float64":
        expected, variance, kurtosis = (float(m) for m in law.stats("mvk"))
        if np.isfinite(kurtosis) and abs(mean - expected) < 10 * std:  # where SciPy is exact
            assert abs(z_mean(x, expected, math.sqrt(variance))) < Z_LIMIT
            spread = math.sqrt(kurtosis + 2)
            assert abs(z_mean((x - expected) ** 2 / variance, 1.0, spread)) < Z_LIMIT


def test_far_in_the_tail_the_law_is_exponential():
    # From 1000 std on, (z - 1000) 1000 is exponential to within 1e-6.
    x = sampling.truncated_normal(200_000, low=1000.0, parent_std=1.0, rng=2, dtype="f8")
    assert kolmogorov((x - 1000) * 1000, lambda t: -np.expm1(-t)) < KOLMOGOROV_LIMIT
    # Further out than any float64 square.
    far = sampling.truncated_normal(1000, low=3.0, high=4.0, parent_std=1e-300, rng=2)
    assert (far == 3).all()
    close = sampling.truncated_normal(1000, low=3.0, high=4.0, mean=9.0, parent_std=1e-3, rng=2)
    assert 3.9999 < close.min() <= close.max() <= 4


def test_a_narrow_dtype_stays_within_the_interval():
    x = sampling.truncated_normal(50_000, low=0.1, high=0.3, parent_std=1.0, rng=1, dtype="f2")
    assert 0.1 <= x.astype(np.float64).min() < 0.1002
    assert 0.2997 < x.astype(np.float64).max() <= 0.3


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, -1.0), (-1.0, 5.0), (0.1, 0.3)])
def test_uniform_numbers_fill_any_interval(low, high, dtype):
    x = sampling.uniform(100_000, low=low, high=high, rng=8, dtype=dtype).astype(np.float64)
    assert low <= x.min() < low + 1e-3 * (high - low)
    assert high - 1e-3 * (high - low) < x.max() <= high
    steps = {"float16": x[:2000]}.get(dtype, x)
    assert kolmogorov(steps, lambda t: (t - low) / (high - low)) < KOLMOGOROV_LIMIT
    assert abs(z_mean(x, (low + high) / 2, (high - low) / math.sqrt(12))) < Z_LIMIT


def test_a_symmetric_interval_is_the_bound():
    bound = sampling.uniform(1000, bound=0.3, rng=1)
    np.testing.assert_allclose(sampling.uniform(1000, low=-0.3, high=0.3, rng=1), bound, rtol=3e-7)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, TypeError, "takes std, or parent_std with low, high or both"),
        ({"std": 1.0, "low": 0.0}, TypeError, "take neither std"),
        ({"std": 1.0, "parent_std": 1.0}, TypeError, "take neither std"),
        ({"low": 0.0, "high": 1.0}, TypeError, "of the standard deviation parent_std"),
        ({"parent_std": 1.0}, TypeError, "low and high truncate a normal"),
        ({"parent_std": 1.0, "low": 0.0, "cut": 2.0}, TypeError, "nor cut"),
        ({"parent_std": 0.0, "low": 0.0}, ValueError, "parent_std must be positive"),
        ({"parent_std": -1.0, "low": 0.0}, ValueError, "parent_std must be a finite number of at"),
        ({"parent_std": 1.0, "low": 1.0, "high": 1.0}, ValueError, "low must be less than high"),
        ({"parent_std": 1.0, "low": math.nan}, ValueError, "low must be a finite number"),
        ({"parent_std": 1.0, "high": math.inf}, ValueError, "high must be a finite number"),
        ({"parent_std": 1.0, "high": "1"}, TypeError, "high must be a finite number"),
        (
            {"parent_std": 1.0, "low": 1.00001, "high": 1.00002, "dtype": "f2"},
            ValueError,
            "float16 has no number from low, 1.00001, to high, 1.00002",
        ),
        ({"parent_std": 1.0, "low": 0.0, "dtype": "c8"}, TypeError, "complex numbers have no ord"),
    ],
)
def test_an_interval_is_stated_in_one_way(options, error, message):
    with pytest.raises(error, match=message):
        sampling.truncated_normal(3, rng=0, **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"low": 0.0}, TypeError, "uniform takes low and high together"),
        ({"high": 0.0}, TypeError, "uniform takes low and high together"),
        ({"low": 0.0, "high": -1.0}, ValueError, "low must be less than high, not 0 and -1"),
        ({"low": 0.0, "high": 1.0, "dtype": "c8"}, TypeError, "complex numbers have no order"),
        ({"low": 1e5, "high": 1e6, "dtype": "f2"}, ValueError, "float16 has no number from low"),
    ],
)
def test_a_uniform_interval_has_two_ends_in_order(options, error, message):
    with pytest.raises(error, match=message):
        sampling.uniform(3, rng=0, **options)


# Negative controls: what a careless implementation draws must be caught by the same tests.


def test_a_truncated_normal_without_its_correction_is_caught():
    z = np.random.default_rng(0).standard_normal(COUNT)
    z = z[np.abs(z) <= 2]
    kurtosis = truncated_moments(2.0)[4]
    assert abs(z_moment(z, 2, 1.0, kurtosis)) > 50
    # jax's complex constant is off by 1.87 % in variance; so much would be seen as well.
    assert abs(z_moment(z / 0.879625661 * 1.0093, 2, 1.0, kurtosis)) > Z_LIMIT


def test_a_one_sided_uniform_is_caught():
    assert abs(z_mean(np.random.default_rng(0).random(COUNT), 0.0, 1.0)) > 50


def test_a_sum_of_twelve_uniforms_is_caught():
    x = np.random.default_rng(0).random((12, 1 << 19)).sum(axis=0) - 6
    assert abs(z_moment(x, 2, 1.0, 3.0)) < Z_LIMIT  # its variance is right
    assert abs(z_moment(x, 4, 3.0, 105.0)) > Z_LIMIT


def test_blocks_that_share_a_stream_are_caught(monkeypatch):
    stream = seeds.block_stream
    monkeypatch.setattr(seeds, "block_stream", lambda word, block: stream(word, 0))
    x = sampling.normal(COUNT, std=1.0, rng=11)
    first, second = x[: blocks.BLOCK], x[blocks.BLOCK : 2 * blocks.BLOCK]
    assert abs(z_correlation(first, second)) > 50


@pytest.mark.parametrize("cut", [0, -1, 1e-7, math.nan, math.inf])
def test_a_cut_must_be_positive_and_finite(cut):
    with pytest.raises(ValueError, match="cut must be a finite number of at least 1e-06"):
        sampling.truncated_std(cut)
