"""What the theory says: moments under a Gaussian, gains, predictions, finite width."""

from netinit.theory import gains, moments
from netinit.theory.finite_width import relu_growth, relu_log_moments
from netinit.theory.gains import (
    UnitGain,
    UnstableGainWarning,
    gain,
    gated_gain,
    torch_gain,
    unit_gain,
)
from netinit.theory.prediction import Prediction, predict

__all__ = [
    "Prediction",
    "UnitGain",
    "UnstableGainWarning",
    "gain",
    "gains",
    "gated_gain",
    "moments",
    "predict",
    "relu_growth",
    "relu_log_moments",
    "torch_gain",
    "unit_gain",
]
