"""Gaussian expectations at two correlated inputs, E phi(u) phi(v)."""

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arrays
from netinit.activations import Activation, ActivationLike
from netinit.theory import moments

__all__ = ["product_moment"]

Array = npt.NDArray[np.float64]

_BEND = (-8.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0)  # standard deviations around a kink
_TERMS = 512  # of a Hermite series
_NEGLIGIBLE = 1e-13  # of a series: what it may leave out
_RESOLVED = 1e-11  # of E phi^2: how closely the nodes of the series must find it
_COARSEST = 1e-14  # precision of an activation whose answers are in float64
_REACH = 12.0  # standard deviations; beyond, there is 4e-33 of the mass
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANELS = np.arange(-_REACH, _REACH + 0.25, 0.5)  # the last polynomial has 3 turns in a panel
_BENDS = np.append(np.arange(0.0, 21.0, 2.0), [30.0, 40.0])  # where tanh and sigmoid still bend


def product_moment(
    activation: ActivationLike, q: npt.ArrayLike, c: npt.ArrayLike, *, derivative: bool = False
) -> Array:
    """E phi(u) phi(v) for normal u and v of mean 0, variance q and correlation c.

    Exact formulas are used for the identity, relu (Cho and Saul, 2009) and erf (Williams, 1997).
    For all others it is the sum of a_k^2 c^k, where a_k is the coefficient of phi(sqrt(q) z) at the
    k-th Hermite polynomial (Mehler's formula): what 512 terms leave out is known, for all of the
    squares add up to E phi^2. Where that is too much, as close to c = 1 for an activation with a
    kink, both arguments are split into a part that they share and one of their own, and one
    quadrature stands inside another.

    Parameters
    ----------
    activation : str, Activation or callable
    q : array
        Not negative.
    c : array of a shape that broadcasts with that of `q`
        From -1 to 1.
    derivative : bool
        Of phi' in the place of phi.

    Returns
    -------
    array of the shape of `q` and `c` together

    Examples
    --------
    >>> float(product_moment("relu", 2.0, 0.0).round(12)), float(np.round(1 / np.pi, 12))
    (0.318309886184, 0.318309886184)
    """
    record = activations.get(activation)
    q, c = np.broadcast_arrays(arrays.nonnegative(q, "q"), _correlation(c))
    closed = _CLOSED.get((record.name, derivative))
    if closed is not None and record is activations.get(record.name):
        return closed(q, c)[()]
    pairs = zip(q.reshape(-1), c.reshape(-1), strict=True)
    found = [_product(record, float(each), float(angle), derivative) for each, angle in pairs]
    return np.array(found, np.float64).reshape(q.shape)[()]


def _correlation(c: npt.ArrayLike) -> Array:
    array = arrays.real_array(c, "c").astype(np.float64)
    if not np.all(np.abs(array) <= 1):
        raise ValueError(f"c must lie between -1 and 1, not {c!r}")
    return array


def _product(record: Activation, q: float, c: float, derivative: bool) -> float:
    function = record.derivative if derivative else record
    precision = record.derivative_precision if derivative else record.precision
    if abs(c) == 1:
        return float(
            moments.expectation(
                lambda x: _double(function(x)) * _double(function(c * x)),
                q,
                kinks=_mirrored(record.kinks),
                precision=precision,
            )
        )
    squares = _hermite_squares(record, q, derivative)
    if squares is not None:
        *kept, rest = squares
        if rest * abs(c) ** len(kept) <= _NEGLIGIBLE * (kept[0] + abs(c) * sum(kept[1:])):
            return float(np.polynomial.polynomial.polyval(c, kept))
    return _nested(function, record.kinks, precision, q, c)


@functools.lru_cache(maxsize=512)
def _hermite_squares(record: Activation, q: float, derivative: bool) -> list[float] | None:
    """The squares of the Hermite coefficients of phi(sqrt(q) z), then the sum of all others.

    None where the nodes do not resolve the function, or its answers are coarse.
    """
    function = record.derivative if derivative else record
    if max(record.precision, record.derivative_precision) > _COARSEST:
        return None
    z, weights = _hermite_nodes(np.array(record.kinks) / math.sqrt(q) if q else np.empty(0), q)
    values = _double(function(math.sqrt(q) * z))
    moment = moments.derivative_second_moment if derivative else moments.second_moment
    exact = float(moment(record, q))
    if abs(float(weights @ values**2) - exact) > _RESOLVED * exact:
        return None
    weighted, before, now, squares = weights * values, np.zeros_like(z), np.ones_like(z), []
    for k in range(_TERMS):
        squares.append(float(weighted @ now) ** 2)
        before, now = now, (z * now - math.sqrt(k) * before) / math.sqrt(k + 1)
    return [*squares, max(0.0, exact - sum(squares))]


def _hermite_nodes(kinks: Array, q: float) -> tuple[Array, Array]:
    """Nodes and Gaussian weights: panels that resolve 512 polynomials and the activation."""
    bends = _BENDS / math.sqrt(q) if q else np.empty(0)
    edges = np.unique(np.clip(np.concatenate([_PANELS, bends, -bends, kinks]), -_REACH, _REACH))
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half * (1 + _NODES)).reshape(-1)
    weights = (half * _NODE_WEIGHTS).reshape(-1) * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return z, weights


def _nested(
    function: Callable[[Array], Array],
    corners: tuple[float, ...],
    precision: float,
    q: float,
    c: float,
) -> float:
    """The product moment with u = s + t and v = s + t' (-s + t' where c is negative).

    s has the variance q |c|, and t and t' of their own have q (1 - |c|). Given s, the factors are
    independent.
    """
    mirror = math.copysign(1.0, c)

    def given(shared: Array) -> Array:
        own = q * (1 - abs(c))
        return moments.expectation(function, own, mean=shared, kinks=corners, precision=precision)

    def product(shared: Array) -> Array:
        return given(shared) * given(mirror * shared)

    # Integrated over t, a kink becomes a bend as wide as t.
    width = math.sqrt(q * (1 - abs(c)))
    bends = [kink + width * step for kink in corners for step in _BEND]
    kinks = _mirrored(bends) if c < 0 else bends
    return float(moments.expectation(product, q * abs(c), kinks=kinks, precision=precision))


def _mirrored(places: Sequence[float]) -> list[float]:
    return [*places, *(-place for place in places)]


def _double(answers: npt.ArrayLike) -> Array:
    return np.asarray(answers, np.float64)


def _relu_product(q: Array, c: Array) -> Array:
    return q * (c * (np.pi - np.arccos(c)) + np.sqrt(1 - c**2)) / (2 * np.pi)


def _relu_slopes(q: Array, c: Array) -> Array:
    return np.where(q > 0, (np.pi - np.arccos(c)) / (2 * np.pi), 0.0)


def _erf_product(q: Array, c: Array) -> Array:
    return 2 / np.pi * np.arcsin(2 * q * c / (1 + 2 * q))


def _erf_slopes(q: Array, c: Array) -> Array:
    return 4 / np.pi / np.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2)


_CLOSED: dict[tuple[str, bool], Callable[[Array, Array], Array]] = {
    ("identity", False): lambda q, c: q * c,
    ("identity", True): lambda q, c: np.ones_like(q),
    ("relu", False): _relu_product,
    ("relu", True): _relu_slopes,
    ("erf", False): _erf_product,
    ("erf", True): _erf_slopes,
}
