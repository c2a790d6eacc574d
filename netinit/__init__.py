"""Weight initialization for neural networks, on NumPy alone."""

from netinit import activations, gains, moments
from netinit.biases import chrono_bias, focal_prior, log_prior, lstm_bias
from netinit.catalogue import Scheme, catalogue
from netinit.fans import Fans, fans
from netinit.gains import gain, unit_gain
from netinit.initializers import (
    constant,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    kaiming_normal,
    kaiming_uniform,
    lecun_normal,
    lecun_uniform,
    normal,
    orthogonal,
    siren,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
    zeros,
)
from netinit.lsuv import lsuv, lsuv_mlp
from netinit.network import MLP, init_mlp
from netinit.registry import get, names
from netinit.seeds import streams
from netinit.structured import delta_orthogonal, dirac, identity, looks_linear, sparse

__all__ = [
    "MLP",
    "Fans",
    "Scheme",
    "activations",
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
