"""Training: seeded runs of one network or many, which of them learn, and the loss's curvature."""

from netinit.losses import LOSSES
from netinit.network.stacks import flatten, unflatten
from netinit.training.curvature import hessian, sharpness
from netinit.training.loop import History, train
from netinit.training.optimizers import SGD, Adam, Momentum, Optimizer
from netinit.training.trainability import TrainabilityMap, trainability_map

__all__ = [
    "LOSSES",
    "SGD",
    "Adam",
    "History",
    "Momentum",
    "Optimizer",
    "TrainabilityMap",
    "flatten",
    "hessian",
    "sharpness",
    "train",
    "trainability_map",
    "unflatten",
]
