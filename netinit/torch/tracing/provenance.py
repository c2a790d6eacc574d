"""What the history of a parameter's memory says: written, loaded, overwritten, drawn how often."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from netinit.torch.tracing.memory import Memory, Region, Write, region_of


class Provenance(NamedTuple):
    """Where the elements of a parameter got their values.

    Parameters
    ----------
    unwritten : float
        The share of elements that nothing wrote.
    overwritten : float
        The share that was loaded and then drawn or filled.
    by : Write or None
        The last write that overwrote loaded values.
    loaded : Write or None
        The last load.
    draws : list of Write
        Where one element was drawn more than once: its draws, one for each call.
    """

    unwritten: float
    overwritten: float
    by: Write | None
    loaded: Write | None
    draws: list[Write]


def provenance(tensor: torch.Tensor, memory: Memory) -> Provenance:
    """Follow the writes to the memory of a plain tensor, element by element where they differ."""
    mine = region_of(tensor)
    elements = _Elements(mine, [write.region for write in memory.writes])
    written, loaded, overwritten = (elements.none() for _ in range(3))
    draws = elements.none().astype(np.int64)
    by = last_load = None
    drawn: list[Write] = []
    for write in memory.writes:
        where = elements.of(write)
        if write.kind == "empty":
            written &= ~where
        elif write.kind != "change":
            written |= where | (write.region is None)
        if write.kind in ("draw", "fill") and (where & loaded).any():
            by, overwritten = write, overwritten | (where & loaded)
            loaded &= ~where
        if write.kind == "load":
            last_load, loaded, overwritten = write, loaded | where, overwritten & ~where
            draws, drawn = np.where(where, 0, draws), []
        if write.kind == "draw" and where.any() and not _same_call(drawn, write):
            draws, drawn = draws + where, [*drawn, write]
    return Provenance(
        unwritten=1 - float(written.mean()),
        overwritten=float(overwritten.mean()),
        by=by,
        loaded=last_load,
        draws=drawn if draws.max(initial=0) > 1 else [],
    )


def _same_call(drawn: Sequence[Write], write: Write) -> bool:
    return bool(drawn) and drawn[-1].call == write.call


class _Elements:
    """The elements of a tensor as a mask, of one element if every write is to all or none."""

    def __init__(self, mine: Region, regions: Sequence[Region | None]) -> None:
        self._mine = mine
        self._whole = all(region in (None, mine) for region in regions)
        ends = [_end(region) for region in [mine, *regions] if region is not None]
        self._length = max(ends, default=0)

    def none(self) -> np.ndarray:
        """No element."""
        return np.zeros(1 if self._whole else max(1, np.prod(self._mine.shape, dtype=int)), bool)

    def of(self, write: Write) -> np.ndarray:
        """Those that a write wrote; none if an index or a mask said which."""
        if write.region is None:
            return self.none()
        if self._whole:
            return ~self.none()
        memory = np.zeros(self._length, bool)
        _view(memory, write.region)[...] = True
        return _view(memory, self._mine).reshape(-1).copy()


def _end(region: Region) -> int:
    """One more than the place of a region's last element."""
    if 0 in region.shape:
        return 0
    steps = zip(region.shape, region.strides, strict=True)
    return region.offset + 1 + sum((n - 1) * step for n, step in steps)


def _view(memory: np.ndarray, region: Region) -> np.ndarray:
    if 0 in region.shape:
        return memory[:0]
    start = memory[region.offset :]
    return np.lib.stride_tricks.as_strided(start, region.shape, region.strides)
