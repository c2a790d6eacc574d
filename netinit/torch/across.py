"""Whether the ranks of a training start alike, and what each of them has found, as one report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from netinit.reporting.findings import Finding, found
from netinit.reporting.report import Report
from netinit.torch.names import unwrapped
from netinit.torch.ranks import Ranks, is_sharded, local, world

__all__ = ["across_ranks"]

COLUMNS = ("name", "shape", "held", "ranks")


def across_ranks(model: nn.Module, *reports: Report, group: object = None) -> Report:
    """What all ranks of a training have found, and whether they start from the same values.

    Each rank calls it with its own model and its own reports, such as those of `trace` and of
    `check`, and each gets the same answer. A finding that not all ranks have says which do. A
    parameter that each rank holds as a whole must be the same on all: ranks that start from
    different values stay different models, whose gradients do not belong together. The parts of a
    sharded parameter are compared only between ranks that hold the same part.

    Without a process group the ranks are this one alone.

    Parameters
    ----------
    model : Module
    *reports : Report
    group : ProcessGroup, optional
        Of the ranks that hold copies of this model; all ranks by default. Of a model that is cut
        into stages, each stage has a group of its own.

    Returns
    -------
    Report
        A row for each parameter and buffer: whether it is held "whole" or "in parts", and on how
        many ranks; and all findings.

    Raises
    ------
    TypeError
        If the model is no module, or a report is none.

    Examples
    --------
    >>> report = across_ranks(nn.Linear(3, 2))
    >>> report["weight"]["held"], report.ok
    ('whole', True)
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, not {type(model).__name__}")
    for report in reports:
        if not isinstance(report, Report):
            raise TypeError(f"a report of netinit is wanted, not {type(report).__name__}")
    ranks = world() if group is None else Ranks((group,))
    model = unwrapped(model)
    held = ranks.gather({name: _held(tensor) for name, tensor in _tensors(model)})
    parameters = {name for name, _ in model.named_parameters()}
    findings = [finding for report in reports for finding in report.findings]
    findings = [*ranks.merged(findings), *_unlike(held, ranks.union(parameters))]
    return Report("All ranks", COLUMNS, _rows(held), findings, facts={"ranks": len(held)})


@dataclass(frozen=True)
class Held:
    """What a rank holds of a tensor.

    Parameters
    ----------
    shape : tuple of int
        Of the whole.
    part : str
        Which part it is; empty for the whole.
    print : str
        Of its values, by which two ranks are compared; empty on the meta device.
    """

    shape: tuple[int, ...]
    part: str
    print: str


def _tensors(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    yield from model.named_parameters()
    yield from model.named_buffers()


def _held(tensor: torch.Tensor) -> Held:
    return Held(tuple(tensor.shape), _part(tensor), _fingerprint(local(tensor)))


def _part(tensor: torch.Tensor) -> str:
    """Where on its mesh a rank stands along the axes over which a tensor is sharded."""
    if not is_sharded(tensor):
        return ""
    places = tensor.device_mesh.get_coordinate()
    if places is None:
        return "none of it"
    axes = enumerate(tensor.placements)
    return ", ".join(f"{each} at {places[i]}" for i, each in axes if not each.is_replicate())


def _fingerprint(tensor: torch.Tensor) -> str:
    """A hash of the contents and their type: equal for equal bits, NaN too."""
    if tensor.is_meta:
        return ""
    values = tensor.cpu().contiguous()
    contents = values.reshape(-1).view(torch.uint8).numpy() if values.numel() else b""
    return f"{tensor.dtype} {hashlib.sha256(contents).hexdigest()}"


def _rows(held: Mapping[int, Mapping[str, Held]]) -> list[dict]:
    names = dict.fromkeys(name for tensors in held.values() for name in tensors)
    rows = []
    for name in names:
        mine = [tensors[name] for tensors in held.values() if name in tensors]
        shape = " × ".join(map(str, mine[0].shape)) or "1"
        kind = "in parts" if any(each.part for each in mine) else "whole"
        rows.append({"name": name, "shape": shape, "held": kind, "ranks": len(mine)})
    return rows


def _unlike(held: Mapping[int, Mapping[str, Held]], parameters: set[str]) -> Iterator[Finding]:
    """A finding for all parameters, and one for all buffers, that divide the ranks alike."""
    groups: dict[tuple, list[str]] = {}
    for name in dict.fromkeys(name for tensors in held.values() for name in tensors):
        sides = _sides({rank: tensors.get(name) for rank, tensors in held.items()})
        if len(sides) > 1:
            groups.setdefault((name in parameters, sides), []).append(name)
    for (is_parameter, sides), names in groups.items():
        yield found(
            "RANKS",
            names[0],
            " / ".join(map(_said, sides)),
            "one and the same on all",
            "Each rank trains a model of its own: a mean of their gradients belongs to none."
            if is_parameter
            else "What is no parameter is rarely brought together later.",
            "build on each rank from one seed, or wrap the model in DistributedDataParallel, which "
            "sends the values of rank 0; netinit.torch.init_ gives all ranks the same values",
            severity=None if is_parameter else "warning",
            count=len(names),
            names=names,
            sides=[list(side) for side in sides],
        )


def _sides(held: Mapping[int, Held | None]) -> tuple[tuple[int, ...], ...]:
    """The ranks by what they hold: one side if all that should be equal is.

    Ranks that hold different parts of one thing belong together.
    """
    sides: list[dict[int, Held | None]] = []
    for rank, mine in held.items():
        for side in sides:
            if all(_fit(mine, other) for other in side.values()):
                side[rank] = mine
                break
        else:
            sides.append({rank: mine})
    return tuple(tuple(side) for side in sides)


def _fit(one: Held | None, other: Held | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.shape != other.shape:
        return False
    return one.print == other.print if one.part == other.part else bool(one.part and other.part)


def _said(side: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, side[:8])) + (", ..." if len(side) > 8 else "")
    return f"rank{'s' * (len(side) > 1)} {shown}"
