"""Residual networks at their start: how a stream of sums grows, and the scales that hold it."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments
from netinit.activations import Activation, ActivationLike
from netinit.theory import moments
from netinit.theory._standardized import pair_expectation

Array = npt.NDArray[np.float64]

__all__ = [
    *["batchnorm_gradient_factor", "batchnorm_residual_gradient", "fixup_scale"],
    *["normalizer_free_sizes", "residual_growth"],
]


def residual_growth(blocks: int, *, branch_gain: float = 1.0, branch_scale: float = 1.0) -> float:
    """What `blocks` of x + s f(x) multiply the second moment of the stream by.

    (1 + s^2 g)^blocks, where the branch f has the gain g: its output has g times the second moment
    of its input, and is uncorrelated with it. One layer W relu(x) with He weights has g = 1; two,
    W2 relu(W1 x) with He weights, have g = 2, so that their stream triples in each block.

    Parameters
    ----------
    blocks : int
    branch_gain : float
        g, of the branch without its scale.
    branch_scale : float
        s, which multiplies the branch: 1 / sqrt(blocks) bounds the growth by e^g.

    Examples
    --------
    >>> residual_growth(20), residual_growth(20, branch_gain=2.0)
    (1048576.0, 3486784401.0)
    """
    blocks = arguments.positive(blocks, "blocks")
    gain = arguments.real_number(branch_gain, "branch_gain", at_least=0)
    scale = arguments.real_number(branch_scale, "branch_scale")
    return (1 + scale**2 * gain) ** blocks


def fixup_scale(blocks: int, *, layers: int) -> float:
    """Fixup's factor on the weights of a branch, blocks^(-1 / (2 layers - 2)).

    It multiplies the standard (He) initialization of every layer of the branch but the last, which
    starts at 0 (Zhang, Dauphin and Ma, 2019).

    Parameters
    ----------
    blocks : int
        Number of residual branches.
    layers : int
        Number of weight layers in each, 2 or more.

    Examples
    --------
    >>> fixup_scale(16, layers=2)
    0.25
    """
    blocks, layers = arguments.positive(blocks, "blocks"), arguments.positive(layers, "layers")
    if layers < 2:
        raise ValueError("Fixup scales branches of two or more layers: the last one starts at 0")
    return blocks ** (-1 / (2 * layers - 2))


def batchnorm_gradient_factor(activation: ActivationLike, *, batch: int | None = None) -> float:
    """What one layer of batch normalization, activation and weights does to a gradient.

    The factor on its second moment on the way back, without skip connections, for great width,
    whatever the scale of the weights, which the normalization divides out. In a large batch it is
    E phi'^2 / Var phi at unit variance (Yang et al., 2019): pi / (pi - 1) for relu. A small batch
    makes it larger: for the identity it is (m - 2) / (m - 3) in a batch of m, because of m
    directions the normalization takes two out of the gradient, and divides by a variance that is
    sometimes small. The inputs count as exchangeable: no two are more alike than any others.

    Parameters
    ----------
    activation : str or Activation
    batch : int, optional
        Number of examples, 4 or more (with 3 the average is infinite); by default a large batch.
        The activation must then be smooth except at 0.

    Raises
    ------
    ValueError
        If the activation is constant, the batch too small, or a kink away from 0.

    Examples
    --------
    >>> round(batchnorm_gradient_factor("relu"), 4)
    1.4669
    >>> round(batchnorm_gradient_factor("identity", batch=8), 4)
    1.2
    """
    record = activations.get(activation)
    if float(moments.variance(record, 1.0)) <= 0:
        raise ValueError(f"{record.name} is constant: batch normalization divides by 0")
    if batch is None:
        slopes = float(moments.derivative_second_moment(record, 1.0))
        return slopes / float(moments.variance(record, 1.0))
    if arguments.positive(batch, "batch") < 4:
        raise ValueError("batch must be 4 or more: with 3 the average factor is infinite")
    if any(record.kinks):
        raise ValueError(f"{record.name} has a kink away from 0; only a large batch is computed")
    return _small_batch_factor(record, batch)


def _small_batch_factor(record: Activation, m: int) -> float:
    """The factor in a batch of m: E 1/s^2 times the trace of (P - z z'/m) D P D, over m - 1.

    P takes the mean off, D = diag phi'(z), and z is a unit's standardized batch. Its standard
    deviation s is independent of z: m s^2 is a variance a times chi-squared with m - 1 degrees of
    freedom, where a = E phi(z1)^2 - E phi(z1) phi(z2).
    """

    def over(f: Callable[[Array, Array], Array]) -> float:
        return pair_expectation(f, m)

    phi, slope = record.function, record.derivative
    a = over(lambda z, _: phi(z) ** 2) - over(lambda z, other: phi(z) * phi(other))
    own = over(lambda z, _: ((1 - 1 / m) ** 2 - (1 - 1 / m) * z**2 / m) * slope(z) ** 2)
    shared = over(lambda z, other: slope(z) * slope(other) * (1 + z * other) / m**2)
    trace = m * own + m * (m - 1) * shared
    return m / (a * (m - 3)) * trace / (m - 1)


def batchnorm_residual_gradient(blocks: int) -> float:
    """The gradient of a residual network with batch normalization, bottom over top.

    Of its second moment, for blocks x + W relu(BN(x)) with He weights, for great width and batch.
    The variance of the stream at block l is 1 + (1 - 1 / pi) l (De and Smith, 2020), and the
    normalization divides a branch's gradient by it, so the ratio is the product of
    1 + 1 / (1 + (1 - 1 / pi) l): a power of the number of blocks, of exponent pi / (pi - 1).

    >>> round(batchnorm_residual_gradient(40), 1)
    111.9
    """
    blocks = arguments.positive(blocks, "blocks")
    slope = 1 - 1 / math.pi
    return math.prod(1 + 1 / (1 + slope * block) for block in range(blocks))


def normalizer_free_sizes(stages: Sequence[int], *, alpha: float = 0.2) -> Array:
    """The standard deviation of the stream that each block of a normalizer-free network reads.

    A block computes x + alpha f(x / beta), where f keeps variance 1 (weights that were standardized
    and the gain `netinit.gain(activation, "std")`), and beta is the predicted standard deviation of
    x: these numbers. Each block adds alpha^2 to the variance. The first block of a stage changes
    the width, and its skip path reads x / beta, too, so the variance starts again at 1 + alpha^2
    (Brock, De and Smith, 2021).

    Parameters
    ----------
    stages : sequence of int
        Number of blocks in each stage. The stream that enters the first has variance 1.
    alpha : float
        The factor in front of each branch.

    Returns
    -------
    ndarray of float64, shape (sum of stages,)

    Examples
    --------
    >>> normalizer_free_sizes([2, 2]).round(4)
    array([1.    , 1.0198, 1.0392, 1.0198])
    """
    alpha = arguments.real_number(alpha, "alpha")
    lengths = [arguments.positive(blocks, "a number of blocks in stages") for blocks in stages]
    if not lengths:
        raise ValueError("stages must name the number of blocks of at least one stage")
    entering, variance = [], 1.0
    for blocks in lengths:
        entering += [variance, *(1 + alpha**2 * np.arange(1, blocks))]
        variance = 1 + alpha**2 * blocks
    return np.sqrt(entering)
