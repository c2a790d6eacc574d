"""The code that chapter 13 prints gives GPT-2's start, and a tied `nn.Embedding` a large loss."""

import math

import jax
import keras
import numpy as np
import pytest
import torch
from torch import nn

from netinit.theory.transformers import gpt2_start

BLOCKS, WIDTH, VOCABULARY = 6, 192, 1000


class Block(nn.Module):
    """The layers of a block of GPT-2 that have weights, named as the chapter names them."""

    def __init__(self):
        super().__init__()
        self.attention = nn.ModuleDict({"qkv": nn.Linear(WIDTH, 3 * WIDTH)})
        self.attention.out = nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.ModuleDict({"up": nn.Linear(WIDTH, 4 * WIDTH)})
        self.mlp.down = nn.Linear(4 * WIDTH, WIDTH)


class Model(nn.Module):
    """Embeddings and blocks."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))


def draw(model):
    """The loops of the chapter."""
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
    for block in model.blocks:
        for last in (block.attention.out, block.mlp.down):
            nn.init.normal_(last.weight, std=0.02 / (2 * len(model.blocks)) ** 0.5)


def test_the_printed_loops_draw_gpt2():
    torch.manual_seed(13)
    model = Model()
    draw(model)
    for name, parameter in model.named_parameters():
        if name.endswith("weight"):
            last = name.endswith(("attention.out.weight", "mlp.down.weight"))
            wanted = 0.02 / math.sqrt(2 * BLOCKS) if last else 0.02
            assert float(parameter.detach().std()) == pytest.approx(wanted, rel=0.03), name
        else:
            assert not parameter.detach().any(), name


def test_keras_and_jax_draw_the_last_layers():
    wanted = 0.02 / (2 * BLOCKS) ** 0.5
    keras.utils.set_random_seed(13)
    found = keras.initializers.RandomNormal(stddev=wanted)((WIDTH, WIDTH))
    assert np.std(np.asarray(found)) == pytest.approx(wanted, rel=0.03)
    found = jax.nn.initializers.normal(wanted)(jax.random.key(13), (WIDTH, WIDTH))
    assert np.std(np.asarray(found)) == pytest.approx(wanted, rel=0.03)


@pytest.mark.parametrize("own", [True, False])
def test_the_logits_of_a_tied_embedding(own):
    torch.manual_seed(13)
    model = Model()
    if not own:
        draw(model)
    read = nn.functional.layer_norm(torch.randn(64, WIDTH), (WIDTH,))
    logits = read @ model.tokens.weight.detach().T
    std = 1.0 if own else 0.02
    assert float(logits.std()) == pytest.approx(math.sqrt(WIDTH) * std, rel=0.05)
    loss = float(nn.functional.cross_entropy(logits, torch.randint(VOCABULARY, (64,))))
    predicted = gpt2_start(vocabulary=VOCABULARY, width=WIDTH).loss
    assert (loss > 2 * predicted) if own else loss == pytest.approx(predicted, abs=0.15)
