"""Residual networks at their start: how a stream of sums grows, and the scales that hold it."""

import math

from netinit import activations
from netinit._checks import arguments
from netinit.activations import ActivationLike
from netinit.theory import moments

__all__ = [
    *["batchnorm_gradient_factor", "batchnorm_residual_gradient", "fixup_scale"],
    *["residual_growth"],
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


def batchnorm_gradient_factor(activation: ActivationLike) -> float:
    """What one layer of batch normalization, activation and weights does to a gradient.

    The factor on its second moment on the way back, without skip connections, for great width and
    batch: E phi'^2 / Var phi at unit variance, whatever the scale of the weights, which the
    normalization divides out (Yang et al., 2019). It is pi / (pi - 1) for relu.

    Raises
    ------
    ValueError
        If the activation is constant.

    Examples
    --------
    >>> round(batchnorm_gradient_factor("relu"), 4)
    1.4669
    """
    record = activations.get(activation)
    variance = float(moments.variance(record, 1.0))
    if variance <= 0:
        raise ValueError(f"{record.name} is constant: batch normalization divides by 0")
    return float(moments.derivative_second_moment(record, 1.0)) / variance


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
