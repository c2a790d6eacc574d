"""The layers that networks are composed of."""

from netinit.network.layers.attention import Attention
from netinit.network.layers.base import Layer, Parameter, Scope
from netinit.network.layers.basic import (
    Activate,
    Dense,
    Embedding,
    Flatten,
    LastPosition,
    MeanPool,
    Positions,
    Unembedding,
)
from netinit.network.layers.composition import Residual, Sequential
from netinit.network.layers.convolution import Conv1d, Conv2d
from netinit.network.layers.normalization import BatchNorm, LayerNorm, RMSNorm
from netinit.network.layers.recurrent import LSTM, Recurrent

__all__ = [
    "LSTM",
    "Activate",
    "Attention",
    "BatchNorm",
    "Conv1d",
    "Conv2d",
    "Dense",
    "Embedding",
    "Flatten",
    "LastPosition",
    "Layer",
    "LayerNorm",
    "MeanPool",
    "Parameter",
    "Positions",
    "RMSNorm",
    "Recurrent",
    "Residual",
    "Scope",
    "Sequential",
    "Unembedding",
]
