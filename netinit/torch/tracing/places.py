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
_places: dict[tuple[int, int, str], Place] = {}


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


class Stack:
    """The frames of one thread, as far as they were the last time that they were looked at.

    What is above a frame stays the same while it runs. A frame that is kept cannot be taken for a
    later one.

    Parameters
    ----------
    loading : {"", "builder", "loader"}
        What the thread that started this one was doing.
    """

    def __init__(self, loading: str = "") -> None:
        self._loading = loading
        self.forget()

    def forget(self) -> None:
        """Let go of the frames."""
        self._known: tuple[tuple[FrameType | None, str], ...] = ()
        self._last: tuple = (None, 0, "", "")  # the last line of the caller, and how it got there
        self._said: tuple[Place, str] = (Place("?", 0, "?", ""), "")

    def spot(self) -> Spot:
        """Where the caller's program stands that called PyTorch."""
        frame: FrameType | None = sys._getframe(1)
        init, loading = None, ""
        while frame is not None:
            code = frame.f_code
            known = _codes.get(id(code)) or _known(code)
            if known.caller:
                break
            if known.init:
                init = frame
            loading = loading or known.loading
            frame = frame.f_back
        by = init.f_code.co_name if init else ""
        if frame is None:
            return Spot(Place("?", 0, "?", by), _graver(loading, self._above(None)), init)
        line = frame.f_lasti
        last, last_line, last_by, last_loading = self._last
        if last is not frame or last_line != line or last_by != by or last_loading != loading:
            self._last = frame, line, by, loading
            self._said = _place(frame, by), _graver(loading, self._above(frame))
        place, loading = self._said
        return Spot(place, loading, init or frame)

    def _above(self, caller: FrameType | None) -> str:
        """Whether a function that loads runs at a frame of the caller or above it."""
        passed, frame, loading = [], caller, self._loading
        while frame is not None:
            found = [said for known, said in self._known if known is frame]
            if found:
                loading = found[0]
                break
            passed.append(frame)
            frame = frame.f_back
        for frame in reversed(passed):
            code = frame.f_code
            loading = _graver((_codes.get(id(code)) or _known(code)).loading, loading)
            if frame is passed[0] or (len(passed) > 1 and frame is passed[1]):
                self._known = ((frame, loading), *self._known[:1])
        return loading


def _graver(one: str, other: str) -> str:
    """Of two words for loading the one that says more."""
    return "loader" if "loader" in (one, other) else one or other


def _place(frame: FrameType, by: str) -> Place:
    """The line that a frame is at."""
    code = frame.f_code
    key = id(code), frame.f_lasti, by  # the code is kept in _codes
    place = _places.get(key)
    if place is None:
        place = Place(code.co_filename, frame.f_lineno, code.co_name, by)
        _places[key] = place
    return place


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
