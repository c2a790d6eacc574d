"""Where each parameter's values came from: every write to it while a model was built or loaded."""

import threading
from collections.abc import Callable, Iterator
from types import TracebackType

import torch
from torch import nn
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)
from torch.utils._python_dispatch import TorchDispatchMode

from netinit.reporting.findings import Finding
from netinit.reporting.report import Report
from netinit.torch import eagerly
from netinit.torch.names import unwrapped
from netinit.torch.tracing import origins, threads
from netinit.torch.tracing.memory import Memory, Record, Write
from netinit.torch.tracing.operators import operation, plain
from netinit.torch.tracing.places import Stack

__all__ = ["trace"]


class trace:
    """Watch a model being built, loaded or sharded, and say where its values came from.

    Nothing of the program changes: it runs inside the context, and every operation that writes
    to a tensor is noted with its line, in this thread and in those that it starts meanwhile. A
    thread that ran before, such as one of an older pool, is not seen: what it writes counts as
    never written. Meanwhile compiled functions run as they were written.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> with trace() as made:
    ...     layer = nn.Linear(3, 2)
    ...     layer.scale = nn.Parameter(torch.empty(2))
    >>> [(finding.code, finding.where) for finding in made.findings(layer)]
    [('NEVER-WRITTEN', 'scale')]
    >>> [write.operation for write in made.history(layer)["weight"]]
    ['uniform_']
    """

    def __init__(self) -> None:
        self._record = Record()
        self._entered = threading.local()
        self._open, self._counting = 0, threading.Lock()  # how often it is entered, by all threads

    def __enter__(self) -> "trace":
        mode = _Mode(self._record, lambda: self._open > 0)
        stack = self._entered.__dict__.setdefault("modes", [])
        mode.__enter__()
        stack.append(mode)
        with self._counting:
            self._open += 1
        threads.begin(self._follow)
        eagerly.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        eagerly.end()
        threads.end()
        with self._counting:
            self._open -= 1
        self._entered.modes.pop().__exit__(kind, error, traceback)

    def _follow(self) -> "_Mode":
        """A mode for a thread that is started here: it loads if this one does."""
        return _Mode(self._record, lambda: self._open > 0, loading=Stack().spot().loading)

    def history(self, model: nn.Module) -> dict[str, list[Write]]:
        """The writes to each parameter and buffer, in order.

        A name is missing if the trace did not see where its memory came from and no write to it:
        it was made before, in another thread, or outside PyTorch.
        """
        return {name: list(memory.writes) for name, _, memory in self._seen(model)}

    def findings(self, model: nn.Module) -> list[Finding]:
        """What the writes show: never written, overwritten, lost, empty, drawn twice.

        Raises
        ------
        TypeError
            If the model is no module.
        """
        seen = list(self._seen(model))
        tensors = dict(_tensors(model))
        return [
            *origins.never_written(seen),
            *origins.overwritten(seen),
            *origins.lost(seen, self._record.lost),
            *origins.emptied(tensors, self._record.emptied),
            *origins.drawn_twice(seen),
        ]

    def report(self, model: nn.Module) -> Report:
        """A row for each parameter and buffer, with its writes, and the findings."""
        histories = self.history(model)
        rows = [
            {
                "name": name,
                "shape": " × ".join(map(str, tensor.shape)) or "1",
                "writes": len(histories.get(name, ())),
                "history": _story(histories.get(name)),
            }
            for name, tensor in _tensors(model)
        ]
        columns = ["name", "shape", "writes", "history"]
        return Report("Where the values came from", columns, rows, self.findings(model))

    def _seen(self, model: nn.Module) -> Iterator[tuple[str, torch.Tensor, Memory]]:
        """Each tensor of the model, in plain parts, with its memory, where the trace saw it."""
        for name, tensor in _tensors(model):
            for part in plain(tensor):
                memory = self._record.of(part)
                if memory is not None:
                    yield name, part, memory


class _Mode(TorchDispatchMode):
    """Tells a record of every operator that runs in one thread, while the trace is open."""

    def __init__(self, record: Record, is_open: Callable[[], bool], *, loading: str = "") -> None:
        super().__init__()
        self._record = record
        self._is_open = is_open
        self._stack = Stack(loading)
        self._hooks: list = []

    def __enter__(self) -> "_Mode":
        thread = threading.get_ident()

        def registered(module: nn.Module, name: str, tensor: torch.Tensor | None) -> None:
            # What is loaded takes the place of what the constructor made.
            known = name in module._parameters or name in module._buffers
            replaced = tensor is not None and (known or name in module.__dict__)
            if replaced and threading.get_ident() == thread and self._is_open():
                self._record.assigned(tensor, self._stack.spot())

        self._hooks = [
            register_module_parameter_registration_hook(registered),
            register_module_buffer_registration_hook(registered),
        ]
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()
        self._record.release()
        self._stack.forget()
        super().__exit__(*error)

    def __torch_dispatch__(
        self,
        func: torch._ops.OpOverload,
        types: tuple,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        did = operation(func)
        if (did.written or did.fresh) and self._is_open():
            self._record.see(did, args, kwargs, out, self._stack.spot())
        return out

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Do without a wrapper around each call; nothing is compiled under a mode anyway."""
        return False


def _tensors(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """The parameters and buffers of a model by name, a tied one once."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, not {type(model).__name__}")
    model = unwrapped(model)
    yield from model.named_parameters()
    yield from model.named_buffers()


def _story(writes: list[Write] | None) -> str:
    if writes is None:
        return "not seen"
    return "; ".join(map(str, writes)) or "nothing"
