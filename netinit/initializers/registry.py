"""The initializers by name."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments
from netinit._checks.arguments import Seed, Shape
from netinit.initializers import biases, sampling, scaling, structured


class Initializer(Protocol):
    """Any callable that draws an array of a shape."""

    def __call__(self, shape: Shape, *, rng: Seed) -> npt.NDArray[np.floating]:
        """Draw the array."""


_REGISTRY: dict[str, Initializer] = {
    "zeros": scaling.zeros,
    "constant": scaling.constant,
    "normal": sampling.normal,
    "uniform": sampling.uniform,
    "truncated_normal": sampling.truncated_normal,
    "variance_scaling": scaling.variance_scaling,
    "lecun_normal": scaling.lecun_normal,
    "lecun_uniform": scaling.lecun_uniform,
    "glorot_normal": scaling.glorot_normal,
    "glorot_uniform": scaling.glorot_uniform,
    "xavier_normal": scaling.xavier_normal,
    "xavier_uniform": scaling.xavier_uniform,
    "he_normal": scaling.he_normal,
    "he_uniform": scaling.he_uniform,
    "kaiming_normal": scaling.kaiming_normal,
    "kaiming_uniform": scaling.kaiming_uniform,
    "orthogonal": scaling.orthogonal,
    "siren": scaling.siren,
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

    >>> get("he_normal") is scaling.he_normal
    True
    """
    if callable(initializer):
        return initializer
    if not isinstance(initializer, str):
        raise TypeError(f"initializer must be a name or a callable, not {initializer!r}")
    return _REGISTRY[arguments.choice(initializer, _REGISTRY, "initializer")]
