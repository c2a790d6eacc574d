"""Weights with a structure: orthogonal ones, identities, deltas, mirrored blocks, few connections.

Each takes the keywords of `fans` that say how a layer uses its weight: `layout` or `in_axis` and
`out_axis` for shapes other than PyTorch's, `batch_axis` for stacked layers, `groups` and
`transposed` for a convolution, `splits` for layers fused along the output axis. Stacked layers,
groups and fused layers are weights of their own, and each gets the structure. `stride` is refused:
it plays no part here. A seed gives one weight in every layout, with the axes in another order.

The center of a kernel of k taps is tap (k - 1) // 2, which "same" padding in PyTorch, Keras and JAX
puts at the output's own position, for even k as well. Padding of k // 2 on both sides takes the tap
after it when k is even, and so do `torch.nn.init.dirac_` and the transposed convolution of Flax.
"""

import math
from typing import Unpack

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, dtypes
from netinit._checks.arguments import Seed, Shape
from netinit._draw.seeds import draw_generator
from netinit.initializers._haar import haar
from netinit.initializers._layers import PartOptions, parts_of
from netinit.initializers.sampling import normal, uniform

__all__ = ["delta_orthogonal", "dirac", "identity", "looks_linear", "orthogonal", "sparse"]

Array = npt.NDArray[np.inexact]


def orthogonal(
    shape: Shape,
    *,
    gain: float = 1.0,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
    **layer: Unpack[PartOptions],
) -> Array:
    """Gain times a Haar orthogonal matrix of shape (outputs, inputs x taps of the kernel).

    Its columns are orthonormal, or its rows if it is wide (Saxe et al., 2014); of a complex dtype
    it is unitary.

    Parameters
    ----------
    shape : tuple of int
        Shape of the weight, by default (fan_out, fan_in, *kernel).
    gain : float
        What every singular value is.
    rng, dtype, out
        As for `variance_scaling`.
    **layer
        `layout`, `in_axis` and `out_axis`, `batch_axis`, `groups`, `splits`, `transposed`, as for
        `fans`. Each of stacked layers, groups and fused layers (the gates of an LSTM) gets an
        orthogonal matrix of its own. A transposed convolution gets that of the convolution whose
        gradient it is, of shape (inputs, outputs x taps).

    Examples
    --------
    >>> weights = orthogonal((4, 2, 3, 3), gain=2.0, rng=0).reshape(4, 18)
    >>> bool(np.allclose(weights @ weights.T, 4 * np.eye(4), atol=1e-5))
    True
    >>> gates = orthogonal((32, 8), splits=4, rng=0).reshape(4, 8, 8)
    >>> bool(np.allclose(gates[1] @ gates[1].T, np.eye(8), atol=1e-5))
    True
    """
    parts = parts_of(shape, orthogonal, layer)
    out = arguments.target(shape, dtype, out)
    gain = arguments.real_number(gain, "gain", at_least=0, at_most=dtypes.largest(out.dtype))
    rng = draw_generator(rng, "orthogonal", parts.shape)

    def fill(part: Array, _: int) -> None:
        part = part.swapaxes(0, 1) if parts.transposed else part
        rows, columns = len(part), math.prod(part.shape[1:])
        matrix = haar(rows, columns, rng=rng, dtype=dtypes.drawn(out.dtype))
        # A narrow dtype is rounded to once, here.
        with np.errstate(under="ignore"):
            np.multiply(matrix.reshape(part.shape), gain, out=part, casting="unsafe")

    return parts.fill(out, fill)


def identity(
    shape: Shape,
    *,
    gain: float = 1.0,
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
    **layer: Unpack[PartOptions],
) -> Array:
    """Gain times the identity, cut off or filled with zeros to the shape; `rng` is ignored.

    The recurrent weight of Le et al. (2015), whose ReLU units then keep their state.

    Parameters
    ----------
    shape : tuple of int
        (fan_out, fan_in), or as `layer` says.
    gain : float
        The numbers on the diagonal.
    **layer
        As for `orthogonal`.

    Examples
    --------
    >>> identity((2, 3), gain=0.5)
    array([[0.5, 0. , 0. ],
           [0. , 0.5, 0. ]], dtype=float32)
    """
    parts = parts_of(shape, identity, layer, kernel=False)
    out = arguments.target(shape, dtype, out)
    gain = arguments.real_number(gain, "gain", at_least=0, at_most=dtypes.largest(out.dtype))

    def fill(part: Array, _: int) -> None:
        part[...] = 0
        np.fill_diagonal(part, gain)

    return parts.fill(out, fill)


def dirac(
    shape: Shape,
    *,
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
    **layer: Unpack[PartOptions],
) -> Array:
    """A convolution that passes on its channels: 1 at each channel's own center, 0 elsewhere.

    Output d of a group is its input d; outputs beyond its inputs are zero (Zagoruyko and
    Komodakis, 2017). `rng` is ignored.

    Parameters
    ----------
    shape : tuple of int
        (out, in / groups, *kernel), or as `layer` says.
    **layer
        As for `orthogonal`.

    Examples
    --------
    >>> dirac((2, 2, 3))[0]
    array([[0., 1., 0.],
           [0., 0., 0.]], dtype=float32)
    >>> np.argwhere(dirac((3, 3, 8, 16), layout="HWIO"))[:2].tolist()
    [[1, 1, 0, 0], [1, 1, 1, 1]]
    """
    parts = parts_of(shape, dirac, layer, kernel=True)
    out = arguments.target(shape, dtype, out)

    def fill(part: Array, _: int) -> None:
        part[...] = 0
        if part.size:
            np.fill_diagonal(_center(part), 1)

    return parts.fill(out, fill)


def delta_orthogonal(
    shape: Shape,
    *,
    gain: float = 1.0,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
    **layer: Unpack[PartOptions],
) -> Array:
    """Gain times a Haar orthogonal matrix at the kernel's center, zeros elsewhere.

    At stride 1, with circular or zero padding, the convolution multiplies the norm of every input
    by the gain (Xiao et al., 2018).

    Parameters
    ----------
    shape : tuple of int
        (out, in, *kernel), or as `layer` says, with at least as many outputs as inputs.
    gain : float
        The factor on each norm.
    **layer
        As for `orthogonal`.

    Examples
    --------
    >>> kernel = delta_orthogonal((4, 3, 5, 5), rng=0)
    >>> bool(np.allclose(kernel[:, :, 2, 2].T @ kernel[:, :, 2, 2], np.eye(3), atol=1e-6))
    True
    """
    parts = parts_of(shape, delta_orthogonal, layer, kernel=True)
    for outputs, inputs, *taps in parts.shapes():
        if math.prod(taps) and 0 < outputs < inputs:
            raise ValueError(
                f"delta_orthogonal cannot keep the norm of {inputs} input channels in {outputs} "
                "output channels: it needs as many outputs as inputs, or more"
            )
    out = arguments.target(shape, dtype, out)
    gain = arguments.real_number(gain, "gain", at_least=0, at_most=dtypes.largest(out.dtype))
    rng = draw_generator(rng, "delta_orthogonal", parts.shape)

    def fill(part: Array, _: int) -> None:
        part[...] = 0
        if part.size:
            orthogonal(part.shape[:2], gain=gain, rng=rng, out=_center(part))

    return parts.fill(out, fill)


_MIRRORED = {"first": (True, False), "hidden": (True, True), "last": (False, True)}


def looks_linear(
    shape: Shape,
    *,
    layer: str = "hidden",
    gain: float = 1.0,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
    **options: Unpack[PartOptions],
) -> Array:
    """Mirrored blocks through which a ReLU network without biases starts out linear.

    With W orthogonal, the first layer is [W; -W], a hidden one [[W, -W], [-W, W]], the last
    [W, -W]: relu(h) and relu(-h) are both there, and their difference is h. The network is the
    product of the W (Balduzzi et al., 2017). All its singular values that are not 0 are 1, unless a
    W with more outputs than inputs is followed, anywhere above, by one with fewer: the product of
    two such rectangles is not orthogonal, and its singular values spread.

    Parameters
    ----------
    shape : tuple of int
        (fan_out, fan_in), or as `options` say; what is mirrored must be even.
    layer : {"first", "hidden", "last"}
        The place of the layer: the first mirrors its outputs, the last its inputs.
    gain : float
        Of W.
    **options
        As for `orthogonal`.

    Examples
    --------
    >>> looks_linear((2, 2), rng=0).tolist() in ([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    True
    """
    parts = parts_of(shape, looks_linear, options, kernel=False)
    mirrored = _MIRRORED[arguments.choice(layer, _MIRRORED, "layer")]
    for lengths in parts.shapes():
        _check_even(lengths, mirrored, f"a {layer} layer", shape)
    out = arguments.target(shape, dtype, out)
    gain = arguments.real_number(gain, "gain", at_least=0, at_most=dtypes.largest(out.dtype))
    rng = draw_generator(rng, f"looks_linear, {layer}", parts.shape)

    def fill(part: Array, _: int) -> None:
        sizes = [n // 2 if mirror else n for n, mirror in zip(part.shape, mirrored, strict=True)]
        block = orthogonal(sizes, gain=gain, rng=rng, dtype=out.dtype)
        for axis in (0, 1):
            if mirrored[axis]:
                block = np.concatenate([block, -block], axis)
        part[...] = block

    return parts.fill(out, fill)


def _check_even(
    lengths: tuple[int, ...], mirrored: tuple[bool, bool], which: str, shape: Shape
) -> None:
    for name, length, mirror in zip(("fan_out", "fan_in"), lengths, mirrored, strict=True):
        if mirror and length % 2:
            raise ValueError(f"{name} of {which} is mirrored: it must be even in shape {shape}")


def sparse(
    shape: Shape,
    *,
    connections: int = 15,
    std: float = 1.0,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
    **layer: Unpack[PartOptions],
) -> Array:
    """Exactly `connections` normal weights into each unit, at random places; zeros elsewhere.

    A unit with fewer inputs is connected to all of them. The second moment of the units is
    connections std^2 times that of the inputs, whatever their number (Martens, 2010).

    Parameters
    ----------
    shape : tuple of int
        (fan_out, fan_in), or as `layer` says.
    connections : int
        Weights that are not zero, in each row.
    std : float
        Their standard deviation.
    **layer
        As for `orthogonal`.

    Examples
    --------
    >>> np.count_nonzero(sparse((4, 100), rng=0), axis=1)
    array([15, 15, 15, 15])
    """
    parts = parts_of(shape, sparse, layer, kernel=False)
    out = arguments.target(shape, dtype, out)
    connections = arguments.positive(connections, "connections")
    rng = draw_generator(rng, "sparse", parts.shape)
    smallest = dtypes.smallest(out.dtype)

    def fill(part: Array, _: int) -> None:
        rows, columns = part.shape
        chosen = min(connections, columns)
        weights = normal((rows, chosen), std=std, rng=rng, dtype=out.dtype)
        if std >= smallest:  # a weight that was rounded to 0 would be no connection
            weights[weights == 0] = smallest
        part[...] = 0
        if chosen:
            order = uniform((rows, columns), bound=1.0, rng=rng)
            places = np.argpartition(order, chosen - 1, axis=1)[:, :chosen]
            np.put_along_axis(part, places, weights, axis=1)

    return parts.fill(out, fill)


def _center(kernel: Array) -> Array:
    """The view (outputs, inputs) of the tap at the center."""
    return kernel[(..., *((length - 1) // 2 for length in kernel.shape[2:]))]
