"""How evenly a random router spreads tokens over the experts of a mixture."""

import math

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments, arrays
from netinit.activations.error_function import erf

__all__ = ["same_choice", "score_correlation"]

Array = npt.NDArray[np.float64]
_NODES = 120  # of each rule: exact to 1e-12 for 16 experts, to 1e-5 for 256


def same_choice(experts: int, correlation: npt.ArrayLike) -> Array:
    """The probability that two tokens go to the same one of many experts.

    For normal router weights without a bias: the scores of the two tokens are jointly normal, with
    the same correlation at every expert, and independent between experts. Each token goes to the
    expert with the highest score. The probability is the mean of the sum of the squared loads, if
    there are many tokens: 1 / experts for even loads, 1 if one expert gets everything. It does not
    depend on the standard deviation of the weights.

    Parameters
    ----------
    experts : int
    correlation : array with entries from -1 to 1
        Of the two scores that one expert gives: the cosine of the two tokens if nothing is added to
        the scores; see `score_correlation`.

    Notes
    -----
    Given the two scores of the chosen expert, every other expert has two lower ones; the
    distribution function of a normal pair is integrated over its correlation (Plackett, 1954).

    Examples
    --------
    >>> same_choice(16, [0, 0.5, 0.9, 1]).round(3)
    array([0.062, 0.237, 0.603, 1.   ])
    """
    experts = arguments.positive(experts, "experts")
    correlation = arrays.real_array(correlation, "correlation").astype(np.float64)
    if not (np.abs(correlation) <= 1).all():
        raise ValueError("correlation must lie between -1 and 1")
    return np.vectorize(_same_choice, otypes=[np.float64])(experts, correlation)


def score_correlation(
    cosine: npt.ArrayLike, *, score_variance: npt.ArrayLike, noise: npt.ArrayLike
) -> Array:
    """The correlation of the scores that an expert gives to two tokens, with noise on each score.

    cosine * score_variance / (score_variance + noise**2), for tokens of equal length and noise that
    is drawn for each token and expert.

    Parameters
    ----------
    cosine : array with entries from -1 to 1
        Of the two tokens.
    score_variance : array
        Of a score before the noise: the variance of the router's weights times the squared length
        of a token.
    noise : array
        Standard deviation.

    Examples
    --------
    >>> score_correlation(0.5, score_variance=0.02**2 * 128, noise=[0, 1]).round(3)
    array([0.5  , 0.024])
    """
    cosine = arrays.real_array(cosine, "cosine").astype(np.float64)
    if not (np.abs(cosine) <= 1).all():
        raise ValueError("cosine must lie between -1 and 1")
    variance = arrays.nonnegative(score_variance, "score_variance")
    total = variance + arrays.nonnegative(noise, "noise") ** 2
    if not (total > 0).all():
        raise ValueError("without noise, score_variance must be above 0: all scores are equal")
    return cosine * variance / total


def _same_choice(experts: int, correlation: float) -> float:
    if correlation == 1 or experts == 1:
        return 1.0
    if correlation == -1:
        return 0.0  # the highest score of one is the lowest of the other
    z, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    v = correlation * z[:, None] + math.sqrt(1 - correlation**2) * z
    both_lower = _below(z[:, None], v, correlation)
    return float(experts * weights @ both_lower ** (experts - 1) @ weights)


def _below(u: Array, v: Array, correlation: float) -> Array:
    """The probability that a normal pair is below (u, v)."""
    angle, weights = np.polynomial.legendre.leggauss(_NODES)
    half = math.asin(correlation) / 2
    angle = half * (angle + 1)[:, None, None]
    exponent = (u**2 + v**2 - 2 * u * v * np.sin(angle)) / (2 * np.cos(angle) ** 2)
    dependence = half * np.tensordot(weights, np.exp(-exponent), axes=1) / (2 * math.pi)
    return np.clip(_lower(u) * _lower(v) + dependence, 0, 1)


def _lower(x: Array) -> Array:
    return (1 + erf(x / math.sqrt(2))) / 2
