"""Orthogonal and unitary matrices drawn from the Haar measure: each is as likely as any other."""

import math

import numpy as np
import numpy.typing as npt

from netinit._checks import dtypes
from netinit._checks.arguments import Seed
from netinit._draw.blocks import for_each
from netinit.initializers import sampling

Array = npt.NDArray[np.inexact]

_FACTORIZE_UP_TO = 64 * 64  # elements: a QR factorization is then the faster way
# Every product is at most 64 x 64 x 64, or 32 x 32 x 32 of complex numbers: OpenBLAS splits larger
# ones among its threads, and the last bits of the result then depend on how many there are.
_TILE = {"f": 64, "c": 32}
_PANEL = 256  # columns of the result built together; threads share out the panels


def haar(rows: int, columns: int, *, rng: Seed, dtype: npt.DTypeLike = np.float32) -> Array:
    """A random matrix with orthonormal columns, or orthonormal rows if it is wide.

    Real ones are orthogonal, complex ones unitary where they are square.

    >>> q = haar(300, 200, rng=0)
    >>> bool(np.allclose(q.T @ q, np.eye(200), atol=1e-5))
    True
    """
    dtype = dtypes.of_weights(dtype)
    draw = _by_factorization if rows * columns <= _FACTORIZE_UP_TO else _by_reflections
    q = draw(max(rows, columns), min(rows, columns), rng, dtypes.drawn(dtype))
    return np.ascontiguousarray(q if rows >= columns else q.T, dtype=dtype)


def _by_factorization(rows: int, columns: int, rng: Seed, dtype: np.dtype) -> Array:
    """Q of a Gaussian matrix, its columns turned so that R has a positive diagonal.

    Otherwise the law is LAPACK's, not Haar's (Mezzadri, 2007).
    """
    double = np.promote_types(dtype, np.float64)
    q, r = np.linalg.qr(sampling.normal((rows, columns), std=1.0, rng=rng, dtype=double))
    return np.multiply(
        q, _phases(np.diagonal(r)), out=np.empty(q.shape, dtype), casting="same_kind"
    )


def _by_reflections(rows: int, columns: int, rng: Seed, dtype: np.dtype) -> Array:
    """Product of the reflections that send Gaussian vectors to the axes (Stewart, 1980).

    Reflection k acts on the last rows - k coordinates. A tile of them at a time is
    I - V^T T conj(V) with T upper triangular (Schreiber and Van Loan, 1989).
    """
    step = min(_TILE[dtype.kind], columns)
    vectors, phases = _reflectors(rows, columns, rng, dtype)
    q = np.zeros(vectors.T.shape, dtype)
    np.fill_diagonal(q[:columns, :columns], -phases)
    blocks = [(first, *_compact(vectors, first, step)) for first in range(0, columns, step)]

    def build(start: int) -> None:
        end = start + _PANEL
        for first, tiles, triangle in reversed(blocks):
            if first < end:
                _reflect(tiles, triangle, q[first:, start:end])

    # The last panels take longest: they go first.
    for_each(build, range(0, columns, _PANEL)[::-1])
    return q[:rows, :columns]


def _reflectors(rows: int, columns: int, rng: Seed, dtype: np.dtype) -> tuple[Array, Array]:
    """The vectors v of the reflections I - 2 v v* / v* v, as rows, and their phases.

    Rows and columns are filled with zeros to whole tiles.
    """
    tile = _TILE[dtype.kind]
    step = min(tile, columns)
    vectors = np.zeros((step * math.ceil(columns / step), tile * math.ceil(rows / tile)), dtype)
    vectors[:columns, :rows] = sampling.normal((columns, rows), std=1.0, rng=rng, dtype=dtype)
    for first in range(0, columns, step):
        block = vectors[first : first + step]
        block[:, :first] = 0
        block[:, first : first + step] = np.triu(block[:, first : first + step])
    diagonal = np.arange(columns)
    phases = _phases(vectors[diagonal, diagonal])
    parts = vectors.view(dtypes.component(vectors.dtype))
    lengths = np.sqrt(np.einsum("ij,ij->i", parts, parts))[:columns]
    vectors[diagonal, diagonal] += phases * lengths
    return vectors, phases


def _phases(z: Array) -> Array:
    """The sign of z, or z / |z| if complex; 1 at zero, where `np.sign` would cancel a column."""
    if z.dtype.kind != "c":
        return np.where(z < 0, -1, 1).astype(z.dtype)
    modulus = np.abs(z)
    return np.where(modulus > 0, z / np.where(modulus > 0, modulus, 1), 1).astype(z.dtype)


def _compact(vectors: Array, first: int, step: int) -> tuple[Array, Array]:
    """V of the block at `first`, cut into tiles along its vectors, and T."""
    tile = _TILE[vectors.dtype.kind]
    tiles = vectors[first : first + step, first:].reshape(step, -1, tile).transpose(1, 0, 2)
    # In float64: a float32 Gram matrix would cost a factor of 8 in orthogonality.
    gram = np.zeros((step, step), np.promote_types(vectors.dtype, np.float64))
    for part in tiles.astype(gram.dtype):
        # A copy, or NumPy would ask BLAS for a symmetric product, which splits sooner.
        gram += part.conj() @ part.T.copy()
    half = np.diagonal(gram).real / 2
    # The zero vectors that fill up the last tile reflect nothing; 1 keeps T finite.
    inverse = np.triu(gram, 1) + np.diag(np.where(half > 0, half, 1))
    return tiles, np.linalg.inv(inverse).astype(vectors.dtype)


def _reflect(tiles: Array, triangle: Array, q: Array) -> None:
    """Apply the block I - V^T T conj(V) to `q`, in place, tile by tile."""
    _, step, tile_rows = tiles.shape
    q_tiles = q.reshape(len(tiles), tile_rows, -1, step).transpose(0, 2, 1, 3)
    product = np.zeros((q_tiles.shape[1], step, step), q.dtype)
    for tile, part in zip(tiles, q_tiles, strict=True):
        product += tile.conj() @ part
    product = triangle @ product
    for tile, part in zip(tiles, q_tiles, strict=True):
        part -= tile.T @ product
