"""The history of every piece of memory that tensors were made in while a program ran."""

import threading
import weakref
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from netinit.torch.tracing.operators import Operation, is_plain, plain, tensors
from netinit.torch.tracing.places import Place, Spot


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
    return Region(tensor.storage_offset(), tensor.shape, tensor.stride())


class Record:
    """All memory that a trace has seen. Threads may write to it in turn."""

    def __init__(self) -> None:
        self._memories: dict[int, Memory] = {}
        self.emptied: list[tuple[weakref.ref, Write]] = []
        self.lost: list[tuple[Memory, int, Write]] = []
        self._lock = threading.RLock()
        self._calls = 0
        self._last_calls: dict[int, tuple[object, int, int]] = {}  # of each thread

    def of(self, tensor: torch.Tensor) -> Memory | None:
        """The memory of a plain tensor, or None if the trace has not seen it."""
        with self._lock:
            memory = self._memories.get(_key(tensor))
            return None if memory is None or memory.reference.expired() else memory

    def release(self) -> None:
        """Let go of the frame of this thread's last call."""
        self._last_calls.pop(threading.get_ident(), None)

    def see(self, did: Operation, args: tuple, kwargs: dict, out: object, spot: Spot) -> None:
        """Note what an operator did."""
        with self._lock:
            one = (args[0] if did.written else out) if did.alone else None
            if is_plain(one):  # as nearly always: a draw, a constant, or memory
                if did.written:
                    self._note(did, one, [], _numbers(args), spot)
                else:
                    self._make(did, one, [], _numbers(args), spot)
            elif did.written:
                written = [kwargs.get(w) if isinstance(w, str) else args[w] for w in did.written]
                targets = tensors(*written)
                inputs = self._inputs(args, kwargs, targets)
                for target in targets:
                    self._note(did, target, inputs, _numbers(args), spot)
            else:
                inputs = self._inputs(args, kwargs, [])
                for made in tensors(out):
                    self._make(did, made, inputs, _numbers(args), spot)

    def assigned(self, tensor: torch.Tensor, spot: Spot) -> None:
        """Note that a tensor was made a parameter or a buffer, if it is one that was loaded."""
        if not spot.loading:
            return
        with self._lock:
            for each in plain(tensor):
                memory = self.of(each)
                if memory is None or spot.loading == "loader":
                    memory = memory or self._new(each, None)
                    self._add(memory, "assigned", "load", (), each, spot)

    def _inputs(self, args: tuple, kwargs: dict, targets: list[torch.Tensor]) -> list[torch.Tensor]:
        """The tensors that an operator read and did not write; their memory is noted as read."""
        inputs = tensors(*args, *kwargs.values())
        if len(inputs) == len(targets):  # as a draw has none
            return []
        keys = [_key(target) for target in targets]
        inputs = [each for each in inputs if _key(each) not in keys]
        for each in inputs:
            memory = self.of(each)
            if memory is not None:
                memory.read_after = len(memory.writes)
        return inputs

    def _note(
        self,
        did: Operation,
        target: torch.Tensor,
        inputs: list[torch.Tensor],
        numbers: tuple[float, ...],
        spot: Spot,
    ) -> None:
        """A write into memory that was there."""
        memory = self.of(target)
        if memory is None:
            memory = self._new(target, spot if did.kind == "allocate" else None)
        if did.kind == "set":
            given = spot.loading and memory.allocated is None  # a loader's own memory
            if (given or spot.loading == "loader") and not memory.writes:
                self._add(memory, did.name, "load", (), target, spot)
            return
        if did.kind == "allocate":
            return
        kind = self._from(inputs[-1:], spot) if did.kind == "copy" else did.kind
        write = self._add(memory, did.name, kind, numbers, target, spot, some=did.some)
        if target.numel() == 0:
            self.emptied.append((weakref.ref(target), write))
        if memory.sources and kind in ("draw", "fill"):
            self.lost.append((memory, len(memory.writes), write))

    def _make(
        self,
        did: Operation,
        made: torch.Tensor,
        inputs: list[torch.Tensor],
        numbers: tuple[float, ...],
        spot: Spot,
    ) -> None:
        """New memory, and what is in it."""
        if any(_key(made) == _key(each) for each in inputs):
            return  # a view, though the schema does not say so
        memory = self._new(made, spot)
        if did.kind == "allocate":
            before = self.of(inputs[0]) if inputs and inputs[0].is_meta else None
            memory.meta = before.writes[-1] if before and before.writes else None
            return
        if inputs and (made.is_floating_point() or made.is_complex()):
            memory.sources = self._sources(inputs)
        if did.kind == "copy" and inputs and spot.loading != "loader":
            source = self.of(inputs[0])
            if source and _same_layout(made, inputs[0]):
                memory.writes, memory.meta = list(source.writes), source.meta
                memory.allocated = source.allocated or spot.place
                return
        kind = did.kind
        if kind not in ("draw", "fill"):
            kind = self._from(inputs, spot) if inputs else "fill"
        self._add(memory, did.name, kind, numbers, made, spot)

    def _from(self, inputs: list[torch.Tensor], spot: Spot) -> str:
        """The kind of values that come from these tensors."""
        known = [self.of(each) for each in inputs]
        origins = ["copy" if memory is None else memory.origin for memory in known]
        if spot.loading == "loader" or (spot.loading and set(origins) & {"copy", "load"}):
            return "load"
        for kind in ("draw", "load", "copy"):
            if kind in origins:
                return kind
        return "empty" if origins and set(origins) == {"empty"} else "compute"

    def _sources(self, inputs: list[torch.Tensor]) -> frozenset[int]:
        keys = {_key(each) for each in inputs if each.is_floating_point() or each.is_complex()}
        known = [self.of(each) for each in inputs]
        return frozenset(keys).union(*(memory.sources for memory in known if memory))

    def _new(self, tensor: torch.Tensor, spot: Spot | None) -> Memory:
        memory = Memory(StorageWeakRef(tensor.untyped_storage()), spot and spot.place)
        self._memories[_key(tensor)] = memory
        return memory

    def _add(
        self,
        memory: Memory,
        name: str,
        kind: str,
        numbers: tuple[float, ...],
        tensor: torch.Tensor,
        spot: Spot,
        *,
        some: bool = False,
    ) -> Write:
        region = None if some else region_of(tensor)
        call = self._number(spot, _key(tensor))
        device = "cpu" if tensor.is_cpu else tensor.device.type  # the first takes no time
        write = Write(name, kind, numbers, spot.place, region, tensor.numel(), device, call)
        memory.writes.append(write)
        return write

    def _number(self, spot: Spot, key: int) -> int:
        """The number of the call that a write belongs to.

        A frame that is kept cannot be taken for a later one. Without `torch.nn.init`, what is
        repeated on one line of one frame into one tensor is a loop of rejections: one call.
        """
        line, key = (0, 0) if spot.place.by else (spot.place.line, key)
        thread = threading.get_ident()
        last = self._last_calls.get(thread)
        if last is None or last[0] is not spot.call or last[1:] != (line, key):
            self._calls += 1
            self._last_calls[thread] = (spot.call, line, key)
        return self._calls


def _key(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _numbers(args: tuple) -> tuple[float, ...]:
    if len(args) < 2:
        return ()
    return tuple([float(each) for each in args[1:] if type(each) in (int, float)])


def _same_layout(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and a.stride() == b.stride() and not b.storage_offset()
