"""The law that a tensor's values were drawn from, read off the values."""

import math
from dataclasses import dataclass

import torch

from netinit.initializers.fans import Fans
from netinit.initializers.fans import fans as fans_of_shape
from netinit.torch.reading.distributions import Fit, fits
from netinit.torch.reading.rules import Rule, agreeing
from netinit.torch.reading.structure import outlying, repeated_rows, structure, zero_rows
from netinit.torch.reporting.words import counted

__all__ = ["Law", "law"]

FEWEST = 64  # values from which a distribution can be read at all
_MOST = 2**17  # values of a larger tensor that are looked at, besides its largest
_STRAY = 0.01  # share of outliers that are set aside; more of them are a law of their own
_FLAT, _WHOLE = 1.0, 3.5  # cuts up to which a truncated normal is flat, and from which it is whole
EXACT = ("zero", "constant", "identity", "delta", "orthogonal", "signs")
_WITHOUT_SCALE = (*EXACT, "nonfinite", "meta")
_ROUNDING = {torch.bfloat16: 2e-3, torch.float16: 3e-4}  # relative errors of a measured std


@dataclass(frozen=True)
class Law:
    """What the values of a tensor say about the law they were drawn from.

    Parameters
    ----------
    kind : str
        "normal", "truncated" (normal, cut off), "uniform"; "orthogonal", "identity", "delta" (an
        identity at the center of a kernel), "signs"; "zero", "constant"; "sparse" for any of the
        first with zeros between; "few" for too few values to tell; "other" for none of these, as
        of trained weights; "nonfinite"; "meta" for a tensor without memory.
    count : int
        Number of values.
    mean, std : float
        Of the values, without outliers and rows of zeros.
    bound : float
        Of a uniform or a truncated normal: its largest distance from the mean.
    cut : float
        The bound of a truncated normal, in standard deviations before it was cut.
    gain : float
        Of an exact form: its number.
    probability : float
        Of this kind among those that the values do not rule out. 1 for an exact form.
    plausible : frozenset of str
        The kinds that may be meant where it is not certain: those of a probability of 0.001 or
        more. Empty where any may be.
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

    def __str__(self) -> str:
        return ", ".join(part for part in (*_form(self), _scale(self), *_notes(self)) if part)


def law(tensor: torch.Tensor, *, fans: Fans | None = None) -> Law:
    """The law that the values of a tensor were drawn from, as far as they tell.

    Parameters
    ----------
    tensor : Tensor
        A parameter of any shape and dtype; one that is sharded is gathered.
    fans : Fans, optional
        Those of the operation that uses it (`netinit.fans`). By default, those of a dense layer or
        convolution of that shape.

    Raises
    ------
    TypeError
        If it is no tensor.
    ValueError
        If it is on the meta device, and so has no values.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> print(law(torch.nn.Linear(256, 400).weight))
    uniform, std 0.0361, variance 1/(3 fan_in) with fan_in 256: PyTorch's default
    >>> print(law(torch.zeros(3)))
    all 0
    """
    values = values_of(tensor)
    if fans is None and values.ndim >= 2:
        fans = fans_of_shape(tuple(values.shape))
    return read(values, fans, _ROUNDING.get(tensor.dtype, 0.0))


def law_of(tensor: torch.Tensor, fans: Fans | None) -> Law:
    """As `law`, but without fans no rule is looked for."""
    return read(values_of(tensor), fans, _ROUNDING.get(tensor.dtype, 0.0))


def read(values: torch.Tensor, fans: Fans | None, rounding: float = 0.0) -> Law:
    """The law of plain values, whose std the dtype they had made wrong by up to `rounding`."""
    count = values.numel()
    if not count:
        return Law("few", 0)
    if not all(math.isfinite(float(end)) for end in values.aminmax()):  # NaN is passed on
        return Law("nonfinite", count)
    exact = structure(values)
    if exact is not None:
        std = float(values.double().std()) if count > 1 else 0.0
        mean = float(values.double().mean())
        tolerance = 1e-6 + rounding
        return Law(exact.kind, count, mean, std, gain=exact.gain, fans=fans, tolerance=tolerance)
    return _drawn(values, fans, rounding)


def values_of(tensor: torch.Tensor) -> torch.Tensor:
    """All values of a tensor on the processor, as real numbers of at least 32 bits."""
    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"tensor must be a torch.Tensor, not {type(tensor).__name__}")
    if tensor.is_meta:
        raise ValueError("a tensor on the meta device has no values")
    if hasattr(tensor, "full_tensor"):
        tensor = tensor.full_tensor()
    values = tensor.detach().cpu()
    if values.is_complex():
        values = torch.view_as_real(values.resolve_conj())
    return values if values.dtype == torch.float64 else values.float()


def _drawn(values: torch.Tensor, fans: Fans | None, rounding: float) -> Law:
    """The law of values without an exact form."""
    count, empty = values.numel(), zero_rows(values)
    rows = values[~empty] if bool(empty.any()) else values
    kept = rows.flatten()
    zeros = 1 - float(kept.count_nonzero()) / len(kept)
    sparse = zeros > 0.1
    kept = kept[kept != 0] if sparse else kept
    sample = _some(kept).double()
    far = outlying(kept, sample) if len(sample) >= FEWEST else None
    extremes = 0 if far is None else int(far.sum())
    if 0 < extremes <= max(3, _STRAY * len(kept)):
        sample = _some(kept[~far]).double()
    shares = {
        "outliers": extremes,
        "zeros": zeros if sparse else float(empty.double().mean()),
        "repeated": repeated_rows(rows),
    }
    mean, std = float(sample.mean()), float(sample.std()) if len(sample) > 1 else 0.0
    found = fits(sample) if len(sample) >= FEWEST else []
    if not found:
        kind = "other" if len(sample) >= FEWEST else "few"
        shares["plausible"] = frozenset({"other"} if kind == "other" else ())
        tolerance = _tolerance(kind, sample, rounding)
        return Law(kind, count, mean, std, fans=fans, tolerance=tolerance, **shares)
    best = found[0]
    plausible = frozenset(_broad_kind(fit) for fit in found if fit.probability >= 1e-3)
    tolerance = _tolerance(best.kind, sample, rounding)
    agree = [] if sparse or best.center else agreeing(best.std, tolerance, fans)
    kind = "sparse" if sparse else best.kind
    return Law(
        kind, count, best.center, best.std, best.bound, best.cut,
        probability=best.probability, plausible=plausible, rules=tuple(agree), fans=fans,
        tolerance=tolerance, **shares,
    )  # fmt: skip


def _some(values: torch.Tensor) -> torch.Tensor:
    """Enough of the values, from all over; the step is odd, so that no column is left out."""
    return values[:: len(values) // _MOST | 1]


def _broad_kind(fit: Fit) -> str:
    """The kind, but of a truncated normal that is nearly flat, or hardly cut, what it is near."""
    if fit.kind == "truncated" and fit.cut < _FLAT:
        return "uniform"
    return "normal" if fit.kind == "truncated" and fit.cut > _WHOLE else fit.kind


def _tolerance(kind: str, kept: torch.Tensor, rounding: float) -> float:
    """Four standard errors of a standard deviation; of a uniform's, by its largest value."""
    if kind == "uniform":
        return 10 / len(kept) + 4 * rounding
    x = kept - kept.mean()
    if not bool(x.any()):
        return math.inf
    squares = x.square()
    kurtosis = float(squares.square().mean() / squares.mean() ** 2)
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
        "nonfinite": "NaN or infinite",
        "meta": "no values: on the meta device",
        "few": "too few values to tell the law",
        "other": "no law of a common initialization",
        "truncated": f"normal cut at {found.cut:.2g} std",
        "sparse": f"{found.zeros:.0%} zeros",
    }
    said = words.get(found.kind, found.kind)
    sure = found.probability >= 0.95 or found.kind == "sparse"
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
