"""What the theory says of a random network: moments, gains, fixed points, spectra, scales."""

from netinit.theory import (
    correlated,
    gains,
    gates,
    low_rank,
    mean_field,
    moments,
    residual,
    routers,
    shattering,
    spectra,
    transformers,
    width,
)
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
    "correlated",
    "gain",
    "gains",
    "gated_gain",
    "gates",
    "low_rank",
    "mean_field",
    "moments",
    "predict",
    "relu_growth",
    "relu_log_moments",
    "residual",
    "routers",
    "shattering",
    "spectra",
    "torch_gain",
    "transformers",
    "unit_gain",
    "width",
]
