"""Networks on plain arrays: drawn, run forward and backward, stacked."""

from netinit.losses import accuracy, softmax_cross_entropy, squared_loss
from netinit.network.drawing import init_mlp, stack, unstack
from netinit.network.lsuv import lsuv, lsuv_mlp
from netinit.network.mlp import MLP, Gradients, Signals
from netinit.network.residual import ResidualNet, descend, init_residual
from netinit.network.symmetry import distinct_units, permute_units, units

__all__ = [
    "MLP",
    "Gradients",
    "ResidualNet",
    "Signals",
    "accuracy",
    "descend",
    "distinct_units",
    "init_mlp",
    "init_residual",
    "lsuv",
    "lsuv_mlp",
    "permute_units",
    "softmax_cross_entropy",
    "squared_loss",
    "stack",
    "units",
    "unstack",
]
