"""fan_in and fan_out of a weight of any shape, layer and layout.

Both fans are counts. fan_in is how many weighted inputs one output sums, so that the second moment
of the outputs is fan_in times the weight's variance times that of the inputs; fan_out is how many
outputs one input feeds, which is the same factor for the gradient on its way back. Where a stride
makes the counts differ from one position to the next, the fan is their mean, for the mean is what
the two laws need. Padding is left out: the counts are those away from the border.
"""

import functools
import math
import sys
from collections.abc import Sequence
from typing import NamedTuple

from netinit._checks import arguments
from netinit._checks.arguments import Shape
from netinit.initializers import _layers
from netinit.initializers._layers import Axes, PartOptions

__all__ = ["FanOptions", "Fans", "fans"]


class Fans(NamedTuple):
    """How many inputs feed one output of a layer, and how many outputs one input feeds.

    Of fused layers of unequal sizes, fan_out is a tuple with one count per layer.
    """

    fan_in: float
    fan_out: float | tuple[float, ...]


class FanOptions(PartOptions, total=False):
    """What says how a layer uses its weight: the keywords of `fans`."""

    stride: int | Sequence[int]


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
    splits: int | Sequence[int] = 1,
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
        weights and count in neither fan; with G, a missing I means one input per group), any
        other the kernel. Keras and JAX have "IO" and "HWIO". The kernel of a transposed
        convolution is "HWOI" in Keras, "HWIO" in Flax unless its `transpose_kernel` is true; give
        `transposed=True` with both. Keras's depthwise convolution has "HWGO".
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
    splits : int or sequence of int
        Layers fused along the output axis, all reading the same inputs: 3 for a projection to
        queries, keys and values at once, 4 for the gates of an LSTM. The fans are those of one
        such layer. A sequence lists the output channels of each layer: (512, 128, 128) for the
        projections of an attention whose keys and values have a quarter of the heads. fan_out is
        then a tuple with the count of each.

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
    >>> fans((768, 512), splits=(512, 128, 128))
    Fans(fan_in=512, fan_out=(512, 128, 128))
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
    roles = _layers.roles_of(
        shape,
        layout=layout,
        in_axis=in_axis,
        out_axis=out_axis,
        batch_axis=batch_axis,
        groups=groups,
        transposed=transposed,
    )
    _, outputs, inputs, taps = [math.prod([shape[a] for a in axes]) for axes in roles]
    sizes = _layers.fused(outputs, splits)
    steps = _steps(stride, len(roles.kernel))
    if transposed:
        inputs = _layers.share(inputs, groups, "groups", "input")
        fan_in: float = _mean(inputs * taps, steps)
        fan_outs: list[float] = [size * taps for size in sizes]
    else:
        fan_in = inputs * taps
        shares = [_layers.share(size, groups, "groups", "output") for size in sizes]
        fan_outs = [_mean(size * taps, steps) for size in shares]
    return Fans(fan_in, tuple(fan_outs) if isinstance(splits, tuple | list) else fan_outs[0])


@functools.lru_cache(maxsize=256)
def plain_fans(shape: tuple[int, ...]) -> Fans:
    """As `fans` without a keyword, but remembered: it takes as long as half a small draw."""
    return fans(shape)


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
