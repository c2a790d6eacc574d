"""fan_in and fan_out of a weight of any shape and layout."""

import math
from typing import NamedTuple

from netinit import arguments
from netinit.arguments import Shape

Axes = int | tuple[int, ...]


class Fans(NamedTuple):
    """How many inputs feed one output of a layer, and how many outputs one input feeds."""

    fan_in: int
    fan_out: int


def fans(
    shape: Shape,
    *,
    layout: str | None = None,
    in_axis: Axes | None = None,
    out_axis: Axes | None = None,
) -> Fans:
    """Fan-in and fan-out of a weight array.

    The axes named neither input nor output are the kernel's: their product, the receptive
    field, multiplies both fans.

    Parameters
    ----------
    shape : tuple of int
        Shape of the weight, two axes at least; by default (fan_out, fan_in, *kernel).
    layout : str, optional
        One letter per axis: O for output, I for input, any other for the kernel ("HWIO").
    in_axis, out_axis : int or tuple of int, optional
        The axes of the inputs and of the outputs, instead of a layout.

    Returns
    -------
    Fans
        The named tuple (fan_in, fan_out).

    Raises
    ------
    ValueError
        If the shape has fewer than two axes, or the layout or the axes do not fit it.

    Examples
    --------
    >>> fans((64, 3, 7, 7))
    Fans(fan_in=147, fan_out=3136)
    >>> fans((7, 7, 3, 64), layout="HWIO")
    Fans(fan_in=147, fan_out=3136)
    """
    shape = arguments.shape_tuple(shape)
    if len(shape) < 2:
        raise ValueError(
            f"the fans of shape {shape} are undefined: a weight has an output axis and an input "
            "axis; draw a bias or a scale with zeros, constant, normal or uniform"
        )
    inputs, outputs = _axes(shape, layout, in_axis, out_axis)
    kernel = set(range(len(shape))) - set(inputs) - set(outputs)
    field = math.prod(shape[axis] for axis in kernel)
    return Fans(
        math.prod(shape[axis] for axis in inputs) * field,
        math.prod(shape[axis] for axis in outputs) * field,
    )


def _axes(
    shape: tuple[int, ...], layout: str | None, in_axis: Axes | None, out_axis: Axes | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The input axes and the output axes, as non-negative tuples."""
    if in_axis is None and out_axis is None:
        return _layout_axes(shape, layout)
    if layout is not None:
        raise ValueError("give either layout or in_axis and out_axis, not both")
    if in_axis is None or out_axis is None:
        raise ValueError("in_axis and out_axis go together: give both, or neither")
    inputs = _normalized(in_axis, len(shape), "in_axis")
    outputs = _normalized(out_axis, len(shape), "out_axis")
    if set(inputs) & set(outputs):
        raise ValueError(f"in_axis {in_axis} and out_axis {out_axis} overlap in shape {shape}")
    return inputs, outputs


def _layout_axes(
    shape: tuple[int, ...], layout: str | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if layout is None:
        return (1,), (0,)
    if not isinstance(layout, str):
        raise TypeError(f"layout must be a string such as 'OIHW', not {layout!r}")
    if len(set(layout)) != len(layout) or not {"O", "I"} <= set(layout):
        raise ValueError(
            f"layout {layout!r} must name O and I once each, every other axis by another letter"
        )
    if len(layout) != len(shape):
        raise ValueError(f"layout {layout!r} has {len(layout)} axes, shape {shape} {len(shape)}")
    return (layout.index("I"),), (layout.index("O"),)


def _normalized(axes: Axes, ndim: int, name: str) -> tuple[int, ...]:
    """`axes` as a tuple of distinct axes counted from 0."""
    found = []
    for axis in axes if isinstance(axes, tuple | list) else (axes,):
        number = arguments.integer(axis, name)
        if not -ndim <= number < ndim:
            raise ValueError(f"{name} {number} is out of range for a shape of {ndim} axes")
        found.append(number % ndim)
    if not found or len(set(found)) != len(found):
        raise ValueError(f"{name} must name at least one axis, each once, not {axes}")
    return tuple(found)
