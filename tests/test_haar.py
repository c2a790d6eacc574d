import math

import numpy as np
import pytest
from laws import KOLMOGOROV_LIMIT, Z_LIMIT, kolmogorov, z_mean, z_moment, z_share

from netinit import haar as module
from netinit.haar import haar

SIZE, COUNT = 5, 6000


def battery(matrices):
    """Scores of known facts on tall Haar matrices, the worst of its kind where there are many."""
    _, rows, columns = matrices.shape
    entries = matrices.reshape(len(matrices), -1).T
    fourth = (matrices**4).sum(axis=1).T  # one row for each column of the matrices
    scores = {
        # Each column is uniform on the unit sphere.
        "mean": [z_mean(entry, 0, math.sqrt(1 / rows)) for entry in entries],
        "square": [z_moment(entry, 2, 1 / rows, 3 / (rows * (rows + 2))) for entry in entries],
        "fourth power": [z_mean(total, 3 / (rows + 2), total.std()) for total in fourth],
    }
    if rows == columns:
        trace = np.trace(matrices, axis1=1, axis2=2)
        # Diaconis and Shahshahani, 1994: the trace has the moments of a standard normal.
        scores["trace"] = [z_mean(trace, 0, 1)]
        scores["trace^2"] = [z_moment(trace, 2, 1, 3)]
        scores["trace^4"] = [z_moment(trace, 4, 3, 105)]
        scores["determinant"] = [z_share(np.linalg.det(matrices) > 0, 0.5)]
    return {name: float(np.abs(z).max()) for name, z in scores.items()}


def distance(matrices):
    """Kolmogorov's, for one entry of 5 x 5 matrices: its density is 3/4 (1 - t^2)."""
    return kolmogorov(matrices[:, 1, 0], lambda t: 0.5 + 0.75 * (t - t**3 / 3))


def orthonormal(draw, columns):
    rng = np.random.default_rng(8)
    return np.array([draw(SIZE, columns, rng, np.dtype(np.float64)) for _ in range(COUNT)])


@pytest.mark.parametrize("columns", [2, SIZE])
@pytest.mark.parametrize("draw", [module._by_factorization, module._by_reflections])
def test_both_ways_draw_from_the_haar_measure(draw, columns):
    matrices = orthonormal(draw, columns)
    assert {name: z for name, z in battery(matrices).items() if z > Z_LIMIT} == {}
    assert distance(matrices) < KOLMOGOROV_LIMIT


def test_a_factorization_without_its_signs_is_caught():
    z = np.random.default_rng(8).standard_normal((COUNT, SIZE, SIZE))
    scores = battery(np.linalg.qr(z).Q)
    assert scores["trace"] > 50
    assert scores["determinant"] > 50


@pytest.mark.parametrize(
    ("low", "caught"), [(0.0, {"mean", "trace", "fourth power"}), (-1.0, {"fourth power"})]
)
def test_a_factorization_of_uniform_numbers_is_caught(low, caught):
    x = np.random.default_rng(8).uniform(low, 1, (COUNT, SIZE, SIZE))
    q, r = np.linalg.qr(x)
    q *= np.where(np.einsum("kii->ki", r) < 0, -1.0, 1.0)[:, None, :]
    assert caught <= {name for name, z in battery(q).items() if z > Z_LIMIT}


@pytest.mark.parametrize("shape", [(1, 1), (5, 2), (5, 5), (90, 70), (300, 130)])
def test_tiles_multiply_to_the_plain_product_of_reflections(shape):
    rows, columns = shape
    vectors, signs = module._reflectors(rows, columns, 3, np.dtype(np.float64))
    product = np.eye(rows)
    for v in vectors[:columns, :rows]:
        product -= np.outer(product @ v, 2 * v / (v @ v))
    plain = product[:, :columns] * -signs
    tiled = module._by_reflections(rows, columns, 3, np.dtype(np.float64))
    np.testing.assert_allclose(tiled, plain, atol=1e-13)


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
