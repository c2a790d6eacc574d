"""Activation functions and their derivatives, as records with a registry."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit.activations import formulas

Array = npt.NDArray[np.floating]
Elementwise = Callable[[npt.ArrayLike], Array]


@dataclass(frozen=True)
class Activation:
    """A scalar function applied to each pre-activation, with its derivative.

    Parameters
    ----------
    name : str
        What `get` and figures call it.
    function, derivative : callable
        Elementwise, array to array of the same shape and dtype.
    kinks : tuple of float
        Where the function or its derivative is not smooth; integrals are split there.

    Examples
    --------
    >>> square = Activation("square", lambda x: x**2, lambda x: 2 * x)
    >>> square(np.array([1.0, 3.0]))
    array([1., 9.])
    """

    name: str
    function: Elementwise
    derivative: Elementwise
    kinks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"name must be a string, not {self.name!r}")
        for role in ("function", "derivative"):
            if not callable(getattr(self, role)):
                raise TypeError(f"{role} must be callable, not {getattr(self, role)!r}")
        if not isinstance(self.kinks, Sequence):
            raise TypeError(f"kinks must be a tuple of numbers, not {self.kinks!r}")
        kinks = tuple(arguments.real_number(kink, "each of kinks") for kink in self.kinks)
        object.__setattr__(self, "kinks", kinks)

    def __call__(self, x: npt.ArrayLike) -> Array:
        """The function at each entry of `x`."""
        return self.function(x)

    @functools.cached_property
    def steepest(self) -> float:
        """The largest slope |phi'|, found on a grid of step 0.001 over [-20, 20]."""
        return float(np.abs(self.derivative(np.linspace(-20.0, 20.0, 40001))).max())

    @functools.cached_property
    def _steep(self) -> tuple[float, float]:
        """Outside this interval the slope stays below a twentieth of the steepest."""
        far = np.geomspace(20.0, 1e6, 4000)
        x = np.concatenate([-far[:0:-1], np.linspace(-20.0, 20.0, 40001), far[1:]])
        with np.errstate(all="ignore"):
            steep = x[~(np.abs(self.derivative(x)) < 0.05 * self.steepest)]
        return (float(steep[0]), float(steep[-1])) if steep.size else (0.0, 0.0)

    def saturated(self, x: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Where the slope is below a twentieth of the steepest, and stays so from there outward.

        Such a unit hardly learns. A turning point, as in the dip of gelu or at a crest of sin, is
        flat too, but a small step leads out of it: it does not count.

        >>> tanh.saturated(np.array([0.0, 2.0, -3.0]))
        array([False, False,  True])
        >>> gelu.saturated(np.array([-4.0, -0.7518, 9.0]))
        array([ True, False, False])
        """
        x = formulas.floating(x)
        low, high = self._steep
        outside = (x < low) | (x > high)
        return outside & (np.abs(self.derivative(x)) < 0.05 * self.steepest)


ActivationLike = str | Activation | Elementwise  # what `get` takes


def from_callable(
    function: Elementwise,
    derivative: Elementwise | None = None,
    *,
    kinks: Sequence[float] = (),
    name: str | None = None,
) -> Activation:
    """An Activation of any elementwise function, its derivative taken numerically if none is given.

    The numerical derivative is a central difference of fourth order in float64, which leaves 10
    digits or more of a function that bends on a scale of 1; no difference straddles 0 or one of
    `kinks`, and at such a point it is the mean of both sides. Give the exact one where you have it.

    Parameters
    ----------
    function, derivative : callable
        Elementwise, array to array.
    kinks : sequence of float
        Where the function or its derivative is not smooth.
    name : str, optional
        Default: the function's own name.

    Examples
    --------
    >>> cube = from_callable(lambda x: x**3, name="cube")
    >>> cube.derivative(np.array([0.5, -2.0])).round(9)
    array([ 0.75, 12.  ])
    """
    if not callable(function):
        raise TypeError(f"function must be callable, not {function!r}")
    if derivative is None:
        derivative = functools.partial(_difference, function=function, kinks=kinks)
    name = getattr(function, "__name__", "callable") if name is None else name
    record = Activation(name, function, derivative, kinks)
    _check_elementwise(record)
    return record


def _check_elementwise(record: Activation) -> None:
    """Refuse what is not an array to array of the same shape, such as a maker of activations."""
    probe = np.array([[-1.5, 0.5, 2.0]])
    for role in (record.function, record.derivative):
        try:
            shape = np.shape(role(probe))
        except Exception as error:
            raise TypeError(f"{role!r} fails for an array: {error}") from error
        if shape != probe.shape:
            raise TypeError(f"{role!r} is not elementwise: {probe.shape} gave {shape}")


def _difference(x: npt.ArrayLike, *, function: Elementwise, kinks: Sequence[float]) -> Array:
    """Central difference of fourth order that reaches across neither 0 nor a kink."""
    x = formulas.floating(x)
    wide = x.astype(np.float64)
    step = 1e-3 + 1e-5 * np.abs(wide)
    room = np.abs(wide[..., None] - np.array([0.0, *kinks])).min(axis=-1) / 2
    step = np.where(room > 0, np.minimum(step, room), step)
    one, two = (function(wide + k * step) - function(wide - k * step) for k in (1, 2))
    return ((8 * one - two) / (12 * step)).astype(x.dtype)


identity = Activation("identity", formulas.identity, formulas.identity_slope)
relu = Activation("relu", formulas.relu, formulas.relu_slope, kinks=(0.0,))
tanh = Activation("tanh", formulas.tanh, formulas.tanh_slope)
sigmoid = Activation("sigmoid", formulas.sigmoid, formulas.sigmoid_slope)
softplus = Activation("softplus", formulas.softplus, formulas.sigmoid)
gelu = Activation("gelu", formulas.gelu, formulas.gelu_slope)
gelu_tanh = Activation("gelu_tanh", formulas.gelu_tanh, formulas.gelu_tanh_slope)
silu = Activation("silu", formulas.silu, formulas.silu_slope)
mish = Activation("mish", formulas.mish, formulas.mish_slope)
softsign = Activation("softsign", formulas.softsign, formulas.softsign_slope, kinks=(0.0,))
hard_tanh = Activation("hard_tanh", formulas.hard_tanh, formulas.hard_tanh_slope, kinks=(-1.0, 1.0))
sin = Activation("sin", formulas.sin, formulas.cos)
erf = Activation("erf", formulas.erf, formulas.erf_slope)


def leaky_relu(negative_slope: float = 0.01) -> Activation:
    """The identity for positive x, `negative_slope` times x otherwise; its slope at 0 is that.

    Examples
    --------
    >>> leaky_relu(0.2)(np.array([-1.0, 2.0]))
    array([-0.2,  2. ])
    """
    slope = arguments.real_number(negative_slope, "negative_slope")
    name = "leaky_relu" if slope == 0.01 else f"leaky_relu({slope!r})"
    return Activation(
        name,
        functools.partial(formulas.leaky_relu, negative_slope=slope),
        functools.partial(formulas.leaky_relu_slope, negative_slope=slope),
        kinks=(0.0,),
    )


def elu(alpha: float = 1.0) -> Activation:
    """The identity for positive x, `alpha` (e^x - 1) otherwise (Clevert et al., 2016).

    Its slope at 0 is `alpha`.

    >>> elu(0.5)(np.array([-1.0, 2.0])).round(6)
    array([-0.31606,  2.     ])
    """
    alpha = arguments.real_number(alpha, "alpha")
    return _elu("elu" if alpha == 1 else f"elu({alpha!r})", alpha, 1.0)


def _elu(name: str, alpha: float, scale: float) -> Activation:
    parameters = {"alpha": alpha, "scale": scale}
    return Activation(
        name,
        functools.partial(formulas.elu, **parameters),
        functools.partial(formulas.elu_slope, **parameters),
        kinks=(0.0,),
    )


selu = _elu("selu", formulas.SELU_ALPHA, formulas.SELU_SCALE)

_RECORDS = (
    *(identity, relu, leaky_relu(), elu(), selu, tanh, sigmoid, softplus),
    *(gelu, gelu_tanh, silu, mish, softsign, hard_tanh, sin, erf),
)
_REGISTRY = {record.name: record for record in _RECORDS}
_ALIASES = {"swish": "silu"}


def names() -> list[str]:
    """The activations that `get` knows; "swish" is another name for silu.

    >>> names()[:8]
    ['identity', 'relu', 'leaky_relu', 'elu', 'selu', 'tanh', 'sigmoid', 'softplus']
    >>> names()[8:]
    ['gelu', 'gelu_tanh', 'silu', 'mish', 'softsign', 'hard_tanh', 'sin', 'erf']
    """
    return list(_REGISTRY)


def get(activation: ActivationLike) -> Activation:
    """The activation of that name; an Activation is handed back as it is.

    Any other callable is taken as elementwise and differentiated numerically (`from_callable`).

    >>> get("relu") is relu
    True
    >>> get(np.arctan).name
    'arctan'
    """
    if isinstance(activation, Activation):
        return activation
    if callable(activation):
        return from_callable(activation)
    if not isinstance(activation, str):
        raise TypeError(
            f"activation must be a name, an Activation or a callable, not {activation!r}"
        )
    name = _ALIASES.get(activation, activation)
    return _REGISTRY[arguments.choice(name, [*_REGISTRY, *_ALIASES], "activation")]
