"""The residual blocks that chapter 11 prints do in the frameworks what the chapter says of them."""

import math

import keras
import numpy as np
import pytest
import torch
from torch import nn

from netinit.theory.residual import residual_growth

WIDTH, BLOCKS, BATCH = 256, 20, 16


def he_branch():
    """Two layers with He initialization and a ReLU between them, in PyTorch."""
    layers = [nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(2)]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return nn.Sequential(layers[0], nn.ReLU(), layers[1])


@pytest.mark.parametrize("power", [0.0, -0.5])
def test_the_factor_in_front_of_the_branch_bounds_the_growth_in_torch(power):
    torch.manual_seed(11)
    x = start = torch.randn(BATCH, WIDTH)
    with torch.no_grad():
        for _ in range(BLOCKS):
            x = x + BLOCKS**power * he_branch()(x)
    grown = float((x**2).mean() / (start**2).mean())
    theory = residual_growth(BLOCKS, branch_gain=2.0, branch_scale=BLOCKS**power)
    assert math.log(grown) == pytest.approx(math.log(theory), rel=0.1)


def test_keras_rescales_the_branch():
    keras.utils.set_random_seed(11)
    x = start = keras.Input((WIDTH,))
    for _ in range(BLOCKS):
        branch = keras.Sequential(
            [
                keras.layers.Dense(
                    WIDTH, activation=kind, kernel_initializer="he_normal", use_bias=False
                )
                for kind in ("relu", None)
            ]
        )
        x = keras.layers.add([x, keras.layers.Rescaling(BLOCKS**-0.5)(branch(x))])
    given = np.random.default_rng(11).standard_normal((BATCH, WIDTH)).astype(np.float32)
    made = keras.Model(start, x)(given)
    grown = float(np.mean(np.asarray(made.detach()) ** 2) / np.mean(given**2))
    theory = residual_growth(BLOCKS, branch_gain=2.0, branch_scale=BLOCKS**-0.5)
    assert math.log(grown) == pytest.approx(math.log(theory), rel=0.1)


def test_a_branch_that_ends_with_a_norm_of_gain_zero_starts_as_the_identity():
    torch.manual_seed(11)
    norm = nn.BatchNorm1d(WIDTH)
    torch.nn.init.zeros_(norm.weight)
    branch = nn.Sequential(he_branch(), norm)
    x = torch.randn(BATCH, WIDTH)
    assert torch.equal(x + branch(x), x)
