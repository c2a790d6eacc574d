"""Where in the program a write to a tensor comes from: the caller's line, not PyTorch's."""

import functools
import os
import sys
import sysconfig
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import torch

_TORCH = str(Path(torch.__file__).parent) + os.sep
_INIT = str(Path(torch.__file__).parent / "nn" / "init.py")
_LOAD = str(Path(torch.__file__).parent / "serialization.py")
_OURS = str(Path(__file__).parent) + os.sep
_STDLIB = sysconfig.get_path("stdlib") + os.sep
# Functions that put saved values into a model, whatever they are given, and those that build a
# model as well, so that not all that happens in them is loading.
_LOADERS = {"load_state_dict", "_load_from_state_dict"}
_BUILDERS = {"from_pretrained", "load_checkpoint", "load_pretrained", "load_model", "load_weights"}


class Place(NamedTuple):
    """A line of the caller's program.

    Parameters
    ----------
    file : str
    line : int
    function : str
        The function that the line stands in.
    by : str
        The function of `torch.nn.init` that the line called, or "".
    loading : {"", "builder", "loader"}
        Whether a function that loads saved values is running.
    call : object
        The frame of that call: writes of one call have one.
    """

    file: str
    line: int
    function: str
    by: str
    loading: str
    call: FrameType | None

    def __str__(self) -> str:
        return f"{_short(self.file)}:{self.line} in {self.function}"


@functools.lru_cache(maxsize=4096)
def _kind(file: str) -> str:
    """Whose code a file is: "init", "load", "library" or "caller"."""
    if file == _INIT:
        return "init"
    if file == _LOAD or f"{os.sep}safetensors{os.sep}" in file:
        return "load"
    stdlib = file.startswith(_STDLIB) and "site-packages" not in file
    inside = file.startswith((_TORCH, _OURS, "<frozen"))
    return "library" if inside or stdlib else "caller"


def place() -> Place:
    """The place in the caller's program from which PyTorch was called."""
    frame: FrameType | None = sys._getframe(1)
    init = caller = None
    loading = ""
    while frame is not None:
        kind, name = _kind(frame.f_code.co_filename), frame.f_code.co_name
        if caller is None:
            init = frame if kind == "init" else init
            caller = frame if kind == "caller" else None
        if kind == "load" or name in _LOADERS:
            loading = "loader"
        elif name in _BUILDERS:
            loading = loading or "builder"
        frame = frame.f_back
    by = init.f_code.co_name if init else ""
    if caller is None:
        return Place("?", 0, "?", by, loading, init)
    code = caller.f_code
    return Place(code.co_filename, caller.f_lineno, code.co_name, by, loading, init or caller)


def _short(file: str) -> str:
    """A path as it is worth reading: below the current folder, or its last two parts."""
    path = Path(file)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(Path(*path.parts[-2:]))
