"""The law that a tensor's values were drawn from, read off the values."""

import math
from dataclasses import dataclass

import numpy as np

from netinit.initializers.fans import Fans
from netinit.reading.distributions import Fit, fits, named, possible
from netinit.reading.rules import Rule, agreeing
from netinit.reading.structure import outlying, repeated_rows, structure, zero_rows
from netinit.reporting.words import counted

__all__ = ["Law", "read"]

FEWEST = 64  # values from which a distribution can be read at all
_MOST = 2**17  # values of a larger tensor that are looked at, besides its largest
_STRAY = 0.01  # share of outliers that are set aside; more of them are a law of their own
_FLAT, _WHOLE = 1.0, 3.5  # cuts up to which a truncated normal is flat, and from which it is whole
EXACT = ("zero", "constant", "identity", "delta", "orthogonal", "signs", "pair")
_WITHOUT_SCALE = (*EXACT, "nonfinite", "meta")
# What is more likely than the simpler law that is named, but not by enough to say so.
_PERHAPS = {"normal": "perhaps cut", "uniform": "perhaps a cut normal"}
# Relative errors of a measured standard deviation, by the name of the dtype the values had.
ROUNDING = {"bfloat16": 2e-3, "float16": 3e-4}


@dataclass(frozen=True)
class Law:
    """What the values of a tensor say about the law they were drawn from.

    Parameters
    ----------
    kind : str
        "normal", "truncated" (normal, cut off), "uniform"; "orthogonal", "identity", "delta" (an
        identity at the center of a kernel), "signs", "pair" (two values, such as the biases of an
        LSTM with ones at its forget gates); "zero", "constant"; "sparse" for any of the first with
        zeros between; "few" for too few values to tell; "other" for none of these, as of trained
        weights; "nonfinite"; "meta" for a tensor without memory.
    count : int
        Number of values.
    mean, std : float
        Of the values, without outliers and rows of zeros.
    bound : float
        Of a uniform or a truncated normal: its largest distance from the mean.
    cut : float
        The bound of a truncated normal, in standard deviations before it was cut.
    gain, lower : float
        Of an exact form: its number; of a pair, the larger value and the smaller one.
    probability : float
        Of this kind among those that the values do not rule out, if each was equally likely. It is
        below one half where another is more likely, but not by enough to say so: see
        `distributions.named`. 1 for an exact form.
    plausible : frozenset of str
        The kinds that may be meant where it is not certain: the values would be as unlikely as
        these once in a million times. Empty where any may be.
    rules : tuple of Rule
        The scales in common use that the standard deviation agrees with.
    fans : Fans or None
        Those the rules were tried with.
    tolerance : float
        The relative error up to which the standard deviation is known.
    outliers : int
        Number of entries that lie where the law of the others gives none.
    zeros, repeated : float
        Share of the entries that are zero (of rows of zeros, if it is not sparse), and of the rows
        that equal an earlier row.
    """

    kind: str
    count: int
    mean: float = 0.0
    std: float = 0.0
    bound: float = math.inf
    cut: float = math.inf
    gain: float = math.nan
    lower: float = math.nan
    probability: float = 1.0
    plausible: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()
    fans: Fans | None = None
    tolerance: float = math.inf
    outliers: int = 0
    zeros: float = 0.0
    repeated: float = 0.0

    @property
    def rule(self) -> Rule | None:
        """The most common of the rules."""
        return self.rules[0] if self.rules else None

    @property
    def brief(self) -> str:
        """The kind, and the variance of the rule or the standard deviation, for a narrow table.

        >>> import netinit
        >>> weight = netinit.he_normal((400, 256), rng=0)
        >>> read(weight, netinit.fans(weight.shape)).brief
        'normal 2/fan_in'
        """
        form = _form(self)[0].partition(" (")[0].partition(",")[0]
        if self.kind == "few":
            return "too few values"
        if self.kind in _WITHOUT_SCALE:
            return form.partition(":")[0]
        form = {"other": "no law", "truncated": "cut normal"}.get(self.kind, form)
        by_rule = self.rule is not None and self.rule.mode
        return f"{form} {self.rule.variance if by_rule else f'std {self.std:.3g}'}"

    def __str__(self) -> str:
        return ", ".join(part for part in (*_form(self), _scale(self), *_notes(self)) if part)


def read(values: np.ndarray, fans: Fans | None = None, rounding: float = 0.0) -> Law:
    """The law that an array's values were drawn from, as far as they tell.

    Parameters
    ----------
    values : ndarray of float32 or float64
        Of any shape, with the units along axis 0, as in PyTorch.
    fans : Fans, optional
        Those of the operation that uses it (`netinit.fans`). Without fans no rule is looked for.
    rounding : float
        The relative error that a narrower dtype made in the standard deviation: see `ROUNDING`.

    Examples
    --------
    >>> import netinit
    >>> weight = netinit.he_normal((400, 256), rng=0)
    >>> print(read(weight, netinit.fans(weight.shape)))
    normal, std 0.0884, variance 2/fan_in with fan_in 256: He
    >>> print(read(np.zeros(3)))
    all 0
    """
    count = values.size
    if not count:
        return Law("few", 0)
    if not (np.isfinite(values.min()) and np.isfinite(values.max())):  # NaN is passed on
        return Law("nonfinite", count)
    exact = structure(values)
    if exact is not None:
        std = float(values.std(dtype=np.float64, ddof=1)) if count > 1 else 0.0
        mean = float(values.mean(dtype=np.float64))
        known = {"gain": exact.gain, "lower": exact.lower, "tolerance": 1e-6 + rounding}
        return Law(exact.kind, count, mean, std, fans=fans, **known)
    return _drawn(values, fans, rounding)


def _drawn(values: np.ndarray, fans: Fans | None, rounding: float) -> Law:
    """The law of values without an exact form."""
    count, empty = values.size, zero_rows(values)
    rows = values[~empty] if empty.any() else values
    kept = rows.reshape(-1)
    zeros = 1 - float(np.count_nonzero(kept)) / len(kept)
    sparse = zeros > 0.1
    kept = kept[kept != 0] if sparse else kept
    sample = _some(kept).astype(np.float64)
    far = outlying(kept, sample) if len(sample) >= FEWEST else None
    extremes = 0 if far is None else int(far.sum())
    if 0 < extremes <= max(3, _STRAY * len(kept)):
        sample = _some(kept[~far]).astype(np.float64)
    shares = {
        "outliers": extremes,
        "zeros": zeros if sparse else float(empty.mean()),
        "repeated": repeated_rows(rows),
    }
    mean, std = float(sample.mean()), float(sample.std(ddof=1)) if len(sample) > 1 else 0.0
    spread = len(sample) >= FEWEST and sample.min() < sample.max()
    found = fits(sample) if spread else []
    best = named(found, len(sample))
    shares["plausible"] = frozenset(_broad_kind(fit) for fit in possible(found))
    if best is None:
        kind = "few" if found or len(sample) < FEWEST else "other"
        if kind == "other":
            shares["plausible"] = frozenset({"other"})
        tolerance = _tolerance(kind, sample, rounding)
        return Law(kind, count, mean, std, fans=fans, tolerance=tolerance, **shares)
    tolerance = _tolerance(best.kind, sample, rounding)
    agree = [] if sparse or best.center else agreeing(best.std, tolerance, fans)
    kind = "sparse" if sparse else best.kind
    return Law(
        kind, count, best.center, best.std, best.bound, best.cut,
        probability=best.probability, rules=tuple(agree), fans=fans, tolerance=tolerance, **shares,
    )  # fmt: skip


def _some(values: np.ndarray) -> np.ndarray:
    """Enough of the values, from all over; the step is odd, so that no column is left out."""
    return values[:: len(values) // _MOST | 1]


def _broad_kind(fit: Fit) -> str:
    """The kind, but of a truncated normal that is nearly flat, or hardly cut, what it is near."""
    if fit.kind == "truncated" and fit.cut < _FLAT:
        return "uniform"
    return "normal" if fit.kind == "truncated" and fit.cut > _WHOLE else fit.kind


def _tolerance(kind: str, kept: np.ndarray, rounding: float) -> float:
    """Four standard errors of a standard deviation; of a uniform's, by its largest value."""
    if kind == "uniform":
        return 10 / len(kept) + 4 * rounding
    x = kept - kept.mean()
    if not x.any():
        return math.inf
    squares = np.square(x)
    kurtosis = float(np.square(squares).mean() / squares.mean() ** 2)
    if kind in ("few", "normal"):  # where few values seem to have light tails, it is chance
        kurtosis = max(kurtosis, 3.0)
    return 4 * math.sqrt(max(kurtosis - 1, 0.1) / (4 * len(kept))) + rounding


def _form(found: Law) -> list[str]:
    """The kind in words."""
    words = {
        "zero": "all 0",
        "constant": f"all {found.gain:.6g}",
        "identity": f"{found.gain:.4g} × identity",
        "delta": f"{found.gain:.4g} × identity at the center of the kernel",
        "orthogonal": f"orthogonal, gain {found.gain:.4g}",
        "signs": f"±{found.gain:.4g}",
        "pair": f"{found.lower:.6g} or {found.gain:.6g}",
        "nonfinite": "NaN or infinite",
        "meta": "no values: on the meta device",
        "few": "too few values to tell the law",
        "other": "no law of a common initialization",
        "truncated": f"normal cut at {found.cut:.2g} std",
        "sparse": f"{found.zeros:.0%} zeros",
    }
    said = words.get(found.kind, found.kind)
    sure = found.probability >= 0.95 or found.kind == "sparse"
    if found.probability < 0.5 and found.kind in _PERHAPS:
        return [f"{said}, {_PERHAPS[found.kind]}"]
    return [said if sure else f"{said} (probability {found.probability:.2f})"]


def _scale(found: Law) -> str:
    """Mean and standard deviation, and the rule they agree with."""
    if found.kind in _WITHOUT_SCALE:
        return ""
    mean = f"mean {found.mean:.3g}, " if abs(found.mean) > 0.1 * found.std else ""
    text = f"{mean}std {found.std:.3g}"
    rule = found.rule
    if rule is None or not rule.mode:
        return text
    fans = found.fans
    counts = {"fan_in": f"fan_in {fans.fan_in:g}", "fan_out": f"fan_out {fans.fan_out:g}"}
    with_fans = counts.get(rule.mode) or " and ".join(counts.values())
    names = " or ".join(each.name for each in found.rules if each.mode)
    return f"{text}, variance {rule.variance} with {with_fans}: {names}"


def _notes(found: Law) -> list[str]:
    """What else was seen."""
    notes = []
    if found.outliers:
        notes.append(counted(found.outliers, "outlier"))
    if found.zeros and found.kind != "sparse":
        notes.append(f"{found.zeros:.2%} of the rows 0")
    if found.repeated:
        notes.append(f"{found.repeated:.0%} of the rows repeated")
    return notes
