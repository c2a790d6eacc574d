"""Gains: the factor on 1 / sqrt(fan) that keeps a signal or a gradient, and what it implies."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments
from netinit.activations import Activation, ActivationLike
from netinit.theory import moments

Array = npt.NDArray[np.float64]

_MARGIN = 1e-9  # a slope this close to 1 is 1: that of relu is, up to rounding
# The table of torch.nn.init.calculate_gain, under our names; leaky_relu has a formula.
_TORCH = {"identity": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}


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
    """

    activation: str
    q: float
    gain: float
    chi: float
    slope: float

    @property
    def stability(self) -> str:
        """Whether q attracts ("stable"), repels ("unstable"), or neither ("marginal")."""
        if abs(self.slope - 1) <= _MARGIN:
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
        A callable is differentiated numerically where that is needed: see
        `activations.from_callable`, which also takes its derivative and its kinks.
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
    record = activations.get(activation)
    found = _KINDS[arguments.choice(kind, _KINDS, "kind")](record, q)
    if kind == "forward":
        _warn_where_unstable(record, q, found)
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
    record = activations.get(activation)
    q = arguments.real_number(q, "q")
    found = float(moments.forward_gain(record, q))
    _warn_where_unstable(record, q, found)
    chi = moments.chi(record, q, scaled_variance=found**2)
    return UnitGain(record.name, q, found, float(chi), float(_slope(record, q, found)))


def torch_gain(activation: ActivationLike) -> float:
    """What torch.nn.init.calculate_gain gives: neither forward nor backward gains, but for relu.

    Raises
    ------
    ValueError
        If PyTorch's table does not have the activation.

    Examples
    --------
    >>> torch_gain("selu"), torch_gain("sigmoid")
    (0.75, 1.0)
    """
    record = activations.get(activation)
    if record.name.partition("(")[0] == "leaky_relu":
        return math.sqrt(2 / (1 + float(record.derivative(-1.0)) ** 2))
    known = ", ".join(["leaky_relu", *_TORCH])
    if record.name not in _TORCH:
        raise ValueError(f"PyTorch has no gain for {record.name!r}: its table knows {known}")
    return _TORCH[record.name]


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


def _warn_where_unstable(record: Activation, q: npt.ArrayLike, gain: npt.ArrayLike) -> None:
    """Warn of the q that repels most, if one does."""
    q, gain, slope = (np.ravel(each) for each in (q, gain, _slope(record, q, gain)))
    i = np.argmax(slope) if slope.size else None
    if i is not None and slope[i] > 1 + _MARGIN:
        warnings.warn(
            f"{record.name}: with its gain of {gain[i]:.6g} the second moment {q[i]:g} is a fixed "
            f"point that repels. A deviation grows by the factor {slope[i]:.4g} a layer, so that a "
            "deep network without normalization explodes or dies out.",
            UnstableGainWarning,
            stacklevel=3,
        )
