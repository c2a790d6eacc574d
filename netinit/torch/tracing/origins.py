"""The findings of a trace."""

import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch

from netinit.reading.names import pattern
from netinit.reporting.findings import Finding, found
from netinit.torch.tracing.memory import Memory, Write
from netinit.torch.tracing.provenance import provenance

Seen = Sequence[tuple[str, torch.Tensor, Memory]]


def never_written(seen: Seen) -> Iterator[Finding]:
    """Memory that was allocated under the trace and that nothing filled."""
    for name, tensor, memory in seen:
        if memory.allocated is None or not tensor.numel():
            continue
        if tensor.is_meta:
            yield _on_meta(name)
            continue
        share = provenance(tensor, memory).unwritten
        if share:
            yield _unwritten(name, memory, share)


def _on_meta(name: str) -> Finding:
    return found(
        "NEVER-WRITTEN",
        name,
        "no values: still on the meta device",
        "values",
        "A tensor on the meta device has a shape but no values.",
        'model.to_empty(device="cpu"), then initialize every parameter and buffer',
    )


def _unwritten(name: str, memory: Memory, share: float) -> Finding:
    meta = memory.meta
    before = f" On the meta device {meta.operation} ran, which stores nothing." if meta else ""
    part = "nothing was written" if share == 1 else f"{share:.0%} was never written"
    return found(
        "NEVER-WRITTEN",
        name,
        f"{part} after the memory was taken at {memory.allocated}",
        "a draw, a constant or loaded values",
        f"Its values are whatever the memory held before: anything, sometimes NaN.{before}",
        f"write to {name} in the function that initializes the model",
        share=share,
    )


def overwritten(seen: Seen) -> Iterator[Finding]:
    """Loaded values that were drawn or filled again."""
    for name, tensor, memory in seen:
        came = provenance(tensor, memory)
        if not came.overwritten:
            continue
        part = "" if came.overwritten == 1 else f" in {came.overwritten:.0%} of it"
        yield found(
            "OVERWRITTEN",
            name,
            f"{came.loaded}, then {came.by}{part}",
            "the loaded values",
            "The loaded values are gone, and no error says so.",
            "initialize first and load after, or skip what was loaded",
            severity="error" if came.overwritten >= 0.5 else "warning",
            share=came.overwritten,
        )


def drawn_twice(seen: Seen) -> Iterator[Finding]:
    """Elements that several calls drew: one finding for all layers alike."""
    groups: dict[tuple, list[tuple[str, list[Write]]]] = {}
    for name, tensor, memory in seen:
        draws = provenance(tensor, memory).draws
        if draws:
            key = (pattern(name), *(str(draw.place) for draw in draws))
            groups.setdefault(key, []).append((name, draws))
    for (like, *_), members in groups.items():
        name, draws = members[0]
        yield found(
            "DRAWN-TWICE",
            like if len(members) > 1 else name,
            "; then ".join(map(str, draws)),
            "one draw",
            "The last draw counts; the others cost time and advance the random state.",
            "",
            count=len(members),
            names=[each for each, _ in members],
        )


def lost(seen: Seen, candidates: Iterable[tuple[Memory, int, Write]]) -> Iterator[Finding]:
    """Draws into a tensor that was calculated from a parameter, and that nothing read after."""
    owned = {id(memory) for _, _, memory in seen}
    told = set()
    for memory, index, write in candidates:
        source = _source(memory, seen)
        if id(memory) in owned or memory.read_after >= index or source is None:
            continue
        if (source, write.place) in told:
            continue
        told.add((source, write.place))
        yield found(
            "LOST-WRITE",
            source,
            f"{write}, into a tensor that was calculated from it",
            "a write to the parameter itself",
            "The tensor is computed again at each use, from parameters that this did not change.",
            f"initialize before the parametrization is added, or write to {source}",
        )


def _source(memory: Memory, seen: Seen) -> str | None:
    """The largest parameter that a tensor was calculated from, or else the largest buffer."""
    sizes = {
        name: (isinstance(tensor, torch.nn.Parameter), tensor.numel())
        for name, tensor, _ in seen
        if tensor.untyped_storage()._cdata in memory.sources
    }
    return max(sizes, key=sizes.__getitem__, default=None)


def emptied(
    tensors: Mapping[str, torch.Tensor], writes: Iterable[tuple[weakref.ref, Write]]
) -> Iterator[Finding]:
    """Draws into a parameter that held no elements at the time, as when others hold its shards."""
    names = {id(tensor): name for name, tensor in tensors.items() if tensor.numel()}
    told = set()
    for reference, write in writes:
        name = names.get(id(reference()))
        if name is None or name in told or write.kind == "change":
            continue
        told.add(name)
        yield found(
            "EMPTY-WRITE",
            name,
            f"{write}, while it had no elements",
            f"a write to its {tensors[name].numel()} elements",
            "It wrote nothing: the values are those from before the parameter was emptied.",
            "initialize while the parameter is gathered",
        )
