"""Biases that say what is known before training: class frequencies, and how long to remember."""

import math

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, arrays, dtypes
from netinit._checks.arguments import Seed, Shape
from netinit._draw.seeds import draw_generator
from netinit.initializers.sampling import uniform

__all__ = ["chrono_bias", "focal_prior", "log_prior", "lstm_bias"]

Array = npt.NDArray[np.inexact]


def log_prior(
    shape: Shape,
    *,
    prior: npt.ArrayLike,
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Biases of a softmax that predicts the class frequencies: b_k = ln p_k.

    While the other logits are zero, the initial loss is the entropy of the prior instead of the
    logarithm of the number of classes (Goodfellow et al., 2016, section 8.4). `rng` is ignored.

    Parameters
    ----------
    shape : int or tuple of int
        One axis, the classes.
    prior : array of shape (classes,)
        Frequencies or counts, all positive; p is their share.

    Examples
    --------
    >>> np.exp(log_prior(3, prior=[60, 30, 10])).round(2)
    array([0.6, 0.3, 0.1], dtype=float32)
    """
    out = arguments.target(_one_axis(shape, "log_prior"), dtype, out)
    (classes,) = out.shape
    prior = arrays.real_array(prior, "prior").astype(np.float64)
    if prior.shape != (classes,):
        raise ValueError(f"prior must have one number per class, {classes}, not {prior.shape}")
    if not (np.isfinite(prior) & (prior > 0)).all():
        raise ValueError(
            "prior must be finite and positive: give a class that was never seen a small count"
        )
    logs = np.log(prior)
    out[...] = logs - np.logaddexp.reduce(logs)
    return out


def focal_prior(
    shape: Shape,
    *,
    prior: float = 0.01,
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Biases of sigmoids that all predict a rare event: b = -ln((1 - prior) / prior).

    So that many easy negatives do not swamp the first steps (Lin et al., 2017, section 4.1).
    `rng` is ignored.

    Parameters
    ----------
    shape : int or tuple of int
        Any shape.
    prior : float
        Probability of the event, between 0 and 1.

    Examples
    --------
    >>> focal_prior(2).round(3)
    array([-4.595, -4.595], dtype=float32)
    """
    if not 0 < arguments.real_number(prior, "prior") < 1:
        raise ValueError(f"prior must be a probability between 0 and 1, not {prior!r}")
    out = arguments.target(shape, dtype, out)
    out[...] = math.log(prior) - math.log1p(-prior)
    return out


def lstm_bias(
    shape: Shape,
    *,
    forget: float = 1.0,
    gates: str = "ifgo",
    rng: Seed = None,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Zeros, but `forget` for the forget gates of an LSTM.

    A cell keeps sigmoid(forget) of its state each step: 0.73 at 1, half at 0 (Gers et al., 2000;
    Jozefowicz et al., 2015). `rng` is ignored. PyTorch adds two biases: give one of them zeros.

    Parameters
    ----------
    shape : int or tuple of int
        One axis, of four gates times the number of cells.
    forget : float
        Bias of the forget gates.
    gates : str
        Their order: i input, f forget, g candidate (or c), o output. "ifgo" is PyTorch's and
        Keras's.

    Examples
    --------
    >>> lstm_bias(8)
    array([0., 0., 1., 1., 0., 0., 0., 0.], dtype=float32)
    """
    out = arguments.target(_one_axis(shape, "lstm_bias"), dtype, out)
    forget = arguments.real_number(forget, "forget", at_most=dtypes.largest(out.dtype))
    _gates(out, gates, "lstm_bias")["f"][:] = forget
    return out


def chrono_bias(
    shape: Shape,
    *,
    longest: float,
    gates: str = "ifgo",
    rng: Seed,
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
) -> Array:
    """Biases of an LSTM that remembers for 2 to `longest` steps: b_f = ln U(1, longest - 1).

    The input gates have b_i = -b_f, the others 0 (Tallec and Ollivier, 2018).

    Parameters
    ----------
    shape : int or tuple of int
        One axis, of four gates times the number of cells.
    longest : float
        The longest dependency, in steps; 2 at least.
    gates : str
        Their order, as for `lstm_bias`.

    Examples
    --------
    >>> biases = chrono_bias(400, longest=100, rng=0)
    >>> bool((biases[:100] == -biases[100:200]).all())
    True
    """
    longest = arguments.real_number(longest, "longest", at_least=2)
    out = arguments.target(_one_axis(shape, "chrono_bias"), dtype, out)
    biases = _gates(out, gates, "chrono_bias")
    rng = draw_generator(rng, "chrono_bias", out.shape)
    spread = uniform(biases["f"].shape, bound=longest / 2 - 1, rng=rng, dtype=np.float64)
    biases["f"][:] = np.log(longest / 2 + spread)
    biases["i"][:] = -biases["f"]
    return out


def _gates(out: Array, gates: str, name: str) -> dict[str, Array]:
    """Fill `out` with zeros; views of the part of each gate."""
    (length,) = out.shape
    cells, rest = divmod(length, 4)
    if rest:
        raise ValueError(f"{name} is for four gates: {length} biases are no multiple of 4")
    if not isinstance(gates, str):
        raise TypeError(f"gates must be a string such as 'ifgo', not {gates!r}")
    order = gates.replace("c", "g")
    if sorted(order) != sorted("ifgo"):
        raise ValueError(f"gates must name i, f, g (or c) and o once each, not {gates!r}")
    out[...] = 0
    return {gate: out[cells * place : cells * (place + 1)] for place, gate in enumerate(order)}


def _one_axis(shape: Shape, name: str) -> tuple[int, ...]:
    shape = arguments.shape_tuple(shape)
    if len(shape) != 1:
        raise ValueError(f"{name} is for a bias, a shape of one axis, not {shape}")
    return shape
