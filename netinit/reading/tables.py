"""The tables that show the laws of a model's parameters, and those of two models."""

from collections.abc import Mapping

from netinit.reading.law import Law
from netinit.reading.names import pattern
from netinit.reading.sameness import same
from netinit.reporting.findings import Finding, found
from netinit.reporting.report import Report


def laws(
    shapes: Mapping[str, tuple[int, ...]], read: Mapping[str, Law], findings: list[Finding]
) -> Report:
    """A row for all parameters whose names differ by numbers alone, of one shape and one law."""
    columns = ["name", "tensors", "shape", "std", "law"]
    return Report("Laws of the parameters", columns, _rows(shapes, read), findings)


def differences(ours: Mapping[str, Law], theirs: Mapping[str, Law]) -> Report:
    """The parameters of two models whose laws differ, or that one of them lacks."""
    names = [*ours, *(name for name in theirs if name not in ours)]
    rows = [
        {"name": name, "first": _text(ours.get(name)), "second": _text(theirs.get(name))}
        for name in names
        if not (name in ours and name in theirs and same(ours[name], theirs[name]))
    ]
    findings = [_difference(row) for row in rows]
    return Report("Laws that differ", ["name", "first", "second"], rows, findings)


def _text(each: Law | None) -> str:
    return "not there" if each is None else str(each)


def _difference(row: dict) -> Finding:
    return found(
        "LAW",
        row["name"],
        row["second"],
        row["first"],
        "The two models start from different laws.",
        "",
        severity="warning",
    )


def _rows(shapes: Mapping[str, tuple[int, ...]], read: Mapping[str, Law]) -> list[dict]:
    """One row for all tensors of one pattern, shape and law."""
    groups: list[tuple[tuple, list[str]]] = []
    for name, each in read.items():
        key = (pattern(name), shapes[name], each.kind, each.rule and each.rule.name)
        for known, names in groups:
            if known == key and same(read[names[0]], each):
                names.append(name)
                break
        else:
            groups.append((key, [name]))
    return [_row(key[0], key[1], names, read) for key, names in groups]


def _row(like: str, shape: tuple[int, ...], names: list[str], read: Mapping[str, Law]) -> dict:
    first = read[names[0]]
    return {
        "name": like if len(names) > 1 else names[0],
        "tensors": len(names),
        "shape": " × ".join(map(str, shape)) or "1",
        "std": sum(read[name].std for name in names) / len(names),
        "law": str(first),
        "kind": first.kind,
        "names": names,
    }
