"""Threads that are started within a trace are traced as well: a mode of PyTorch holds in its own.

Loaders read several files at once. `threading.Thread.start` is replaced while any trace is entered.
"""

import functools
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

Follow = Callable[[], AbstractContextManager]

_lock = threading.Lock()
_plain_start = threading.Thread.start
_local = threading.local()
_entered = 0


def _follows() -> list[Follow]:
    """What a thread that is started here must enter, the outermost first."""
    return _local.__dict__.setdefault("follows", [])


def begin(follow: Follow) -> None:
    """From now on each thread that this one starts enters what `follow` then returned here."""
    global _entered
    _follows().append(follow)
    with _lock:
        _entered += 1
        if _entered == 1:
            threading.Thread.start = _start


def end() -> None:
    """Undo the last `begin` of this thread."""
    global _entered
    _follows().pop()
    with _lock:
        _entered -= 1
        if not _entered and threading.Thread.start is _start:
            threading.Thread.start = _plain_start


@functools.wraps(_plain_start)
def _start(thread: threading.Thread) -> None:
    follows = list(_follows())
    if follows:
        contexts = [(follow, follow()) for follow in follows]
        thread.run = functools.partial(_run, thread.run, contexts)
    _plain_start(thread)


def _run(run: Callable[[], None], contexts: list[tuple[Follow, AbstractContextManager]]) -> None:
    with ExitStack() as stack:
        for follow, context in contexts:
            begin(follow)
            stack.callback(end)
            stack.enter_context(context)
        run()
