"""Activation functions and their derivatives, as records with a registry."""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit._checks.spelling import plain
from netinit.activations import formulas
from netinit.activations._numerical import Difference, precision

__all__ = [
    "Activation",
    "ActivationLike",
    "celu",
    "elu",
    "erf",
    "from_callable",
    "gelu",
    "gelu_tanh",
    "get",
    "hard_sigmoid",
    "hard_swish",
    "hard_tanh",
    "identity",
    "leaky_relu",
    "mish",
    "names",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "sin",
    "softplus",
    "softsign",
    "tanh",
]

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
        object.__setattr__(self, "kinks", _numbers(self.kinks))

    def __call__(self, x: npt.ArrayLike) -> Array:
        """The function at each entry of `x`."""
        return self.function(x)

    @functools.cached_property
    def precision(self) -> float:
        """The spacing of the function's answers at 1: 2.2e-16 in float64, 1.2e-7 in float32.

        >>> relu.precision
        2.220446049250313e-16
        """
        return precision(self.function)

    @functools.cached_property
    def derivative_precision(self) -> float:
        """The same of the derivative; of a numerical one, its relative error."""
        if isinstance(self.derivative, Difference):
            return self.derivative.error()
        return precision(self.derivative)

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


def _numbers(kinks: Sequence[float]) -> tuple[float, ...]:
    if not isinstance(kinks, Sequence):
        raise TypeError(f"kinks must be a tuple of numbers, not {kinks!r}")
    return tuple(arguments.real_number(kink, "each of kinks") for kink in kinks)


ActivationLike = str | Activation | Elementwise  # what `get` takes


def from_callable(
    function: Elementwise,
    derivative: Elementwise | None = None,
    *,
    kinks: Sequence[float] = (),
    name: str | None = None,
) -> Activation:
    """An Activation of any elementwise function, its derivative taken numerically if none is given.

    The numerical derivative is a difference of fourth order. Of a function that bends on a scale of
    1 it is good to 10 digits if the function answers in float64, to 5 if in float32 (as functions
    of JAX and PyTorch do by default), to 2 if in float16; the step is chosen by the precision that
    the answers are found to have. No difference reaches across 0 or one of `kinks`, and at such a
    point it is the mean of both sides. Give the exact derivative where you have it.

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
        _check_elementwise(function)
        derivative = Difference(function, _numbers(kinks), precision(function))
    name = getattr(function, "__name__", "callable") if name is None else name
    record = Activation(name, function, derivative, kinks)
    for role in (function, derivative):
        _check_elementwise(role)
    return record


def _check_elementwise(function: Elementwise) -> None:
    """Refuse what is not an array to array of the same shape, such as a maker of activations."""
    probe = np.array([[-1.5, 0.5, 2.0]])
    try:
        shape = np.shape(function(probe))
    except Exception as error:
        hint = ""
        if "Tensor" in str(error):  # what a function of PyTorch says of a NumPy array
            hint = "; wrap a function of PyTorch: lambda x: function(torch.as_tensor(x)).numpy()"
        raise TypeError(f"{function!r} fails for an array: {error}{hint}") from error
    if shape != probe.shape:
        raise TypeError(f"{function!r} is not elementwise: {probe.shape} gave {shape}")


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
relu6 = Activation("relu6", formulas.relu6, formulas.relu6_slope, kinks=(0.0, 6.0))
hard_sigmoid = Activation(
    "hard_sigmoid", formulas.hard_sigmoid, formulas.hard_sigmoid_slope, kinks=(-3.0, 3.0)
)
hard_swish = Activation(
    "hard_swish", formulas.hard_swish, formulas.hard_swish_slope, kinks=(-3.0, 3.0)
)
sin = Activation("sin", formulas.sin, formulas.cos)
erf = Activation("erf", formulas.erf, formulas.erf_slope)


def leaky_relu(negative_slope: float = 0.01) -> Activation:
    """The identity for positive x, `negative_slope` times x otherwise; its slope at 0 is that.

    The default is that of PyTorch and JAX; Keras's is 0.2.

    Examples
    --------
    >>> leaky_relu(0.2)(np.array([-1.0, 2.0]))
    array([-0.2,  2. ])
    """
    return _leaky("leaky_relu", negative_slope, 0.01)


def prelu(negative_slope: float = 0.25) -> Activation:
    """A leaky ReLU whose slope is learned (He et al., 2015), as it is at the start of training.

    Examples
    --------
    >>> prelu()(np.array([-1.0, 2.0]))
    array([-0.25,  2.  ])
    """
    return _leaky("prelu", negative_slope, 0.25)


def _leaky(name: str, negative_slope: float, default: float) -> Activation:
    slope = arguments.real_number(negative_slope, "negative_slope")
    return Activation(
        name if slope == default else f"{name}({slope!r})",
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


def celu(alpha: float = 1.0) -> Activation:
    """The identity for positive x, `alpha` (e^(x / alpha) - 1) otherwise (Barron, 2017).

    Its slope at 0 is 1 whatever `alpha` is.

    >>> celu(0.5)(np.array([-1.0, 2.0])).round(6)
    array([-0.432332,  2.      ])
    """
    alpha = arguments.real_number(alpha, "alpha", at_least=1e-6)
    return Activation(
        "celu" if alpha == 1 else f"celu({alpha!r})",
        functools.partial(formulas.celu, alpha=alpha),
        functools.partial(formulas.celu_slope, alpha=alpha),
        kinks=(0.0,),
    )


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
    *(relu6, prelu(), celu(), hard_sigmoid, hard_swish),
)
_REGISTRY = {record.name: record for record in _RECORDS}
_ALIASES = {"swish": "silu", "linear": "identity", "hard_silu": "hard_swish"}
_SPELLINGS = {plain(name): name for name in _REGISTRY} | {
    plain(alias): name for alias, name in _ALIASES.items()
}
# Those that take a number, with the name of the number.
_MAKERS = {
    "leaky_relu": (leaky_relu, "negative_slope"),
    "prelu": (prelu, "negative_slope"),
    "elu": (elu, "alpha"),
    "celu": (celu, "alpha"),
}
_CALL = re.compile(r"([^()]+)\((?:\s*(\w+)\s*=)?([^()=,]+)\)\s*")  # leaky_relu(0.2)


def names() -> list[str]:
    """The activations that `get` knows; "swish", "linear" and "hard_silu" are other names.

    >>> names()[:8]
    ['identity', 'relu', 'leaky_relu', 'elu', 'selu', 'tanh', 'sigmoid', 'softplus']
    >>> names()[8:16]
    ['gelu', 'gelu_tanh', 'silu', 'mish', 'softsign', 'hard_tanh', 'sin', 'erf']
    >>> names()[16:]
    ['relu6', 'prelu', 'celu', 'hard_sigmoid', 'hard_swish']
    """
    return list(_REGISTRY)


def get(activation: ActivationLike) -> Activation:
    """The activation of that name; an Activation is returned as it is.

    The spellings of other libraries are understood: capitals, underscores and hyphens make no
    difference, and a number may follow in parentheses. Any other callable is taken as elementwise
    and differentiated numerically (`from_callable`).

    >>> get("relu") is get("ReLU") is relu
    True
    >>> get("LeakyReLU(0.2)").name
    'leaky_relu(0.2)'
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
    call = _CALL.fullmatch(activation)
    return _made(activation, *call.groups()) if call else _REGISTRY[_known(activation)]


def _known(name: str) -> str:
    """The registered name that is spelled like that."""
    found = _SPELLINGS.get(plain(name))
    return found or arguments.choice(name, [*_REGISTRY, *_ALIASES], "activation")


def _made(text: str, name: str, keyword: str | None, number: str) -> Activation:
    """The activation that a text such as "leaky_relu(0.2)" asks for."""
    name = _known(name)
    make, parameter = _MAKERS.get(name, (None, None))
    if make is None or keyword not in (None, parameter):
        listed = ", ".join(f"{known}({its}=...)" for known, (_, its) in _MAKERS.items())
        raise ValueError(f"activation {text!r} is unknown: those with a number are {listed}")
    try:
        return make(float(number))
    except ValueError as error:
        raise ValueError(f"activation {text!r} is unknown: {error}") from None
