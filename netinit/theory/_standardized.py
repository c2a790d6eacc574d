"""Expectations over two entries of a batch that was standardized: mean 0 and mean square 1."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
NODES = 80  # of a Gauss-Legendre rule on each smooth piece
NEGLIGIBLE = 84.0  # cos^k is below e^-42 beyond the angle sqrt(84 / k)


def pair_expectation(f: Callable[[Array, Array], Array], batch: int) -> float:
    """E f(z1, z2) for two of `batch` normal values after their batch was standardized.

    The batch is then a uniformly distributed point of the sphere of radius sqrt(batch) in the
    directions whose entries sum to 0. So each z has variance 1, at most sqrt(batch - 1), and two of
    them have correlation -1 / (batch - 1). In polar coordinates of their plane, with the radius
    sqrt(batch - 1) sin(psi), the density is proportional to sin(psi) cos(psi)^(batch - 4).

    Parameters
    ----------
    f : callable
        From two arrays of one shape to one of that shape; smooth except where an argument is 0.
    batch : int
        4 or more.
    """
    correlation = -1 / (batch - 1)
    crossing = math.atan2(-correlation, math.sqrt(1 - correlation**2))  # where z2 is 0
    kinks = np.sort([crossing, math.pi / 2, crossing + math.pi, 3 * math.pi / 2])
    starts, ends = kinks, np.append(kinks[1:], kinks[0] + 2 * math.pi)
    angles, weights = zip(*map(_gauss_legendre, starts, ends), strict=True)
    angle, by_angle = np.concatenate(angles), np.concatenate(weights)
    far = min(math.pi / 2, math.sqrt(NEGLIGIBLE / max(batch - 4, 1)))
    psi, by_psi = _gauss_legendre(0.0, far)
    by_psi = by_psi * np.sin(psi) * np.cos(psi) ** (batch - 4)
    radius = math.sqrt(batch - 1) * np.sin(psi)[:, None]
    across = correlation * np.cos(angle) + math.sqrt(1 - correlation**2) * np.sin(angle)
    values = f(radius * np.cos(angle), radius * across)
    return float(by_psi @ values @ by_angle / (by_psi.sum() * by_angle.sum()))


def _gauss_legendre(start: float, end: float) -> tuple[Array, Array]:
    """Nodes and weights on an interval."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return start + (end - start) * (nodes + 1) / 2, weights * (end - start) / 2
