"""The history of every piece of memory that tensors were made in while a program ran."""

import threading
import weakref
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from netinit.torch._operations import Operation, plain, tensors
from netinit.torch._places import Place


class Region(NamedTuple):
    """The elements of a piece of memory that a tensor is a view of."""

    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Write(NamedTuple):
    """One write to a tensor.

    Parameters
    ----------
    operation : str
        The operator of ATen, such as "normal_".
    kind : {"draw", "fill", "load", "copy", "compute", "change", "empty"}
        Where the values came from: a random draw, a constant, a saved state, a tensor that was
        made elsewhere, a calculation, the values that were there, or memory that nothing wrote.
    numbers : tuple of float
        The numbers that the operator was given, such as a mean and a standard deviation.
    place : Place
        The line of the program.
    region : Region or None
        What was written; None where an index or a mask says it.
    count : int
        The number of elements.
    device : str
    call : int
        Writes of one call of an initializer have one number.
    """

    operation: str
    kind: str
    numbers: tuple[float, ...]
    place: Place
    region: Region | None
    count: int
    device: str
    call: int

    def __str__(self) -> str:
        numbers = ", ".join(f"{number:.4g}" for number in self.numbers)
        by = f" by {self.place.by}" if self.place.by else ""
        did = "loaded" if self.kind == "load" else f"{self.operation}({numbers}){by}"
        return f"{did} at {self.place}"


@dataclass
class Memory:
    """One piece of memory: its writes in order, and where it came from."""

    reference: StorageWeakRef
    allocated: Place | None = None  # None: it was there before the trace
    writes: list[Write] = field(default_factory=list)
    sources: frozenset[int] = frozenset()  # keys of the memory that it was calculated from
    meta: Write | None = None  # the last draw into the tensor on meta that it takes the place of
    read_after: int = -1  # how many writes it had when it was last read

    @property
    def origin(self) -> str:
        """The kind of its last values."""
        for write in reversed(self.writes):
            if write.kind != "change":
                return write.kind
        return "empty" if self.allocated else "copy"


def region_of(tensor: torch.Tensor) -> Region:
    """The elements that a tensor shows of its memory."""
    return Region(tensor.storage_offset(), tuple(tensor.shape), tensor.stride())


class Record:
    """All memory that a trace has seen. Threads may write to it in turn."""

    def __init__(self) -> None:
        self._memories: dict[int, Memory] = {}
        self.emptied: list[tuple[weakref.ref, Write]] = []
        self.lost: list[tuple[Memory, int, Write]] = []
        self._lock = threading.RLock()
        self._calls = 0
        self._last_call: tuple[object, int, int] | None = None

    def of(self, tensor: torch.Tensor) -> Memory | None:
        """The memory of a plain tensor, or None if the trace has not seen it."""
        with self._lock:
            memory = self._memories.get(_key(tensor))
            return None if memory is None or memory.reference.expired() else memory

    def release(self) -> None:
        """Let go of the frame of the last call."""
        self._last_call = None

    def see(self, did: Operation, args: tuple, kwargs: dict, out: object, place: Place) -> None:
        """Note what an operator did."""
        with self._lock:
            written = [kwargs.get(w) if isinstance(w, str) else args[w] for w in did.written]
            targets = list(tensors(written))
            keys = {_key(target) for target in targets}
            inputs = [t for t in tensors([args, kwargs]) if _key(t) not in keys]
            for each in inputs:
                memory = self.of(each)
                if memory is not None:
                    memory.read_after = len(memory.writes)
            numbers = tuple(float(a) for a in args[1:] if type(a) in (int, float))
            for target in targets:
                self._note(did, target, inputs, numbers, place)
            if did.fresh:
                for made in tensors(out):
                    self._make(did, made, inputs, numbers, place)

    def assigned(self, tensor: torch.Tensor, place: Place) -> None:
        """Note that a tensor was made a parameter or a buffer, if it is one that was loaded."""
        if not place.loading:
            return
        with self._lock:
            for each in plain(tensor):
                memory = self.of(each)
                if memory is None or place.loading == "loader":
                    memory = memory or self._new(each, None)
                    self._add(memory, "assigned", "load", (), each, place)

    def _note(
        self,
        did: Operation,
        target: torch.Tensor,
        inputs: list[torch.Tensor],
        numbers: tuple[float, ...],
        place: Place,
    ) -> None:
        """A write into memory that was there."""
        memory = self.of(target)
        if memory is None:
            memory = self._new(target, place if did.kind == "allocate" else None)
        if did.kind == "set":
            if place.loading == "loader" and not memory.writes:
                self._add(memory, did.name, "load", (), target, place)
            return
        if did.kind == "allocate":
            return
        kind = self._from(inputs[-1:], place) if did.kind == "copy" else did.kind
        computed = bool(memory.sources)
        write = self._add(memory, did.name, kind, numbers, target, place, some=did.some)
        if target.numel() == 0:
            self.emptied.append((weakref.ref(target), write))
        if computed and kind in ("draw", "fill"):
            self.lost.append((memory, len(memory.writes), write))

    def _make(
        self,
        did: Operation,
        made: torch.Tensor,
        inputs: list[torch.Tensor],
        numbers: tuple[float, ...],
        place: Place,
    ) -> None:
        """New memory, and what is in it."""
        if self._aliases(made, inputs):
            return
        memory = self._new(made, place)
        if did.kind == "allocate":
            before = self.of(inputs[0]) if inputs and inputs[0].is_meta else None
            memory.meta = before.writes[-1] if before and before.writes else None
            return
        if made.is_floating_point() or made.is_complex():
            memory.sources = self._sources(inputs)
        if did.kind == "copy" and inputs and place.loading != "loader":
            source = self.of(inputs[0])
            if source and _same_layout(made, inputs[0]):
                memory.writes, memory.allocated = list(source.writes), source.allocated or place
                memory.meta = source.meta
                return
        kind = did.kind
        if kind not in ("draw", "fill"):
            kind = self._from(inputs, place) if inputs else "fill"
        self._add(memory, did.name, kind, numbers, made, place)

    def _from(self, inputs: list[torch.Tensor], place: Place) -> str:
        """The kind of values that come from these tensors."""
        known = [self.of(each) for each in inputs]
        origins = ["copy" if memory is None else memory.origin for memory in known]
        if place.loading == "loader" or (place.loading and set(origins) & {"copy", "load"}):
            return "load"
        for kind in ("draw", "load", "copy"):
            if kind in origins:
                return kind
        return "empty" if origins and set(origins) == {"empty"} else "compute"

    def _sources(self, inputs: list[torch.Tensor]) -> frozenset[int]:
        keys = {_key(each) for each in inputs if each.is_floating_point() or each.is_complex()}
        known = [self.of(each) for each in inputs]
        return frozenset(keys).union(*(memory.sources for memory in known if memory))

    def _aliases(self, made: torch.Tensor, inputs: list[torch.Tensor]) -> bool:
        """Whether an operator returned what it was given, though its schema does not say so."""
        return any(_key(made) == _key(each) for each in inputs)

    def _new(self, tensor: torch.Tensor, place: Place | None) -> Memory:
        memory = Memory(StorageWeakRef(tensor.untyped_storage()), place and _without_call(place))
        self._memories[_key(tensor)] = memory
        return memory

    def _add(
        self,
        memory: Memory,
        name: str,
        kind: str,
        numbers: tuple[float, ...],
        tensor: torch.Tensor,
        place: Place,
        *,
        some: bool = False,
    ) -> Write:
        region = None if some else region_of(tensor)
        call = self._number(place, _key(tensor))
        place = _without_call(place)
        device = tensor.device.type
        write = Write(name, kind, numbers, place, region, tensor.numel(), device, call)
        memory.writes.append(write)
        return write

    def _number(self, place: Place, key: int) -> int:
        """The number of the call that a write belongs to.

        A frame that is kept cannot be taken for a later one. Without `torch.nn.init`, what is
        repeated on one line of one frame into one tensor is a loop of rejections: one call.
        """
        line, key = (0, 0) if place.by else (place.line, key)
        last = self._last_call
        if last is None or last[0] is not place.call or last[1:] != (line, key):
            self._calls += 1
            self._last_call = (place.call, line, key)
        return self._calls


def _key(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _without_call(place: Place) -> Place:
    return place._replace(call=None)


def _same_layout(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and a.stride() == b.stride() and not b.storage_offset()
