"""Gaussian expectations by quadrature: the second moments and gains of an activation."""

import math
import sys
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit.activations import Activation, ActivationLike

Array = npt.NDArray[np.float64]
Function = Callable[[Array], Array]

# Beyond 12 standard deviations there is 4e-33 of the mass, too little even for x^8.
_REACH = 12.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANELS = np.arange(-_REACH, _REACH + 1, 2.0)
# Edges on the scale of the activation too, where tanh and sigmoid bend; past 40 they are flat.
_BENDS = np.append(np.arange(0.0, 21.0, 2.0), [30.0, 40.0])
_AT_ONCE = 256  # values of q integrated together, to bound the memory
_TOLERANCE = 1e-14  # of the sum of the panels' sizes: what halving a panel may still change
_ROUNDING = 4  # the same for answers that are rounded more coarsely, in units of their precision
_MOST_PANELS = 2**17  # at one time, for the memory again
_MOST_COARSE_PANELS = 2**13  # where rounding is what is left to resolve


def expectation(
    function: Function,
    q: npt.ArrayLike = 1.0,
    *,
    mean: npt.ArrayLike = 0.0,
    kinks: Sequence[float] = (),
    precision: float | None = None,
) -> Array:
    """E f(mean + sqrt(q) z) for standard normal z.

    Gauss-Legendre quadrature with 16 points per panel. No panel straddles a kink that is named, and
    a panel is halved as long as that changes the result: so oscillations are followed. A kink that
    is not named is found most of the time, but one close to an edge can cost half of the digits.

    Parameters
    ----------
    function : callable
        Elementwise, array to array.
    q, mean : arrays of shapes that broadcast
        Variance and mean of the argument.
    kinks : sequence of float
        Where `function` jumps or bends sharply.
    precision : float, optional
        Relative precision of what the function answers, and of the result: no panel is halved for
        the sake of smaller changes. By default it is found from a few answers: float32 ones give
        about six digits.

    Returns
    -------
    array of the shape of `q` and `mean` together

    Warns
    -----
    RuntimeWarning
        If 2^17 panels do not resolve the function, as for sin at q = 1e12; 2^13 if its answers are
        coarser than those of float64.

    Examples
    --------
    >>> float(expectation(np.abs, q=4.0, kinks=[0.0]).round(12))
    1.595769121606
    """
    q, mean = np.broadcast_arrays(_variance(q), _finite(mean, "mean"))
    kinks = np.asarray(kinks, dtype=np.float64)
    if kinks.ndim != 1 or not np.isfinite(kinks).all():
        raise ValueError(f"kinks must be a sequence of finite numbers, not {kinks.tolist()}")
    if not callable(function):
        raise TypeError(f"function must be callable, not {function!r}")
    scale, shift = np.sqrt(q).reshape(-1), mean.reshape(-1)
    precision = activations.precision(function) if precision is None else precision
    parts = [
        _integrate(function, scale[some], shift[some], kinks, precision)
        for some in (slice(first, first + _AT_ONCE) for first in range(0, scale.size, _AT_ONCE))
    ]
    return np.concatenate([np.empty(0), *parts]).reshape(q.shape)[()]


def mean(activation: ActivationLike, q: npt.ArrayLike = 1.0) -> Array:
    """E phi(sqrt(q) z), the mean of the activations.

    >>> float(mean("relu").round(6))
    0.398942
    """
    record = activations.get(activation)
    return expectation(record, q, kinks=record.kinks, precision=record.precision)


def second_moment(activation: ActivationLike, q: npt.ArrayLike = 1.0) -> Array:
    """E phi(sqrt(q) z)^2, the second moment of the activations.

    >>> float(second_moment("relu", 3.0).round(12))
    1.5
    """
    record = activations.get(activation)
    return expectation(
        lambda x: _double(record(x)) ** 2, q, kinks=record.kinks, precision=record.precision
    )


def variance(activation: ActivationLike, q: npt.ArrayLike = 1.0) -> Array:
    """Var phi(sqrt(q) z), the variance of the activations.

    >>> float(variance("sigmoid").round(12))
    0.043379035858
    """
    record, q = activations.get(activation), _variance(q)
    # Measured from phi(0): then nothing cancels where q is small and phi nearly constant.
    start = float(np.asarray(record(np.zeros(()))))
    precision = record.precision * _cancellation(record, start, q)

    def power(exponent: int) -> Array:
        return expectation(
            lambda x: (_double(record(x)) - start) ** exponent,
            q,
            kinks=record.kinks,
            precision=precision,
        )

    return power(2) - power(1) ** 2


def _cancellation(record: Activation, start: float, q: Array) -> float:
    """How much larger phi(0) is than what is left of phi without it, at the smallest q; 1 or more.

    In float64 nothing that matters is lost.
    """
    smallest = np.sqrt(np.min(q, initial=np.inf))
    if record.precision < _TOLERANCE or not np.isfinite(smallest):
        return 1.0
    ends = _double(record(np.array([-smallest, smallest]))) - start
    left = float(np.abs(ends).max())
    return max(1.0, abs(start) / left) if left else 1.0


def derivative_second_moment(activation: ActivationLike, q: npt.ArrayLike = 1.0) -> Array:
    """E phi'(sqrt(q) z)^2, the factor on the second moment of a gradient passing back.

    >>> float(derivative_second_moment("relu", 3.0).round(12))
    0.5
    """
    record = activations.get(activation)
    return expectation(
        lambda x: _double(record.derivative(x)) ** 2,
        q,
        kinks=record.kinks,
        precision=record.derivative_precision,
    )


def forward_gain(activation: ActivationLike, q: npt.ArrayLike = 1.0) -> Array:
    """sqrt(q / E phi^2): weights of std gain / sqrt(fan_in) keep the second moment at `q`.

    >>> float(forward_gain("relu").round(12))
    1.414213562373
    """
    q = _positive(q)
    return np.sqrt(q / _nonzero(second_moment(activation, q), "E phi^2"))


def backward_gain(activation: ActivationLike, q: npt.ArrayLike = 1.0) -> Array:
    """1 / sqrt(E phi'^2): weights of std gain / sqrt(fan_out) keep a gradient's second moment.

    >>> float(backward_gain("relu").round(12))
    1.414213562373
    """
    return 1 / np.sqrt(_nonzero(derivative_second_moment(activation, q), "E phi'^2"))


def std_gain(activation: ActivationLike, q: npt.ArrayLike = 1.0) -> Array:
    """sqrt(q / Var phi): keeps `q` where the mean of the activations is taken off.

    >>> float(std_gain("relu").round(12))
    1.71285855045
    """
    q = _positive(q)
    return np.sqrt(q / _nonzero(variance(activation, q), "Var phi"))


def length_map(
    activation: ActivationLike,
    q: npt.ArrayLike,
    *,
    scaled_variance: npt.ArrayLike,
    bias_variance: npt.ArrayLike = 0.0,
) -> Array:
    """Variance of the next layer's pre-activations, scaled_variance E phi^2 + bias_variance.

    `scaled_variance` is fan_in times the variance of a weight. The map is that of Poole et al.
    (2016).

    >>> float(length_map("relu", 1.0, scaled_variance=2.0).round(12))
    1.0
    """
    weight = _variance(scaled_variance, "scaled_variance")
    return weight * second_moment(activation, q) + _variance(bias_variance, "bias_variance")


def length_map_slope(
    activation: ActivationLike, q: npt.ArrayLike, *, scaled_variance: npt.ArrayLike
) -> Array:
    """The derivative of `length_map` with respect to q: scaled_variance E[phi phi' z] / sqrt(q).

    q must be positive.

    A fixed point of the map attracts where this is below 1, and repels where it is above.

    >>> float(length_map_slope("relu", 3.0, scaled_variance=2.0).round(12))
    1.0
    """
    record = activations.get(activation)
    q, weight = _positive(q), _variance(scaled_variance, "scaled_variance")
    # d/dq of phi(sqrt(q) z)^2 is phi phi' z / sqrt(q), that is phi phi' x / q.
    product = expectation(
        lambda x: _double(record(x)) * _double(record.derivative(x)) * x,
        q,
        kinks=record.kinks,
        precision=max(record.precision, record.derivative_precision),
    )
    return weight * product / q


def chi(activation: ActivationLike, q: npt.ArrayLike, *, scaled_variance: npt.ArrayLike) -> Array:
    """scaled_variance E phi'^2, the factor per layer on a gradient's second moment.

    At a fixed point q it is the chi_1 of Poole et al. (2016) and Schoenholz et al. (2017).

    >>> float(chi("relu", 1.0, scaled_variance=1.0).round(12))
    0.5
    """
    weight = _variance(scaled_variance, "scaled_variance")
    return weight * derivative_second_moment(activation, q)


def _double(answers: npt.ArrayLike) -> Array:
    """Answers as float64: the square of a float16 can overflow."""
    return np.asarray(answers, np.float64)


def _real(value: npt.ArrayLike, name: str) -> Array:
    """`value` as a float64 array."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, not {value!r}")
    return array.astype(np.float64)


def _finite(value: npt.ArrayLike, name: str) -> Array:
    array = _real(value, name)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, not {value!r}")
    return array


def _variance(value: npt.ArrayLike, name: str = "q") -> Array:
    """`value` as a float64 array, finite and not negative."""
    array = _real(value, name)
    if not np.all(np.isfinite(array) & (array >= 0)):
        raise ValueError(f"{name} must be finite and not negative, not {value!r}")
    return array


def _positive(q: npt.ArrayLike) -> Array:
    q = _variance(q)
    if not np.all(q > 0):
        raise ValueError(f"q must be > 0 here, not {q.min():g}")
    return q


def _nonzero(moment: Array, name: str) -> Array:
    if not np.all(moment > 0):
        raise ValueError(f"this activation has no gain: {name} is 0")
    return moment


def _integrate(
    function: Function, scale: Array, shift: Array, kinks: Array, precision: float
) -> Array:
    """E f(m + s z) for each s of a one-dimensional `scale` and each m of `shift`."""
    tolerance = max(_TOLERANCE, _ROUNDING * precision)
    most = _MOST_PANELS if tolerance == _TOLERANCE else _MOST_COARSE_PANELS
    edges = _edges(scale, shift, kinks)
    row, panel = np.nonzero(np.diff(edges) > 0)
    left, right = edges[row, panel], edges[row, panel + 1]
    whole = _panels(function, scale[row], shift[row], left, right)
    allowed = np.finfo(np.float64).tiny + tolerance * np.bincount(row, np.abs(whole), scale.size)
    total = np.zeros(scale.size)
    while row.size:
        middle = (left + right) / 2
        row, left, right = np.tile(row, 2), np.append(left, middle), np.append(middle, right)
        halves = _panels(function, scale[row], shift[row], left, right)
        with np.errstate(invalid="ignore"):  # what overflowed is as it is
            change = np.abs(halves.reshape(2, -1).sum(axis=0) - whole)
        rough = np.tile(change > allowed[row[: whole.size]], 2)
        if 2 * rough.sum() > most:
            if scale.size > 1:
                halved = zip(np.array_split(scale, 2), np.array_split(shift, 2), strict=True)
                parts = [_integrate(function, s, m, kinks, precision) for s, m in halved]
                return np.concatenate(parts)
            _warn_unresolved(scale[0], change.sum())
            rough[:] = False
        total += np.bincount(row[~rough], halves[~rough], scale.size)
        row, left, right, whole = row[rough], left[rough], right[rough], halves[rough]
    return total


def _warn_unresolved(scale: float, error: float) -> None:
    warnings.warn(
        f"the function varies too fast to be integrated at q = {scale**2:.3g}: "
        f"the result may be off by {error:.1g}",
        RuntimeWarning,
        stacklevel=_level_of_the_caller(),
    )


def _level_of_the_caller() -> int:
    """The stack level of who asked: the first frame outside the package, above a warning's own.

    How many frames lie between depends on the moment, and on the version of Python.
    """
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("netinit."):
        frame, level = frame.f_back, level + 1
    return level


def _panels(function: Function, scale: Array, shift: Array, left: Array, right: Array) -> Array:
    """The integral of f(m + s z) times the normal density over each panel."""
    half = (right - left)[:, None] / 2
    z = left[:, None] + half * (1 + _NODES)
    x = shift[:, None] + scale[:, None] * z
    values = _double(function(x))
    if values.shape != x.shape:
        raise ValueError(f"function must be elementwise: {x.shape} gave {values.shape}")
    with np.errstate(under="ignore"):
        density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        return (values * density * half) @ _WEIGHTS


def _edges(scale: Array, shift: Array, kinks: Array) -> Array:
    """Sorted panel edges in z, one row per scale; some panels may be empty."""
    points = np.concatenate([-_BENDS, _BENDS, kinks])
    # A scale of 0 reads the function at one place alone; any panels serve.
    bends = (points - shift[:, None]) / np.where(scale > 0, scale, 1.0)[:, None]
    panels = np.broadcast_to(_PANELS, (scale.size, _PANELS.size))
    return np.sort(np.clip(np.concatenate([bends, panels], axis=1), -_REACH, _REACH), axis=1)
