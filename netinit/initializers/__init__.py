"""The initializers: draws, variance scaling, structured weights, biases, and their catalogue."""

from netinit.initializers.biases import chrono_bias, focal_prior, log_prior, lstm_bias
from netinit.initializers.catalogue import Scheme, catalogue
from netinit.initializers.fans import Fans, fans
from netinit.initializers.registry import get, names
from netinit.initializers.sampling import normal, truncated_normal, truncated_std, uniform
from netinit.initializers.scaling import (
    constant,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    kaiming_normal,
    kaiming_uniform,
    lecun_normal,
    lecun_uniform,
    orthogonal,
    siren,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
    zeros,
)
from netinit.initializers.streams import streams
from netinit.initializers.structured import (
    delta_orthogonal,
    dirac,
    identity,
    looks_linear,
    sparse,
)

__all__ = [
    "Fans",
    "Scheme",
    "catalogue",
    "chrono_bias",
    "constant",
    "delta_orthogonal",
    "dirac",
    "fans",
    "focal_prior",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "log_prior",
    "looks_linear",
    "lstm_bias",
    "names",
    "normal",
    "orthogonal",
    "siren",
    "sparse",
    "streams",
    "truncated_normal",
    "truncated_std",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
