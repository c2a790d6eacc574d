"""The processes that run one model together, and what each of them holds of a tensor.

A model whose parameters are sharded sends messages when it runs: every rank must run it, and take
the same turns. What decides a turn is therefore asked of all ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import distributed, nn

from netinit.reporting.findings import SEVERITIES, Finding

T = TypeVar("T")


class RankError(RuntimeError):
    """What went wrong on another rank."""


@dataclass(frozen=True)
class Ranks:
    """The ranks that run a model together; none but this one if there are no groups.

    Parameters
    ----------
    groups : tuple of ProcessGroup
        Each is asked in turn, so that several meshes are crossed.
    """

    groups: tuple = ()

    def gather(self, value: T) -> dict[int, T]:
        """The values of all ranks, by their number. Every rank must ask."""
        if not self.groups:
            return {0: value}
        known = {distributed.get_rank(): value}
        for group in self.groups:
            parts: list = [None] * distributed.get_world_size(group)
            distributed.all_gather_object(parts, known, group=group)
            known = {rank: each for part in parts for rank, each in part.items()}
        return dict(sorted(known.items()))

    def mean(self, value: T) -> T:
        """The mean of numbers or tensors over the ranks, the same to the last bit on each."""
        values = list(self.gather(value).values())
        return sum(values[1:], start=values[0]) / len(values) if self.groups else value

    def union(self, values: Iterable[T]) -> set[T]:
        """What any rank has."""
        return set().union(*self.gather(set(values)).values())

    def together(self, work: Callable[[], T]) -> T:
        """Do something on each rank; if one of them fails, all of them do.

        Raises
        ------
        RankError
            If another rank failed; what failed on this one is raised as it is.
        """
        if not self.groups:
            return work()
        result = error = None
        try:
            result = work()
        except Exception as caught:
            error = caught
        told = self.gather(error and f"{type(error).__name__}: {error}")
        if error is not None:
            raise error
        for rank, text in told.items():
            if text:
                raise RankError(f"rank {rank} failed: {text}")
        return result

    def merged(self, findings: list[Finding]) -> list[Finding]:
        """The findings of all ranks, the same list on each."""
        return merged(self.gather(findings)) if self.groups else findings


ALONE = Ranks()


def merged(findings: Mapping[int, list[Finding]]) -> list[Finding]:
    """Findings of several ranks as one list: of each code and place the gravest, and whose it is.

    >>> from netinit.reporting.findings import found
    >>> one = found("NEVER-WRITTEN", "scale", "nothing", "values", "It is garbage.", "write")
    >>> (both,) = merged({0: [one], 1: [one]})
    >>> both == one
    True
    >>> (alone,) = merged({0: [], 1: [one]})
    >>> alone.reason, alone.numbers["ranks"]
    ('It is garbage. On rank 1 of 2.', [1])
    """
    places: dict[tuple[str, str], dict[int, Finding]] = {}
    for rank, found in findings.items():
        for finding in found:
            places.setdefault((finding.code, finding.where), {}).setdefault(rank, finding)
    return [_one(by_rank, len(findings)) for by_rank in places.values()]


def _one(by_rank: dict[int, Finding], size: int) -> Finding:
    gravest = min(by_rank.values(), key=lambda finding: SEVERITIES.index(finding.severity))
    if len(by_rank) == size or "ranks" in gravest.numbers:
        return gravest
    ranks = list(by_rank)
    shown = ", ".join(map(str, ranks[:8])) + (", ..." if len(ranks) > 8 else "")
    more = f" On rank {shown} of {size}."
    numbers = gravest.numbers | {"ranks": ranks}
    return replace(gravest, reason=gravest.reason + more, numbers=numbers)


def world() -> Ranks:
    """All ranks of the program; this one alone without a process group."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return ALONE
    return Ranks((distributed.group.WORLD,))


def ranks_of(model: nn.Module) -> Ranks:
    """The ranks without which a model cannot run: those that hold its shards or its statistics."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return ALONE
    groups: dict[int, object] = {}
    for group in _groups(model):
        if distributed.get_world_size(group) > 1:
            groups.setdefault(id(group), group)
    return Ranks(tuple(groups.values()))


def _groups(model: nn.Module) -> Iterator[object]:
    for tensor in (*model.parameters(), *model.buffers()):
        mesh = getattr(tensor, "device_mesh", None)
        for axis in range(mesh.ndim if mesh is not None else 0):
            yield mesh.get_group(axis)
    for module in model.modules():
        if isinstance(module, nn.SyncBatchNorm):
            yield module.process_group or distributed.group.WORLD


def is_sharded(tensor: torch.Tensor) -> bool:
    """Whether other ranks may hold parts of a tensor."""
    return hasattr(tensor, "full_tensor")


def local(tensor: torch.Tensor) -> torch.Tensor:
    """What this rank holds of a tensor, in its memory and without a gradient."""
    values = tensor.detach()
    if not is_sharded(values):
        return values
    with torch.no_grad():
        return values.to_local()


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """All of a tensor, without a gradient. Of a sharded one, every rank must ask."""
    values = tensor.detach()
    return values.full_tensor() if is_sharded(values) else values


def aligned(tensor: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """A tensor laid out over the ranks as another one is."""
    placements = getattr(like, "placements", None)
    if placements is None or tensor.placements == placements:
        return tensor
    return tensor.redistribute(placements=placements)


def norms(tensors: Mapping[str, torch.Tensor], ranks: Ranks) -> dict[str, float]:
    """The norms of whole tensors, by name, in one message for all of them."""
    return roots({name: (square(each), is_sharded(each)) for name, each in tensors.items()}, ranks)


def roots(squares: Mapping[str, tuple[float, bool]], ranks: Ranks) -> dict[str, float]:
    """The roots of sums of squares of which, where that is said, each rank has a part."""
    totals = {name: part for name, (part, _) in squares.items()}
    if ranks.groups:
        mine = {name: part for name, (part, shared) in squares.items() if shared}
        parts = ranks.gather(mine).values()
        totals |= {name: sum(each.get(name, 0.0) for each in parts) for name in mine}
    return {name: total**0.5 for name, total in totals.items()}


def square(tensor: torch.Tensor) -> float:
    """The sum of squares of a rank's part; of one that several hold, its share of it."""
    return real(local(tensor)).float().norm().item() ** 2 / copies(tensor)


def real(tensor: torch.Tensor) -> torch.Tensor:
    """A complex tensor as pairs of real numbers, in the same memory."""
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def copies(tensor: torch.Tensor) -> int:
    """How many ranks hold the same part."""
    count = 1
    for axis, placement in enumerate(getattr(tensor, "placements", ())):
        if placement.is_replicate():
            count *= tensor.device_mesh.size(axis)
    return count


def rest(model: nn.Module, *, cut_short: bool = False) -> None:
    """Bring a model that `fully_shard` has sharded to rest: each rank holds its parts alone.

    A pass without a backward pass leaves parameters gathered; one that was cut short leaves more
    behind, which PyTorch can undo since version 2.13.
    """
    for module in _sharded_modules(model):
        if cut_short and not is_left_broken(module):
            with suppress(AttributeError):  # where not even the forward pass had begun
                module.reset_iter_state()
        for part in module.modules():
            if hasattr(part, "reshard"):
                part.reshard()


def ready(model: nn.Module) -> None:
    """Have what `fully_shard` prepares on the first pass prepared, and the model at rest."""
    for module in _sharded_modules(model):
        for part in module.modules():
            if hasattr(part, "unshard"):
                part.unshard()
                part.reshard()


def is_left_broken(model: nn.Module) -> bool:
    """Whether PyTorch has no way to bring this model back after a pass that was cut short."""
    return any(not hasattr(module, "reset_iter_state") for module in _sharded_modules(model))


def _sharded_modules(module: nn.Module) -> Iterator[nn.Module]:
    """The outermost modules that `fully_shard` was applied to."""
    if hasattr(module, "reshard") and hasattr(module, "set_reshard_after_forward"):
        yield module
        return
    for child in module.children():
        yield from _sharded_modules(child)
