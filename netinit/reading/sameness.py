"""Whether two tensors may have been drawn from one law, and which of many alike was not."""

import math
import statistics
from collections.abc import Iterator, Mapping

from netinit.reading.law import EXACT, Law
from netinit.reading.names import pattern
from netinit.reporting.findings import Finding, found

_FEWEST = 4  # parameters alike among which one can be the odd one
_ODD = 0.2  # the largest share of them that is called odd: beyond, they are of two kinds
_FALSE = 1e-3  # models without an odd one of which one is named, by chance


def same(a: Law, b: Law, comparisons: int = 16) -> bool:
    """Whether two tensors may have one law, as far as their numbers of values tell.

    The limits are set so that, if `comparisons` tensors have one law, about one such set in a
    thousand has a False.
    """
    if {a.kind, b.kind} & {*EXACT, "nonfinite", "meta"}:
        tolerance = a.tolerance + b.tolerance
        numbers = [(a.gain, b.gain), (a.lower, b.lower)][: 2 if a.kind == "pair" else 1]
        return a.kind == b.kind and all(
            one == other or math.isclose(one, other, rel_tol=tolerance) for one, other in numbers
        )
    if (a.kind == "sparse") != (b.kind == "sparse"):
        return False
    one_kind = not a.plausible or not b.plausible or bool(a.plausible & b.plausible)
    return one_kind and _close(a, b, comparisons)


def _close(a: Law, b: Law, comparisons: int) -> bool:
    """Whether the means and the standard deviations of two drawn tensors agree."""
    if not a.std or not b.std:
        return a.std == b.std
    limit = statistics.NormalDist().inv_cdf(1 - _FALSE / 4 / max(comparisons, 1))
    ratio = abs(math.log(a.std / b.std))
    if a.kind == b.kind == "uniform" and a.mean == b.mean == 0:  # a bound is known far better
        agree = ratio <= limit / 4 * math.hypot(a.tolerance, b.tolerance) + 1e-3
    else:
        agree = _deviations(ratio - 1e-3, _freedom(a), _freedom(b)) <= limit
    apart = abs(a.mean - b.mean) / math.sqrt(a.std**2 / a.count + b.std**2 / b.count)
    return agree and _normal_of_t(apart, min(a.count, b.count) - 1) <= limit


def _freedom(law: Law) -> float:
    """The degrees of freedom of a variance: n - 1 of n normal values, more if tails are light."""
    if law.kind == "uniform":
        return 2 * (law.count - 1) / 0.8
    return max(8 / law.tolerance**2 - 1, 1.0)


def _deviations(ratio: float, first: float, second: float) -> float:
    """How rare a ratio of two standard deviations is, given its ln, as deviations of a normal.

    The ratio of two variances follows Fisher's F law; its cube root is nearly normal (Wilson and
    Hilferty, 1931). Of the two orders of the degrees of freedom the less certain one counts.

    >>> round(_deviations(0.5, 1000, 1000), 1), round(_deviations(0.5, 3, 3), 1)
    (15.5, 0.8)
    """
    root = math.exp(2 * max(ratio, 0.0) / 3)
    found = []
    for above, below in ((first, second), (second, first)):
        one, other = 2 / (9 * above), 2 / (9 * below)
        found.append(((1 - other) * root - (1 - one)) / math.sqrt(other * root**2 + one))
    return min(found)


def _normal_of_t(t: float, freedom: float) -> float:
    """The deviation of a normal that is as rare as one of Student's t (Wallace, 1959)."""
    if freedom < 1:
        return 0.0
    shrink = (8 * freedom + 1) / (8 * freedom + 3)
    return shrink * math.sqrt(freedom * math.log1p(t * t / freedom))


def odd_ones(shapes: Mapping[str, tuple[int, ...]], laws: Mapping[str, Law]) -> Iterator[Finding]:
    """Parameters of another law than almost all that have their shape and place in other layers.

    One that is zero is not called odd: that is often meant.
    """
    families: dict[tuple, list[str]] = {}
    for name in laws:
        # A bias may be scaled by the fan of the weight beside it.
        weight = shapes.get(f"{name.rpartition('.')[0]}.weight")
        families.setdefault((pattern(name), shapes[name], weight), []).append(name)
    comparisons = sum(len(names) for names in families.values() if len(names) >= _FEWEST)
    for (like, *_), names in families.items():
        if len(names) < _FEWEST:
            continue
        groups = clusters(names, laws, comparisons)
        most = max(groups, key=len)
        odd = [name for group in groups if group is not most for name in group]
        if len(odd) > _ODD * len(names) + 1e-9 and len(odd) > 1:
            continue
        for name in odd:
            if laws[name].kind != "zero":
                yield _odd(name, like, laws[name], laws[most[0]], len(most))


def clusters(names: list[str], laws: Mapping[str, Law], comparisons: int) -> list[list[str]]:
    """The names in groups, each of one law."""
    groups: list[list[str]] = []
    for name in names:
        for group in groups:
            if same(laws[group[0]], laws[name], comparisons):
                group.append(name)
                break
        else:
            groups.append([name])
    return groups


def _odd(name: str, like: str, law: Law, usual: Law, count: int) -> Finding:
    return found(
        "LAW",
        name,
        str(law),
        f"{usual}, like the {count} others of {like}",
        "Layers that are otherwise alike were drawn from a different law.",
        f"draw {name} like the others, unless it is meant to differ",
        severity="warning",
    )
