"""The initializers by name."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from netinit import arguments, biases, initializers, structured
from netinit.arguments import Seed, Shape


class Initializer(Protocol):
    """Any callable that draws an array of a shape."""

    def __call__(self, shape: Shape, *, rng: Seed) -> npt.NDArray[np.floating]:
        """Draw the array."""


_REGISTRY: dict[str, Initializer] = {
    "zeros": initializers.zeros,
    "constant": initializers.constant,
    "normal": initializers.normal,
    "uniform": initializers.uniform,
    "truncated_normal": initializers.truncated_normal,
    "variance_scaling": initializers.variance_scaling,
    "lecun_normal": initializers.lecun_normal,
    "lecun_uniform": initializers.lecun_uniform,
    "glorot_normal": initializers.glorot_normal,
    "glorot_uniform": initializers.glorot_uniform,
    "xavier_normal": initializers.xavier_normal,
    "xavier_uniform": initializers.xavier_uniform,
    "he_normal": initializers.he_normal,
    "he_uniform": initializers.he_uniform,
    "kaiming_normal": initializers.kaiming_normal,
    "kaiming_uniform": initializers.kaiming_uniform,
    "orthogonal": initializers.orthogonal,
    "siren": initializers.siren,
    "identity": structured.identity,
    "dirac": structured.dirac,
    "delta_orthogonal": structured.delta_orthogonal,
    "looks_linear": structured.looks_linear,
    "sparse": structured.sparse,
    "log_prior": biases.log_prior,
    "focal_prior": biases.focal_prior,
    "lstm_bias": biases.lstm_bias,
    "chrono_bias": biases.chrono_bias,
}


def names() -> list[str]:
    """The names `get` knows; `netinit.catalogue` says what they stand for.

    >>> "kaiming_normal" in names()
    True
    """
    return list(_REGISTRY)


def get(initializer: str | Initializer) -> Initializer:
    """The initializer of that name; a callable is handed back as it is.

    >>> get("he_normal") is initializers.he_normal
    True
    """
    if callable(initializer):
        return initializer
    if not isinstance(initializer, str):
        raise TypeError(f"initializer must be a name or a callable, not {initializer!r}")
    return _REGISTRY[arguments.choice(initializer, _REGISTRY, "initializer")]
