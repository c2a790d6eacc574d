"""The findings that the values of a model's parameters show by themselves."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from netinit.initializers.fans import Fans
from netinit.reading.clones import clones
from netinit.reading.law import Law
from netinit.reading.names import pattern
from netinit.reading.rules import Rule, agreeing, assumed_fans
from netinit.reading.sameness import odd_ones
from netinit.reading.strays import strays
from netinit.reporting.findings import Finding, found

_SURE = 0.12  # relative error of a std beyond which a rule is no evidence
_RANDOM = ("normal", "truncated", "uniform", "orthogonal", "sparse")


@dataclass(frozen=True)
class Convention:
    """How a framework counts fans, and what it draws where nothing is said.

    Parameters
    ----------
    name : str
        Of the part that counts them from the shape alone.
    default : str
        The rule of its layers: that is nobody's choice.
    drawn : str
        What draws with the true fans, as the end of a sentence.
    traced : str
        What tells where values came from, likewise.
    assumed : mapping of names to Fans
        The fans that it counts, where they are not those of a shape in PyTorch's order.
    """

    name: str = "torch.nn.init"
    default: str = "PyTorch's default"
    drawn: str = ", as netinit.torch.init_ draws it"
    traced: str = "; netinit.torch.trace() tells whether anything did"
    assumed: Mapping[str, Fans] = field(default_factory=dict)


def findings(
    values: Mapping[str, np.ndarray],
    shapes: Mapping[str, tuple[int, ...]],
    laws: Mapping[str, Law],
    fans: Mapping[str, Fans | None],
    *,
    normed: bool,
    convention: Convention | None = None,
) -> list[Finding]:
    """What is wrong with the values, whatever the model does with them.

    Parameters
    ----------
    values, shapes, laws, fans : mappings by the name of the parameter
        Values are missing where there are none, fans where no operation is known; None stands for a
        parameter without a fan.
    normed : bool
        Whether the model has normalizations.
    convention : Convention, optional
        What takes the fans from the shape alone, and how; by default, PyTorch.
    """
    convention = convention or Convention()
    said = [
        _traced(finding, convention)
        for name, law in laws.items()
        for finding in _of_one(name, shapes[name], law, values)
    ]
    said += _zeros(shapes, laws)
    said += wrong_fans(shapes, laws, fans, normed, convention)
    odd = list(odd_ones(shapes, laws))
    told = {finding.where for finding in odd}
    said += odd
    if not convention.assumed:  # shapes are in PyTorch's order
        said += [each for each in strays(shapes, laws, fans) if each.where not in told]
    random = {
        name: array
        for name, array in values.items()
        if laws[name].kind in (*_RANDOM, "few", "other")
    }
    return [*said, *clones(random)]


def _of_one(
    name: str, shape: tuple[int, ...], law: Law, values: Mapping[str, np.ndarray]
) -> Iterator[Finding]:
    """The findings about one tensor."""
    several = _is_matrix(shape)
    if law.kind == "nonfinite":
        yield _nonfinite(name, values[name])
    elif law.kind == "constant" and several:
        reason = (
            "Units with equal biases compute the same; with equal outgoing weights they stay so."
        )
        fix = f"draw {name} at random"
        yield found("CONSTANT", name, f"all {law.gain:.6g}", "a draw", reason, fix)
    if law.outliers and law.kind in _RANDOM:
        yield _outliers(name, values[name], law)
    if law.repeated >= 0.1 and law.kind in _RANDOM and several:
        reason = "Units with equal rows and biases stay copies if their outgoing weights are equal."
        yield found(
            "CLONES", name, f"{law.repeated:.0%} of the rows equal an earlier row",
            "rows of their own", reason, f"draw all of {name} at once",
            severity="error" if law.repeated >= 0.5 else "warning", share=law.repeated,
        )  # fmt: skip


def _is_matrix(shape: tuple[int, ...]) -> bool:
    return sum(length > 1 for length in shape) >= 2


def _zeros(shapes: Mapping[str, tuple[int, ...]], laws: Mapping[str, Law]) -> Iterator[Finding]:
    """A finding for all weights of zeros whose names differ by numbers alone."""
    groups: dict[str, list[str]] = {}
    for name, law in laws.items():
        if law.kind == "zero" and _is_matrix(shapes[name]):
            groups.setdefault(pattern(name), []).append(name)
    for like, names in groups.items():
        yield found(
            "ZERO",
            like if len(names) > 1 else names[0],
            "all 0",
            "a draw, unless it is meant",
            "Usual for a head or the end of a branch; elsewhere it blocks the layers before it.",
            "",
            count=len(names),
            names=names,
        )


def _nonfinite(name: str, values: np.ndarray) -> Finding:
    count = int((~np.isfinite(values)).sum())
    return found(
        "NONFINITE",
        name,
        f"{count} of {values.size} entries are NaN or infinite",
        "finite numbers",
        "The outputs that depend on them are NaN or infinite.",
        f"initialize {name}",
        entries=count,
    )


def _traced(finding: Finding, convention: Convention) -> Finding:
    """Where something may never have been written, what would tell."""
    if finding.code != "NONFINITE":
        return finding
    return replace(finding, fix=finding.fix + convention.traced)


def _outliers(name: str, values: np.ndarray, law: Law) -> Finding:
    largest = float(np.abs(values - law.mean).max())
    reach = min(law.bound, 3 * law.std)
    return found(
        "OUTLIERS",
        name,
        f"{law.outliers} of {law.count} entries, the largest at {largest / law.std:.3g} std",
        f"none beyond {law.bound / law.std:.3g} std" if law.kind != "normal" else "none so far out",
        "The law of the other entries does not allow them: the draw, or what followed it, is at "
        "fault, such as a truncation at bounds that do not fit the std.",
        f"nn.init.trunc_normal_(w, std={law.std:.3g}, a={-3 * law.std:.3g}, b={3 * law.std:.3g})",
        entries=law.outliers,
        largest=largest,
        std=law.std,
        within=[law.mean - reach, law.mean + reach],
    )


def wrong_fans(
    shapes: Mapping[str, tuple[int, ...]],
    laws: Mapping[str, Law],
    fans: Mapping[str, Fans | None],
    normed: bool,
    convention: Convention,
) -> Iterator[Finding]:
    """Scales that a rule gives with the fans a shape suggests, and not with the true ones.

    `torch.nn.init` takes axis 1 times the kernel for fan_in and axis 0 times the kernel for
    fan_out, whatever the operation: groups, transposition, a stride, and packed weights go unseen.
    Before a normalization it does no harm, and a default was nobody's choice: then it is
    information. One finding stands for all layers alike.
    """
    groups: dict[tuple, list[str]] = {}
    for name, law in laws.items():
        true = fans.get(name)
        if true is not None and len(shapes[name]) >= 2:
            assumed = convention.assumed.get(name) or assumed_fans(shapes[name])
            rule = _mistaken(law, assumed, true, convention.default)
            if rule is not None:
                groups.setdefault((pattern(name), rule[:3], assumed, true), []).append(name)
    for (like, (rule, variance, mode), assumed, true), names in groups.items():
        harmless = normed or rule == convention.default or _packed(shapes[names[0]], true)
        first = laws[names[0]]
        yield found(
            "WRONG-FAN",
            like if len(names) > 1 else names[0],
            f"variance {variance} with {_said(mode, assumed)}, as {convention.name} counts it",
            f"variance {variance} with {_said(mode, true)}, as the operation has it",
            "The fan that sets the scale is not the number of terms that the operation sums.",
            f"std {_std(first.std, assumed, true, mode)}{convention.drawn}",
            severity="info" if harmless else None,
            count=len(names),
            names=names,
            assumed=tuple(assumed),
            true=tuple(true),
            factor=_factor(assumed, true, mode),
        )


def _mistaken(law: Law, assumed: Fans, true: Fans, default: str) -> Rule | None:
    """The rule that gives the scale with the assumed fans, if none does with the true ones.

    Of a weight that is stored the other way around, one fan is the other: that it follows fan_out
    then means that somebody took it for fan_in, which every rule does by default.
    """
    if law.kind not in ("normal", "truncated", "uniform") or assumed == true:
        return None
    if law.tolerance > _SURE or _is_recurrent_default(law, assumed, true):
        return None
    turned = (assumed.fan_out, assumed.fan_in) == true
    right = agreeing(law.std, law.tolerance, true)
    if any(not turned or rule.mode != "fan_out" for rule in right):
        return None
    rules = [r for r in agreeing(law.std, law.tolerance, assumed) if r.mode]
    return next((r for r in rules if r.name == default), rules[0] if rules else None)


def _is_recurrent_default(law: Law, assumed: Fans, true: Fans) -> bool:
    """Whether a packed weight has the scale of PyTorch's recurrent layers, 1/(3 hidden units)."""
    if assumed.fan_in != true.fan_in or isinstance(true.fan_out, tuple):
        return False
    return abs(law.std * math.sqrt(3 * true.fan_out) - 1) <= law.tolerance


def _packed(shape: tuple[int, ...], true: Fans) -> bool:
    """Whether several layers share a weight that nothing else is wrong with."""
    assumed = assumed_fans(shape)
    return assumed.fan_in == true.fan_in and len(shape) == 2


def _said(mode: str, fans: Fans) -> str:
    return " and ".join(_fans_of(mode, fans))


def _fans_of(mode: str, fans: Fans) -> list[str]:
    words = {"fan_in": [f"fan_in {fans.fan_in:g}"], "fan_out": [f"fan_out {fans.fan_out}"]}
    return words.get(mode, words["fan_in"] + words["fan_out"])


def _std(std: float, assumed: Fans, true: Fans, mode: str) -> str:
    """The standard deviation that the rule gives with the true fans."""
    factor = _factor(assumed, true, mode)
    return "each part by its own fan" if factor is None else f"{std * factor:.3g}"


def _factor(assumed: Fans, true: Fans, mode: str) -> float | None:
    """What the weights must be multiplied by to follow the rule; None for parts of unequal size."""
    if isinstance(true.fan_out, tuple):
        return None
    pick = {"fan_in": lambda f: f.fan_in, "fan_out": lambda f: f.fan_out}.get(mode, sum)
    return (pick(assumed) / pick(true)) ** 0.5
