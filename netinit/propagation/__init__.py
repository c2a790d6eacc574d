"""What signals and gradients do on their way through a network: measured, predicted, drawn."""

from netinit.propagation.histograms import histogram
from netinit.propagation.jacobian import jacobian, singular_values
from netinit.propagation.measurement import (
    LayerStatistics,
    Moments,
    SignalStatistics,
    Statistics,
    describe,
    measure,
)
from netinit.propagation.sweep import Histograms, Sweep, random_signals
from netinit.propagation.wide import gaussian_layer, wide_forward
from netinit.theory.prediction import Prediction, predict

__all__ = [
    "Histograms",
    "LayerStatistics",
    "Moments",
    "Prediction",
    "SignalStatistics",
    "Statistics",
    "Sweep",
    "describe",
    "gaussian_layer",
    "histogram",
    "jacobian",
    "measure",
    "predict",
    "random_signals",
    "singular_values",
    "wide_forward",
]
