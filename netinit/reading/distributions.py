"""Which distribution a sample came from, and how sure its size lets us be.

Three laws are fitted by maximum likelihood and weighed by their likelihoods, with the Bayesian
information criterion for their numbers of parameters. A law that the sample contradicts, by its
Kolmogorov distance, is out; where none is left, the sample follows no law of these.
"""

import math
from typing import NamedTuple

import numpy as np

from netinit.activations.error_function import erf

_TESTED = 2**14  # values of a larger sample that the distance is measured on
# sqrt(n) times the distance to the true law exceeds this once in a million samples: a model has
# hundreds of tensors, and the verdict should not depend on the worst of them.
_LIMIT = 2.7
_ROOT = math.sqrt(2)


class Fit(NamedTuple):
    """One law fitted to a sample.

    Parameters
    ----------
    kind : {"normal", "truncated", "uniform"}
    probability : float
        Of this law, among those that the sample does not contradict, if each was equally likely.
    center, std : float
        Mean and standard deviation of the law.
    bound : float
        Largest distance from the center; infinite for a normal.
    cut : float
        The bound of a truncated normal, in standard deviations before truncation.
    """

    kind: str
    probability: float
    center: float
    std: float
    bound: float
    cut: float


def fits(sample: np.ndarray) -> list[Fit]:
    """The laws that a sample of float64 values may come from, the most probable first."""
    count = len(sample)
    center = _center(sample)
    x = sample - center
    second, bound = float(np.square(x).mean()), float(np.abs(x).max()) * (count + 1) / count
    cut = _cut(second / bound**2)
    candidates = {
        "normal": (-count / 2 * (math.log(2 * math.pi * second) + 1), 1),
        "uniform": (-count * math.log(2 * bound), 1),
        "truncated": (_log_likelihood_truncated(count, second, bound, cut), 2),
    }
    tested = np.sort(x[:: count // _TESTED | 1])
    scores = {
        kind: likelihood - parameters / 2 * math.log(count)
        for kind, (likelihood, parameters) in candidates.items()
        if _distance(tested, kind, second, bound, cut) < _LIMIT
    }
    top = max(scores.values(), default=0.0)
    weights = {kind: math.exp(score - top) for kind, score in scores.items()}
    total = sum(weights.values())
    found = [
        _fit(kind, weight / total, center, second, bound, cut) for kind, weight in weights.items()
    ]
    return sorted(found, key=lambda fit: -fit.probability)


def _fit(
    kind: str, probability: float, center: float, second: float, bound: float, cut: float
) -> Fit:
    std = bound / math.sqrt(3) if kind == "uniform" else math.sqrt(second)
    bound = math.inf if kind == "normal" else bound
    return Fit(kind, probability, center, std, bound, cut if kind == "truncated" else math.inf)


def _center(sample: np.ndarray) -> float:
    """0 if the mean may be, else the middle of the sample's range or its mean."""
    mean, std = float(sample.mean()), float(sample.std(ddof=1))
    if abs(mean) < 4.5 * std / math.sqrt(len(sample)):
        return 0.0
    low, high = float(sample.min()), float(sample.max())
    # The middle of a uniform's range is far more exact than the mean, that of a normal's less so.
    flat = (high - low) / std < 2 * math.sqrt(3) * 1.02
    return (low + high) / 2 if flat else mean


def _cut(ratio: float) -> float:
    """The cut c of a truncated normal with second moment `ratio` times its bound squared."""
    low, high = 1e-3, 40.0
    if ratio >= 1 / 3:
        return low
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        inside = math.erf(middle / _ROOT)
        density = math.exp(-(middle**2) / 2) / math.sqrt(2 * math.pi)
        if (1 - 2 * middle * density / inside) / middle**2 > ratio:
            low = middle
        else:
            high = middle
    return low


def _log_likelihood_truncated(count: int, second: float, bound: float, cut: float) -> float:
    parent = bound / cut
    normalization = math.log(parent * math.sqrt(2 * math.pi) * math.erf(cut / _ROOT))
    return -count * (normalization + second / (2 * parent**2))


def _distance(x: np.ndarray, kind: str, second: float, bound: float, cut: float) -> float:
    """sqrt(n) times the Kolmogorov distance between a sorted sample and a law."""
    if kind == "uniform":
        exact = (x / bound + 1) / 2
    elif kind == "normal":
        exact = (erf(x / math.sqrt(2 * second)) + 1) / 2
    else:
        exact = (erf(x * cut / bound / _ROOT) / math.erf(cut / _ROOT) + 1) / 2
    steps = np.arange(len(x) + 1) / len(x)
    return math.sqrt(len(x)) * float(np.maximum(steps[1:] - exact, exact - steps[:-1]).max())
