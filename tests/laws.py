"""z-scores of the laws that random arrays should obey, and the limits that decide."""

import math

import numpy as np

# Seeds are fixed, so a test cannot flake; a broken law is far beyond 4.5 standard errors.
Z_LIMIT = 4.5
# sqrt(n) times the Kolmogorov distance exceeds 2.2 with probability 1.3e-4.
KOLMOGOROV_LIMIT = 2.2


def z_mean(x, mean, std):
    """Standard errors between the mean of `x` and `mean`, for draws of that std."""
    x = np.asarray(x, np.float64)
    return (x.mean() - mean) * math.sqrt(x.size) / std


def z_moment(x, order, expected, twice):
    """As `z_mean`, for E x^order, which is `expected`, while E x^(2 order) is `twice`."""
    x = np.asarray(x, np.float64)
    return z_mean(x**order, expected, math.sqrt(twice - expected**2))


def z_variance(x, variance, kurtosis):
    """As `z_mean`, for the second moment of draws of mean 0: E x^4 = kurtosis variance^2."""
    return z_moment(x, 2, variance, kurtosis * variance**2)


def z_share(hits, probability):
    """As `z_mean`, for the share of True among `hits`."""
    return z_mean(hits, probability, math.sqrt(probability * (1 - probability)))


def z_correlation(x, y):
    """Standard errors between the correlation of `x` and `y` and 0."""
    x, y = (np.ravel(a).astype(np.float64) for a in (x, y))
    return float(np.corrcoef(x, y)[0, 1]) * math.sqrt(x.size)


def kolmogorov(x, distribution):
    """sqrt(n) times the largest gap between the draws and a distribution function."""
    x = np.sort(np.asarray(x, np.float64), axis=None)
    steps = np.arange(x.size + 1) / x.size
    exact = distribution(x)
    return math.sqrt(x.size) * max((steps[1:] - exact).max(), (exact - steps[:-1]).max())


def normal_distribution(x):
    """P(z <= x) for standard normal z."""
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in np.ravel(x)])


def truncated_moment(order, cut):
    """E z^order for a standard normal z truncated at `cut`, by Simpson's rule."""
    z, step = np.linspace(-cut, cut, 20001, retstep=True)
    weights = np.full(z.size, 2.0)
    weights[1::2], weights[[0, -1]] = 4.0, 1.0
    density = weights * step / 3 * np.exp(-(z**2) / 2)
    return float((density * z**order).sum() / density.sum())
