"""Architectures the book measures, as compositions of layers: a residual network and GPT-2."""

import functools
import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit.initializers import normal, registry
from netinit.network.composed import (
    UNSET,
    Initializer,
    LayerNetwork,
    draw_one,
    drawn_networks,
    init_network,
)
from netinit.network.layers import (
    Attention,
    Dense,
    Embedding,
    LayerNorm,
    Positions,
    Residual,
    Sequential,
    Unembedding,
)


def init_residual(
    width: int,
    *,
    blocks: int,
    first: Initializer,
    last: Initializer,
    readout: Initializer = "zeros",
    classes: int = 10,
    rng: arguments.Seed = UNSET,
    seeds: Iterable[arguments.Seed] | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> LayerNetwork:
    """A residual network without normalization or biases, freshly drawn, or a stack of them.

    Block l adds to its input: x <- x + B^l relu(A^l x); a last layer C turns the stream into
    logits. All layers are square but the last. Block l is the layer named "l", from 1; its weights
    are "l.branch.A.weight" and "l.branch.B.weight", and C is "readout.weight".

    Parameters
    ----------
    width, blocks, classes : int
    first, last, readout : initializer
        Of A, B and C: a name that `netinit.get` knows, or a callable ``(shape, *, rng)``.
    rng, seeds
        As for `init_mlp`: one network, or a stack. All A are drawn first, then all B, then C.

    Examples
    --------
    >>> options = {"blocks": 6, "first": "he_normal", "last": "he_normal"}
    >>> net = init_residual(64, **options, seeds=range(200))
    >>> growth = np.mean(net.forward(np.ones((1, 64))).stream[-1].astype(float) ** 2)
    >>> bool(0.8 < growth / 3**6 < 1.25)
    True
    """
    blocks = arguments.size(blocks, "blocks")
    branch = {"A": Dense(width, width, bias=False), "phi": "relu"}
    branch |= {"B": Dense(width, width, bias=False)}
    numbers = [str(n) for n in range(1, blocks + 1)]
    readout_layer = {"readout": Dense(width, classes, bias=False)}
    layers = Sequential({n: Residual(branch) for n in numbers} | readout_layer)
    wanted, dtype = layers.parameters(), arguments.float_dtype(dtype)
    order = [*(f"{n}.branch.A.weight" for n in numbers), *(f"{n}.branch.B.weight" for n in numbers)]
    schemes = [registry.get(first)] * blocks + [registry.get(last)] * blocks
    order, schemes = [*order, "readout.weight"], [*schemes, registry.get(readout)]

    def draw(seed: arguments.Seed) -> LayerNetwork:
        generator = arguments.generator(seed)
        pairs = zip(order, schemes, strict=True)
        drawn = {name: draw_one(scheme, wanted[name], generator, dtype) for name, scheme in pairs}
        return LayerNetwork(layers, drawn)

    return drawn_networks(draw, rng, seeds)


def gpt2(
    *,
    blocks: int = 12,
    width: int = 768,
    heads: int = 12,
    vocabulary: int = 50257,
    context: int = 1024,
) -> Sequential:
    """The layers of GPT-2, by default at the size of its small model (Radford et al., 2019).

    Tokens and learned positions are embedded; each block adds causal self-attention, then a
    two-layer perceptron of four times the width with GELU, each reading the stream through a layer
    norm; a last layer norm, and a head tied to the embedding of the tokens. No dropout.

    Parameters
    ----------
    blocks, width, heads, vocabulary, context : int
        `context` is the largest number of positions.

    Examples
    --------
    >>> sizes = (np.prod(p.shape) for p in gpt2().parameters().values())
    >>> print(sum(int(size) for size in sizes))
    124439808
    """
    block = {
        "attention": Residual(
            {"norm": LayerNorm(width), "heads": Attention(width, heads, causal=True)}
        ),
        "mlp": Residual(
            {
                "norm": LayerNorm(width),
                "up": Dense(width, 4 * width),
                "phi": "gelu_tanh",
                "down": Dense(4 * width, width),
            }
        ),
    }
    return Sequential(
        {
            "tokens": Embedding(vocabulary, width),
            "positions": Positions(context, width),
            "blocks": [block] * arguments.positive(blocks, "blocks"),
            "norm": LayerNorm(width),
            "head": Unembedding("tokens"),
        }
    )


def init_gpt2(
    *,
    std: float = 0.02,
    rng: arguments.Seed = UNSET,
    seeds: Iterable[arguments.Seed] | None = None,
    dtype: npt.DTypeLike = np.float32,
    **sizes: int,
) -> LayerNetwork:
    """GPT-2 with freshly drawn parameters: normal of one std, smaller where a block writes.

    Weights and embeddings are normal of standard deviation `std`, the two projections of each block
    that write into the stream of std / sqrt(2 blocks); biases are 0. The factor is from Radford et
    al. (2019, section 2.3). The 0.02 is that of common reimplementations; OpenAI's published code
    has it too, but for the positions, which it draws with 0.01.

    Parameters
    ----------
    std : float
    rng, seeds
        As for `init_network`.
    **sizes
        The sizes of `gpt2`.

    Examples
    --------
    >>> net = init_gpt2(blocks=2, width=32, heads=4, vocabulary=100, context=16, rng=0)
    >>> net(np.zeros((3, 16), int)).shape
    (3, 16, 100)
    """
    layers = gpt2(**sizes)
    count = len(layers.layers["blocks"].layers)
    small = functools.partial(normal, std=std / math.sqrt(2 * count))
    schemes = {
        "*.table": functools.partial(normal, std=std),
        "blocks.*.heads.out_weight": small,
        "blocks.*.down.weight": small,
    }
    weights = functools.partial(normal, std=std)
    return init_network(layers, weights, schemes=schemes, rng=rng, seeds=seeds, dtype=dtype)
