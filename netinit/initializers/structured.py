"""Weights with a structure: identities, deltas, mirrored blocks, few connections.

Shapes are PyTorch's, (fan_out, fan_in) and (out, in, *kernel). The centre of a kernel of k taps is
tap (k - 1) // 2, the one that "same" padding in PyTorch, Keras and JAX lays on the output's own
position, for even k as well. Padding of k // 2 on both sides, and with it `torch.nn.init.dirac_`,
takes the tap after it when k is even.
"""

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, dtypes
from netinit._checks.arguments import Seed, Shape
from netinit._draw.seeds import draw_generator
from netinit.initializers.sampling import normal, uniform
from netinit.initializers.scaling import orthogonal

Array = npt.NDArray[np.inexact]


def identity(
    shape: Shape,
    *,
    gain: float = 1.0,
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Gain times the identity, cut off or filled with zeros to the shape; `rng` is left alone.

    The recurrent weight of Le et al. (2015), whose ReLU units then keep their state.

    Parameters
    ----------
    shape : tuple of int
        (fan_out, fan_in).
    gain : float
        What stands on the diagonal.

    Examples
    --------
    >>> identity((2, 3), gain=0.5)
    array([[0.5, 0. , 0. ],
           [0. , 0.5, 0. ]], dtype=float32)
    """
    out = arguments.target(_matrix_shape(shape, "identity"), dtype, out)
    gain = arguments.real_number(gain, "gain", at_least=0, at_most=dtypes.largest(out.dtype))
    diagonal = np.arange(min(out.shape))
    out[...] = 0
    out[diagonal, diagonal] = gain
    return out


def dirac(
    shape: Shape,
    *,
    groups: int = 1,
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """A convolution that hands on its channels: 1 at each channel's own centre, 0 elsewhere.

    Output d of a group is its input d; outputs beyond its inputs are zero (Zagoruyko and
    Komodakis, 2017). `rng` is left alone.

    Parameters
    ----------
    shape : tuple of int
        (out, in / groups, *kernel).
    groups : int
        Groups of the convolution.

    Examples
    --------
    >>> dirac((2, 2, 3))[0]
    array([[0., 1., 0.],
           [0., 0., 0.]], dtype=float32)
    """
    out = arguments.target(_kernel_shape(shape, "dirac"), dtype, out)
    outputs, inputs, *taps = out.shape
    group, rest = divmod(outputs, arguments.positive(groups, "groups"))
    if rest:
        raise ValueError(f"groups {groups} must divide the output channels, {outputs}")
    out[...] = 0
    if out.size:
        channels = np.arange(outputs)
        kept = channels[channels % group < inputs]
        out[(kept, kept % group, *_centre(taps))] = 1
    return out


def delta_orthogonal(
    shape: Shape,
    *,
    gain: float = 1.0,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Gain times a Haar orthogonal matrix at the kernel's centre, zeros elsewhere.

    At stride 1, with circular or zero padding, the convolution multiplies the norm of every input
    by the gain (Xiao et al., 2018).

    Parameters
    ----------
    shape : tuple of int
        (out, in, *kernel), with at least as many outputs as inputs.
    gain : float
        What each norm is multiplied by.

    Examples
    --------
    >>> kernel = delta_orthogonal((4, 3, 5, 5), rng=0)
    >>> bool(np.allclose(kernel[:, :, 2, 2].T @ kernel[:, :, 2, 2], np.eye(3), atol=1e-6))
    True
    """
    out = arguments.target(_kernel_shape(shape, "delta_orthogonal"), dtype, out)
    outputs, inputs, *taps = out.shape
    if out.size and outputs < inputs:
        raise ValueError(
            f"delta_orthogonal cannot keep the norm of {inputs} input channels in {outputs} "
            "output channels: it needs as many outputs as inputs, or more"
        )
    rng = draw_generator(rng, "delta_orthogonal", out.shape)
    centre = orthogonal((outputs, inputs), gain=gain, rng=rng, dtype=out.dtype)
    out[...] = 0
    if out.size:
        out[(..., *_centre(taps))] = centre
    return out


_MIRRORED = {"first": (True, False), "hidden": (True, True), "last": (False, True)}


def looks_linear(
    shape: Shape,
    *,
    layer: str = "hidden",
    gain: float = 1.0,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Mirrored blocks through which a ReLU network without biases starts out linear.

    With W orthogonal, the first layer is [W; -W], a hidden one [[W, -W], [-W, W]], the last
    [W, -W]: relu(h) and relu(-h) are both there, and their difference is h. The network is the
    product of the W, all its singular values are 1 (Balduzzi et al., 2017).

    Parameters
    ----------
    shape : tuple of int
        (fan_out, fan_in); what is mirrored must be even.
    layer : {"first", "hidden", "last"}
        Where the layer stands: the first mirrors its outputs, the last its inputs.
    gain : float
        Of W.

    Examples
    --------
    >>> looks_linear((2, 2), rng=0).tolist() in ([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    True
    """
    out = arguments.target(_matrix_shape(shape, "looks_linear"), dtype, out)
    sizes = list(out.shape)
    mirrored = _MIRRORED[arguments.choice(layer, _MIRRORED, "layer")]
    for axis, name in enumerate(("fan_out", "fan_in")):
        if mirrored[axis]:
            sizes[axis], odd = divmod(sizes[axis], 2)
            if odd:
                raise ValueError(
                    f"{name} of a {layer} layer is mirrored: it must be even in shape {shape}"
                )
    rng = draw_generator(rng, f"looks_linear, {layer}", out.shape)
    block = orthogonal(sizes, gain=gain, rng=rng, dtype=out.dtype)
    for axis in (0, 1):
        if mirrored[axis]:
            block = np.concatenate([block, -block], axis)
    out[...] = block
    return out


def sparse(
    shape: Shape,
    *,
    connections: int = 15,
    std: float = 1.0,
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Exactly `connections` normal weights into each unit, at random places; zeros elsewhere.

    A unit with fewer inputs is connected to all of them. The second moment of the units is
    connections std^2 times that of the inputs, whatever their number (Martens, 2010).

    Parameters
    ----------
    shape : tuple of int
        (fan_out, fan_in).
    connections : int
        Weights that are not zero, in each row.
    std : float
        Their standard deviation.

    Examples
    --------
    >>> np.count_nonzero(sparse((4, 100), rng=0), axis=1)
    array([15, 15, 15, 15])
    """
    out = arguments.target(_matrix_shape(shape, "sparse"), dtype, out)
    rows, columns = out.shape
    chosen = min(arguments.positive(connections, "connections"), columns)
    rng = draw_generator(rng, "sparse", out.shape)
    weights = normal((rows, chosen), std=std, rng=rng, dtype=out.dtype)
    smallest = dtypes.smallest(out.dtype)
    if std >= smallest:  # a weight that was rounded to 0 would be no connection
        weights[weights == 0] = smallest
    out[...] = 0
    if chosen:
        order = uniform((rows, columns), bound=1.0, rng=rng)
        places = np.argpartition(order, chosen - 1, axis=1)[:, :chosen]
        np.put_along_axis(out, places, weights, axis=1)
    return out


def _matrix_shape(shape: Shape, name: str) -> tuple[int, ...]:
    shape = arguments.shape_tuple(shape)
    if len(shape) != 2:
        raise ValueError(f"{name} is for a shape of two axes, (fan_out, fan_in), not {shape}")
    return shape


def _kernel_shape(shape: Shape, name: str) -> tuple[int, ...]:
    shape = arguments.shape_tuple(shape)
    if len(shape) < 3:
        raise ValueError(f"{name} is for a convolution, (out, in, *kernel), not shape {shape}")
    return shape


def _centre(taps: list[int]) -> tuple[int, ...]:
    return tuple((length - 1) // 2 for length in taps)
