"""fan_in and fan_out of a weight of any shape, layer and layout.

Both fans are counts. fan_in is how many weighted inputs one output sums, so that the second moment
of the outputs is fan_in times the weight's variance times that of the inputs; fan_out is how many
outputs one input feeds, which is the same factor for the gradient on its way back. Where a stride
makes the counts differ from one position to the next, the fan is their mean, for the mean is what
the two laws need. Padding is left out: the counts are those away from the border.
"""

import math
import string
import sys
from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from netinit._checks import arguments
from netinit._checks.arguments import Shape

Axes = int | tuple[int, ...]


class Fans(NamedTuple):
    """How many inputs feed one output of a layer, and how many outputs one input feeds."""

    fan_in: float
    fan_out: float


class FanOptions(TypedDict, total=False):
    """What says how a layer uses its weight: the keywords of `fans`."""

    layout: str | None
    in_axis: Axes | None
    out_axis: Axes | None
    batch_axis: Axes | None
    groups: int
    transposed: bool
    stride: int | Sequence[int]
    splits: int


class _Roles(NamedTuple):
    """The axes that count in the fans, by what they are for."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    kernel: tuple[int, ...]


def fans(
    shape: Shape,
    *,
    layout: str | None = None,
    in_axis: Axes | None = None,
    out_axis: Axes | None = None,
    batch_axis: Axes | None = None,
    groups: int = 1,
    transposed: bool = False,
    stride: int | Sequence[int] = 1,
    splits: int = 1,
) -> Fans:
    """Fan-in and fan-out of a weight array.

    With I and O channels in and out, K taps in the kernel and S the product of the strides, a
    convolution has fan_in = I K / groups and fan_out = O K / (groups S): an input feeds one output
    in S for each tap. A transposed convolution runs the other way: fan_in = I K / (groups S),
    fan_out = O K / groups.

    Parameters
    ----------
    shape : tuple of int
        Shape of the weight, by default PyTorch's: (fan_out, fan_in, *kernel), of a transposed
        convolution (fan_in, fan_out, *kernel).
    layout : str, optional
        One letter per axis: O output, I input, G groups and B batch (both number independent
        weights and count in neither fan; beside G, a missing I means one input a group), any
        other the kernel. Keras and JAX have "IO" and "HWIO"; Keras's transposed convolution has
        "HWOI", its depthwise one "HWGO".
    in_axis, out_axis : int or tuple of int, optional
        The axes of the inputs and of the outputs, instead of a layout.
    batch_axis : int or tuple of int, optional
        Axes of stacked weights, without a layout.
    groups : int
        Groups of a convolution whose weight has O and I / groups channels (transposed: I and
        O / groups). The number of channels makes it depthwise.
    transposed : bool
        Whether the convolution is transposed.
    stride : int or sequence of int
        Of the convolution: one for all kernel axes, or one each, in the order of the shape.
    splits : int
        Layers fused along the output axis, all reading the same inputs: 3 for a projection to
        queries, keys and values at once, 4 for the gates of an LSTM. The fans are those of one
        such layer.

    Returns
    -------
    Fans
        The named tuple (fan_in, fan_out). A fan is an int unless the stride makes it a fraction.

    Raises
    ------
    ValueError, TypeError
        If the shape has no input or no output axis, or the rest does not fit it.

    Examples
    --------
    >>> fans((64, 3, 7, 7))
    Fans(fan_in=147, fan_out=3136)
    >>> fans((7, 7, 3, 64), layout="HWIO")
    Fans(fan_in=147, fan_out=3136)
    >>> fans((64, 1, 3, 3), groups=64)
    Fans(fan_in=9, fan_out=9)
    >>> fans((64, 16, 3, 3), transposed=True, stride=2)
    Fans(fan_in=144, fan_out=144)
    >>> fans((1536, 512), splits=3)
    Fans(fan_in=512, fan_out=512)
    """
    shape = arguments.shape_tuple(shape)
    transposed = arguments.flag(transposed, "transposed")
    if len(shape) < 2:
        raise ValueError(
            f"the fans of shape {shape} are undefined: a weight has an output axis and an input "
            "axis; draw a bias or a scale with zeros, constant, normal or uniform"
        )
    if math.prod([length or 1 for length in shape]) > sys.maxsize:
        raise ValueError(f"no array has the shape {shape}")
    if layout is None:
        roles = _explicit(len(shape), in_axis, out_axis, batch_axis, transposed)
    elif in_axis is out_axis is batch_axis is None:
        roles = _named(shape, layout, groups)
    else:
        raise ValueError("give either layout or in_axis, out_axis and batch_axis, not both")
    inputs, outputs, taps = [math.prod([shape[a] for a in axes]) for axes in roles]
    outputs = _share(outputs, splits, "splits", "output")
    steps = _steps(stride, len(roles.kernel))
    if transposed:
        inputs = _share(inputs, groups, "groups", "input")
        return Fans(_mean(inputs * taps, steps), outputs * taps)
    outputs = _share(outputs, groups, "groups", "output")
    return Fans(inputs * taps, _mean(outputs * taps, steps))


def _named(shape: tuple[int, ...], layout: str, groups: int) -> _Roles:
    """The roles that the letters of a layout give the axes."""
    if not isinstance(layout, str):
        raise TypeError(f"layout must be a string such as 'OIHW', not {layout!r}")
    letters = set(layout)
    needed = {"O"} if "G" in letters else {"O", "I"}
    if len(letters) != len(layout) or not needed <= letters <= set(string.ascii_uppercase):
        raise ValueError(
            f"layout {layout!r} must name O and I once each (beside G, I may be left out), every "
            "other axis by another letter from A to Z"
        )
    if len(layout) != len(shape):
        raise ValueError(f"layout {layout!r} has {len(layout)} axes, shape {shape} {len(shape)}")
    if "G" in letters and groups != 1:
        raise ValueError(f"layout {layout!r} has an axis of groups, G: leave out groups={groups}")
    inputs, outputs = (
        tuple(axis for axis, letter in enumerate(layout) if letter == role) for role in "IO"
    )
    kernel = tuple(axis for axis, letter in enumerate(layout) if letter not in "OIGB")
    return _Roles(inputs, outputs, kernel)


def _explicit(
    ndim: int,
    in_axis: Axes | None,
    out_axis: Axes | None,
    batch_axis: Axes | None,
    transposed: bool,
) -> _Roles:
    """The roles of the axes by their numbers; of those that are left, PyTorch's."""
    batch = () if batch_axis is None else _normalized(batch_axis, ndim, "batch_axis")
    if in_axis is out_axis is None:
        rest = [axis for axis in range(ndim) if axis not in batch]
        if len(rest) < 2:
            raise ValueError(f"batch_axis {batch_axis} leaves no output and input axis")
        first, second, *kernel = rest
        inputs, outputs = ((first,), (second,)) if transposed else ((second,), (first,))
        return _Roles(inputs, outputs, tuple(kernel))
    if in_axis is None or out_axis is None:
        raise ValueError("in_axis and out_axis go together: give both, or neither")
    inputs = _normalized(in_axis, ndim, "in_axis")
    outputs = _normalized(out_axis, ndim, "out_axis")
    named = [*inputs, *outputs, *batch]
    if len(set(named)) != len(named):
        also = "" if batch_axis is None else f" and batch_axis {batch_axis}"
        raise ValueError(f"in_axis {in_axis}, out_axis {out_axis}{also} overlap")
    return _Roles(inputs, outputs, tuple(axis for axis in range(ndim) if axis not in named))


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


def _share(channels: int, parts: int, name: str, which: str) -> int:
    """The channels of one of `parts` equal parts."""
    share, rest = divmod(channels, arguments.positive(parts, name))
    if rest:
        raise ValueError(f"{name} {parts} must divide the {which} channels, {channels}")
    return share


def _steps(stride: int | Sequence[int], axes: int) -> int:
    """Product of the strides along all kernel axes."""
    if isinstance(stride, tuple | list):
        strides = [arguments.positive(step, "each stride") for step in stride]
        if len(strides) != axes:
            raise ValueError(f"stride {stride} must have one number per kernel axis, {axes}")
        return math.prod(strides)
    step = arguments.positive(stride, "stride")
    if step > 1 and not axes:
        raise ValueError(f"stride {step} needs a kernel, and this weight has no kernel axis")
    return step**axes


def _mean(count: int, positions: int) -> float:
    """`count` shared out evenly, as an int where it comes out even."""
    whole, rest = divmod(count, positions)
    return count / positions if rest else whole
