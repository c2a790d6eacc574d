"""Mean field: what becomes of one input, and of the angle between two, in a wide random network.

The pre-activations of a layer of great width are Gaussian, independent from unit to unit. One
input is then described by their second moment q, and two inputs of one q by their correlation c.
Layer by layer (Poole et al., 2016; Schoenholz et al., 2017)::

    q' = sigma_w^2 E phi(u)^2 + sigma_b^2
    c' = (sigma_w^2 E phi(u) phi(v) + sigma_b^2) / q'

where u and v are normal of variance q and correlation c, sigma_w^2 is fan_in times the variance of
a weight (`scaled_variance`) and sigma_b^2 the variance of a bias (`bias_variance`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments, arrays
from netinit.activations import Activation, ActivationLike
from netinit.theory import moments
from netinit.theory.correlated import product_moment

__all__ = [
    *["MeanField", "correlation_fixed_point", "correlation_map", "correlation_slope"],
    *["critical_line", "critical_point", "length_fixed_point", "mean_field"],
]

Array = npt.NDArray[np.float64]

_CRITICAL = 1e-9  # a slope this close to 1 counts as 1
_SAME = 1e-6  # relative change of a q that a caller may call fixed
_SETTLED = 1e-14  # a fixed point's relative change that is rounding
_STEPS = 200  # of a safeguarded Newton iteration, which needs about ten
_FARTHEST = 1e12  # q beyond which a length map counts as one that explodes
_GRID = np.geomspace(1e-8, 1e8, 129)  # of q, to find where the critical line crosses a bias
_LIMIT = 1e-24  # of q, where moments are those of the limit q -> 0
_LEAST = 1e-14  # q below which a length map without biases counts as one that dies out


@dataclass(frozen=True)
class MeanField:
    """Where a deep, wide network of one activation and one pair of variances ends up.

    Parameters
    ----------
    activation : str
    scaled_variance, bias_variance : float
        sigma_w^2 and sigma_b^2.
    q : float
        The stable fixed point of the length map, q*.
    c : float
        The stable fixed point of the correlation map at q*: 1 where two inputs become one.
    chi : float
        sigma_w^2 E phi'^2 at q*: the factor per layer on a gradient's second moment, and the slope
        of the correlation map at c = 1.
    depth_of_length : float
        xi_q, the number of layers in which a deviation from q* shrinks by a factor e.
    depth_of_correlation : float
        xi_c, the same for a deviation from c; infinite on the critical line, where the approach is
        a power of the depth.
    depth_of_gradient : float
        1 / |ln chi|, the number of layers in which a gradient's second moment changes by a factor
        e; infinite on the critical line.
    """

    activation: str
    scaled_variance: float
    bias_variance: float
    q: float
    c: float
    chi: float
    depth_of_length: float
    depth_of_correlation: float
    depth_of_gradient: float

    @property
    def phase(self) -> str:
        """What becomes of two inputs that are nearly alike: "ordered", "critical" or "chaotic".

        They grow together where chi < 1, and apart where chi > 1.
        """
        if abs(self.chi - 1) <= _CRITICAL:
            return "critical"
        return "ordered" if self.chi < 1 else "chaotic"


def correlation_map(
    activation: ActivationLike,
    c: npt.ArrayLike,
    *,
    q: npt.ArrayLike,
    scaled_variance: npt.ArrayLike,
    bias_variance: npt.ArrayLike = 0.0,
) -> Array:
    """The correlation of two inputs in the next layer, where both have the second moment `q`.

    (sigma_w^2 E phi(u) phi(v) + sigma_b^2) / (sigma_w^2 E phi(u)^2 + sigma_b^2) (Poole et al.,
    2016).

    >>> float(correlation_map("relu", 0.0, q=1.0, scaled_variance=2.0).round(12))
    0.318309886184
    """
    weight = arrays.nonnegative(scaled_variance, "scaled_variance")
    bias = arrays.nonnegative(bias_variance, "bias_variance")
    length = weight * moments.second_moment(activation, q) + bias
    if not np.all(length > 0):
        raise ValueError("the next layer is 0 throughout: two inputs have no correlation there")
    return np.clip((weight * product_moment(activation, q, c) + bias) / length, -1.0, 1.0)


def correlation_slope(
    activation: ActivationLike,
    c: npt.ArrayLike,
    *,
    q: npt.ArrayLike,
    scaled_variance: npt.ArrayLike,
) -> Array:
    """The derivative of the correlation map with respect to c, at a fixed point q of the length.

    sigma_w^2 E phi'(u) phi'(v), which is chi at c = 1 (Schoenholz et al., 2017).

    >>> float(correlation_slope("relu", 1.0, q=1.0, scaled_variance=2.0).round(12))
    1.0
    """
    weight = arrays.nonnegative(scaled_variance, "scaled_variance")
    return weight * product_moment(activation, q, c, derivative=True)


def length_fixed_point(
    activation: ActivationLike, *, scaled_variance: float, bias_variance: float = 0.0
) -> float:
    """The second moment q* that the length map settles at, starting from q = 1.

    It is 0 where every signal dies out. Of several fixed points it is the first one in the
    direction in which the map moves q = 1.

    Raises
    ------
    ValueError
        If the second moment grows without bound, or if every q is a fixed point, as for a
        homogeneous activation at its critical variance: relu at 2.

    Examples
    --------
    >>> round(length_fixed_point("tanh", scaled_variance=1.3**2, bias_variance=0.3**2), 5)
    0.60705
    """
    record = activations.get(activation)
    weight, bias = _variances(scaled_variance, bias_variance)

    def beyond(q: float) -> float:
        moment = moments.second_moment(record, q)
        return float(weight * moment + bias) - q

    return _settled(record.name, beyond, _LEAST if bias == 0 else 0.0)


def correlation_fixed_point(
    activation: ActivationLike, *, q: float, scaled_variance: float, bias_variance: float = 0.0
) -> float:
    """The correlation c* that two inputs of the second moment q* settle at.

    The correlation map is convex on [0, 1] and passes through (1, 1), so it has one stable fixed
    point there: 1 if chi <= 1, and otherwise the smallest.

    Parameters
    ----------
    activation : str, Activation or callable
    q : float
        The fixed point of the length map, `length_fixed_point`; positive.
    scaled_variance, bias_variance : float

    Raises
    ------
    ValueError
        If q is no fixed point of the length map with these variances.

    Examples
    --------
    >>> q = length_fixed_point("tanh", scaled_variance=2.5**2, bias_variance=0.3**2)
    >>> settings = {"scaled_variance": 2.5**2, "bias_variance": 0.3**2}
    >>> round(correlation_fixed_point("tanh", q=q, **settings), 4)
    0.1221
    """
    record = activations.get(activation)
    weight, bias = _variances(scaled_variance, bias_variance)
    q = arguments.real_number(q, "q", at_least=0)
    after = moments.length_map(record, q, scaled_variance=weight, bias_variance=bias)
    if q == 0 or abs(after - q) > _SAME * q:
        raise ValueError(
            f"q must be a positive fixed point of the length map, not {q:g}, which it takes to "
            f"{after:g}"
        )
    if moments.chi(record, q, scaled_variance=weight) <= 1 + _CRITICAL:
        return 1.0

    def beyond(c: float) -> float:
        return (
            float(correlation_map(record, c, q=q, scaled_variance=weight, bias_variance=bias)) - c
        )

    # The map is convex, so Newton's method from the left never oversteps its first fixed point.
    c = 0.0
    for _ in range(_STEPS):
        slope = float(correlation_slope(record, c, q=q, scaled_variance=weight))
        step = beyond(c) / (1 - slope)
        c += step
        if step <= _SETTLED:
            break
    return c


def mean_field(
    activation: ActivationLike, *, scaled_variance: float, bias_variance: float = 0.0
) -> MeanField:
    """Fixed points, chi and depth scales of one activation and one pair of variances.

    Raises
    ------
    ValueError
        As `length_fixed_point` does, and where every signal dies out, so that two have no angle.

    Examples
    --------
    >>> found = mean_field("tanh", scaled_variance=1.3**2, bias_variance=0.3**2)
    >>> found.phase, round(found.chi, 4), round(found.depth_of_correlation, 1)
    ('ordered', 0.9398, 16.1)
    """
    record = activations.get(activation)
    weight, bias = _variances(scaled_variance, bias_variance)
    q = length_fixed_point(record, scaled_variance=weight, bias_variance=bias)
    if q == 0:
        raise ValueError(
            f"every signal dies out in {record.name} networks of scaled_variance {weight:g} and no "
            "biases: q* is 0, where two inputs have no correlation"
        )
    chi = float(moments.chi(record, q, scaled_variance=weight))
    c = correlation_fixed_point(record, q=q, scaled_variance=weight, bias_variance=bias)
    return MeanField(
        activation=record.name,
        scaled_variance=weight,
        bias_variance=bias,
        q=q,
        c=c,
        chi=chi,
        depth_of_length=_depth(moments.length_map_slope(record, q, scaled_variance=weight)),
        depth_of_correlation=_depth(correlation_slope(record, c, q=q, scaled_variance=weight)),
        depth_of_gradient=_depth(chi),
    )


def critical_line(activation: ActivationLike, q: npt.ArrayLike) -> tuple[Array, Array]:
    """The variances (sigma_w^2, sigma_b^2) for which `q` is a fixed point and chi is 1.

    chi = 1 asks for sigma_w^2 = 1 / E phi'^2, and the fixed point then for
    sigma_b^2 = q - sigma_w^2 E phi^2. Where that is negative no biases will do, and both are NaN.

    >>> weight, bias = critical_line("tanh", 0.57)
    >>> round(float(weight), 3), round(float(bias), 3)
    (1.761, 0.05)
    """
    q = arrays.nonnegative(q, "q")
    if not np.all(q > 0):
        raise ValueError("q must be positive: at 0 two inputs have no correlation")
    weight = _critical_weight(activations.get(activation), q)
    bias = q - weight * moments.second_moment(activation, q)
    bias = np.where(np.abs(bias) < 1e-13 * q, 0.0, bias)
    return np.where(bias < 0, np.nan, weight)[()], np.where(bias < 0, np.nan, bias)[()]


def critical_point(activation: ActivationLike, *, bias_variance: float) -> tuple[float, float]:
    """The critical sigma_w^2 of an activation at that bias variance, and its q*.

    The line where chi = 1 separates the ordered phase, where two inputs become one, from the
    chaotic one, where they part. Of several points it is the one of smallest q whose length map is
    stable. Without biases the line starts at q* = 0 for tanh and its kind, and in saturation for
    the sigmoid, at a q* of about 46. For relu and its kind it is a single point, without biases,
    where every q is a fixed point: q* is NaN there.

    Raises
    ------
    ValueError
        If there is no such point: relu with biases, or gelu without.

    Examples
    --------
    >>> weight, q = critical_point("tanh", bias_variance=0.05)
    >>> round(weight, 4), round(q, 4)
    (1.761, 0.57)
    """
    record = activations.get(activation)
    bias = arguments.real_number(bias_variance, "bias_variance", at_least=0)
    if bias == 0 and (start := _start_of_the_line(record)):
        return start

    def beyond(q: npt.ArrayLike) -> Array:
        return q - _critical_weight(record, q) * moments.second_moment(record, q) - bias

    values = beyond(_GRID)
    for i in np.flatnonzero(values[:-1] * values[1:] < 0):
        q = _bisected(lambda q: float(beyond(q)), float(_GRID[i]), float(_GRID[i + 1]))
        weight = float(_critical_weight(record, q))
        if moments.length_map_slope(record, q, scaled_variance=weight) < 1:
            return weight, q
    raise ValueError(
        f"no weights make {record.name} critical at a bias variance of {bias:g}, with a length "
        f"map that is stable, for q* from {_GRID[0]:g} to {_GRID[-1]:g}"
    )


def _critical_weight(record: Activation, q: npt.ArrayLike) -> Array:
    slopes = moments.derivative_second_moment(record, q)
    if not np.all(slopes > 0):
        raise ValueError(f"{record.name} has the slope 0 at every input: no weights make chi 1")
    return 1 / slopes


def _start_of_the_line(record: Activation) -> tuple[float, float] | None:
    """Where the critical line meets bias variance 0 at q -> 0, if it does and is stable there."""

    def kept(q: float) -> float:  # the factor of the length map on the critical line
        return float(_critical_weight(record, q) * moments.second_moment(record, q)) / q

    if abs(kept(_LIMIT) - 1) > _CRITICAL:
        return None
    weight = float(_critical_weight(record, _LIMIT))
    if all(abs(kept(q) - 1) <= _CRITICAL for q in (0.01, 1.0, 100.0)):
        return weight, math.nan
    small = 1e-6
    slope = moments.length_map_slope(record, small, scaled_variance=weight)
    return (weight, 0.0) if slope <= 1 + _CRITICAL else None


def _variances(scaled_variance: object, bias_variance: object) -> tuple[float, float]:
    return (
        arguments.real_number(scaled_variance, "scaled_variance", at_least=0),
        arguments.real_number(bias_variance, "bias_variance", at_least=0),
    )


def _settled(name: str, beyond: Callable[[float], float], least: float) -> float:
    """Where the length map takes q = 1: the first zero of `beyond` in the direction it moves."""
    drift = beyond(1.0)
    if all(abs(beyond(q)) <= _SETTLED * q for q in (0.5, 1.0, 2.0)):
        raise ValueError(
            f"every second moment is a fixed point of {name} networks with these variances: q* is "
            "whatever the input has"
        )
    q, factor = 1.0, 2.0 if drift > 0 else 0.5
    while beyond(q * factor) * drift > 0:
        q *= factor
        if q > _FARTHEST:
            raise ValueError(
                f"the second moment of {name} networks with these variances grows without bound"
            )
        if q < least:
            return 0.0
    return _bisected(beyond, min(q, q * factor), max(q, q * factor))


def _bisected(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a continuous function changes its sign between two points."""
    rises = function(high) > 0
    while high - low > _SETTLED * high:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if (function(middle) > 0) == rises:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _depth(slope: float) -> float:
    """The number of layers in which a deviation changes by a factor e, at that factor per layer."""
    size = abs(float(slope))
    if abs(size - 1) <= _CRITICAL:
        return math.inf
    return 1 / abs(math.log(size)) if size else 0.0
