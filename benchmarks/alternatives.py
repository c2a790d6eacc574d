"""The same laws drawn by netinit and by what a user would pick instead, each as one call."""

import importlib.util
import math
import os
from collections.abc import Callable, Iterator

import numpy as np

import netinit

Work = Callable[[], object]
Shape = tuple[int, int]

STD = 0.02


def netinit_draws(shape: Shape) -> dict[str, Work]:
    """Return netinit's draws into an array that exists."""
    out, rng = np.zeros(shape, np.float32), np.random.default_rng(0)
    return {
        "normal": lambda: netinit.normal(shape, std=STD, rng=rng, out=out),
        "kaiming_normal": lambda: netinit.kaiming_normal(shape, rng=rng, out=out),
        "xavier_uniform": lambda: netinit.xavier_uniform(shape, rng=rng, out=out),
        "truncated_normal": lambda: netinit.truncated_normal(shape, std=STD, rng=rng, out=out),
        "orthogonal": lambda: netinit.orthogonal(shape, rng=rng, out=out),
    }


def torch_draws(shape: Shape) -> dict[str, Work]:
    """Return PyTorch's draws into a tensor that exists."""
    import torch

    out, init = torch.zeros(shape), torch.nn.init
    return {
        "normal": lambda: init.normal_(out, std=STD),
        "kaiming_normal": lambda: init.kaiming_normal_(out, nonlinearity="relu"),
        "xavier_uniform": lambda: init.xavier_uniform_(out),
        # Its a and b are absolute.
        "truncated_normal": lambda: init.trunc_normal_(out, std=STD, a=-2 * STD, b=2 * STD),
        "orthogonal": lambda: init.orthogonal_(out),
    }


def jax_draws(shape: Shape) -> dict[str, Work]:
    """Return JAX's draws, compiled; it has no others than new arrays."""
    import jax

    laws, keys = jax.nn.initializers, iter(jax.random.split(jax.random.key(0), 10_000))
    initializers = {
        "normal": laws.normal(STD),
        "kaiming_normal": laws.variance_scaling(2.0, "fan_in", "normal"),
        "xavier_uniform": laws.xavier_uniform(),
        "truncated_normal": laws.truncated_normal(STD),
        "orthogonal": laws.orthogonal(),
    }

    def work(initializer: Callable[..., object]) -> Work:
        compiled = jax.jit(lambda key: initializer(key, shape))
        return lambda: compiled(next(keys)).block_until_ready()

    return {name: work(initializer) for name, initializer in initializers.items()}


def keras_draws(shape: Shape) -> dict[str, Work]:
    """Return Keras's draws on its JAX backend; new arrays again."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    laws = keras.initializers
    seed = keras.random.SeedGenerator(0)  # an int would draw the same numbers each time
    initializers = {
        "normal": laws.RandomNormal(stddev=STD, seed=seed),
        "kaiming_normal": laws.VarianceScaling(2.0, distribution="untruncated_normal", seed=seed),
        "xavier_uniform": laws.GlorotUniform(seed=seed),
        "truncated_normal": laws.TruncatedNormal(stddev=STD, seed=seed),
        "orthogonal": laws.Orthogonal(seed=seed),
    }

    def work(initializer: Callable[..., object]) -> Work:
        return lambda: np.asarray(initializer(shape, "float32"))

    return {name: work(initializer) for name, initializer in initializers.items()}


def numpy_draws(shape: Shape) -> dict[str, Work]:
    """Return what one would write in NumPy."""
    rng, float32 = np.random.default_rng(0), np.float32

    def normal(std: float) -> np.ndarray:
        return rng.standard_normal(shape, dtype=float32) * float32(std)

    def uniform(bound: float) -> np.ndarray:
        return rng.random(shape, dtype=float32) * float32(2 * bound) - float32(bound)

    def truncated() -> np.ndarray:
        draw = rng.standard_normal(shape, dtype=float32)
        while (outside := np.abs(draw) > 2).any():
            draw[outside] = rng.standard_normal(int(outside.sum()), dtype=float32)
        return draw * float32(STD / 0.8796256610342398)  # std of N(0, 1) cut at 2

    def orthogonal() -> np.ndarray:
        q, r = np.linalg.qr(rng.standard_normal(shape))
        return (q * np.sign(np.diag(r))).astype(float32)

    return {
        "normal": lambda: normal(STD),
        "kaiming_normal": lambda: normal(math.sqrt(2 / shape[1])),
        "xavier_uniform": lambda: uniform(math.sqrt(6 / sum(shape))),
        "truncated_normal": truncated,
        "orthogonal": orthogonal,
    }


ALTERNATIVES = {
    "torch": torch_draws,
    "jax": jax_draws,
    "keras": keras_draws,
    "numpy": numpy_draws,
}


def installed(names: list[str]) -> Iterator[str]:
    """Yield those of the alternatives that this interpreter has."""
    needs = {"keras": ("keras", "jax")}
    for name in names:
        if all(importlib.util.find_spec(module) for module in needs.get(name, (name,))):
            yield name
