"""Compiled models run as they were written meanwhile: what a compiler makes cannot be watched.

To import the compiler takes seconds, so a program that does not need it should not wait for it:
where it is not there yet, `torch.compile` is replaced, until it is asked for.
"""

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

_lock = threading.RLock()
_plain_compile = torch.compile
_entered = 0
_stance: object = None


@contextmanager
def eagerly() -> Iterator[None]:
    """Within this no model is compiled, in any thread."""
    begin()
    try:
        yield
    finally:
        end()


def begin() -> None:
    """From now on nothing is compiled."""
    global _entered
    with _lock:
        _entered += 1
        if _entered > 1:
            return
        if "torch._dynamo" in sys.modules:
            _force()
        else:
            torch.compile = _compile


def end() -> None:
    """Undo one `begin`."""
    global _entered, _stance
    with _lock:
        _entered -= 1
        if _entered:
            return
        if torch.compile is _compile:
            torch.compile = _plain_compile
        if _stance is not None:
            _stance.__exit__(None, None, None)
            _stance = None


def _force() -> None:
    global _stance
    _stance = torch.compiler.set_stance("force_eager")
    _stance.__enter__()


@functools.wraps(_plain_compile)
def _compile(*args: object, **kwargs: object) -> Callable:
    with _lock:
        if _entered and _stance is None:
            _force()
    return _plain_compile(*args, **kwargs)
