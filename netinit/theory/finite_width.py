"""What chance does to a ReLU network of finite width: the exact law of its growth.

Given the activations a of one layer, the n pre-activations of the next are independent normal
numbers of variance q. The number K of positive ones is binomial (n, 1/2), and independent of
their sizes; so the sum of relu(h)^2 is q times a chi-squared variable of K degrees of freedom.
The mean square of the activations is thus multiplied by (scaled_variance / n) chi^2_K, and the
factors of different layers are independent, because the law does not depend on a.
"""

import numpy as np
import numpy.typing as npt

from netinit._checks import arguments

Array = npt.NDArray[np.float64]


def relu_growth(
    width: int, depth: int, *, draws: int, scaled_variance: float = 2.0, rng: arguments.Seed
) -> Array:
    """Growth of the activations' mean square in random ReLU networks, without their weights.

    Exact for normal weights of variance scaled_variance / width and biases of zero. For He,
    E M = 1 and E M^2 = (1 + 5 / width)^depth.

    Parameters
    ----------
    width, depth : int
        Units of every layer (and inputs of the first), number of layers.
    draws : int
        Number of networks.
    scaled_variance : float
        Variance of a weight times `width`; 2 is He.

    Returns
    -------
    array of shape (draws, depth)
        M_l, the mean square of a^l divided by that of the input, for one input.

    Examples
    --------
    >>> growth = relu_growth(100, 50, draws=20000, rng=0)[:, -1]
    >>> round(float(np.median(growth)), 2), bool(abs(growth.mean() - 1) < 0.1)
    (0.28, True)
    """
    width, depth = arguments.positive(width, "width"), arguments.positive(depth, "depth")
    draws = arguments.positive(draws, "draws")
    scale = arguments.real_number(scaled_variance, "scaled_variance", at_least=0)
    rng = arguments.generator(rng)
    active = rng.binomial(width, 0.5, size=(draws, depth))
    factors = scale / width * 2 * rng.standard_gamma(active / 2)  # chi^2_K is 2 Gamma(K / 2)
    return np.cumprod(factors, axis=1)


def relu_log_moments(width: int) -> tuple[float, float]:
    """Mean and variance that one He layer adds to the logarithm of the growth.

    For great width -5 / (2 width) and 5 / width. A layer of zeros, of probability 2^-width, is
    left out: its logarithm is not finite.

    >>> mean, variance = relu_log_moments(100)
    >>> round(mean, 6), round(variance, 6)
    (-0.025421, 0.05194)
    """
    width = arguments.positive(width, "width")
    share = np.exp(_log_binomials(width) - width * np.log(2))
    share /= share.sum()
    log_mean, log_variance = log_chi_squared(width)
    log_mean += np.log(2 / width)
    mean = share @ log_mean
    return float(mean), float(share @ (log_variance + (log_mean - mean) ** 2))


def log_chi_squared(most: int) -> tuple[Array, Array]:
    """Mean and variance of ln chi^2_k for k = 1 to `most`: digamma and trigamma at k / 2."""
    k = np.arange(1, most + 1)
    mean, variance = np.empty(most), np.empty(most)
    # From k to k + 2 the digamma gains 2 / k and the trigamma loses 4 / k^2.
    starts = [
        (-np.euler_gamma - np.log(2), np.pi**2 / 2),
        (np.log(2) - np.euler_gamma, np.pi**2 / 6),
    ]
    for first, (digamma, trigamma) in enumerate(starts):
        own = k[first::2]
        steps = np.r_[0, 2 / own[:-1]][: own.size]
        mean[first::2] = digamma + np.cumsum(steps)
        variance[first::2] = trigamma - np.cumsum(steps**2)
    return mean, variance


def _log_binomials(n: int) -> Array:
    """Logarithms of C(n, k) for k = 1 to n."""
    logs = np.log(np.arange(1, n + 1))
    return np.cumsum(logs[::-1]) - np.cumsum(logs)
