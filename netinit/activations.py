"""Activation functions and their derivatives, as records."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import arguments

Elementwise = Callable[[npt.ArrayLike], npt.NDArray[np.floating]]


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
        kinks = tuple(arguments.real(kink, "each of kinks") for kink in self.kinks)
        object.__setattr__(self, "kinks", kinks)

    def __call__(self, x: npt.ArrayLike) -> npt.NDArray[np.floating]:
        """The function at each entry of `x`."""
        return self.function(x)

    @functools.cached_property
    def steepest(self) -> float:
        """The largest slope |phi'|, found on a grid of step 0.001 over [-20, 20]."""
        return float(np.abs(self.derivative(np.linspace(-20.0, 20.0, 40001))).max())

    def saturated(self, x: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Where the slope is below a twentieth of the steepest: such a unit hardly learns.

        >>> tanh.saturated(np.array([0.0, 2.0, -3.0]))
        array([False, False,  True])
        """
        return np.abs(self.derivative(x)) < 0.05 * self.steepest


def _floating(x: npt.ArrayLike) -> npt.NDArray[np.floating]:
    """`x` as a floating array: its dtype kept, other numbers made float64."""
    x = np.asarray(x)
    if np.issubdtype(x.dtype, np.floating):
        return x
    if not np.issubdtype(x.dtype, np.integer):
        raise TypeError(f"an activation takes real numbers, not dtype {x.dtype}")
    return x.astype(np.float64)


def _identity(x: npt.ArrayLike) -> npt.NDArray[np.floating]:
    return _floating(x).copy()


def _one(x: npt.ArrayLike) -> npt.NDArray[np.floating]:
    return np.ones_like(_floating(x))


def _relu(x: npt.ArrayLike) -> npt.NDArray[np.floating]:
    return np.maximum(_floating(x), 0)


def _relu_slope(x: npt.ArrayLike) -> npt.NDArray[np.floating]:
    x = _floating(x)
    return (x > 0).astype(x.dtype)


def _tanh(x: npt.ArrayLike) -> npt.NDArray[np.floating]:
    return np.tanh(_floating(x))


def _tanh_slope(x: npt.ArrayLike) -> npt.NDArray[np.floating]:
    # 1 - tanh^2 cancels for large |x|; this form keeps every digit.
    decay = np.exp(-2 * np.abs(_floating(x)))
    return 4 * decay / (1 + decay) ** 2


def _sigmoid(x: npt.ArrayLike) -> npt.NDArray[np.floating]:
    # exp of a negative number only: nothing overflows.
    x = _floating(x)
    decay = np.exp(-np.abs(x))
    return np.where(x < 0, decay, x.dtype.type(1)) / (1 + decay)


def _sigmoid_slope(x: npt.ArrayLike) -> npt.NDArray[np.floating]:
    decay = np.exp(-np.abs(_floating(x)))
    return decay / (1 + decay) ** 2


def _leaky_relu(x: npt.ArrayLike, *, negative_slope: float) -> npt.NDArray[np.floating]:
    x = _floating(x)
    return np.where(x > 0, x, x * x.dtype.type(negative_slope))


def _leaky_relu_slope(x: npt.ArrayLike, *, negative_slope: float) -> npt.NDArray[np.floating]:
    x = _floating(x)
    return np.where(x > 0, x.dtype.type(1), x.dtype.type(negative_slope))


identity = Activation("identity", _identity, _one)
relu = Activation("relu", _relu, _relu_slope, kinks=(0.0,))
tanh = Activation("tanh", _tanh, _tanh_slope)
sigmoid = Activation("sigmoid", _sigmoid, _sigmoid_slope)


def leaky_relu(negative_slope: float = 0.01) -> Activation:
    """The identity for positive x, `negative_slope` times x otherwise; its slope at 0 is that.

    Examples
    --------
    >>> leaky_relu(0.2)(np.array([-1.0, 2.0]))
    array([-0.2,  2. ])
    """
    slope = arguments.real(negative_slope, "negative_slope")
    name = "leaky_relu" if slope == 0.01 else f"leaky_relu({slope!r})"
    return Activation(
        name,
        functools.partial(_leaky_relu, negative_slope=slope),
        functools.partial(_leaky_relu_slope, negative_slope=slope),
        kinks=(0.0,),
    )


_REGISTRY = {record.name: record for record in (identity, relu, leaky_relu(), tanh, sigmoid)}


def names() -> list[str]:
    """The names `get` knows.

    >>> names()
    ['identity', 'relu', 'leaky_relu', 'tanh', 'sigmoid']
    """
    return list(_REGISTRY)


def get(activation: str | Activation) -> Activation:
    """The activation of that name; an Activation is handed back as it is.

    >>> get("relu") is relu
    True
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(f"activation must be a name or an Activation, not {activation!r}")
    return _REGISTRY[arguments.choice(activation, _REGISTRY, "activation")]
