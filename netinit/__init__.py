"""Weight initialization for neural networks, on NumPy alone."""

from netinit import activations, initializers
from netinit.initializers import (
    Fans,
    Scheme,
    advice,
    catalogue,
    chrono_bias,
    constant,
    delta_orthogonal,
    dirac,
    fans,
    focal_prior,
    get,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    identity,
    kaiming_normal,
    kaiming_uniform,
    lecun_normal,
    lecun_uniform,
    log_prior,
    looks_linear,
    lstm_bias,
    names,
    normal,
    orthogonal,
    siren,
    sparse,
    streams,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
    zeros,
)
from netinit.network import MLP, init_mlp, lsuv, lsuv_mlp
from netinit.theory import gain, gains, moments, unit_gain

__all__ = [
    "MLP",
    "Fans",
    "Scheme",
    "activations",
    "advice",
    "catalogue",
    "chrono_bias",
    "constant",
    "delta_orthogonal",
    "dirac",
    "fans",
    "focal_prior",
    "gain",
    "gains",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "init_mlp",
    "initializers",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "log_prior",
    "looks_linear",
    "lstm_bias",
    "lsuv",
    "lsuv_mlp",
    "moments",
    "names",
    "normal",
    "orthogonal",
    "siren",
    "sparse",
    "streams",
    "truncated_normal",
    "uniform",
    "unit_gain",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]


def __getattr__(name: str) -> str:
    """Look up ``__version__`` in the metadata of the installed package."""
    if name == "__version__":
        from importlib.metadata import version

        return version("netinit")
    raise AttributeError(f"module 'netinit' has no attribute {name!r}")
