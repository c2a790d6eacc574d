"""Where in the program a write to a tensor comes from: the caller's line, not PyTorch's."""

import os
import sys
import sysconfig
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

import torch

_TORCH = str(Path(torch.__file__).parent) + os.sep
_INIT = str(Path(torch.__file__).parent / "nn" / "init.py")
_LOAD = str(Path(torch.__file__).parent / "serialization.py")
_OURS = str(Path(__file__).parents[1]) + os.sep
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
    """

    file: str
    line: int
    function: str
    by: str

    def __str__(self) -> str:
        return f"{_short(self.file)}:{self.line} in {self.function}"


class Spot(NamedTuple):
    """Where a program stands.

    Parameters
    ----------
    place : Place
    loading : {"", "builder", "loader"}
        Whether a function that loads saved values is running.
    call : frame or None
        Of the function of `torch.nn.init`, or else of the caller.
    """

    place: Place
    loading: str
    call: FrameType | None


class _Code(NamedTuple):
    """What is known of a function's code; the code is kept, so that no other gets its id."""

    code: CodeType
    caller: bool
    init: bool
    loading: str


_codes: dict[int, _Code] = {}  # by id: the hash of a code object takes longer than all the rest


def _known(code: CodeType) -> _Code:
    """Whose code it is, and whether it loads saved values."""
    file, name = code.co_filename, code.co_name
    init = file == _INIT
    stdlib = file.startswith(_STDLIB) and "site-packages" not in file
    caller = not stdlib and not file.startswith((_TORCH, _OURS, "<frozen"))
    loading = "builder" if name in _BUILDERS else ""
    if file == _LOAD or name in _LOADERS or f"{os.sep}safetensors{os.sep}" in file:
        loading = "loader"
    return _codes.setdefault(id(code), _Code(code, caller, init, loading))


def spot() -> Spot:
    """Where the caller's program stands that called PyTorch."""
    frame: FrameType | None = sys._getframe(1)
    init = caller = None
    loading = ""
    while frame is not None:
        code = frame.f_code
        known = _codes.get(id(code)) or _known(code)
        if caller is None:
            if known.caller:
                caller = frame
            elif known.init:
                init = frame
        if known.loading and loading != "loader":
            loading = known.loading
        frame = frame.f_back
    by = init.f_code.co_name if init else ""
    if caller is None:
        return Spot(Place("?", 0, "?", by), loading, init)
    code = caller.f_code
    place = Place(code.co_filename, caller.f_lineno, code.co_name, by)
    return Spot(place, loading, init or caller)


def _short(file: str) -> str:
    """A path as it is worth reading: below the current folder, or its last two parts.

    A notebook's cell has its number in place of a file, ``In[3]``, as its tracebacks have it.
    """
    cell = _cells().get(file)
    if cell is not None:
        return f"In[{cell}]"
    path = Path(file)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(Path(*path.parts[-2:]))


def _cells() -> dict[str, int]:
    """The numbers of the cells that IPython has run, by the files that it takes them for."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(getattr(shell, "compile", None), "_filename_map", {})
