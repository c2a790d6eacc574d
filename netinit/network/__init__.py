"""Networks on plain arrays: drawn, run forward and backward, stacked."""

from netinit.losses import accuracy, softmax_cross_entropy, squared_loss
from netinit.network import layers
from netinit.network.architectures import gpt2, init_gpt2, init_residual
from netinit.network.composed import LayerGradients, LayerNetwork, LayerSignals, init_network
from netinit.network.data_dependent import normalize_units
from netinit.network.drawing import init_mlp
from netinit.network.lsuv import lsuv, lsuv_mlp, lsuv_network
from netinit.network.mlp import MLP, Gradients, Signals
from netinit.network.protocol import Network
from netinit.network.stacks import flatten, stack, unflatten, unstack
from netinit.network.symmetry import distinct_units, permute_units, units

__all__ = [
    "MLP",
    "Gradients",
    "LayerGradients",
    "LayerNetwork",
    "LayerSignals",
    "Network",
    "Signals",
    "accuracy",
    "distinct_units",
    "flatten",
    "gpt2",
    "init_gpt2",
    "init_mlp",
    "init_network",
    "init_residual",
    "layers",
    "lsuv",
    "lsuv_mlp",
    "lsuv_network",
    "normalize_units",
    "permute_units",
    "softmax_cross_entropy",
    "squared_loss",
    "stack",
    "unflatten",
    "units",
    "unstack",
]
