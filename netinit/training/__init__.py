"""Training: seeded runs, which networks learn, how far a step moves them, the loss's curvature."""

from netinit.losses import LOSSES
from netinit.network.stacks import flatten, unflatten
from netinit.training.coordinates import CoordinateCheck, coordinate_check, movement
from netinit.training.curvature import hessian, sharpness
from netinit.training.loop import History, train
from netinit.training.optimizers import SGD, Adam, Momentum, Optimizer
from netinit.training.trainability import TrainabilityMap, trainability_map

__all__ = [
    "LOSSES",
    "SGD",
    "Adam",
    "CoordinateCheck",
    "History",
    "Momentum",
    "Optimizer",
    "TrainabilityMap",
    "coordinate_check",
    "flatten",
    "hessian",
    "movement",
    "sharpness",
    "train",
    "trainability_map",
    "unflatten",
]
