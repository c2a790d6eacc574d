"""How a layer uses its weight: what each axis is for, and which parts are weights of their own.

The weights of stacked layers, of the groups of a convolution and of layers fused along the output
axis are independent of one another. A scheme that gives a matrix a structure gives it to each.
"""

import functools
import math
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit._checks.arguments import Shape
from netinit.initializers import _keywords

Array = npt.NDArray[np.inexact]
Axes = int | tuple[int, ...]


class PartOptions(TypedDict, total=False):
    """The keywords of `fans` that say which parts of an array are weights of their own."""

    layout: str | None
    in_axis: Axes | None
    out_axis: Axes | None
    batch_axis: Axes | None
    groups: int
    transposed: bool
    splits: int | Sequence[int]


class Roles(NamedTuple):
    """The axes of a weight, by what they are for; those of `batch` number independent weights."""

    batch: tuple[int, ...]
    outputs: tuple[int, ...]
    inputs: tuple[int, ...]
    kernel: tuple[int, ...]


def roles_of(
    shape: tuple[int, ...],
    *,
    layout: str | None = None,
    in_axis: Axes | None = None,
    out_axis: Axes | None = None,
    batch_axis: Axes | None = None,
    groups: int = 1,
    transposed: bool = False,
) -> Roles:
    """What each axis of a shape is for, by a layout, by axes, or else by PyTorch's order."""
    if layout is None:
        return _explicit(len(shape), in_axis, out_axis, batch_axis, transposed)
    if in_axis is out_axis is batch_axis is None:
        return _named(shape, layout, groups)
    raise ValueError("give either layout or in_axis, out_axis and batch_axis, not both")


def _named(shape: tuple[int, ...], layout: str, groups: int) -> Roles:
    """The roles that the letters of a layout give the axes."""
    if not isinstance(layout, str):
        raise TypeError(f"layout must be a string such as 'OIHW', not {layout!r}")
    letters = set(layout)
    needed = {"O"} if "G" in letters else {"O", "I"}
    if len(letters) != len(layout) or not needed <= letters <= set(string.ascii_uppercase):
        raise ValueError(
            f"layout {layout!r} must name O and I once each (with G, I may be left out), every "
            "other axis by another letter from A to Z"
        )
    if len(layout) != len(shape):
        raise ValueError(f"layout {layout!r} has {len(layout)} axes, shape {shape} {len(shape)}")
    if "G" in letters and groups != 1:
        raise ValueError(f"layout {layout!r} has an axis of groups, G: leave out groups={groups}")

    def axes(wanted: str) -> tuple[int, ...]:
        return tuple(axis for axis, letter in enumerate(layout) if letter in wanted)

    other = "".join(letters - set("OIGB"))
    return Roles(axes("GB"), axes("O"), axes("I"), axes(other))


def _explicit(
    ndim: int,
    in_axis: Axes | None,
    out_axis: Axes | None,
    batch_axis: Axes | None,
    transposed: bool,
) -> Roles:
    """The roles of the axes by their numbers; of those that are left, PyTorch's."""
    batch = () if batch_axis is None else _normalized(batch_axis, ndim, "batch_axis")
    if in_axis is out_axis is None:
        rest = [axis for axis in range(ndim) if axis not in batch]
        if len(rest) < 2:
            raise ValueError(f"batch_axis {batch_axis} leaves no output and input axis")
        first, second, *kernel = rest
        inputs, outputs = ((first,), (second,)) if transposed else ((second,), (first,))
        return Roles(batch, outputs, inputs, tuple(kernel))
    if in_axis is None or out_axis is None:
        raise ValueError("in_axis and out_axis go together: give both, or neither")
    inputs = _normalized(in_axis, ndim, "in_axis")
    outputs = _normalized(out_axis, ndim, "out_axis")
    named = [*inputs, *outputs, *batch]
    if len(set(named)) != len(named):
        also = "" if batch_axis is None else f" and batch_axis {batch_axis}"
        raise ValueError(f"in_axis {in_axis}, out_axis {out_axis}{also} overlap")
    return Roles(batch, outputs, inputs, tuple(axis for axis in range(ndim) if axis not in named))


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


def share(channels: int, parts: int, name: str, which: str) -> int:
    """The channels of one of `parts` equal parts."""
    part, rest = divmod(channels, arguments.positive(parts, name))
    if rest:
        raise ValueError(f"{name} {parts} must divide the {which} channels, {channels}")
    return part


def fused(channels: int, splits: int | Sequence[int]) -> list[int]:
    """The output channels of each of the fused layers: equal ones, or those that are listed."""
    if not isinstance(splits, tuple | list):
        return _equal(channels, splits, "splits", "output")
    sizes = [arguments.positive(size, "each of splits") for size in splits]
    if not sizes or sum(sizes) != channels:
        raise ValueError(f"splits {splits} must add up to the output channels, {channels}")
    return sizes


class Parts(NamedTuple):
    """The parts of an array that are weights of their own.

    Parameters
    ----------
    roles : Roles
    shape : tuple of int
        (stacked weights, outputs, inputs, *kernel), which the array has after its axes are put in
        that order and those of one role are merged.
    axis : {0, 1}
        Of one stacked weight, the axis that is divided: the outputs, or the inputs.
    sizes : list of int
        The lengths into which it is divided.
    transposed : bool
    """

    roles: Roles
    shape: tuple[int, ...]
    axis: int
    sizes: list[int]
    transposed: bool

    def shapes(self) -> Iterator[tuple[int, ...]]:
        """The shape of each part of one stacked weight, (outputs, inputs, *kernel)."""
        for size in self.sizes:
            lengths = list(self.shape[1:])
            lengths[self.axis] = size
            yield tuple(lengths)

    def fill(self, out: Array, fill: Callable[[Array, int], None]) -> Array:
        """Fill `out` part by part with `fill(part, number)`, and return it.

        `part` is an array (outputs, inputs, *kernel) to be filled in place, and `number` says
        which of the fused layers it is.
        """
        array = np.asarray(out)  # np.matrix would refuse to have three axes
        if self.roles[:3] == ((), (0,), (1,)) and len(self.sizes) == 1:  # as most weights are
            fill(array, 0)
            return out
        ordered = array.transpose([axis for axes in self.roles for axis in axes])
        stack = ordered.reshape(self.shape)  # a copy if axes cannot be merged in place
        ends = np.cumsum(self.sizes)[:-1]
        for weight in stack:
            for number, part in enumerate(np.split(weight, ends, self.axis)):
                fill(part, number)
        if not np.may_share_memory(stack, array):
            ordered[...] = stack.reshape(ordered.shape)
        return out


def parts_of(
    shape: Shape,
    function: Callable[..., Array],
    options: Mapping[str, object],
    *,
    kernel: bool | None = None,
) -> Parts:
    """The parts of a weight of that shape, by the keywords that were given to `function`.

    Parameters
    ----------
    shape : tuple of int
    function : callable
        The scheme that was called, for what an error says.
    options : dict
        Keywords of `PartOptions`.
    kernel : bool, optional
        Whether there must be axes of a kernel, or must not be.

    Raises
    ------
    TypeError, ValueError
        If an option is not one of `PartOptions`, or does not fit the shape.
    """
    shape = arguments.shape_tuple(shape)
    if not options:
        return _plain_parts(shape, function, kernel)
    _keywords.known(options, function, PartOptions.__annotations__)
    return _parts(shape, function, options, kernel)


@functools.lru_cache(maxsize=256)
def _plain_parts(
    shape: tuple[int, ...], function: Callable[..., Array], kernel: bool | None
) -> Parts:
    """Those of a shape without a keyword, remembered: they take a tenth of a small draw."""
    return _parts(shape, function, {}, kernel)


def _parts(
    shape: tuple[int, ...],
    function: Callable[..., Array],
    options: Mapping[str, object],
    kernel: bool | None,
) -> Parts:
    name = function.__name__
    if len(shape) < 2:
        wanted = "convolution, (out, in, *kernel)" if kernel else "weight of two axes or more"
        raise ValueError(f"{name} is for a {wanted}, not shape {shape}")
    options = dict(options)
    splits = options.pop("splits", 1)
    groups = options.get("groups", 1)
    options["transposed"] = transposed = arguments.flag(
        options.get("transposed", False), "transposed"
    )
    roles = roles_of(shape, **options)
    if kernel is not None and kernel != bool(roles.kernel):
        wanted = "convolution, (out, in, *kernel)" if kernel else "matrix, (fan_out, fan_in)"
        raise ValueError(f"{name} is for a {wanted}, not shape {shape}: see layout, batch_axis")
    stacked, outputs, inputs = (math.prod([shape[a] for a in axes]) for axes in roles[:3])
    axis, sizes = _divided(outputs, inputs, groups, splits, transposed)
    lengths = (stacked, outputs, inputs, *(shape[a] for a in roles.kernel))
    return Parts(roles, lengths, axis, sizes, transposed)


def _divided(
    outputs: int, inputs: int, groups: int, splits: int | Sequence[int], transposed: bool
) -> tuple[int, list[int]]:
    """The axis that groups or fused layers divide, 0 for the outputs, and the lengths."""
    sizes = fused(outputs, splits)
    if arguments.positive(groups, "groups") == 1:
        return 0, sizes
    if len(sizes) > 1:
        raise ValueError(
            f"give groups={groups} or splits={splits}, not both: whether the groups are inside the "
            "fused layers or the fused layers inside the groups cannot be told from the shape"
        )
    axis, channels, which = (1, inputs, "input") if transposed else (0, outputs, "output")
    return axis, _equal(channels, groups, "groups", which)


def _equal(channels: int, parts: int, name: str, which: str) -> list[int]:
    """The lengths of `parts` equal parts; of nothing there is one part, however many are asked."""
    return [share(channels, parts, name, which)] * (parts if channels else 1)
