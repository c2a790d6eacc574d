"""Whether two tensors may have been drawn from one law, and which of many alike was not."""

import math
from collections.abc import Iterator, Mapping

from netinit.reading.law import EXACT, Law
from netinit.reading.names import pattern
from netinit.reporting.findings import Finding, found

_FEWEST = 4  # parameters alike among which one can be the odd one
_ODD = 0.2  # the largest share of them that is called odd: beyond, they are of two kinds


def same(a: Law, b: Law) -> bool:
    """Whether two tensors may have one law, as far as their numbers of values tell."""
    if {a.kind, b.kind} & {*EXACT, "nonfinite", "meta"}:
        return a.kind == b.kind and (
            a.gain == b.gain or math.isclose(a.gain, b.gain, rel_tol=a.tolerance + b.tolerance)
        )
    if (a.kind == "sparse") != (b.kind == "sparse"):
        return False
    one_kind = not a.plausible or not b.plausible or bool(a.plausible & b.plausible)
    return one_kind and _close(a, b)


def _close(a: Law, b: Law) -> bool:
    """Whether the means and the standard deviations of two drawn tensors agree."""
    if not a.std or not b.std:
        return a.std == b.std
    error = math.hypot(a.tolerance, b.tolerance) + 1e-3
    means = 4.5 * math.sqrt(a.std**2 / a.count + b.std**2 / b.count)
    return abs(math.log(a.std / b.std)) <= error and abs(a.mean - b.mean) <= means


def odd_ones(shapes: Mapping[str, tuple[int, ...]], laws: Mapping[str, Law]) -> Iterator[Finding]:
    """Parameters of another law than almost all that have their shape and place in other layers.

    One that is zero is not called odd: that is often meant.
    """
    families: dict[tuple, list[str]] = {}
    for name in laws:
        # A bias may be scaled by the fan of the weight beside it.
        weight = shapes.get(f"{name.rpartition('.')[0]}.weight")
        families.setdefault((pattern(name), shapes[name], weight), []).append(name)
    for (like, *_), names in families.items():
        if len(names) < _FEWEST:
            continue
        groups = clusters(names, laws)
        most = max(groups, key=len)
        odd = [name for group in groups if group is not most for name in group]
        if len(odd) > _ODD * len(names) + 1e-9 and len(odd) > 1:
            continue
        for name in odd:
            if laws[name].kind != "zero":
                yield _odd(name, like, laws[name], laws[most[0]], len(most))


def clusters(names: list[str], laws: Mapping[str, Law]) -> list[list[str]]:
    """The names in groups, each of one law."""
    groups: list[list[str]] = []
    for name in names:
        for group in groups:
            if same(laws[group[0]], laws[name]):
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
