"""Runs the cells of a page: what they print, show and raise becomes events for the page.

An event is JSON: ``{"kind": "stream", "name": "stdout", "text": ...}``, ``{"kind": "show", "data":
{mime: content}}`` or ``{"kind": "error", "name": ..., "text": ..., "traceback": ...}``.
"""

import ast
import io
import json
import linecache
import os
import sys
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path

from netbook import svg

PICTURE, WORDS = "image/svg+xml", "text/plain"

_namespace: dict[str, object] = {}
_send: Callable[[str], None] = print
_pictures = count()


class _Stream(io.TextIOBase):
    """A text stream that sends whole lines, and the rest when it is flushed."""

    def __init__(self, name: str) -> None:
        self.name, self.waiting = name, ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.waiting += text
        if "\n" in text:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text, self.waiting = self.waiting, ""
        if text:
            _tell("stream", name=self.name, text=text)


def begin(folder: str) -> None:
    """Start in a folder, with an empty namespace."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    _namespace.clear()
    _namespace.update(__name__="__main__", __builtins__=__builtins__)
    linecache.cache.clear()
    sys.stdout, sys.stderr = _Stream("stdout"), _Stream("stderr")


def run(source: str, name: str, send: Callable[[str], None]) -> bool:
    """Run one cell, called `name` in tracebacks; return whether it came to its end.

    `send` gets each event.
    """
    global _send
    _send = send
    filename = f"<{name}>"
    # A traceback quotes the lines of the cell.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    try:
        _execute(source, filename)
    except BaseException as error:
        _flush()
        _tell("error", **_told(error, filename))
        return False
    finally:
        _flush()
    return True


def show(value: object) -> None:
    """Show a value as the notebook would: by its richest form that the page can draw."""
    _flush()
    _tell("show", data=_bundle(value))


def _execute(source: str, filename: str) -> None:
    tree = ast.parse(source, filename)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, filename, "exec"), _namespace)
    if last is None:
        return
    value = eval(compile(ast.Expression(last.value), filename, "eval"), _namespace)
    if value is not None and not source.rstrip().endswith(";"):
        show(value)


def _bundle(value: object) -> dict[str, object]:
    from anywidget import AnyWidget

    if isinstance(value, AnyWidget):  # without the picture for pages that cannot draw it
        return AnyWidget._repr_mimebundle_(value)[0]
    if hasattr(value, "_repr_mimebundle_"):
        found = value._repr_mimebundle_()
        data = dict(found[0] if isinstance(found, tuple) else found)
        if PICTURE in data:
            prefix = f"live{next(_pictures)}-"
            drawn = svg.inline(data[PICTURE], prefix=prefix, alt=data.get(WORDS) or "a picture")
            return {PICTURE: drawn, WORDS: data.get(WORDS, "")}
        return data
    if hasattr(value, "_repr_html_") and (html := value._repr_html_()):
        return {"text/html": html, WORDS: repr(value)}
    return {WORDS: repr(value)}


def _told(error: BaseException, filename: str) -> dict[str, str]:
    """The error in words, and its traceback from the cell on."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    if isinstance(error, SyntaxError) and error.filename == filename:
        frames = None
    lines = traceback.format_exception(type(error), error, frames)
    kind, text = type(error).__name__, str(error)
    return {"name": kind, "text": text, "traceback": "".join(lines).rstrip()}


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _tell(kind: str, **fields: object) -> None:
    _send(json.dumps({"kind": kind, **fields}))
