"""Weight initialization for neural networks, on NumPy alone."""

from netinit import activations, initializers
from netinit.initializers import *
from netinit.initializers import advice
from netinit.network import MLP, init_mlp, lsuv, lsuv_mlp
from netinit.theory import gain, gains, moments, unit_gain

__all__ = [
    "MLP",
    "activations",
    "advice",
    "gain",
    "gains",
    "init_mlp",
    "initializers",
    "lsuv",
    "lsuv_mlp",
    "moments",
    "unit_gain",
]
__all__ += initializers.__all__
