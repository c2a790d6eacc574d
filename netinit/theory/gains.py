"""Gains: the factor on 1 / sqrt(fan) that keeps a signal or a gradient, and what it implies."""

import math
import numbers
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments
from netinit._checks.spelling import plain
from netinit.activations import Activation, ActivationLike
from netinit.theory import moments

Array = npt.NDArray[np.float64]

_MARGIN = 1e-9  # a slope this close to 1 is 1: that of relu is, up to rounding
_MARGIN_OF_PRECISION = 3  # the same for a coarse callable, in units of its derivative's precision
# The table of torch.nn.init.calculate_gain, under our names; leaky_relu has a formula.
_TORCH = {"identity": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
# What else that function takes: layers, whose gain it says is 1.
_LAYERS = {f"conv{kind}{axes}d" for kind in ("", "transpose") for axes in (1, 2, 3)}
# Units that multiply two projections (Dauphin et al., 2017; Shazeer, 2020), by their activation.
_GATED = {
    "glu": "sigmoid",
    "bilinear": "identity",
    "reglu": "relu",
    "geglu": "gelu",
    "swiglu": "silu",
}


class UnstableGainWarning(UserWarning):
    """A forward gain was asked for whose fixed point repels: depth undoes what it promises."""


@dataclass(frozen=True)
class UnitGain:
    """What the forward gain of an activation implies for a deep network without biases.

    Parameters
    ----------
    activation : str
    q : float
        The second moment of the pre-activations that the gain keeps.
    gain : float
        sqrt(q / E phi^2).
    chi : float
        Factor per layer on a gradient's second moment, gain^2 E phi'^2.
    slope : float
        Of the length map at q: what a small deviation from q is multiplied by in each layer. It is
        -1/2 at least, as the normal density changes by (z^2 - 1) / 2 dq / q.
    margin : float
        How close to 1 the slope counts as 1: what it is good for.
    """

    activation: str
    q: float
    gain: float
    chi: float
    slope: float
    margin: float = _MARGIN

    @property
    def stability(self) -> str:
        """Whether q attracts ("stable"), repels ("unstable"), or neither ("marginal")."""
        if abs(self.slope - 1) <= self.margin:
            return "marginal"
        return "stable" if self.slope < 1 else "unstable"

    def __str__(self) -> str:
        """In plain words."""
        return (
            f"{self.activation} at q = {self.q:g}: gain {self.gain:.6g}, chi {self.chi:.6g}, "
            f"slope {self.slope:.6g}: {self.stability}"
        )


def gain(activation: ActivationLike, kind: str = "forward", *, q: npt.ArrayLike = 1.0) -> Array:
    """The gain of an activation, named or callable: weights get std gain / sqrt(fan).

    Parameters
    ----------
    activation : str, Activation or callable
        A name may be spelled as PyTorch, Keras and JAX spell it, with a number where it takes one:
        "leaky_relu(0.2)". The names of layers that PyTorch's calculate_gain takes ("linear",
        "conv2d") stand for the identity. A callable is differentiated numerically where that is
        needed: see `activations.from_callable`, which also takes its derivative and its kinks. If
        it answers in float32, as functions of JAX do, its forward gain is good to 6 digits and its
        backward gain to 5; in float16, to 3 and 2.
    kind : str
        - "forward": sqrt(q / E phi^2), with fan_in: keeps the second moment q of pre-activations.
        - "backward": 1 / sqrt(E phi'^2), with fan_out: keeps that of gradients.
        - "std": sqrt(q / Var phi): keeps q where the mean of the activations is taken off.
        - "torch": what torch.nn.init.calculate_gain has, for comparison; q plays no part.
    q : array of any shape
        Second moment of the pre-activations.

    Returns
    -------
    array of the shape of `q`

    Warns
    -----
    UnstableGainWarning
        If the forward gain does not hold in a deep network: see `unit_gain`.

    Examples
    --------
    >>> float(gain("tanh").round(6)), float(gain("tanh", "backward").round(6))
    (1.592537, 1.467414)
    >>> float(gain("tanh", "torch").round(6))
    1.666667
    """
    record = _record(activation)
    if isinstance(kind, numbers.Real):  # where calculate_gain of PyTorch has its parameter
        raise TypeError(
            f"kind must be one of {', '.join(map(repr, _KINDS))}, not {kind!r}: a slope is part of "
            f"the name, gain('{record.name.partition('(')[0]}({kind})')"
        )
    found = _KINDS[arguments.choice(kind, _KINDS, "kind")](record, q)
    if kind == "forward":
        _warn_where_unstable(record.name, record, q, found, _slope(record, q, found))
    return found


def unit_gain(activation: ActivationLike, q: float = 1.0) -> UnitGain:
    """The forward gain at `q`, with chi and the stability of the fixed point that it makes.

    Without biases, the length map of weights of std gain / sqrt(fan_in) has a fixed point at q.

    Warns
    -----
    UnstableGainWarning
        If that fixed point repels, as for gelu, silu and mish at q = 1.

    Examples
    --------
    >>> print(unit_gain("elu"))
    elu at q = 1: gain 1.2452, chi 1.0359, slope 0.890968: stable
    """
    record = _record(activation)
    q = arguments.real_number(q, "q")
    found = float(moments.forward_gain(record, q))
    slope = float(_slope(record, q, found))
    _warn_where_unstable(record.name, record, q, found, slope)
    chi = float(moments.chi(record, q, scaled_variance=found**2))
    return UnitGain(record.name, q, found, chi, slope, _margin(record))


def gated_gain(
    activation: ActivationLike, kind: str = "forward", *, q: npt.ArrayLike = 1.0
) -> Array:
    """The gain of a gated unit phi(h1) h2, the product of two projections of the same input.

    SwiGLU, GEGLU and their like (Shazeer, 2020). h1 and h2 are independent, of second moment q
    each, so E u^2 = q E phi(h1)^2, and the weights that read u need the std gain / sqrt(fan_in)
    for their outputs to have the second moment q again. A gradient reaches the input through both:
    E (du/dh1)^2 + E (du/dh2)^2 = q E phi'^2 + E phi^2.

    Parameters
    ----------
    activation : str, Activation or callable
        phi, or the unit by its name: "glu", "bilinear", "reglu", "geglu", "swiglu".
    kind : str
        - "forward": 1 / sqrt(E phi^2), of the weights that read the unit, with their fan_in.
        - "backward": 1 / sqrt(q E phi'^2 + E phi^2), of the weights of both projections, with the
          fan_out of each: keeps the second moment of gradients.
    q : array of any shape
        Second moment of each projection.

    Returns
    -------
    array of the shape of `q`

    Warns
    -----
    UnstableGainWarning
        If the forward gain does not hold in a deep network. The product raises the slope of the
        length map by 1, so that of every activation whose second moment grows with q is unstable:
        such units need normalization.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     float(gated_gain("swiglu", q=2.0).round(6))
    1.118626
    >>> float(gated_gain("silu", "backward").round(6))
    1.166219
    """
    if isinstance(activation, str):
        activation = _GATED.get(plain(activation), activation)
    record = activations.get(activation)
    arguments.choice(kind, ("forward", "backward"), "kind")
    square = moments.second_moment(record, q)
    if kind == "backward":
        square = square + q * moments.derivative_second_moment(record, q)
    if not np.all(square > 0):
        raise ValueError(f"a unit gated by {record.name} has no gain: its second moment is 0")
    found = 1 / np.sqrt(square)
    if kind == "forward" and np.all(np.asarray(q) > 0):
        slope = 1 + _slope(record, q, np.sqrt(q) * found)
        _warn_where_unstable(f"gated {record.name}", record, q, found, slope)
    return found


def torch_gain(activation: ActivationLike) -> float:
    """What torch.nn.init.calculate_gain gives.

    It is the forward and the backward gain of activations that are straight on each side of zero
    (linear, relu, leaky_relu), and neither of the two for tanh, sigmoid and selu.

    Raises
    ------
    ValueError
        If PyTorch's table does not have the activation.

    Examples
    --------
    >>> torch_gain("selu"), torch_gain("sigmoid")
    (0.75, 1.0)
    """
    record = _record(activation)
    if record.name.partition("(")[0] == "leaky_relu":
        return math.sqrt(2 / (1 + float(record.derivative(-1.0)) ** 2))
    known = ", ".join(["leaky_relu", *_TORCH])
    if record.name not in _TORCH:
        raise ValueError(f"PyTorch has no gain for {record.name!r}: its table knows {known}")
    return _TORCH[record.name]


def _record(activation: ActivationLike) -> Activation:
    """The activation, by the name of a layer too; a gated unit is refused."""
    if isinstance(activation, str):
        name = plain(activation)
        if name in _GATED:
            raise ValueError(
                f"{activation!r} multiplies two projections, so it has no gain of one: see "
                f"netinit.gains.gated_gain({activation!r})"
            )
        activation = "identity" if name in _LAYERS else activation
    return activations.get(activation)


def _torch_kind(record: Activation, q: npt.ArrayLike) -> Array:
    if not np.array_equal(q, 1.0):
        raise ValueError(f"PyTorch's gains depend on no q: leave it out, not {q!r}")
    return np.float64(torch_gain(record))


_KINDS = {
    "forward": moments.forward_gain,
    "backward": moments.backward_gain,
    "std": moments.std_gain,
    "torch": _torch_kind,
}


def _slope(record: Activation, q: npt.ArrayLike, gain: npt.ArrayLike) -> Array:
    return moments.length_map_slope(record, q, scaled_variance=np.square(gain))


def _margin(record: Activation) -> float:
    precision = max(record.precision, record.derivative_precision)
    return max(_MARGIN, _MARGIN_OF_PRECISION * precision)


def _warn_where_unstable(
    name: str, record: Activation, q: npt.ArrayLike, gain: npt.ArrayLike, slope: npt.ArrayLike
) -> None:
    """Warn of the q that repels most, if one does."""
    q, gain, slope = (np.ravel(each) for each in (q, gain, slope))
    i = np.argmax(slope) if slope.size else None
    if i is not None and slope[i] > 1 + _margin(record):
        warnings.warn(
            f"{name}: with its gain of {gain[i]:.6g} the second moment {q[i]:g} is a fixed "
            f"point that repels. A deviation grows by a factor of {slope[i]:.4g} per layer: a deep "
            "network without normalization explodes or dies out.",
            UnstableGainWarning,
            stacklevel=3,
        )
