"""Signals of many random networks at once, for many scales of the weights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from netinit import activations
from netinit._checks import arguments, arrays
from netinit.activations import Activation
from netinit.propagation.histograms import check_bins, histogram

Array = npt.NDArray[np.floating]

# A signal whose root mean square is below this is rescaled, and its size kept apart: here a
# function with phi(0) = 0 is its tangent to the last digit of float32, and float32 can square it.
_TINY = 1e-8
_PROBE = np.array([-3.7, -0.6, 0.0, 0.3, 2.9], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Log10 of mean squares over the batch and the units of each layer.

    The axis of scales is there if `weight_std` was an array. A signal that has died has -inf.

    Parameters
    ----------
    preactivations, activations : arrays of shape (scales, networks, depth)
        Of h^l and of a^l = phi(h^l), l = 1 to depth.
    gradients : array of shape (scales, networks, depth)
        Of delta^l, where delta^depth is standard normal.
    histograms : array of shape (scales, chosen layers, bins), or None
        Fractions, over all networks together.
    """

    preactivations: Array
    activations: Array
    gradients: Array
    histograms: Array | None


@dataclass(frozen=True)
class Histograms:
    """Which histograms `random_signals` takes.

    Parameters
    ----------
    of : "preactivations" or "activations"
    layers : sequence of int
        Layers, counted from 1.
    bins, limits
        As of `histogram`.
    """

    of: str
    layers: Sequence[int]
    bins: int
    limits: tuple[float, float]

    def __post_init__(self) -> None:
        arguments.choice(self.of, ("preactivations", "activations"), "of")
        check_bins(self.bins, self.limits)


def random_signals(
    activation: str | Activation,
    *,
    width: int,
    depth: int,
    weight_std: npt.ArrayLike,
    networks: int,
    rng: arguments.Seed,
    batch: int = 64,
    x: npt.ArrayLike | None = None,
    histograms: Histograms | None = None,
) -> Sweep:
    """Mean squares forward and backward through random Gaussian networks without biases.

    All scales see the same networks, drawn once with standard normal weights, and the same
    inputs; the first networks are the same whatever `networks`. Sizes are kept as logarithms, so
    that nothing over- or underflows; a homogeneous activation (ReLU) passes once for all scales.

    Parameters
    ----------
    activation : str or Activation
    width, depth : int
        Units of each layer, number of layers.
    weight_std : number, or array of shape (scales,)
        Standard deviation of every weight, not divided by anything.
    networks : int
        Number of networks.
    batch : int
        Number of standard normal inputs as wide as the layers, where `x` is not given.
    x : array of shape (batch, fan_in)
    histograms : Histograms

    Examples
    --------
    >>> he = np.sqrt(2 / 100)
    >>> sweep = random_signals("relu", width=100, depth=30, weight_std=he, networks=20, rng=0)
    >>> sweep.preactivations.shape, bool(abs(np.median(sweep.gradients)) < 1)
    ((20, 30), True)
    """
    record = activations.get(activation)
    width, depth, networks, batch = _sizes(width=width, depth=depth, networks=networks, batch=batch)
    stds = _stds(weight_std)
    if histograms is not None:
        _check_layers(histograms, depth)
    rng = arguments.generator(rng)
    inputs = _inputs(x, batch, width, rng)
    with np.errstate(all="ignore"):
        parts = [
            _network(record, inputs, width, depth, stds, histograms, rng) for _ in range(networks)
        ]
    logs = np.stack([logs for logs, _ in parts], axis=2) / np.log(10)
    counted = None if histograms is None else np.mean([counts for _, counts in parts], axis=0)
    if not np.ndim(weight_std):
        logs, counted = logs[:, 0], None if counted is None else counted[0]
    return Sweep(*logs, counted)


def _network(
    record: Activation,
    x: Array,
    width: int,
    depth: int,
    stds: Array,
    histograms: Histograms | None,
    rng: np.random.Generator,
) -> tuple[Array, Array | None]:
    """Logs of shape (3, scales, depth) and histograms, for a network drawn from `rng`."""
    fans = [x.shape[1]] + [width] * (depth - 1)
    weights = [rng.standard_normal((width, fan_in), dtype=np.float32) for fan_in in fans]
    output_gradient = rng.standard_normal((len(x), width), dtype=np.float32)
    homogeneous = _homogeneous(record)
    log_std = np.log(stds)
    passed = np.zeros(1) if homogeneous else log_std
    up, down = _left_out(log_std, depth) if homogeneous else np.zeros((2, len(stds), depth))
    forward, slopes, counts = [], [], {}
    for layer, (h, a, slope) in enumerate(_forward(record, weights, x, passed), start=1):
        forward.append((h.log_power, a.log_power))
        slopes.append(slope)
        if histograms is not None and layer in histograms.layers:
            signal = h if histograms.of == "preactivations" else a
            counts[layer] = signal.count(up[:, layer - 1], histograms)
    logs = np.array(
        [*zip(*forward, strict=True), _backward(weights, slopes, output_gradient, passed)]
    )
    counted = histograms and np.stack([counts[layer] for layer in histograms.layers], axis=1)
    return logs.swapaxes(1, 2) + 2 * np.stack([up, up, down]), counted


def _left_out(log_std: Array, depth: int) -> tuple[Array, Array]:
    """What a homogeneous network of std 1 lacks: ln s^l for h^l, ln s^(depth - l) for delta^l."""
    passed = np.arange(1, depth + 1)
    down = [np.where(n, n * log_std, 0.0) for n in depth - passed]  # 0^0 is 1
    return log_std[:, None] * passed, np.stack(down, axis=1)


@dataclass(frozen=True, eq=False)
class _Scaled:
    """A signal whose true value is exp(log_scale) * values, of shape (scales, batch, width)."""

    values: Array
    log_scale: Array
    log_power: Array  # natural logarithm of the true mean square

    def count(self, log_factor: Array, wanted: Histograms) -> Array:
        """The histogram of exp(log_factor) times the signal."""
        # Beyond exp(+-600) a value is outside or at 0 whatever the limits, and 0 must stay 0.
        factor = np.exp(np.clip(self.log_scale + log_factor, -600, 600))
        true = self.values * factor[:, None, None]
        return histogram(true, bins=wanted.bins, limits=wanted.limits)


def _forward(
    record: Activation, weights: list[Array], x: Array, log_std: Array
) -> Iterator[tuple[_Scaled, _Scaled, Array]]:
    """h, a and phi'(h) of each layer."""
    bends = not _homogeneous(record)
    vanishes = float(record(np.float32(0))) == 0
    a, log_scale = np.broadcast_to(x, (len(log_std), *x.shape)), np.zeros(len(log_std))
    for weight in weights:
        h = _times(a, weight.T)
        log_scale = log_scale + log_std
        power = _log_power(h)
        total = 2 * log_scale + power
        small = (total < 2 * np.log(_TINY)) & vanishes | (not bends)
        factor = np.where(small, np.where(np.isfinite(power), -power / 2, 0), log_scale)
        _scale(h, factor)
        log_scale = np.where(small, np.where(total == -np.inf, -np.inf, log_scale - factor), 0)
        a, slope = record(h), record.derivative(h)
        if bends and small.any():
            slope[small] = record.derivative(h[small] * np.float32(_TINY))
            a[small] = slope[small] * h[small]
        after = 2 * log_scale + _log_power(a)
        yield _Scaled(h, log_scale, total), _Scaled(a, log_scale, after), slope


def _backward(
    weights: list[Array], slopes: list[Array], output_gradient: Array, log_std: Array
) -> list[Array]:
    """The logarithm of the mean square of delta, per layer, of shape (scales,) each."""
    delta = np.broadcast_to(output_gradient, (len(log_std), *output_gradient.shape))
    logs, log = [_log_power(delta)], 0.0  # the first product passes delta on as it is
    for weight, slope in zip(weights[:0:-1], slopes[-2::-1], strict=True):
        delta = _times(delta, weight)
        delta *= slope
        power = _log_power(delta)
        logs.insert(0, log + 2 * log_std + power)
        log = logs[0]
        _scale(delta, np.where(np.isfinite(power), -power / 2, 0))
    return logs


def _times(signal: Array, matrix: Array) -> Array:
    """`signal @ matrix` as one product."""
    flat = signal.reshape(-1, signal.shape[-1])
    return (flat @ matrix).reshape(*signal.shape[:-1], matrix.shape[1])


def _scale(signal: Array, log_factor: Array) -> None:
    signal *= np.exp(log_factor).astype(np.float32)[:, None, None]


def _log_power(signal: Array) -> Array:
    """The natural logarithm of the mean square, one number per scale."""
    flat = signal.reshape(len(signal), -1)
    return np.log(np.vecdot(flat, flat).astype(np.float64) / flat.shape[1])


def _homogeneous(record: Activation) -> bool:
    """Whether phi(c x) = c phi(x) for c > 0, tried at powers of 2, where rounding is exact."""
    return all(
        np.array_equal(record(_PROBE * factor), record(_PROBE) * factor)
        for factor in np.float32([2**-20, 0.25, 2, 2**20])
    )


def _sizes(**given: int) -> list[int]:
    sizes = [arguments.size(value, name) for name, value in given.items()]
    for name, size in zip(given, sizes, strict=True):
        if not size:
            raise ValueError(f"{name} must be at least 1")
    return sizes


def _stds(weight_std: npt.ArrayLike) -> Array:
    stds = arrays.nonnegative(weight_std, "weight_std")
    if stds.ndim > 1 or not stds.size:
        raise ValueError(f"weight_std must be a number or a row of them, not {weight_std!r}")
    return np.atleast_1d(stds)


def _inputs(x: npt.ArrayLike | None, batch: int, width: int, rng: np.random.Generator) -> Array:
    if x is None:
        return rng.standard_normal((batch, width), dtype=np.float32)
    x = arrays.batch(x, "x", "fan_in")
    if x.ndim != 2:
        raise ValueError(f"x must be (batch, fan_in), not {x.shape}")
    return x.astype(np.float32)


def _check_layers(histograms: Histograms, depth: int) -> None:
    if not isinstance(histograms, Histograms):
        raise TypeError(f"histograms must be a Histograms record, not {histograms!r}")
    wrong = [n for n in histograms.layers if not 1 <= arguments.integer(n, "each layer") <= depth]
    if wrong or not len(histograms.layers):
        raise ValueError(f"layers of the histograms must be from 1 to {depth}, not {wrong}")
