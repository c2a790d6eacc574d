"""Draws of each framework as NumPy arrays, and what is asked of them.

Random draws of two libraries never agree number by number. What is compared is the law each
draws from: its mean, standard deviation, kurtosis and bounds.
"""

import math

import jax
import numpy as np
import pytest
import torch

SEED = 20


def torch_draw(initialize, shape, **options):
    """Return what a ``torch.nn.init`` function fills a new tensor with."""
    torch.manual_seed(SEED)
    return initialize(torch.empty(shape), **options).numpy()


def jax_draw(initializer, shape, dtype=np.float32):
    """Return what an initializer of ``jax.nn.initializers`` draws."""
    return np.asarray(initializer(jax.random.key(SEED), shape, dtype))


def keras_draw(initializer, shape):
    """Return what a Keras initializer draws; the backend's tensors are PyTorch's."""
    return initializer(shape).numpy()


def kurtosis(x):
    """E x^4 / (E x^2)^2: 3 for a normal, 1.8 for a uniform, 2.3655 for a normal cut at 2."""
    x = np.asarray(x, np.float64)
    return float(np.mean(x**4) / np.mean(x**2) ** 2)


def assert_same_law(ours, theirs):
    """Compare mean, standard deviation and kurtosis of two samples at 5 standard errors.

    Of the two kurtoses the standard error is that of normal draws, the widest here.
    """
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    n, std = ours.size, theirs.std()
    assert abs(ours.mean() - theirs.mean()) < 5 * std * math.sqrt(2 / n)
    spread = 5 * math.sqrt((kurtosis(theirs) - 1) / (2 * n))
    assert ours.std() == pytest.approx(std, rel=spread)
    assert kurtosis(ours) == pytest.approx(kurtosis(theirs), abs=5 * math.sqrt(2 * 24 / n))


def assert_still_wrong(theirs, *, wrong, right, rel=1e-6):
    """Hold a framework to the value it is known to give, and say so once it gives the right one."""
    if theirs == pytest.approx(right, rel=rel):
        pytest.fail(
            f"{theirs} is the right value: this framework was fixed. Move the test to the "
            "equalities, and correct the table of reference/frameworks.ipynb if it names this."
        )
    assert theirs == pytest.approx(wrong, rel=rel), "neither the wrong value known nor the right"
