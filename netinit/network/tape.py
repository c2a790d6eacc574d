"""Reverse-mode differentiation: each array remembers how to send a gradient back.

A `Variable` is an array with its parents: the variables that it was computed from, each with a
function from the gradient with respect to the result to the gradient with respect to that parent
(the vector-Jacobian product, VJP). `gradients` walks the variables from the output back and adds up
what arrives. The functions below are the operations that the layers are made of; all of them
broadcast as NumPy does, so leading stack axes need no care.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from netinit.activations import Activation

Array = npt.NDArray[np.floating]
VJP = Callable[[Array], Array]
Operand = "Variable | Array | float"


class Variable:
    """An array, and how its gradient reaches the variables it was computed from.

    Parameters
    ----------
    value : array
    parents : sequence of (Variable, VJP)

    Examples
    --------
    >>> x = Variable(np.array([3.0]))
    >>> y = x * x + 2.0 * x
    >>> gradients(y, np.ones(1), [x])
    [array([8.])]
    """

    __slots__ = ("depth", "parents", "value")
    __array_ufunc__ = None  # so that array + Variable is the Variable's addition

    def __init__(self, value: Array, parents: Sequence[tuple["Variable", VJP]] = ()) -> None:
        self.value = value
        self.parents = parents
        self.depth = 1 + max((parent.depth for parent, _ in parents), default=0)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the value."""
        return self.value.shape

    def __add__(self, other: Operand) -> "Variable":
        return _binary(self, other, np.add, lambda g, a, b: g, lambda g, a, b: g)

    def __sub__(self, other: Operand) -> "Variable":
        return _binary(self, other, np.subtract, lambda g, a, b: g, lambda g, a, b: -g)

    def __mul__(self, other: Operand) -> "Variable":
        return _binary(self, other, np.multiply, lambda g, a, b: g * b, lambda g, a, b: g * a)

    __radd__, __rmul__ = __add__, __mul__

    def __matmul__(self, other: "Variable") -> "Variable":
        a, b = self.value, other.value
        return Variable(
            np.matmul(a, b),
            (
                (self, lambda g: _unbroadcast(np.matmul(g, b.swapaxes(-1, -2)), a.shape)),
                (other, lambda g: _unbroadcast(np.matmul(a.swapaxes(-1, -2), g), b.shape)),
            ),
        )

    def reshape(self, *shape: int) -> "Variable":
        """The same entries in another shape."""
        old = self.shape
        return Variable(self.value.reshape(shape), ((self, lambda g: g.reshape(old)),))

    def swapaxes(self, first: int, second: int) -> "Variable":
        """Two axes exchanged."""
        turned = self.value.swapaxes(first, second)
        return Variable(turned, ((self, lambda g: g.swapaxes(first, second)),))

    def transpose(self, *axes: int) -> "Variable":
        """The axes in another order, as `numpy.transpose`."""
        back = np.argsort(axes)
        return Variable(self.value.transpose(axes), ((self, lambda g: g.transpose(back)),))

    def __getitem__(self, index: object) -> "Variable":
        """Part of the array, by integers and slices only, so that no entry occurs twice."""

        def back(gradient: Array) -> Array:
            whole = np.zeros_like(self.value)
            whole[index] = gradient
            return whole

        return Variable(self.value[index], ((self, back),))

    def mean(self, axis: int | tuple[int, ...]) -> "Variable":
        """Mean over axes, which stay with length 1."""
        found = self.value.mean(axis=axis, keepdims=True)
        share = found.size / self.value.size
        return Variable(found, ((self, lambda g: np.broadcast_to(g * share, self.shape)),))


def gradients(output: Variable, upstream: Array, wanted: Iterable[Variable]) -> list[Array]:
    """Gradients of a scalar from its gradient with respect to `output`.

    Parameters
    ----------
    output : Variable
    upstream : array of the shape of `output`
        Gradient of the scalar with respect to it.
    wanted : iterable of Variable

    Returns
    -------
    list of arrays
        One for each of `wanted`, in its shape; zeros if the output does not depend on it.
    """
    wanted = list(wanted)
    kept = {id(variable) for variable in wanted}
    found = {id(output): upstream}
    # A variable is deeper than its parents, so all that reaches it has arrived before it is left.
    for variable in sorted(_ancestors(output), key=lambda v: v.depth, reverse=True):
        gradient = found[id(variable)] if id(variable) in kept else found.pop(id(variable))
        for parent, vjp in variable.parents:
            share = vjp(gradient)
            found[id(parent)] = found[id(parent)] + share if id(parent) in found else share
    return [
        found[id(variable)] if id(variable) in found else np.zeros_like(variable.value)
        for variable in wanted
    ]


def apply(activation: Activation, x: Variable) -> Variable:
    """An activation at each entry."""
    return Variable(activation(x.value), ((x, lambda g: g * activation.derivative(x.value)),))


def reciprocal_root(x: Variable) -> Variable:
    """1 / sqrt(x) at each entry."""
    found = 1 / np.sqrt(x.value)
    return Variable(found, ((x, lambda g: g * (-0.5 * found**3)),))


def softmax(x: Variable) -> Variable:
    """exp(x) / sum exp(x) along the last axis."""
    found = np.exp(x.value - x.value.max(axis=-1, keepdims=True))
    found /= found.sum(axis=-1, keepdims=True)

    def back(gradient: Array) -> Array:
        return found * (gradient - (gradient * found).sum(axis=-1, keepdims=True))

    return Variable(found, ((x, back),))


def rows(table: Variable, numbers: npt.NDArray[np.integer], stack_axes: int) -> Variable:
    """Rows of a table by their numbers: (*stack, rows, width) and (*stack, ...) -> (..., width)."""
    flat = table.value.reshape(-1, *table.shape[-2:])
    chosen = numbers.reshape(len(flat), *numbers.shape[stack_axes:])
    which = np.arange(len(flat)).reshape(-1, *[1] * (chosen.ndim - 1))
    found = flat[which, chosen].reshape(*numbers.shape, table.shape[-1])

    def back(gradient: Array) -> Array:
        whole = np.zeros_like(flat)
        np.add.at(whole, (which, chosen), gradient.reshape(*chosen.shape, -1))
        return whole.reshape(table.shape)

    return Variable(found, ((table, back),))


def joined(parts: Sequence[Variable], axis: int) -> Variable:
    """Variables of one shape, stacked along a new axis."""

    def take(place: int) -> VJP:
        return lambda g: g.take(place, axis=axis)

    values = np.stack([part.value for part in parts], axis=axis)
    return Variable(values, tuple((part, take(i)) for i, part in enumerate(parts)))


def padded(x: Variable, widths: Sequence[tuple[int, int]]) -> Variable:
    """Zeros before and after the last axes, a pair of counts for each."""
    pairs = [(0, 0)] * (x.value.ndim - len(widths)) + list(widths)
    inside = tuple(
        slice(first, first + length) for (first, _), length in zip(pairs, x.shape, strict=True)
    )
    return Variable(np.pad(x.value, pairs), ((x, lambda g: g[inside]),))


def windows(x: Variable, kernel: Sequence[int], strides: Sequence[int]) -> Variable:
    """Every window of the last axes, as new axes at the end: (..., *positions, *kernel)."""
    axes = tuple(range(-len(kernel), 0))
    every = np.lib.stride_tricks.sliding_window_view(x.value, tuple(kernel), axes)
    steps = tuple(slice(None, None, stride) for stride in strides)
    inner = (slice(None),) * len(kernel)
    found = every[(..., *steps, *inner)]

    def back(gradient: Array) -> Array:
        whole = np.zeros_like(x.value)
        counts = found.shape[-2 * len(kernel) : -len(kernel)]
        for tap in np.ndindex(*kernel):
            places = tuple(
                slice(start, start + stride * (count - 1) + 1, stride)
                for start, stride, count in zip(tap, strides, counts, strict=True)
            )
            whole[(..., *places)] += gradient[(..., *tap)]
        return whole

    return Variable(found, ((x, back),))


def _binary(
    a: Variable,
    other: Operand,
    function: np.ufunc,
    to_first: Callable[[Array, Array, Array], Array],
    to_second: Callable[[Array, Array, Array], Array],
) -> Variable:
    """A ufunc of a variable and a variable, or a constant that needs no gradient."""
    if not isinstance(other, Variable):
        constant = np.asarray(other, a.value.dtype)
        found = function(a.value, constant)
        back = ((a, lambda g: _unbroadcast(to_first(g, a.value, constant), a.shape)),)
        return Variable(found, back)
    return Variable(
        function(a.value, other.value),
        (
            (a, lambda g: _unbroadcast(to_first(g, a.value, other.value), a.shape)),
            (other, lambda g: _unbroadcast(to_second(g, a.value, other.value), other.shape)),
        ),
    )


def _unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """The gradient summed over the axes along which a value of `shape` was repeated."""
    extra = gradient.ndim - len(shape)
    repeated = tuple(range(extra)) + tuple(
        extra + axis for axis, n in enumerate(shape) if n == 1 and gradient.shape[extra + axis] != 1
    )
    return gradient.sum(axis=repeated, keepdims=True).reshape(shape) if repeated else gradient


def _ancestors(output: Variable) -> list[Variable]:
    """The output and all that it was computed from, each once."""
    found, waiting = {id(output): output}, [output]
    while waiting:
        for parent, _ in waiting.pop().parents:
            if id(parent) not in found:
                found[id(parent)] = parent
                waiting.append(parent)
    return list(found.values())
