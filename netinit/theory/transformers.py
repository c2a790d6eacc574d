"""Transformers at their start: the scales that papers prescribe, and what GPT-2 computes."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments, arrays
from netinit.activations import ActivationLike
from netinit.theory import moments

__all__ = [
    *["DeepNorm", "TransformerStart", "attention_entropy", "deepnorm"],
    *["deepnorm_encoder_decoder", "gpt2_start", "sigma_reparametrized", "small_init_std"],
    "t_fixup",
]


@dataclass(frozen=True)
class DeepNorm:
    """The two scales of LayerNorm(alpha x + f(x)).

    Parameters
    ----------
    alpha : float
        Multiplies the skip connection x, not the branch f.
    beta : float
        Multiplies the initial weights of the feed-forward layers and of the value and output
        projections; those of queries and keys are left as they are.
    """

    alpha: float
    beta: float


def deepnorm(layers: int) -> DeepNorm:
    """DeepNorm's scales for a stack of encoder layers alone, or of decoder layers alone.

    alpha = (2 layers)^(1/4) and beta = (8 layers)^(-1/4) (Wang et al., 2024).

    >>> found = deepnorm(24)
    >>> round(found.alpha, 4), round(found.beta, 4)
    (2.6321, 0.2686)
    """
    layers = arguments.positive(layers, "layers")
    return DeepNorm((2 * layers) ** 0.25, (8 * layers) ** -0.25)


def deepnorm_encoder_decoder(encoder_layers: int, decoder_layers: int) -> tuple[DeepNorm, DeepNorm]:
    """DeepNorm's scales for the encoder and the decoder of one model (Wang et al., 2024).

    >>> encoder, decoder = deepnorm_encoder_decoder(6, 6)
    >>> round(encoder.alpha, 3), round(decoder.alpha, 3)
    (1.418, 2.06)
    """
    encoder = arguments.positive(encoder_layers, "encoder_layers")
    decoder = arguments.positive(decoder_layers, "decoder_layers")
    power = (encoder**4 * decoder) ** (1 / 16)
    return (
        DeepNorm(0.81 * power, 0.87 / power),
        DeepNorm((3 * decoder) ** 0.25, (12 * decoder) ** -0.25),
    )


def t_fixup(layers: int, *, decoder: bool) -> float:
    """T-Fixup's factor on the value, output and feed-forward weights, without normalization.

    0.67 layers^(-1/4) in the encoder, and (9 layers)^(-1/4) in the decoder. The embeddings of both
    sides, of standard deviation width^(-1/2), are multiplied by the decoder's factor as well (Huang
    et al., 2020).

    Parameters
    ----------
    layers : int
        Of that side, the encoder or the decoder.
    decoder : bool
        Which side.

    Examples
    --------
    >>> round(t_fixup(6, decoder=False), 4), round(t_fixup(6, decoder=True), 4)
    (0.4281, 0.3689)
    """
    layers = arguments.positive(layers, "layers")
    if arguments.flag(decoder, "decoder"):
        return (9 * layers) ** -0.25
    return 0.67 * layers**-0.25


def small_init_std(width: int) -> float:
    """The standard deviation sqrt(2 / (5 width)) of SmallInit (Nguyen and Salazar, 2019).

    It is that of Xavier for a matrix of shape (4 width, width), used for every matrix.

    >>> small_init_std(1000)
    0.02
    """
    return math.sqrt(2 / (5 * arguments.positive(width, "width")))


def sigma_reparametrized(weight: npt.ArrayLike, *, gamma: float = 1.0) -> npt.NDArray[np.floating]:
    """The weight divided by its spectral norm, its largest singular value, times gamma.

    sigma-reparametrization (Zhai et al., 2023) trains gamma and the weight, and the layer uses the
    result. Then gamma alone sets how far the layer can stretch a vector, whatever training makes of
    the scale of the weight. (Their code estimates the norm by power iteration; here it is exact.)

    Parameters
    ----------
    weight : array of shape (*stack, fan_out, fan_in)
        Each matrix is divided by its own norm.
    gamma : float
        1 at the start.

    Raises
    ------
    ValueError
        If a matrix is zero or not finite.

    Examples
    --------
    >>> sigma_reparametrized([[0.0, 4.0], [2.0, 0.0]])
    array([[0. , 1. ],
           [0.5, 0. ]])
    """
    matrices = arrays.batch(weight, "weight", columns="fan_in")
    gamma = arguments.real_number(gamma, "gamma")
    if not np.isfinite(matrices).all() or not matrices.any(axis=(-2, -1)).all():
        raise ValueError("weight must be finite, and no matrix of it zero")
    norms = np.linalg.norm(matrices.astype(np.float64), 2, axis=(-2, -1), keepdims=True)
    return (gamma * matrices / norms).astype(matrices.dtype)


@dataclass(frozen=True)
class TransformerStart:
    """What a GPT-2 computes before its first step, as predicted.

    Parameters
    ----------
    attention_logit_std : float
        Standard deviation of a query's scaled products with the keys, in the first block.
    attention_entropy : float
        Entropy of the first block's attention over the whole context, in nats.
    embedding_second_moment : float
        Of the stream before the first block: token plus position.
    mlp_second_moment : float
        What each feed-forward layer adds to the stream. Attention adds to it as well, by an amount
        that depends on how alike the tokens are, so the stream of a real model is larger.
    stream_growth : float
        The stream's second moment after the last block, over that before the first, by the
        feed-forward layers alone.
    logit_std : float
        Of the output, of one token.
    loss : float
        Cross-entropy in nats, of targets that do not depend on the inputs. It is larger if the
        output layer is tied to the embeddings and the branches add so little that a token's own
        embedding is still a large part of the stream: with a small `residual_scale`, for example.
    """

    attention_logit_std: float
    attention_entropy: float
    embedding_second_moment: float
    mlp_second_moment: float
    stream_growth: float
    logit_std: float
    loss: float


def gpt2_start(
    *,
    vocabulary: int = 50257,
    context: int = 1024,
    width: int = 768,
    layers: int = 12,
    std: float = 0.02,
    residual_scale: float | None = None,
    activation: ActivationLike = "gelu_tanh",
) -> TransformerStart:
    """Predict the start of a pre-norm transformer whose matrices all have the same `std`.

    Everything that a layer normalization feeds has inputs of mean square 1, so a matrix gives
    width std^2, and the softmax of Gaussian logits has the loss ln(vocabulary) + width std^2 / 2.
    The defaults are those of GPT-2 small (Radford et al., 2019).

    Parameters
    ----------
    vocabulary, context, width, layers : int
        Tokens, positions, units of the stream, blocks. The feed-forward layers have 4 width units.
    std : float
        Standard deviation of every weight and embedding.
    residual_scale : float, optional
        Multiplies the std of the two matrices of a block that write to the stream; 1 / sqrt(2
        layers) by default.
    activation : str, Activation or callable
        Of the feed-forward layers.

    Examples
    --------
    >>> start = gpt2_start()
    >>> round(start.loss, 2), round(start.attention_logit_std, 3), round(start.stream_growth)
    (10.98, 0.307, 83)
    """
    vocabulary = arguments.positive(vocabulary, "vocabulary")
    width, layers = arguments.positive(width, "width"), arguments.positive(layers, "layers")
    std = arguments.real_number(std, "std", at_least=0)
    if std == 0:
        raise ValueError("std must be positive: with weights of 0 nothing leaves a block")
    if residual_scale is None:
        scale = 1 / math.sqrt(2 * layers)
    else:
        scale = arguments.real_number(residual_scale, "residual_scale", at_least=0)
    gained = width * std**2  # E h^2 of a matrix after a layer normalization
    embedding = 2 * std**2
    added = (
        4
        * width
        * (scale * std) ** 2
        * float(moments.second_moment(activations.get(activation), gained))
    )
    return TransformerStart(
        attention_logit_std=gained,
        attention_entropy=attention_entropy(gained, keys=arguments.positive(context, "context")),
        embedding_second_moment=embedding,
        mlp_second_moment=added,
        stream_growth=1 + layers * added / embedding,
        logit_std=math.sqrt(gained),
        loss=math.log(vocabulary) + gained / 2,
    )


def attention_entropy(logit_std: float, *, keys: int) -> float:
    """The entropy of a softmax over many Gaussian logits, in nats.

    ln(keys) - logit_std^2 / 2 for as long as logit_std is below sqrt(2 ln keys); beyond, a few keys
    take all of the weight, and the limit is 0 (the freezing of the random energy model: Derrida,
    1981). At finite numbers of keys the change is gradual, and the entropy near it is larger.

    >>> round(attention_entropy(1.0, keys=1024), 3), attention_entropy(4.0, keys=1024)
    (6.431, 0.0)
    """
    keys = arguments.positive(keys, "keys")
    std = arguments.real_number(logit_std, "logit_std", at_least=0)
    return max(0.0, math.log(keys) - std**2 / 2)
