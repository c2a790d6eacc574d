import math

import numpy as np
import pytest
from laws import KOLMOGOROV_LIMIT, Z_LIMIT, kolmogorov, z_mean, z_moment, z_share

from netinit import haar as module
from netinit.haar import haar

SIZE, COUNT = 5, 6000


def battery(matrices):
    """The scores of known facts on Haar matrices of 5 x 5, and the Kolmogorov distance."""
    trace = np.trace(matrices, axis1=1, axis2=2)
    scores = {
        # Diaconis and Shahshahani, 1994: the trace has the moments of a standard normal.
        "trace": z_mean(trace, 0, 1),
        "trace^2": z_moment(trace, 2, 1, 3),
        "trace^4": z_moment(trace, 4, 3, 105),
        "determinant": z_share(np.linalg.det(matrices) > 0, 0.5),
        "corner": z_moment(matrices[:, 0, 0], 2, 1 / SIZE, 3 / (SIZE * (SIZE + 2))),
        "last corner": z_moment(matrices[:, -1, -1], 2, 1 / SIZE, 3 / (SIZE * (SIZE + 2))),
    }
    # A coordinate of a random unit vector in 5 dimensions has density 3/4 (1 - t^2).
    distance = kolmogorov(matrices[:, 1, 2], lambda t: 0.5 + 0.75 * (t - t**3 / 3))
    return scores, distance


def orthonormal(draw, rng):
    return np.array([draw(SIZE, SIZE, rng, np.dtype(np.float64)) for _ in range(COUNT)])


@pytest.mark.parametrize("draw", [module._by_factorization, module._by_reflections])
def test_both_ways_draw_from_the_haar_measure(draw):
    scores, distance = battery(orthonormal(draw, np.random.default_rng(8)))
    assert {name: z for name, z in scores.items() if abs(z) > Z_LIMIT} == {}
    assert distance < KOLMOGOROV_LIMIT


def test_a_factorization_without_its_signs_is_caught():
    z = np.random.default_rng(8).standard_normal((COUNT, SIZE, SIZE))
    scores, _ = battery(np.linalg.qr(z).Q)
    assert abs(scores["trace"]) > 50
    assert abs(scores["determinant"]) > 50


@pytest.mark.parametrize(("low", "caught"), [(0.0, "trace"), (-1.0, None)])
def test_a_factorization_of_uniform_numbers_is_caught(low, caught):
    x = np.random.default_rng(8).uniform(low, 1, (10 * COUNT, SIZE, SIZE))
    q, r = np.linalg.qr(x)
    q *= np.where(np.einsum("kii->ki", r) < 0, -1.0, 1.0)[:, None, :]
    if caught:
        assert abs(battery(q)[0][caught]) > 50
    # Symmetric uniform numbers pass every moment; the distribution of the first column tells.
    assert kolmogorov(q[:, 1, 0], lambda t: 0.5 + 0.75 * (t - t**3 / 3)) > KOLMOGOROV_LIMIT


@pytest.mark.parametrize("shape", [(70, 70), (90, 66)])
def test_tiles_join_without_a_trace(shape):
    rows, columns = shape
    q = np.array([haar(rows, columns, rng=seed, dtype=np.float64) for seed in range(400)])
    # Of each row, the part within the first `columns` coordinates; and both sides of the seam.
    for part in (q[:, :64, :64], q[:, 64:, :64], q[:, :64, 64:], q[:, 64:, 64:]):
        means = part.mean(axis=(1, 2)) * math.sqrt(part[0].size * rows)
        assert abs(z_mean(means, 0, 1)) < Z_LIMIT
        # Entries within a matrix are nearly independent: the spread is measured, not assumed.
        squares = (part**2).mean(axis=(1, 2))
        assert abs(z_mean(squares, 1 / rows, squares.std())) < Z_LIMIT
    if rows == columns:
        assert abs(z_moment(np.trace(q, axis1=1, axis2=2), 2, 1, 3)) < Z_LIMIT
        assert abs(z_share(np.linalg.det(q) > 0, 0.5)) < Z_LIMIT


SHAPES = [(1, 1), (3, 2), (2, 3), (64, 64), (65, 63), (130, 129), (5000, 1), (1, 5000)]
SHAPES += [(200, 300), (700, 600), (600, 30)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_the_short_side_is_orthonormal(shape, dtype, tolerance):
    q = haar(*shape, rng=0, dtype=dtype)
    assert q.shape == shape
    assert q.dtype == dtype
    assert q.flags.c_contiguous
    wide = q if shape[0] <= shape[1] else q.T
    wide = wide.astype(np.float64)
    assert np.abs(wide @ wide.T - np.eye(len(wide))).max() < tolerance


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
def test_an_empty_matrix_is_empty(shape):
    assert haar(*shape, rng=0).shape == shape
