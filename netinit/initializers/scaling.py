"""Constants, and one law for random weights, `variance_scaling`, with its named special cases.

Every initializer is a function `(shape, *, rng, ...) -> array`; `functools.partial` configures
it. `rng` is whatever `numpy.random.default_rng` takes. An int gives the same array each time; its
numbers depend on the shape and on the distribution, not on the scale, so two layers of different
shapes may share a seed. A Generator advances by one seed word per call. `sampling` says how far
these numbers can be relied on.
"""

import math
from collections.abc import Callable
from typing import Unpack

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, dtypes
from netinit._checks.arguments import Seed, Shape
from netinit._draw.seeds import draw_generator
from netinit.initializers import _keywords
from netinit.initializers._layers import parts_of
from netinit.initializers.fans import FanOptions, Fans, fans, plain_fans
from netinit.initializers.sampling import normal, truncated_normal, uniform

__all__ = [
    *["zeros", "ones", "constant", "variance_scaling", "siren"],
    *["lecun_normal", "lecun_uniform", "glorot_normal", "glorot_uniform"],
    *["xavier_normal", "xavier_uniform", "he_normal", "he_uniform"],
    *["kaiming_normal", "kaiming_uniform"],
]

Array = npt.NDArray[np.inexact]


class Options(FanOptions, total=False):
    """What every special case of `variance_scaling` takes besides its own arguments."""

    dtype: npt.DTypeLike | None
    out: Array | None


def zeros(
    shape: Shape,
    *,
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Zeros; `rng` is ignored.

    >>> zeros(2)
    array([0., 0.], dtype=float32)
    """
    return constant(shape, value=0.0, rng=rng, dtype=dtype, out=out)


def ones(
    shape: Shape,
    *,
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Ones, as for the scale of a normalization; `rng` is ignored.

    >>> ones(2)
    array([1., 1.], dtype=float32)
    """
    return constant(shape, value=1.0, rng=rng, dtype=dtype, out=out)


def constant(
    shape: Shape,
    *,
    value: complex,
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """The number `value` everywhere, which may be complex if the dtype is; `rng` is ignored.

    >>> constant(2, value=0.5)
    array([0.5, 0.5], dtype=float32)
    """
    out = arguments.target(shape, dtype, out)
    largest = dtypes.largest(out.dtype)
    if out.dtype.kind == "c" and isinstance(value, complex | np.complexfloating):
        real, imaginary = (
            arguments.real_number(float(part), f"the {which} part of value", at_most=largest)
            for part, which in ((value.real, "real"), (value.imag, "imaginary"))
        )
        out[...] = complex(real, imaginary)
    else:
        out[...] = arguments.real_number(value, "value", at_most=largest)
    return out


_MODES: dict[str, Callable[[Fans], float]] = {
    "fan_in": lambda both: both.fan_in,
    "fan_out": lambda both: both.fan_out,
    "fan_avg": lambda both: sum(both) / 2,
    "fan_geo_avg": lambda both: math.sqrt(math.prod(both)),
}
_DISTRIBUTIONS = {"normal": normal, "truncated_normal": truncated_normal, "uniform": uniform}


def variance_scaling(
    shape: Shape,
    *,
    scale: float = 1.0,
    mode: str = "fan_in",
    distribution: str = "normal",
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
    **layer: Unpack[FanOptions],
) -> Array:
    """Independent weights of mean 0 and variance scale / n, where n is the fan of that mode.

    Parameters
    ----------
    shape : tuple of int
        Shape of the weight, by default (fan_out, fan_in, *kernel).
    scale : float
        Variance of a weight times n.
    mode : {"fan_in", "fan_out", "fan_avg", "fan_geo_avg"}
        What n is: either fan, their mean, or their geometric mean. Where `splits` lists fused
        layers of unequal sizes, each layer has its own fan_out and so its own variance.
    distribution : {"normal", "truncated_normal", "uniform"}
        All three have the same variance; the truncated one is cut at 2.
    rng : seed or Generator
        As for every initializer.
    dtype : dtype, optional
        float32 by default; float16, float64, complex64, complex128, or one like bfloat16. The
        variance of a complex weight is E|w|^2.
    out : array, optional
        An array of that shape, of any strides, to fill and return; its dtype counts.
    **layer
        What the layer is and how its weight is laid out: layout, groups, transposed, stride and
        the other keywords of `fans`.

    Examples
    --------
    >>> weights = variance_scaling((1000, 250), scale=2.0, rng=0)
    >>> round(float(weights.var()) * 250, 1)
    2.0
    """
    _keywords.known(layer, variance_scaling, FanOptions.__annotations__)
    scale = arguments.real_number(scale, "scale", at_least=0)
    fan = _MODES[arguments.choice(mode, _MODES, "mode")]
    draw = _DISTRIBUTIONS[arguments.choice(distribution, _DISTRIBUTIONS, "distribution")]
    shape = arguments.shape_tuple(shape)
    fan_in, fan_out = fans(shape, **layer) if layer else plain_fans(shape)
    fan_outs = fan_out if isinstance(fan_out, tuple) else (fan_out,)
    # A fan of 0 belongs to an empty array: any std will do.
    stds = [math.sqrt(scale / (fan(Fans(fan_in, each)) or 1)) for each in fan_outs]
    if len(set(stds)) == 1:
        return draw(shape, std=stds[0], rng=rng, dtype=dtype, out=out)
    parts = parts_of(shape, variance_scaling, _without_stride(layer))
    rng = draw_generator(rng, f"fused {distribution}", shape)

    def fill(part: Array, number: int) -> None:
        draw(part.shape, std=stds[number], rng=rng, out=part)

    return parts.fill(arguments.target(shape, dtype, out), fill)


def lecun_normal(shape: Shape, *, rng: Seed, **options: Unpack[Options]) -> Array:
    """Normal of variance 1 / fan_in (LeCun et al., 1998, eq. 16).

    >>> lecun_normal((3, 2), rng=0).shape
    (3, 2)
    """
    _keywords.known(options, lecun_normal, Options.__annotations__)
    return variance_scaling(shape, rng=rng, **options)


def lecun_uniform(shape: Shape, *, rng: Seed, **options: Unpack[Options]) -> Array:
    """Uniform of bound sqrt(3 / fan_in), as `lecun_normal` (LeCun et al., 1998, eq. 16).

    >>> round(float(abs(lecun_uniform((1000, 300), rng=0)).max()), 3)
    0.1
    """
    _keywords.known(options, lecun_uniform, Options.__annotations__)
    return variance_scaling(shape, distribution="uniform", rng=rng, **options)


def glorot_normal(
    shape: Shape, *, gain: float = 1.0, rng: Seed, **options: Unpack[Options]
) -> Array:
    """Normal of variance 2 gain^2 / (fan_in + fan_out) (Glorot and Bengio, 2010, eq. 12).

    >>> round(float(glorot_normal((1500, 500), rng=0).var()) * 1000, 2)
    1.0
    """
    _keywords.known(options, glorot_normal, Options.__annotations__)
    scale = _gain(gain) ** 2
    return variance_scaling(shape, scale=scale, mode="fan_avg", rng=rng, **options)


def glorot_uniform(
    shape: Shape, *, gain: float = 1.0, rng: Seed, **options: Unpack[Options]
) -> Array:
    """Uniform of bound gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010, eq. 16).

    >>> round(float(abs(glorot_uniform((400, 200), rng=0)).max()), 3)
    0.1
    """
    _keywords.known(options, glorot_uniform, Options.__annotations__)
    scale = _gain(gain) ** 2
    return variance_scaling(
        shape, scale=scale, mode="fan_avg", distribution="uniform", rng=rng, **options
    )


def he_normal(
    shape: Shape,
    *,
    negative_slope: float = 0.0,
    mode: str = "fan_in",
    rng: Seed,
    **options: Unpack[Options],
) -> Array:
    """Normal of variance 2 / ((1 + negative_slope^2) n) (He et al., 2015, eqs. 10, 14 and 15).

    >>> round(float(he_normal((1000, 500), rng=0).var()) * 500, 1)
    2.0
    """
    _keywords.known(options, he_normal, Options.__annotations__)
    scale = _he_scale(negative_slope)
    return variance_scaling(shape, scale=scale, mode=mode, rng=rng, **options)


def he_uniform(
    shape: Shape,
    *,
    negative_slope: float = 0.0,
    mode: str = "fan_in",
    rng: Seed,
    **options: Unpack[Options],
) -> Array:
    """Uniform of the same variance as `he_normal` (He et al., 2015).

    >>> round(float(abs(he_uniform((500, 600), rng=0)).max()), 3)
    0.1
    """
    _keywords.known(options, he_uniform, Options.__annotations__)
    scale = _he_scale(negative_slope)
    return variance_scaling(
        shape, scale=scale, mode=mode, distribution="uniform", rng=rng, **options
    )


def siren(
    shape: Shape,
    *,
    frequency: float = 30.0,
    layer: str = "hidden",
    rng: Seed,
    **options: Unpack[Options],
) -> Array:
    """Uniform weights for layers sin(frequency (W x + b)) (Sitzmann et al., 2020, section 3.2).

    The bound of the first layer, whose inputs are in [-1, 1], is 1 / fan_in. That of the others,
    the last one too, is sqrt(6 / fan_in) / frequency: what the sine sees then settles at standard
    deviation 0.893 (1 in the paper, which takes its outputs to be arcsine distributed).

    Parameters
    ----------
    shape : tuple of int
        Shape of the weight, by default (fan_out, fan_in, *kernel).
    frequency : float
        The factor on the layer's pre-activations, omega_0 in the paper.
    layer : {"first", "hidden"}
        The place of the layer.

    Examples
    --------
    >>> round(float(abs(siren((256, 600), frequency=10.0, rng=0)).max()), 3)
    0.01
    """
    _keywords.known(options, siren, Options.__annotations__)
    frequency = arguments.real_number(frequency, "frequency", at_least=1e-6)
    if arguments.choice(layer, ("first", "hidden"), "layer") == "hidden":
        scale = 2 / frequency**2
    else:
        given = {name: options[name] for name in FanOptions.__annotations__ if name in options}
        scale = 1 / (3 * (fans(shape, **given).fan_in or 1))
    return variance_scaling(shape, scale=scale, distribution="uniform", rng=rng, **options)


xavier_normal, xavier_uniform = glorot_normal, glorot_uniform
kaiming_normal, kaiming_uniform = he_normal, he_uniform


def _without_stride(layer: FanOptions) -> dict[str, object]:
    """The keywords that say where the parts of an array are: a stride moves none."""
    return {name: value for name, value in layer.items() if name != "stride"}


def _gain(gain: object) -> float:
    return arguments.real_number(gain, "gain", at_least=0)


def _he_scale(negative_slope: object) -> float:
    return 2 / (1 + arguments.real_number(negative_slope, "negative_slope") ** 2)
