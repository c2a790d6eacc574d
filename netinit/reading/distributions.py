"""Which distribution a sample came from, and how sure its size lets us be.

Three laws are fitted by maximum likelihood. The simplest is named that the sample does not
contradict: a cut, and a uniform in the place of a normal, need a likelihood that a sample of this
size from a plain normal reaches less than once in a thousand. Where neither of two laws has it,
none is named. A law that the sample contradicts, by its Kolmogorov distance, is out; where none is
left, the sample follows no law of these.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from netinit.activations.error_function import erf

_TESTED = 2**14  # values of a larger sample that the distance is measured on
# sqrt(n) times the distance to the true law exceeds this once in a million samples: a model has
# hundreds of tensors, and the verdict should not depend on the worst of them.
_LIMIT = 2.7
_FALSE = 1 / 4000  # how often a sample of a normal may be given another name
# Of a normal sample, ln of the likelihood gained by a cut at its largest value exceeds t with
# probability exp(-t); of a uniform one, even less often.
_CUT = -math.log(_FALSE)
_EXCLUDED = -math.log(1e-6)  # ln of the likelihood lost by a law that cannot be meant
_ROOT = math.sqrt(2)
# A uniform law is as likely as a normal one where the largest value is at this many std.
_EVEN = math.sqrt(math.pi * math.e / 2)


class Fit(NamedTuple):
    """One law fitted to a sample.

    Parameters
    ----------
    kind : {"normal", "truncated", "uniform"}
    probability : float
        Of this law, among those that the sample does not contradict, if each was equally likely
        (by the Bayesian information criterion).
    lost : float
        ln of the likelihood that it lacks to the most likely of them.
    center, std : float
        Mean and standard deviation of the law.
    bound : float
        Largest distance from the center; infinite for a normal.
    cut : float
        The bound of a truncated normal, in standard deviations before truncation.
    """

    kind: str
    probability: float
    lost: float
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
    left = {
        kind: fitted
        for kind, fitted in candidates.items()
        if _distance(tested, kind, second, bound, cut) < _LIMIT
    }
    scores = {
        kind: ln - parameters / 2 * math.log(count) for kind, (ln, parameters) in left.items()
    }
    best, top = max((ln for ln, _ in left.values()), default=0.0), max(scores.values(), default=0.0)
    total = sum(math.exp(score - top) for score in scores.values())
    found = [
        _fit(kind, math.exp(score - top) / total, best - left[kind][0], center, second, bound, cut)
        for kind, score in scores.items()
    ]
    return sorted(found, key=lambda fit: -fit.probability)


def named(found: list[Fit], count: int) -> Fit | None:
    """The simplest of the laws that a sample of `count` values does not contradict, if it tells."""
    lost = {fit.kind: fit.lost for fit in found}
    simple = min((lost[kind] for kind in ("normal", "uniform") if kind in lost), default=math.inf)
    kind: str | None = "truncated"
    if "truncated" not in lost or simple - lost["truncated"] <= _CUT:
        gained = lost.get("normal", math.inf) - lost.get("uniform", math.inf)
        kind = "normal" if gained <= 0 else "uniform"
        kind = None if -_pointed_by_chance(count) < gained < _flat_by_chance(count) else kind
    return next((fit for fit in found if fit.kind == kind), None)


def possible(found: list[Fit]) -> list[Fit]:
    """The laws that may be meant: a sample of theirs would hardly ever be so unlikely."""
    return [fit for fit in found if fit.lost <= _EXCLUDED]


def _flat_by_chance(count: int) -> float:
    """The ln of the likelihood by which a uniform law beats a normal one in a rare normal sample.

    Rare samples are those in which all values lie within c std, c being so small that they are.

    >>> [round(_flat_by_chance(count), 1) for count in (64, 100, 150, 300)]
    [18.5, 16.4, 10.4, 0.0]
    """
    within = NormalDist().inv_cdf((1 + _FALSE ** (1 / count)) / 2)
    return max(0.0, count * math.log(_EVEN / within))


def _pointed_by_chance(count: int) -> float:
    """The same of a normal law that beats a uniform one, in a rare uniform sample.

    Each value adds ln(EVEN / sqrt(3)) to the uniform law on average, with a variance of 1/5; the
    bound, which is estimated, takes 1 from all of them.

    >>> [round(_pointed_by_chance(count), 1) for count in (64, 80, 100)]
    [2.2, 0.8, 0.0]
    """
    rare = NormalDist().inv_cdf(1 - _FALSE) * math.sqrt(count / 5)
    return max(0.0, 1 + rare - count * math.log(_EVEN / math.sqrt(3)))


def _fit(
    kind: str,
    probability: float,
    lost: float,
    center: float,
    second: float,
    bound: float,
    cut: float,
) -> Fit:
    std = bound / math.sqrt(3) if kind == "uniform" else math.sqrt(second)
    bound = math.inf if kind == "normal" else bound
    return Fit(
        kind, probability, lost, center, std, bound, cut if kind == "truncated" else math.inf
    )


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
