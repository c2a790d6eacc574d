import math

import numpy as np
import pytest
from laws import KOLMOGOROV_LIMIT, Z_LIMIT, kolmogorov, z_mean, z_moment, z_share

from netinit.initializers import _haar as module
from netinit.initializers._haar import haar

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


def orthonormal(draw, columns, dtype=np.float64):
    rng = np.random.default_rng(8)
    return np.array([draw(SIZE, columns, rng, np.dtype(dtype)) for _ in range(COUNT)])


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


# Unitary matrices


def parts(values):
    """Real and imaginary part of complex numbers, as real numbers to score."""
    return np.concatenate([np.real(values)[None], np.imag(values)[None]])


def unitary_battery(matrices):
    """As `battery`, for complex matrices."""
    _, rows, columns = matrices.shape
    entries = matrices.reshape(len(matrices), -1).T
    firsts, squares = (parts(x).reshape(-1, len(matrices)) for x in (entries, entries**2))
    scores = {
        "mean": [z_mean(part, 0, math.sqrt(1 / (2 * rows))) for part in firsts],
        # |entry|^2 follows Beta(1, rows - 1).
        "square": [z_moment(abs(e), 2, 1 / rows, 2 / (rows * (rows + 1))) for e in entries],
        # E entry^2 is 0: no phase is preferred.
        "phase": [z_mean(part, 0, math.sqrt(1 / (rows * (rows + 1)))) for part in squares],
    }
    if rows == columns:
        trace = np.trace(matrices, axis1=1, axis2=2)
        determinant = np.linalg.det(matrices)
        # Diaconis and Shahshahani, 1994: the trace has the moments of a complex normal, E|z|^2 = 1.
        scores["trace"] = [z_mean(part, 0, math.sqrt(0.5)) for part in parts(trace)]
        scores["|trace|^2"] = [z_moment(abs(trace), 2, 1, 2)]
        scores["|trace|^4"] = [z_moment(abs(trace), 4, 2, 24)]
        scores["trace^2"] = [z_mean(part, 0, 1) for part in parts(trace**2)]
        scores["determinant"] = [
            z_mean(part, 0, math.sqrt(0.5))
            for power in (1, 2)
            for part in parts(determinant**power)
        ]
    return {name: float(np.abs(z).max()) for name, z in scores.items()}


@pytest.mark.parametrize("columns", [2, SIZE])
@pytest.mark.parametrize("draw", [module._by_factorization, module._by_reflections])
def test_complex_matrices_are_drawn_from_the_haar_measure(draw, columns):
    matrices = orthonormal(draw, columns, np.complex128)
    scores = unitary_battery(matrices)
    assert {name: z for name, z in scores.items() if z > Z_LIMIT} == {}
    share = kolmogorov(abs(matrices[:, 1, 0]) ** 2, lambda t: 1 - (1 - t) ** (SIZE - 1))
    assert share < KOLMOGOROV_LIMIT


def gaussian():
    z = np.random.default_rng(8).standard_normal((2, COUNT, SIZE, SIZE))
    return z[0] + 1j * z[1]


def test_a_complex_factorization_without_its_phases_is_caught():
    scores = unitary_battery(np.linalg.qr(gaussian()).Q)
    assert scores["trace"] > 10
    assert scores["determinant"] > 10


def test_the_phases_of_the_wrong_diagonal_are_caught():
    q = np.linalg.qr(gaussian()).Q
    q = q * module._phases(np.einsum("kii->ki", q))[:, None, :].conj()  # of Q and not of R
    assert unitary_battery(q)["trace"] > 50


def test_a_real_orthogonal_matrix_is_no_unitary_one():
    q = np.array([haar(SIZE, SIZE, rng=seed, dtype=np.float64) for seed in range(2000)])
    assert unitary_battery(q.astype(np.complex128))["phase"] > 50


def test_complex_uniform_numbers_are_caught():
    x = np.random.default_rng(8).uniform(-1, 1, (2, COUNT, SIZE, SIZE))
    q, r = np.linalg.qr(x[0] + 1j * x[1])
    q *= module._phases(np.einsum("kii->ki", r))[:, None, :]
    scores = unitary_battery(q)
    fourth = (abs(q) ** 4).sum(axis=1).ravel()
    assert scores["trace"] < Z_LIMIT  # the easy facts hold
    assert abs(z_mean(fourth, 2 / (SIZE + 1), fourth.std())) > Z_LIMIT


def test_the_phase_of_zero_is_1():
    for dtype in (np.float32, np.complex64):
        assert module._phases(np.array([0, 2, -3], dtype)).tolist() == [1, 1, -1]
    np.testing.assert_allclose(module._phases(np.array([3j, -4 + 3j])), [1j, -0.8 + 0.6j])


# Both kinds

DTYPES = [np.float64, np.complex128]


@pytest.mark.parametrize("shape", [(1, 1), (5, 2), (5, 5), (90, 70), (300, 130)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_tiles_multiply_to_the_plain_product_of_reflections(shape, dtype):
    rows, columns = shape
    vectors, phases = module._reflectors(rows, columns, 3, np.dtype(dtype))
    product = np.eye(rows, dtype=dtype)
    for v in vectors[:columns, :rows]:
        product -= np.outer(product @ v, 2 * v.conj() / (v.conj() @ v).real)
    plain = product[:, :columns] * -phases
    tiled = module._by_reflections(rows, columns, 3, np.dtype(dtype))
    np.testing.assert_allclose(tiled, plain, atol=1e-13)
    # The product R = Q* A of a factorization has a positive diagonal.
    drawn = module.sampling.normal((columns, rows), std=1.0, rng=3, dtype=dtype).T
    assert ((tiled[:, 0].conj() @ drawn[:, 0]).real) > 0


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
@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [("float32", 1e-6), ("float64", 1e-14), ("complex64", 1e-6), ("complex128", 1e-14)],
)
def test_the_short_side_is_orthonormal(shape, dtype, tolerance):
    q = haar(*shape, rng=0, dtype=dtype)
    assert q.shape == shape
    assert q.dtype == dtype
    assert q.flags.c_contiguous
    wide = q if shape[0] <= shape[1] else q.T
    wide = wide.astype(np.promote_types(dtype, np.float64))
    assert np.abs(wide @ wide.conj().T - np.eye(len(wide))).max() < tolerance


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
def test_an_empty_matrix_is_empty(shape):
    assert haar(*shape, rng=0).shape == shape
